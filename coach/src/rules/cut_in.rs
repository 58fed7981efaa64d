//! N9, cut-in: I interrupt (C14) twice in five minutes. Re-arms after five minutes without; cooldown 6 min (definition of an
//! interruption `[V]`; twice in five minutes `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Two within this, and clean for as long before it listens again.
const WITHIN: Duration = Duration::from_secs(300);
/// The same cut-in is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct CutIn {
    before: Option<MeetingTime>,
    waiting: Option<MeetingTime>,
    told: bool,
}

impl Watch for CutIn {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        if let Signal::CutIn { at } = *signal {
            let again = self.before.is_some_and(|before| at.since(before) <= WITHIN);
            self.told &= again;
            if again && !self.told {
                self.waiting = Some(at);
            }
            self.before = Some(at);
        }
        let at = self.waiting?;
        if signal.at().since(at) > NEWS {
            self.waiting = None;
            return None;
        }
        // At the end of what I say or while another speaks: the signals of a segment.
        matches!(signal, Signal::Speech { .. } | Signal::Turn { .. })
            .then(|| Moment::new(Rule::CutIn, at, at, "You cut in twice in five minutes.".to_owned()))
    }

    fn told(&mut self, _: &Moment) {
        self.waiting = None;
        self.told = true;
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

    fn heard(cut_ins: &[u64]) -> Vec<Signal> {
        cut_ins
            .iter()
            .flat_map(|&second| [Signal::CutIn { at: at(second) }, speech(second + 4, true)])
            .collect()
    }

    #[rstest]
    #[case::once(&[100], &[])]
    #[case::twice(&[100, 300], &[304])]
    #[case::twice_too_far_apart(&[100, 401], &[])]
    #[case::not_again_while_it_goes_on(&[100, 200, 300, 400], &[204])]
    #[case::again_after_five_clean_minutes(&[100, 200, 600, 700], &[204, 704])]
    fn the_second_in_five_minutes_is_told(#[case] cut_ins: &[u64], #[case] expected: &[u64]) {
        assert_eq!(spoke_at(&mut CutIn::default(), &heard(cut_ins)), expected);
    }
}
