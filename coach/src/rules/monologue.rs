//! N5, monologue: my turn (C10) grows long. What others say without taking the floor does not end it.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Where a turn becomes long in a dialogue: 76 s was the longest in demos that went well (C10).
const LONG: Duration = Duration::from_secs(75);
/// Bringing others up to date takes longer.
const LONG_UPDATE: Duration = Duration::from_secs(120);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct Monologue {
    /// Presenting is speaking alone: no limit.
    limit: Option<Duration>,
    /// How far the turn had come that it was told of. A turn that begins later is another.
    told_at: Option<MeetingTime>,
}

impl Monologue {
    pub(crate) const fn new(meeting_type: MeetingType) -> Self {
        let limit = match meeting_type {
            MeetingType::Presentation => None,
            MeetingType::InternalUpdate => Some(LONG_UPDATE),
            _ => Some(LONG),
        };
        Self { limit, told_at: None }
    }
}

impl Watch for Monologue {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Turn { start, at } = *signal else {
            return None;
        };
        let length = at.since(start);
        if length <= self.limit? || self.told_at.is_some_and(|told_at| start < told_at) {
            return None;
        }
        let evidence = format!("You have had the floor for {} seconds.", length.as_secs());
        Some(Moment::new(Rule::Monologue, start, at, evidence))
    }

    fn told(&mut self, moment: &Moment) {
        self.told_at = Some(moment.true_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn turn(start_s: u64, at_s: u64) -> Signal {
        Signal::Turn {
            start: MeetingTime::from_ms(start_s * 1000),
            at: MeetingTime::from_ms(at_s * 1000),
        }
    }

    #[rstest]
    #[case::in_a_dialogue(MeetingType::Discovery, Some(90))]
    #[case::in_any_meeting(MeetingType::Other, Some(90))]
    #[case::in_an_update(MeetingType::InternalUpdate, Some(130))]
    #[case::never_in_a_presentation(MeetingType::Presentation, None)]
    fn the_limit_depends_on_the_meeting(#[case] meeting_type: MeetingType, #[case] expected_s: Option<u64>) {
        let mut rule = Monologue::new(meeting_type);
        let spoke = [75, 90, 120, 130, 200, 400]
            .into_iter()
            .find(|&at_s| rule.observe(&turn(0, at_s)).is_some());
        assert_eq!(spoke, expected_s);
    }

    /// Whether the rule speaks at `signal`, where all it says is said.
    fn speaks(rule: &mut Monologue, signal: &Signal) -> bool {
        let seen = rule.observe(signal);
        seen.iter().for_each(|moment| rule.told(moment));
        seen.is_some()
    }

    #[test]
    fn it_speaks_once_a_turn() {
        let mut rule = Monologue::new(MeetingType::Other);
        let spoken: Vec<bool> = [
            turn(10, 80),
            turn(10, 90),
            turn(10, 100),
            turn(10, 200),
            turn(201, 240),
            turn(201, 290),
        ]
        .iter()
        .map(|signal| speaks(&mut rule, signal))
        .collect();
        assert_eq!(spoken, [false, true, false, false, false, true]);
    }

    #[test]
    fn a_turn_whose_beginning_is_seen_anew_is_still_the_same_turn() {
        let mut rule = Monologue::new(MeetingType::Other);
        assert!(speaks(&mut rule, &turn(10, 90)));
        assert!(!speaks(&mut rule, &turn(30, 110)));
    }

    #[test]
    fn untold_it_asks_again_under_the_same_name_as_the_turn_goes_on() {
        let mut rule = Monologue::new(MeetingType::Other);
        let asked = [turn(10, 90), turn(10, 100)].map(|signal| rule.observe(&signal).unwrap());
        assert_eq!(asked[0].trigger, asked[1].trigger);
        assert_eq!(asked[1].evidence, "You have had the floor for 90 seconds.");
    }

    #[test]
    fn it_gives_the_length_as_its_reason_and_names_the_turn_by_its_start() {
        let moment = Monologue::new(MeetingType::Demo).observe(&turn(108, 187)).unwrap();
        assert_eq!(moment.evidence, "You have had the floor for 79 seconds.");
        assert_eq!(moment.trigger.as_ms(), 108_000);
    }
}
