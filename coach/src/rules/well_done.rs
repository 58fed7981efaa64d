//! N25, positive: a good pause before answering a hard question (C13: at least 1.5 s; an open question counts as hard), or what the
//! person works on has been in range for five minutes of their speaking after it was out of it. Cooldown 8 min (a pause after an
//! objection: Gong `[S]`; numbers `[D]`).
//!
//! In Focus neither is said. That the goal is back in range would be about the goal, for which Focus has room; but it is told from the
//! silence of the goal's rule, and a rule that has spoken is silent until it re-arms, also while the number is still out. Before
//! Focus may say it, rules have to say when they are back in range.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::questions::QuestionKind;
use attune_engine::signal::Signal;
use std::time::Duration;

/// A pause to think; longer than 5 s is none the floor tells of.
const PAUSE_MS: i64 = 1_500;
/// How long the goal must be in range.
const IN_RANGE: Duration = Duration::from_secs(300);
/// Voice of mine in that time that makes it mean something.
const SPOKEN: Duration = Duration::from_secs(60);
/// The pause is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct WellDone {
    paused: Option<(MeetingTime, i64)>,
    /// When what the person works on was last out of range, and how much they have spoken since.
    out_at: Option<(MeetingTime, Duration)>,
}

impl WellDone {
    /// The rule that is the goal saw something at `at`.
    pub(crate) fn goal_was_out(&mut self, at: MeetingTime) {
        self.out_at = Some((at, Duration::ZERO));
    }

    fn back_in_range(&mut self, at: MeetingTime) -> Option<Moment> {
        let (out_at, spoken) = self.out_at?;
        (at.since(out_at) >= IN_RANGE && spoken >= SPOKEN).then(|| {
            let evidence = "What you work on has been in range for 5 minutes.".to_owned();
            Moment::new(Rule::WellDone, out_at, at, evidence).saying("Back in range")
        })
    }
}

impl Watch for WellDone {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::TookFloor { at, gap_ms, asked } => {
                self.paused = (gap_ms >= PAUSE_MS && asked == Some(QuestionKind::Open)).then_some((at, gap_ms));
                None
            }
            Signal::Speech {
                mine: true, at, voice, ..
            } => {
                if let Some((_, spoken)) = &mut self.out_at {
                    *spoken += voice;
                }
                let paused = self.paused.filter(|(paused_at, _)| at.since(*paused_at) <= NEWS);
                let pause = paused.map(|(paused_at, gap_ms)| {
                    let evidence = format!("You took {:.1} seconds before you answered.", gap_ms as f32 / 1000.0);
                    Moment::new(Rule::WellDone, paused_at, paused_at, evidence)
                });
                pause.or_else(|| self.back_in_range(at))
            }
            _ => None,
        }
    }

    fn told(&mut self, _: &Moment) {
        (self.paused, self.out_at) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };
    use QuestionKind::{Closed, Open};
    use rstest::rstest;

    #[rstest]
    #[case::a_pause_before_a_hard_answer(1_500, Some(Open), &[205])]
    #[case::too_soon(1_499, Some(Open), &[])]
    #[case::an_easy_question(2_000, Some(Closed), &[])]
    #[case::no_question(2_000, None, &[])]
    fn a_good_pause_is_told(#[case] gap_ms: i64, #[case] asked: Option<QuestionKind>, #[case] expected: &[u64]) {
        let heard = [
            Signal::TookFloor {
                at: at(200),
                gap_ms,
                asked,
            },
            speech(205, true),
        ];
        assert_eq!(spoke_at(&mut WellDone::default(), &heard), expected);
    }

    #[test]
    fn a_goal_that_is_back_in_range_is_told_once() {
        let spoken: Vec<Signal> = (0..80).map(|index| speech(110 + 10 * index, true)).collect();
        let mut rule = WellDone::default();
        assert_eq!(spoke_at(&mut rule, &spoken), [0; 0]);
        rule.goal_was_out(at(900));
        let later: Vec<Signal> = (0..80).map(|index| speech(910 + 10 * index, true)).collect();
        assert_eq!(spoke_at(&mut rule, &later), [1_200]);
    }

    #[test]
    fn silence_is_no_range() {
        let mut rule = WellDone::default();
        rule.goal_was_out(at(100));
        assert_eq!(spoke_at(&mut rule, &[speech(200, true), speech(500, true)]), [0; 0]);
    }
}
