//! N22, time: five minutes are left of the booked time and nobody has named a next step. Once a meeting; a next step ends it
//! (numbers `[D]`). The booked time comes from a calendar: without one the rule is silent.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// What is left when it speaks.
const LEFT: Duration = Duration::from_secs(300);
/// A next step named this long before the end is about the end.
const NAMED_WITHIN: Duration = Duration::from_secs(900);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct TimeLeft {
    end: Option<MeetingTime>,
    done: bool,
}

impl TimeLeft {
    pub(crate) fn new(booked: Option<Duration>) -> Self {
        Self {
            end: booked.map(|booked| MeetingTime::START.plus(booked)),
            done: false,
        }
    }
}

impl Watch for TimeLeft {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let end = self.end?;
        let now = signal.at();
        if matches!(signal, Signal::NextStep { .. }) && now >= end.minus(NAMED_WITHIN) {
            self.done = true;
        }
        let due = end.minus(LEFT);
        let spoken = matches!(signal, Signal::Turn { .. } | Signal::Speech { .. });
        (spoken && !self.done && now >= due && now < end).then(|| {
            let left = end.since(now).as_secs().div_ceil(60);
            let evidence = format!("{left} minutes are left, and no next step is named.");
            Moment::new(Rule::TimeLeft, due, now, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        self.done = true;
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

    #[rstest]
    #[case::no_next_step(None, &[3_301])]
    #[case::named(Some(3_000), &[])]
    #[case::named_long_before(Some(1_000), &[3_301])]
    fn the_last_five_minutes_are_told_once(#[case] named: Option<u64>, #[case] expected: &[u64]) {
        let mut heard: Vec<Signal> = [200, 3_299, 3_301, 3_400, 3_610]
            .map(|second| speech(second, true))
            .into();
        heard.extend(named.map(|second| Signal::NextStep { at: at(second) }));
        heard.sort_by_key(Signal::at);
        assert_eq!(
            spoke_at(&mut TimeLeft::new(Some(Duration::from_secs(3_600))), &heard),
            expected
        );
        assert_eq!(spoke_at(&mut TimeLeft::new(None), &heard), [0; 0]);
    }
}
