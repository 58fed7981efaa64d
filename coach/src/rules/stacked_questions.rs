//! N13, stacked questions: two questions of mine within 6 s, with nobody in between and no room to answer. Re-arms with a question
//! that stands alone; cooldown 8 min `[D]`.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Two questions closer than this are one breath.
const APART: Duration = Duration::from_secs(6);
/// A silence in which the other could have begun.
const ROOM: Duration = Duration::from_secs(1);
/// The same pair is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct StackedQuestions {
    /// The last question: when it began and ended.
    last: Option<(MeetingTime, MeetingTime)>,
    /// Questions since somebody else spoke.
    in_a_row: usize,
    waiting: Option<MeetingTime>,
    told: bool,
}

impl StackedQuestions {
    fn asked(&mut self, at: MeetingTime, end: MeetingTime) {
        let stacked = self
            .last
            .is_some_and(|(began, ended)| self.in_a_row > 0 && at.since(began) < APART && at.since(ended) < ROOM);
        if stacked && !self.told {
            self.waiting = Some(at);
        }
        self.in_a_row += 1;
        self.last = Some((at, end));
    }
}

impl Watch for StackedQuestions {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::Question { at, end, .. } => self.asked(at, end),
            Signal::Speech { mine: false, .. } => {
                // One question, and then an answer.
                self.told &= self.in_a_row != 1;
                self.in_a_row = 0;
            }
            _ => {}
        }
        let at = self.waiting?;
        if signal.at().since(at) > NEWS {
            self.waiting = None;
        }
        // Their answer can still be to the last one alone.
        (matches!(signal, Signal::Turn { .. }) && self.waiting.is_some()).then(|| {
            let evidence = "Two questions within 6 seconds.".to_owned();
            Moment::new(Rule::StackedQuestions, at, at, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        (self.waiting, self.told) = (None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, question, speech},
    };
    use attune_engine::questions::QuestionKind::Closed;
    use rstest::rstest;

    /// Questions of two seconds each at these seconds, the end of the turn after each.
    fn asked(seconds: &[u64]) -> Vec<Signal> {
        seconds
            .iter()
            .flat_map(|&second| {
                [
                    question(second, Closed),
                    Signal::Turn {
                        start: at(90),
                        at: at(second + 2),
                    },
                ]
            })
            .collect()
    }

    #[rstest]
    #[case::one(&[100], &[])]
    #[case::two_in_a_breath(&[100, 102], &[104])]
    #[case::two_with_room_between(&[100, 104], &[])]
    #[case::three_are_told_once(&[100, 102, 104], &[104])]
    fn questions_on_top_of_each_other_are_told(#[case] seconds: &[u64], #[case] expected: &[u64]) {
        assert_eq!(spoke_at(&mut StackedQuestions::default(), &asked(seconds)), expected);
    }

    #[test]
    fn one_clean_question_re_arms_it() {
        let answer = |second| vec![speech(second, false)];
        let stacked = |second| [asked(&[second, second + 2]), answer(second + 10)].concat();
        let without = [stacked(100), stacked(200)].concat();
        assert_eq!(spoke_at(&mut StackedQuestions::default(), &without), [104]);
        let with = [stacked(100), asked(&[150]), answer(155), stacked(200)].concat();
        assert_eq!(spoke_at(&mut StackedQuestions::default(), &with), [104, 204]);
    }
}
