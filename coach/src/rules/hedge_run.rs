//! N19, hedge run: where it is the goal, four hedges (C19) in a minute with no number or forecast near them. Re-arms after a minute
//! with at most one; cooldown 8 min (hedges lower authoritativeness: Hosman 1989 `[V]`; a run `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// A run has this many...
const RUN: usize = 4;
/// ...within this, and the rule listens again once as long a stretch...
const WITHIN: Duration = Duration::from_secs(60);
/// ...holds no more than this.
const CALM: usize = 1;

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct HedgeRun {
    is_goal: bool,
    recent: VecDeque<MeetingTime>,
    told: bool,
}

impl HedgeRun {
    pub(crate) fn new(goal: Option<Rule>) -> Self {
        Self {
            is_goal: goal == Some(Rule::HedgeRun),
            ..Self::default()
        }
    }
}

impl Watch for HedgeRun {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let from = signal.at().minus(WITHIN);
        self.recent.retain(|hedge| *hedge >= from);
        self.told &= self.recent.len() > CALM;
        if let Signal::Hedge { at } = *signal {
            self.recent.push_back(at);
        }
        let last = *self.recent.back()?;
        // At the end of my segment: nobody is told mid-phrase.
        let now = matches!(signal, Signal::Turn { .. } | Signal::Pace { .. });
        (now && self.is_goal && !self.told && self.recent.len() >= RUN).then(|| {
            let evidence = format!("{} hedges in a minute.", self.recent.len());
            Moment::new(Rule::HedgeRun, last, last, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::at};
    use rstest::rstest;

    fn hedges(seconds: &[u64]) -> Vec<Signal> {
        let hedge = |&second: &u64| {
            [
                Signal::Hedge { at: at(second) },
                Signal::Turn {
                    start: at(90),
                    at: at(second + 1),
                },
            ]
        };
        seconds.iter().flat_map(hedge).collect()
    }

    #[rstest]
    #[case::three(&[100, 110, 120], &[])]
    #[case::four_too_far_apart(&[100, 120, 140, 161], &[])]
    #[case::four_in_a_minute(&[100, 110, 120, 130], &[131])]
    #[case::more_of_the_same(&[100, 110, 120, 130, 140, 150], &[131])]
    #[case::again_after_a_calm_minute(&[100, 110, 120, 130, 300, 310, 320, 330], &[131, 331])]
    fn four_hedges_in_a_minute_are_told(#[case] seconds: &[u64], #[case] expected: &[u64]) {
        let mut rule = HedgeRun::new(Some(Rule::HedgeRun));
        assert_eq!(spoke_at(&mut rule, &hedges(seconds)), expected);
        assert_eq!(spoke_at(&mut HedgeRun::new(None), &hedges(seconds)), [0; 0]);
    }
}
