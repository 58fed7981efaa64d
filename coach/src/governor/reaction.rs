//! What the person makes of nudges, and what that changes: a dismissed kind waits twice as long and is off after the second time; a
//! helpful one may come a fifth sooner, down to half of its cooldown (measures.md, governor, `[D]`).

use crate::rule::Rule;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Dismissals of a kind after which it is off for this meeting.
const OFF_AFTER: usize = 2;
/// A dismissed kind waits this much longer.
const LONGER: f64 = 2.0;
/// A helpful kind waits this much less...
const SHORTER: f64 = 0.8;
/// ...and never less than this share of its cooldown.
const FLOOR: f64 = 0.5;

/// What the person made of a nudge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// They sent it away.
    Dismissed,
    /// They said that it helped.
    Helpful,
}

impl Reaction {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Helpful => "helpful",
        }
    }
}

impl std::str::FromStr for Reaction {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Dismissed, Self::Helpful]
            .into_iter()
            .find(|reaction| reaction.as_str() == name)
            .ok_or(())
    }
}

/// Every reaction of a meeting.
#[derive(Debug, Clone, Default)]
pub(super) struct Reactions {
    /// Once for each nudge: the last word counts.
    noted: BTreeMap<String, (Rule, Reaction)>,
}

impl Reactions {
    pub(super) fn note(&mut self, id: &str, rule: Rule, reaction: Reaction) {
        self.noted.insert(id.to_owned(), (rule, reaction));
    }

    /// How long `rule` waits after it has spoken.
    pub(super) fn cooldown(&self, rule: Rule) -> Duration {
        let dismissed = self.count(rule, Reaction::Dismissed) as i32;
        let helpful = self.count(rule, Reaction::Helpful) as i32;
        rule.cooldown()
            .mul_f64((LONGER.powi(dismissed) * SHORTER.powi(helpful)).max(FLOOR))
    }

    pub(super) fn is_off(&self, rule: Rule) -> bool {
        self.count(rule, Reaction::Dismissed) >= OFF_AFTER
    }

    pub(super) fn turned_off(&self) -> Vec<Rule> {
        let rules: BTreeSet<Rule> = self.noted.values().map(|(rule, _)| *rule).collect();
        rules.into_iter().filter(|rule| self.is_off(*rule)).collect()
    }

    fn count(&self, rule: Rule, reaction: Reaction) -> usize {
        self.noted.values().filter(|noted| **noted == (rule, reaction)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Reaction::{Dismissed, Helpful};
    use rstest::rstest;

    #[rstest]
    #[case::nothing(&[], 240.0, false)]
    #[case::dismissed(&[Dismissed], 480.0, false)]
    #[case::dismissed_twice(&[Dismissed, Dismissed], 960.0, true)]
    #[case::helpful(&[Helpful], 192.0, false)]
    #[case::helpful_over_and_over(&[Helpful; 9], 120.0, false)]
    fn a_kind_waits_by_what_the_person_made_of_it(
        #[case] said: &[Reaction],
        #[case] cooldown_s: f64,
        #[case] off: bool,
    ) {
        let mut reactions = Reactions::default();
        for (index, &reaction) in said.iter().enumerate() {
            reactions.note(&index.to_string(), Rule::TooFast, reaction);
        }
        assert!((reactions.cooldown(Rule::TooFast).as_secs_f64() - cooldown_s).abs() < 1e-6);
        assert_eq!(reactions.is_off(Rule::TooFast), off);
        assert_eq!(reactions.cooldown(Rule::Monologue), Rule::Monologue.cooldown());
        assert_eq!(reactions.turned_off(), if off { vec![Rule::TooFast] } else { vec![] });
    }

    #[test]
    fn the_last_word_on_a_nudge_counts() {
        let mut reactions = Reactions::default();
        reactions.note("a", Rule::TooFast, Dismissed);
        reactions.note("a", Rule::TooFast, Helpful);
        assert_eq!(reactions.cooldown(Rule::TooFast), Duration::from_secs(192));
    }
}
