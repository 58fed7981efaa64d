//! N8, under-talking: where it is the goal and at most six are in the meeting, my share (C1) over 15 minutes is under half of the
//! usual least. Re-arms with one turn of 8 s; cooldown 12 min (bands: C1; the half `[D]`). Who is there is told by the meeting's
//! page: without it the rule is silent.

use super::share::{Share, usual};
use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// The window.
const WINDOW: Duration = Duration::from_secs(900);
/// In a larger round most people listen.
const MOST_PEOPLE: usize = 6;
/// A turn that counts as having spoken up.
const TURN: Duration = Duration::from_secs(8);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct UnderTalking {
    meeting_type: MeetingType,
    is_goal: bool,
    people: Option<usize>,
    share: Share,
    told: bool,
}

impl UnderTalking {
    pub(crate) fn new(meeting_type: MeetingType, goal: Option<Rule>) -> Self {
        Self {
            meeting_type,
            is_goal: goal == Some(Rule::UnderTalking),
            people: None,
            share: Share::over(WINDOW),
            told: false,
        }
    }
}

impl Watch for UnderTalking {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::Present { ref names, .. } => self.people = Some(names.len()),
            Signal::Turn { start, at } if at.since(start) >= TURN => self.told = false,
            _ => {}
        }
        if !self.share.observe(signal) || self.told || !self.is_goal {
            return None;
        }
        let few = self.people.is_some_and(|people| people <= MOST_PEOPLE);
        let least = usual(self.meeting_type, self.people).0.filter(|_| few)?;
        let share = 100.0 * self.share.mine()?;
        (share < least / 2.0).then(|| {
            let evidence = format!("You spoke {share:.0} % of the last 15 minutes; {least:.0} % is the usual least.");
            Moment::new(Rule::UnderTalking, signal.at(), signal.at(), evidence)
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
        share::shared,
        spoke_at,
        tests::{at, present},
    };
    use rstest::rstest;

    fn heard(people: usize, mine: u64) -> Vec<Signal> {
        [vec![present(0, people)], shared(0, 1_200, mine)].concat()
    }

    #[rstest]
    #[case::it_is_the_goal(Some(Rule::UnderTalking), 4, 1, true)]
    #[case::it_is_not(None, 4, 1, false)]
    #[case::a_large_round(Some(Rule::UnderTalking), 7, 1, false)]
    #[case::half_of_the_usual(Some(Rule::UnderTalking), 4, 2, false)]
    fn it_speaks_where_i_say_too_little(
        #[case] goal: Option<Rule>,
        #[case] people: usize,
        #[case] mine: u64,
        #[case] speaks: bool,
    ) {
        let spoke = spoke_at(
            &mut UnderTalking::new(MeetingType::Discovery, goal),
            &heard(people, mine),
        );
        assert_eq!(spoke.len(), usize::from(speaks), "{spoke:?}");
        assert!(spoke.iter().all(|second| *second >= 900));
    }

    #[test]
    fn without_the_page_nobody_knows_how_many_there_are() {
        let mut rule = UnderTalking::new(MeetingType::Discovery, Some(Rule::UnderTalking));
        assert_eq!(spoke_at(&mut rule, &shared(0, 1_800, 1)), [0; 0]);
    }

    #[test]
    fn a_turn_of_eight_seconds_re_arms_it() {
        let mut rule = UnderTalking::new(MeetingType::Discovery, Some(Rule::UnderTalking));
        let turn = vec![Signal::Turn {
            start: at(1_200),
            at: at(1_208),
        }];
        let heard = [heard(4, 1), turn, shared(1_210, 1_500, 1)].concat();
        assert_eq!(spoke_at(&mut rule, &heard).len(), 2);
    }
}
