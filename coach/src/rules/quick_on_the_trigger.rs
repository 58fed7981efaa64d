//! N11, quick on the trigger: the median of my last five gaps (C13) is under 100 ms. Re-arms above 300; cooldown 8 min (mean gaps
//! are about 200 ms and a reply takes 600 ms to plan: Levinson & Torreira 2015 `[V]`; limits `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// Gaps that the median is of.
const GAPS: usize = 5;
/// Below this nobody listens to the end.
const QUICK_MS: i64 = 100;
/// Above this the person does again.
const PATIENT_MS: i64 = 300;
/// However far apart answers are, they are answers.
const ANY: Duration = Duration::from_secs(24 * 3600);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct QuickOnTheTrigger {
    gaps_ms: VecDeque<i64>,
    latch: Latch,
}

impl Default for QuickOnTheTrigger {
    fn default() -> Self {
        Self {
            gaps_ms: VecDeque::new(),
            latch: Latch::new(Duration::ZERO, Duration::ZERO, ANY),
        }
    }
}

impl Watch for QuickOnTheTrigger {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::TookFloor { at, gap_ms, .. } = *signal else {
            return None;
        };
        self.gaps_ms.push_back(gap_ms);
        if self.gaps_ms.len() > GAPS {
            self.gaps_ms.pop_front();
        }
        let mut sorted: Vec<i64> = self.gaps_ms.iter().copied().collect();
        sorted.sort_unstable();
        let median = *sorted.get(GAPS / 2).filter(|_| sorted.len() == GAPS)?;
        let since = self.latch.feed(at, median < QUICK_MS, median > PATIENT_MS)?;
        let evidence = format!("Of your last five answers half began within {median} ms.");
        Some(Moment::new(Rule::QuickOnTheTrigger, since, at, evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::at};
    use rstest::rstest;

    #[rstest]
    #[case::four_are_too_few(&[0, 0, 0, 0], &[])]
    #[case::five(&[0, 50, 90, 400, 500], &[50])]
    #[case::at_the_limit(&[0, 50, 100, 400, 500], &[])]
    #[case::not_again_between(&[0, 0, 0, 0, 0, 250, 250, 250, 0, 0, 0], &[50])]
    #[case::again_after_patience(&[0, 0, 0, 0, 0, 400, 400, 400, 0, 0, 0], &[50, 110])]
    fn the_median_of_five_decides(#[case] gaps_ms: &[i64], #[case] expected: &[u64]) {
        let signal = |(index, &gap_ms)| Signal::TookFloor {
            at: at(10 * (index as u64 + 1)),
            gap_ms,
            asked: None,
        };
        let heard: Vec<Signal> = gaps_ms.iter().enumerate().map(signal).collect();
        assert_eq!(spoke_at(&mut QuickOnTheTrigger::default(), &heard), expected);
    }
}
