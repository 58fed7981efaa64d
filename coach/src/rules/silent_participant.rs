//! N21, silent participant: I am the host, at most eight are in the meeting, and by half of the booked time somebody has not spoken.
//! Re-arms when they speak; cooldown 15 min (equality of turn-taking: Woolley `[V]`; limits `[D]`). When it ends and who invited is told
//! with the meeting, who is there and who spoke by its page: without any of these the rule is silent.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// In a larger round not everybody has to speak.
const MOST_PEOPLE: usize = 8;
/// More names than a page has people: a page that shows ever new ones fills no memory.
const MOST_HEARD: usize = 1_000;
/// What a page's captions may call the person.
const SELF: &str = "you";
/// A name that fits into a headline.
const SHORT: usize = 24;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct SilentParticipant {
    /// Half of the booked time, where I am the host.
    from: Option<MeetingTime>,
    present: Arc<[String]>,
    /// When each was heard first.
    heard: Arc<BTreeMap<String, MeetingTime>>,
    /// The page calls the person by no name: one of those who were not heard may be them.
    is_nameless: bool,
    /// Somebody was told of then, and has not spoken since.
    told: Option<MeetingTime>,
}

impl SilentParticipant {
    pub(crate) fn new(booked: Option<Duration>, is_host: bool) -> Self {
        Self {
            from: booked
                .filter(|_| is_host)
                .map(|booked| MeetingTime::START.plus(booked / 2)),
            present: Arc::new([]),
            heard: Arc::default(),
            is_nameless: false,
            told: None,
        }
    }

    /// Who had not been heard by then. Asked of what is past too: after a resume the page's own words come behind what was told.
    fn silent_at(&self, moment: MeetingTime) -> Option<&String> {
        let few = (2..=MOST_PEOPLE).contains(&self.present.len());
        let was_heard = |name: &&String| self.heard.get(*name).is_some_and(|first| *first <= moment);
        let mut silent = self.present.iter().filter(|name| !was_heard(name));
        // Of two who were not heard one is another for sure.
        silent.nth(usize::from(self.is_nameless)).filter(|_| few)
    }

    /// Whoever was told of is silent still.
    fn waits(&self) -> bool {
        let told = self.told.and_then(|told_at| self.silent_at(told_at));
        told.is_some_and(|name| !self.heard.contains_key(name))
    }
}

impl Watch for SilentParticipant {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match signal {
            Signal::Present { names, .. } => self.present = Arc::clone(names),
            Signal::Heard { at, name } if !self.heard.contains_key(name) && self.heard.len() < MOST_HEARD => {
                self.is_nameless |= name.eq_ignore_ascii_case(SELF);
                Arc::make_mut(&mut self.heard).insert(name.clone(), *at);
            }
            _ => {}
        }
        let from = self.from?;
        let now = signal.at();
        if now < from || self.waits() || !matches!(signal, Signal::Turn { .. } | Signal::Speech { .. }) {
            return None;
        }
        let name = self.silent_at(now)?;
        if self.is_nameless {
            let evidence = "Somebody has not spoken yet.".to_owned();
            return Some(Moment::new(Rule::SilentParticipant, from, now, evidence));
        }
        let first: String = name
            .split_whitespace()
            .next()
            .unwrap_or(name)
            .chars()
            .take(SHORT)
            .collect();
        let evidence = format!("{name} has not spoken yet.");
        Some(Moment::new(Rule::SilentParticipant, from, now, evidence).saying(&format!("Bring in {first}")))
    }

    fn told(&mut self, moment: &Moment) {
        self.told = Some(moment.true_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, present, speech},
    };
    use rstest::rstest;

    fn heard(second: u64, name: &str) -> Signal {
        Signal::Heard {
            at: at(second),
            name: name.to_owned(),
        }
    }

    const HOUR: Option<Duration> = Some(Duration::from_secs(3_600));

    #[rstest]
    #[case::half_of_the_time_is_over(HOUR, true, 3, 1_801, true)]
    #[case::not_yet(HOUR, true, 3, 1_799, false)]
    #[case::a_guest(HOUR, false, 3, 1_801, false)]
    #[case::no_end_booked(None, true, 3, 1_801, false)]
    #[case::a_large_round(HOUR, true, 9, 1_801, false)]
    fn the_host_is_told_of_whoever_was_silent(
        #[case] booked: Option<Duration>,
        #[case] host: bool,
        #[case] people: usize,
        #[case] second: u64,
        #[case] speaks: bool,
    ) {
        let mut rule = SilentParticipant::new(booked, host);
        for signal in [present(10, people), heard(100, "P0 Doe"), heard(100, "P1 Doe")] {
            assert_eq!(rule.observe(&signal), None);
        }
        let seen = rule.observe(&speech(second, true));
        assert_eq!(seen.is_some(), speaks);
        assert!(seen.is_none_or(|moment| moment.headline() == "Bring in P2"));
    }

    #[test]
    fn after_a_resume_who_was_told_of_is_known_again() {
        let shown = [
            present(10, 3),
            heard(100, "P0 Doe"),
            heard(2_000, "P1 Doe"),
            heard(2_100, "P2 Doe"),
        ];
        let told_at = Moment::new(Rule::SilentParticipant, at(1_900), at(1_900), String::new());
        for (known, speaks) in [(2, false), (3, true), (4, false)] {
            let mut rule = SilentParticipant::new(HOUR, true);
            rule.told(&told_at);
            shown[..known].iter().for_each(|signal| drop(rule.observe(signal)));
            assert_eq!(rule.observe(&speech(2_200, true)).is_some(), speaks, "{known}");
        }
    }

    #[rstest]
    #[case::only_the_person_themselves(2, None)]
    #[case::somebody_else_too(3, Some("Bring them in"))]
    fn where_captions_call_the_person_you_they_are_not_told_to_bring_in_themselves(
        #[case] people: usize,
        #[case] says: Option<&str>,
    ) {
        let mut rule = SilentParticipant::new(HOUR, true);
        for signal in [present(10, people), heard(100, "You"), heard(100, "P0 Doe")] {
            assert_eq!(rule.observe(&signal), None);
        }
        let seen = rule.observe(&speech(1_900, true));
        assert_eq!(seen.as_ref().map(Moment::headline), says);
    }

    #[test]
    fn it_waits_until_they_have_spoken() {
        let mut rule = SilentParticipant::new(HOUR, true);
        let spoke = spoke_at(
            &mut rule,
            &[
                present(10, 3),
                speech(1_900, true),
                speech(2_000, true),
                heard(2_100, "P0 Doe"),
                speech(2_200, true),
            ],
        );
        assert_eq!(spoke, [1_900, 2_200]);
    }
}
