//! N21, silent participant: I am the host, at most eight are in the meeting, and by half of the booked time somebody has not spoken.
//! Re-arms when they speak; cooldown 15 min (equality of turn-taking: Woolley `[V]`; limits `[D]`). The booked time comes from a
//! calendar, who is there and who spoke from the meeting's page: without either the rule is silent.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// In a larger round not everybody has to speak.
const MOST_PEOPLE: usize = 8;
/// A name that fits into a headline.
const SHORT: usize = 24;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct SilentParticipant {
    /// Half of the booked time, where I am the host.
    from: Option<MeetingTime>,
    present: Arc<[String]>,
    heard: Arc<BTreeSet<String>>,
    /// Somebody was told of and has not spoken since.
    told: Option<String>,
}

impl SilentParticipant {
    pub(crate) fn new(booked: Option<Duration>, is_host: bool) -> Self {
        Self {
            from: booked
                .filter(|_| is_host)
                .map(|booked| MeetingTime::START.plus(booked / 2)),
            present: Arc::new([]),
            heard: Arc::default(),
            told: None,
        }
    }

    fn silent(&self) -> Option<&String> {
        let few = (2..=MOST_PEOPLE).contains(&self.present.len());
        self.present
            .iter()
            .find(|name| !self.heard.contains(*name))
            .filter(|_| few)
    }
}

impl Watch for SilentParticipant {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match signal {
            Signal::Present { names, .. } => self.present = Arc::clone(names),
            Signal::Heard { name, .. } => {
                Arc::make_mut(&mut self.heard).insert(name.clone());
                self.told = self.told.take().filter(|told| told != name);
            }
            _ => {}
        }
        let from = self.from?;
        let now = signal.at();
        if self.told.is_some() || now < from || !matches!(signal, Signal::Turn { .. } | Signal::Speech { .. }) {
            return None;
        }
        let name = self.silent()?;
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

    fn told(&mut self, _: &Moment) {
        self.told = self.silent().cloned();
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
    #[case::no_calendar(None, true, 3, 1_801, false)]
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
