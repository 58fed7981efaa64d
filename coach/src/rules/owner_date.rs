//! N20, owner or date missing: a commitment has neither been given an owner nor a date 20 s later. Re-arms once it is resolved;
//! cooldown 5 min. Only a commitment that a language model is at least 0.85 sure of counts: until the coach has one
//! ([`Writer::commitments`](crate::written::Writer::commitments)) the rule is silent (next-step rate `[S]`; numbers `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// How sure the model must be that it is a commitment.
const SURE: f32 = 0.85;
/// How long people have to say who and when.
const WAITS: Duration = Duration::from_secs(20);
/// The gap is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// A commitment, as a language model found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Commitment {
    /// When it was made.
    pub at: MeetingTime,
    /// How sure the model is, 0 to 1.
    pub certainty: f32,
    /// Somebody is named who does it.
    pub has_owner: bool,
    /// A date or time is named.
    pub has_date: bool,
}

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnerDate {
    open: Option<Commitment>,
    told: bool,
}

impl OwnerDate {
    /// A commitment was made, or what was said since completes the last one.
    pub(crate) fn committed(&mut self, commitment: Commitment) {
        // A model that gives no number is not sure.
        if commitment.certainty.is_nan() || commitment.certainty < SURE {
            return;
        }
        let complete = commitment.has_owner && commitment.has_date;
        self.told &= !complete;
        self.open = (!complete).then_some(commitment);
    }
}

impl Watch for OwnerDate {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let open = self.open.filter(|_| !self.told)?;
        let due = open.at.plus(WAITS);
        let now = signal.at();
        if now.since(due) > NEWS {
            self.open = None;
            return None;
        }
        (matches!(signal, Signal::Turn { .. } | Signal::Speech { .. }) && now >= due).then(|| {
            let missing = match (open.has_owner, open.has_date) {
                (true, _) => "a date",
                (false, true) => "an owner",
                (false, false) => "an owner and a date",
            };
            Moment::new(
                Rule::OwnerDate,
                open.at,
                due,
                format!("Something was agreed without {missing}."),
            )
        })
    }

    fn told(&mut self, _: &Moment) {
        (self.open, self.told) = (None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };
    use rstest::rstest;

    fn commitment(second: u64, certainty: f32, has_owner: bool, has_date: bool) -> Commitment {
        Commitment {
            at: at(second),
            certainty,
            has_owner,
            has_date,
        }
    }

    #[rstest]
    #[case::nobody_and_never(commitment(100, 0.9, false, false), Some("an owner and a date"))]
    #[case::no_date(commitment(100, 0.85, true, false), Some("a date"))]
    #[case::no_owner(commitment(100, 0.9, false, true), Some("an owner"))]
    #[case::complete(commitment(100, 0.9, true, true), None)]
    #[case::not_sure(commitment(100, 0.84, false, false), None)]
    #[case::no_number(commitment(100, f32::NAN, false, false), None)]
    fn what_is_missing_after_twenty_seconds_is_told(#[case] made: Commitment, #[case] missing: Option<&str>) {
        let mut rule = OwnerDate::default();
        rule.committed(made);
        let seen = [speech(110, true), speech(121, false)]
            .iter()
            .find_map(|signal| rule.observe(signal));
        assert_eq!(
            seen.map(|moment| moment.evidence),
            missing.map(|missing| format!("Something was agreed without {missing}."))
        );
    }

    #[test]
    fn what_is_said_within_twenty_seconds_completes_it() {
        let mut rule = OwnerDate::default();
        rule.committed(commitment(100, 0.9, false, false));
        rule.committed(commitment(112, 0.9, true, true));
        assert_eq!(spoke_at(&mut rule, &[speech(121, true), speech(125, true)]), [0; 0]);
    }

    #[test]
    fn without_a_language_model_it_is_silent() {
        let heard: Vec<Signal> = (0..100).map(|index| speech(100 + 10 * index, true)).collect();
        assert_eq!(spoke_at(&mut OwnerDate::default(), &heard), [0; 0]);
        assert_eq!(Rule::OwnerDate.waits_for(), Some("needs a language model"));
    }
}
