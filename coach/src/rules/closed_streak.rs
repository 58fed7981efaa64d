//! N14, closed streak: my last four questions were closed (C17). Re-arms with an open one; cooldown 10 min (open share 40 %:
//! Gong `[V]`; four `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::questions::QuestionKind;
use attune_engine::signal::Signal;
use std::time::Duration;

/// This many in a row.
const STREAK: usize = 4;
/// The last of them is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClosedStreak {
    closed: usize,
    last: MeetingTime,
    told: bool,
}

impl Watch for ClosedStreak {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        if let Signal::Question { at, kind, .. } = *signal {
            self.last = at;
            match kind {
                QuestionKind::Closed => self.closed += 1,
                QuestionKind::Open => (self.closed, self.told) = (0, false),
            }
        }
        let news = signal.at().since(self.last) <= NEWS;
        // At the end of my segment, or while they answer.
        let now = matches!(signal, Signal::Turn { .. } | Signal::Speech { .. });
        (now && news && self.closed >= STREAK && !self.told).then(|| {
            let evidence = format!("Your last {} questions could be answered with yes or no.", self.closed);
            Moment::new(Rule::ClosedStreak, self.last, self.last, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{question, speech},
    };
    use attune_engine::questions::QuestionKind::{Closed, Open};
    use rstest::rstest;

    #[rstest]
    #[case::three(&[Closed, Closed, Closed], &[])]
    #[case::four(&[Closed, Closed, Closed, Closed], &[133])]
    #[case::an_open_one_between(&[Closed, Closed, Open, Closed, Closed], &[])]
    #[case::a_fifth_adds_nothing(&[Closed, Closed, Closed, Closed, Closed], &[133])]
    #[case::an_open_one_re_arms(&[Closed, Closed, Closed, Closed, Open, Closed, Closed, Closed, Closed], &[133, 183])]
    fn four_closed_questions_in_a_row_are_told(#[case] kinds: &[QuestionKind], #[case] expected: &[u64]) {
        let asked = |(index, &kind)| {
            [
                question(100 + 10 * index as u64, kind),
                speech(103 + 10 * index as u64, true),
            ]
        };
        let heard: Vec<Signal> = kinds.iter().enumerate().flat_map(asked).collect();
        assert_eq!(spoke_at(&mut ClosedStreak::default(), &heard), expected);
    }
}
