//! N12, no questions: ten minutes of a discovery or one-to-one without a question of mine (C17) while I speak more than 40 % (C1).
//! Re-arms with a question; cooldown 12 min (questions in discovery: Gong `[V]`; limits `[D]`). Where my words could not be trusted
//! for much of it, a question may have been missed, and nothing is said.

use super::share::Share;
use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// The window.
const WINDOW: Duration = Duration::from_secs(600);
/// Whoever speaks less than this has others asking.
const SHARE: f64 = 0.4;
/// Share of my speech whose words must be sure.
const TRUSTED: f64 = 0.8;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct NoQuestions {
    applies: bool,
    share: Share,
    asked: Option<MeetingTime>,
    told: bool,
}

impl NoQuestions {
    pub(crate) const fn new(meeting_type: MeetingType) -> Self {
        Self {
            applies: matches!(
                meeting_type,
                MeetingType::Discovery | MeetingType::OneOnOneManager | MeetingType::OneOnOneReport
            ),
            share: Share::over(WINDOW),
            asked: None,
            told: false,
        }
    }
}

impl Watch for NoQuestions {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        if let Signal::Question { at, .. } = *signal {
            (self.asked, self.told) = (Some(at), false);
        }
        if !self.share.observe(signal) || self.told || !self.applies {
            return None;
        }
        let at = signal.at();
        let lately = self.asked.is_some_and(|asked| at.since(asked) < WINDOW);
        let share = self.share.mine()?;
        (!lately && share > SHARE && self.share.trusted() >= TRUSTED).then(|| {
            let evidence = format!(
                "No question of yours in 10 minutes, and you spoke {:.0} % of them.",
                100.0 * share
            );
            Moment::new(Rule::NoQuestions, self.asked.unwrap_or_default(), at, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{share::shared, spoke_at, tests::question};
    use attune_engine::questions::QuestionKind::Closed;
    use rstest::rstest;

    #[rstest]
    #[case::in_discovery(MeetingType::Discovery, 6, &[], true)]
    #[case::in_a_demo(MeetingType::Demo, 6, &[], false)]
    #[case::while_others_speak(MeetingType::Discovery, 4, &[], false)]
    #[case::one_question(MeetingType::Discovery, 6, &[500], false)]
    fn ten_minutes_without_a_question_are_told(
        #[case] kind: MeetingType,
        #[case] mine: u64,
        #[case] asked: &[u64],
        #[case] speaks: bool,
    ) {
        let mut heard = shared(0, 900, mine);
        heard.extend(asked.iter().map(|&second| question(second, Closed)));
        heard.sort_by_key(Signal::at);
        let spoke = spoke_at(&mut NoQuestions::new(kind), &heard);
        assert_eq!(spoke.len(), usize::from(speaks), "{spoke:?}");
    }

    #[test]
    fn where_words_are_in_doubt_a_question_may_have_been_missed() {
        let mut heard = shared(0, 900, 6);
        for signal in heard.iter_mut().step_by(3) {
            if let Signal::Speech { trusted, .. } = signal {
                *trusted = false;
            }
        }
        assert_eq!(spoke_at(&mut NoQuestions::new(MeetingType::Discovery), &heard), [0; 0]);
    }
}
