//! N3, rushing: asked a question, I answer within 600 ms and 15 words a minute faster than over the two minutes before. Re-arms at
//! the next answer after a beat; cooldown 6 min (+15 after an objection: Gong `[S]`; the gap `[D]`).
//!
//! An objection would trigger it too: telling one from other turns waits for the coach's language model.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// An answer that begins sooner than this was not thought about.
const AT_ONCE_MS: i64 = 600;
/// Words a minute above what went before.
const FASTER_WPM: f32 = 15.0;
/// What went before.
const BEFORE: Duration = Duration::from_secs(120);
/// Values of pace that make a pace of before.
const MIN_VALUES: usize = 2;
/// How long the answer may take to show: the window of the pace.
const SHOWS_WITHIN: Duration = Duration::from_secs(30);
/// Fewer words than this make no pace to hold against anyone.
const MIN_WORDS: u32 = 40;

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rushing {
    paces: VecDeque<(MeetingTime, f32)>,
    /// The answer that is being given, with the pace before it.
    answer: Option<(MeetingTime, f32)>,
    told: bool,
}

impl Rushing {
    fn took_floor(&mut self, at: MeetingTime, gap_ms: i64, asked: bool) {
        self.answer = None;
        if gap_ms >= AT_ONCE_MS {
            self.told = false;
            return;
        }
        let before: Vec<f32> = self
            .paces
            .iter()
            .filter(|(pace, _)| at.since(*pace) <= BEFORE)
            .map(|(_, wpm)| *wpm)
            .collect();
        if asked && before.len() >= MIN_VALUES {
            self.answer = Some((at, before.iter().sum::<f32>() / before.len() as f32));
        }
    }
}

impl Watch for Rushing {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::TookFloor { at, gap_ms, asked } => {
                self.took_floor(at, gap_ms, asked.is_some());
                None
            }
            Signal::Pace { at, wpm, words } => {
                self.paces.push_back((at, wpm));
                while self
                    .paces
                    .front()
                    .is_some_and(|(earlier, _)| at.since(*earlier) > BEFORE)
                {
                    self.paces.pop_front();
                }
                let (began, before) = self
                    .answer
                    .filter(|(began, _)| at.since(*began) <= SHOWS_WITHIN && !self.told)?;
                (wpm >= before + FASTER_WPM && words >= MIN_WORDS).then(|| {
                    let faster = wpm - before;
                    let evidence = format!("You answered at once, {faster:.0} words a minute faster than before.");
                    Moment::new(Rule::Rushing, began, at, evidence)
                })
            }
            _ => None,
        }
    }

    fn told(&mut self, _: &Moment) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::at};
    use attune_engine::questions::QuestionKind;
    use rstest::rstest;

    fn pace(second: u64, wpm: f32) -> Signal {
        Signal::Pace {
            at: at(second),
            wpm,
            words: 60,
        }
    }

    fn floor(second: u64, gap_ms: i64, asked: bool) -> Signal {
        Signal::TookFloor {
            at: at(second),
            gap_ms,
            asked: asked.then_some(QuestionKind::Closed),
        }
    }

    #[rstest]
    #[case::at_once_and_faster(floor(200, 300, true), 160.0, &[212])]
    #[case::after_a_beat(floor(200, 700, true), 160.0, &[])]
    #[case::no_question(floor(200, 300, false), 160.0, &[])]
    #[case::as_before(floor(200, 300, true), 154.0, &[])]
    fn a_fast_answer_is_told(#[case] floor: Signal, #[case] wpm: f32, #[case] expected: &[u64]) {
        let heard = [pace(150, 140.0), pace(160, 140.0), floor, pace(212, wpm)];
        assert_eq!(spoke_at(&mut Rushing::default(), &heard), expected);
    }

    #[test]
    fn it_waits_for_a_calm_answer_before_it_speaks_again() {
        let fast = |second| [floor(second, 100, true), pace(second + 10, 175.0)];
        let calm = [pace(100, 140.0), pace(110, 140.0)];
        let twice = [calm.as_slice(), &fast(120), &[pace(200, 140.0)], &fast(210)].concat();
        assert_eq!(spoke_at(&mut Rushing::default(), &twice), [130]);
        let calm_between = [
            twice.as_slice(),
            &[floor(260, 900, true), pace(290, 140.0), pace(300, 140.0)],
            &fast(330),
        ]
        .concat();
        assert_eq!(spoke_at(&mut Rushing::default(), &calm_between), [130, 340]);
    }
}
