//! Which measures stand out, and that each leads to a moment.

use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;
use crate::report::{Coaching, ReportRest, report};
use crate::speaker::Speaker::{Me, Them};
use crate::spoken::{conversation, filling, said, said_for};

/// A demo in which I talk for two minutes at 140 words a minute, then ask openly.
fn meeting() -> Conversation {
    conversation(
        MeetingType::Demo,
        &[
            said_for(Them, 0, 60_000, &filling(120)),
            said_for(Me, 61_000, 181_000, &filling(280)),
            said(Them, 182_000, "yes that is good to know"),
            said(Me, 186_000, "What would you like to see next?"),
            said_for(Them, 190_000, 330_000, &filling(300)),
        ],
    )
}

fn coached(goal: Option<&str>) -> Coaching {
    let rest = ReportRest {
        goal: goal.map(str::to_owned),
        ..ReportRest::default()
    };
    report(&meeting(), rest).coaching
}

#[test]
fn every_point_leads_to_words_of_mine_and_no_more_are_told_than_are_read() {
    let coached = coached(None);
    assert!(coached.strengths.len() <= 3 && coached.growth.len() <= 2);
    assert!(
        coached.growth.iter().any(|point| point.measure == "C10"),
        "{:?}",
        coached.growth
    );
    for point in coached.strengths.iter().chain(&coached.growth) {
        assert!(!point.source.utterances.is_empty(), "{point:?}");
        let measure = coached.measures.get(&point.measure).unwrap();
        let on = measure.standing() == Some(crate::measures::Standing::On);
        assert_eq!(on, point.on_target, "{point:?}");
    }
    let monologue = coached.growth.iter().find(|point| point.measure == "C10").unwrap();
    assert_eq!(monologue.source.span.start.as_ms(), 61_000);
}

#[test]
fn the_one_thing_is_the_goal_where_it_was_measured_and_else_what_could_be_better_most() {
    let none = coached(None);
    assert_eq!(none.one_thing.as_ref(), none.growth.first());
    let goal = coached(Some("C10")).one_thing.unwrap();
    assert_eq!(goal.measure, "C10");
    assert_eq!(coached(Some("C24")).one_thing, none.one_thing, "no sound, no pitch");
}

#[test]
fn a_meeting_in_which_i_said_nothing_has_no_points() {
    let silent = conversation(MeetingType::Demo, &[said_for(Them, 0, 60_000, &filling(120))]);
    let coached = report(&silent, ReportRest::default()).coaching;
    assert_eq!(
        (coached.one_thing, coached.strengths, coached.growth),
        (None, Vec::new(), Vec::new())
    );
}
