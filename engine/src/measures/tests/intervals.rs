//! Every estimate has an interval that holds its value, the same each time; what is no estimate has none.

use super::*;
use crate::report::{ReportRest, report};

/// Half an hour in which the two take turns, with something of everything.
fn meeting() -> Vec<Final> {
    let texts = [
        "So what do you think about the launch budget, and how would you change the plan?",
        "I think we should probably wait. We'll update the launch budget this week, I'll send it by Friday.",
        "um basically that is it. It works well, you know. There are some open points that we have to look at again.",
        "uh like I said, the launch budget is done. I'll call them. Good point!",
    ];
    let mut finals = Vec::new();
    let mut now_ms = 1_000;
    for index in 0..120usize {
        let mine = texts[index * 7 % 4];
        let words = mine.split_whitespace().count() as u64;
        let length_ms = words * (320 + 13 * (index as u64 % 11));
        finals.push(said_for(Me, now_ms, now_ms + length_ms, mine));
        now_ms += length_ms + 200 + 37 * (index as u64 % 13);
        finals.push(said_for(Them, now_ms, now_ms + 6_000, &filling(18)));
        if index % 5 == 0 {
            finals.push(said_for(Me, now_ms + 3_000, now_ms + 3_500, "right"));
        }
        now_ms += 6_000 + 150 + 61 * (index as u64 % 17);
    }
    finals.sort_by_key(|decided| decided.span.end);
    finals
}

fn reported(name: &str) -> Measures {
    let rest = ReportRest {
        meeting: name.to_owned(),
        ..ReportRest::default()
    };
    report(&conversation(MeetingType::Other, &meeting()), rest)
        .coaching
        .measures
}

#[test]
fn the_report_has_intervals_that_hold_their_values_and_the_same_values_as_live() {
    let measures = reported("a");
    for (measure, live) in measures
        .0
        .iter()
        .zip(conversation(MeetingType::Other, &meeting()).measures().0)
    {
        assert_eq!(
            (measure.value, &measure.parts),
            (live.value, &live.parts),
            "{}",
            measure.id
        );
        assert_eq!(live.interval, None);
        // What was counted not once has none; nor has the longest turn where several are as long.
        let estimated =
            measure.value.is_some_and(|value| value != 0.0) && !["C10", "C30"].contains(&measure.id.as_str());
        assert!(
            measure.interval.is_some() == estimated || measure.id == "C10",
            "{}",
            measure.id
        );
        if let (Some(value), Some(interval)) = (measure.value, measure.interval) {
            // The share of words in repeated phrases and the largest of draws lean to one side, but never lose the value.
            let slack = 1e-9 * value.abs();
            assert!(
                interval.low <= value + slack && value <= interval.high + slack,
                "{} {value} {interval:?}",
                measure.id
            );
        }
    }
    let with_value = measures.0.iter().filter(|measure| measure.value.is_some()).count();
    assert_eq!(with_value, 24);
}

#[test]
fn intervals_are_the_same_for_the_same_meeting_alone() {
    assert_eq!(reported("a"), reported("a"));
    let (one, other) = (reported("a"), reported("b"));
    assert_eq!(one.value("C1"), other.value("C1"));
    assert_ne!(one.get("C1").unwrap().interval, other.get("C1").unwrap().interval);
}

#[test]
fn the_score_comes_with_its_interval_and_five_parts() {
    let rest = ReportRest {
        meeting: "a".to_owned(),
        ..ReportRest::default()
    };
    let score = report(&conversation(MeetingType::Other, &meeting()), rest)
        .coaching
        .score
        .unwrap();
    let interval = score.interval.unwrap();
    assert!(
        interval.low <= score.value.unwrap() && score.value.unwrap() <= interval.high,
        "{score:?}"
    );
    assert_eq!((score.groups.len(), score.exposure.have), (5, 4.0));
    let silent = report(&conversation(MeetingType::Other, &[]), ReportRest::default())
        .coaching
        .score
        .unwrap();
    assert_eq!((silent.value, silent.interval, silent.exposure.have), (None, None, 0.0));
}
