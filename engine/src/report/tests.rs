//! What a reader gets.

use super::*;
use crate::clock::MeetingTime;
use crate::conversation::Setup;
use crate::meeting_type::MeetingType;
use crate::page::Shown;
use crate::speaker::Speaker::{Me, Them, Unknown};
use crate::speaker::Track;
use crate::spoken::{conversation, filling, said, said_for, setup};
use crate::transcript::Final;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn meeting() -> Conversation {
    let mut meeting = conversation(
        MeetingType::Demo,
        &[
            said_for(Them, 0, 20_000, &filling(40)),
            said_for(Me, 21_000, 51_000, &filling(90)),
            said_for(Me, 100_000, 101_000, "yes"),
        ],
    );
    meeting.advance(MeetingTime::from_ms(120_000));
    meeting
}

#[test]
fn a_report_holds_all_that_is_known() {
    let rest = ReportRest {
        version: 2,
        incomplete: true,
        gaps: vec![Gap {
            track: Track::Tab,
            span: crate::spoken::span(60_000, 61_000),
            reason: "buffer_full".into(),
        }],
        nudges: vec![NudgeShown {
            id: "ab".into(),
            rule: "N1".into(),
            headline: "Slow down".into(),
            evidence: "190 words a minute.".into(),
            at_ms: 51_000,
            reaction: Some("helpful".into()),
            effect: Change {
                before: Some(190.0),
                after: None,
            },
        }],
        coverage: vec![Coverage {
            track: Track::Tab,
            decoded_s: 20.0,
            non_speech_s: 99.0,
            suppressed_s: 0.0,
            withheld_s: 0.0,
            gap_s: 1.0,
            reasons: Vec::new(),
        }],
        ..ReportRest::default()
    };
    let report = report(&meeting(), rest.clone());
    let Report { record, coaching } = &report;
    assert_eq!(
        (record.version, record.incomplete, record.duration_ms),
        (2, true, 120_000)
    );
    assert_eq!(
        (&record.gaps, &coaching.nudges, &record.coverage),
        (&rest.gaps, &rest.nudges, &rest.coverage)
    );
    assert_eq!(
        (record.utterances.len(), coaching.turns.len(), coaching.measures.0.len()),
        (3, 3, 30)
    );
    assert_eq!(record.meeting_type, MeetingType::Demo);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["gaps"][0]["t0_ms"], 60_000);
    assert_eq!(json["utterances"][0]["t1_ms"], 20_000);
    assert_eq!(json["utterances"][0]["words"][0]["t0_ms"], 0);
    assert_eq!(json["nudges"][0]["before"], 190.0);
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

/// The names of all fields in `json`, at any depth.
fn fields(json: &serde_json::Value, names: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::Object(object) => object.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            fields(value, names);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| fields(value, names)),
        _ => {}
    }
}

#[test]
fn a_record_never_holds_anybody_s_coaching() {
    let mut meeting = busy();
    meeting.advance(MeetingTime::from_ms(400_000));
    let Report { record, coaching } = report(&meeting, ReportRest::default());
    // What is only in coaching, but for the words that both are made of.
    let names_of = |json| {
        let mut names = BTreeSet::new();
        fields(&json, &mut names);
        names
    };
    let shared = [
        "t0_ms",
        "t1_ms",
        "speaker",
        "name",
        "text",
        "by",
        "source",
        "utterances",
        "words",
        "part",
        "why",
        "id",
        "people",
        "gaps",
        // A part of C30 is how many there were.
        "decisions",
    ];
    let coached: BTreeSet<String> = names_of(serde_json::to_value(&coaching).unwrap());
    let recorded = names_of(serde_json::to_value(&record).unwrap());
    let leaked: Vec<_> = coached
        .intersection(&recorded)
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    assert!(coached.contains("measures") && coached.contains("fillers") && coached.contains("interruptions"));
    // A new field of the record does not compile here until somebody has thought of it.
    let MeetingRecord {
        version: _,
        incomplete: _,
        meeting_type: _,
        recognizer: _,
        duration_ms: _,
        people: _,
        coverage: _,
        gaps: _,
        second_hearing: _,
        decisions: _,
        actions: _,
        open_questions: _,
        utterances: _,
        missing: _,
    } = record;
}

/// A meeting with a little of everything.
fn busy_finals() -> Vec<Final> {
    let mut finals = Vec::new();
    for round in 0..12 {
        let at = round * 30_000;
        finals.push(said(
            Me,
            at,
            "So what do you think, um, about the plan we made for the second release?",
        ));
        finals.push(said(
            Them,
            at + 9_000,
            "I think we should go with the blue one, because everybody asked for it.",
        ));
        finals.push(said(
            Me,
            at + 14_000,
            "Okay, we agreed on the blue one. I'll send you the figures by Friday.",
        ));
        finals.push(said(Them, at + 19_000, "Good, I will call the supplier tomorrow."));
        finals.push(said(Me, at + 20_500, "Could you also book the room?"));
    }
    finals
}

fn busy() -> Conversation {
    conversation(MeetingType::Discovery, &busy_finals())
}

#[test]
fn a_log_that_is_folded_again_gives_the_same_report_to_the_letter() {
    let written = |meeting: &Conversation| {
        let rest = ReportRest {
            meeting: "a meeting".into(),
            ..ReportRest::default()
        };
        serde_json::to_string(&report(meeting, rest)).unwrap()
    };
    let (mut once, mut again) = (busy(), busy());
    let end = MeetingTime::from_ms(380_000);
    once.advance(end);
    // A node that takes over folds what was committed so far, and goes on.
    let mut taken_over = conversation(MeetingType::Discovery, &busy_finals()[..23]);
    busy_finals()[23..]
        .iter()
        .for_each(|said| drop(taken_over.observe(said)));
    taken_over.advance(end);
    again.advance(end);
    assert_eq!(written(&once), written(&again));
    assert_eq!(written(&once), written(&taken_over));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_is_no_matter_in_which_steps_time_passed(steps in proptest::collection::vec(0_u64..380_000, 0..60)) {
        let end = MeetingTime::from_ms(380_000);
        let mut whole = busy();
        whole.advance(end);
        let mut stepped = conversation(MeetingType::Discovery, &[]);
        let mut steps = steps;
        steps.sort_unstable();
        let mut steps = steps.into_iter().peekable();
        for decided in busy_finals() {
            while let Some(step) = steps.next_if(|step| *step <= decided.span.start.as_ms()) {
                stepped.advance(MeetingTime::from_ms(step));
            }
            stepped.observe(&decided);
        }
        steps.for_each(|step| drop(stepped.advance(MeetingTime::from_ms(step))));
        stepped.advance(end);
        let written = |meeting| serde_json::to_string(&report(meeting, ReportRest::default())).unwrap();
        prop_assert_eq!(written(&whole), written(&stepped));
    }
}

#[test]
fn talk_is_seconds_words_and_share_by_speaker() {
    let talk = report(&meeting(), ReportRest::default()).coaching.talk;
    let told: Vec<_> = talk
        .iter()
        .map(|part| (part.speaker, part.seconds, part.words))
        .collect();
    assert_eq!(told, [(Me, 31.0, 91), (Them, 20.0, 40)]);
    assert!((talk[0].share.unwrap() - 31.0 / 51.0).abs() < 1e-9);
}

#[test]
fn pace_is_told_where_i_said_enough() {
    let pace = report(&meeting(), ReportRest::default()).coaching.pace;
    let at = |at_ms: u64| pace.iter().find(|point| point.at_ms == at_ms).unwrap().wpm;
    assert_eq!(pace.len(), 13);
    // 25 to 55 s holds 26 s of mine at three words a second.
    assert!((at(40_000).unwrap() - 180.0).abs() < 1.0);
    assert_eq!((at(0), at(100_000), at(120_000)), (None, None, None));
}

#[test]
fn on_one_channel_there_is_one_speaker_without_a_share() {
    let mut meeting = Conversation::new(Setup {
        tracks: vec![Track::Mic],
        ..setup(MeetingType::Other)
    });
    meeting.observe(&said_for(Unknown, 0, 20_000, &filling(40)));
    let talk = report(&meeting, ReportRest::default()).coaching.talk;
    assert_eq!(
        talk.iter().map(|part| (part.speaker, part.share)).collect::<Vec<_>>(),
        [(Unknown, None)]
    );
}

#[test]
fn a_meeting_in_which_nobody_spoke_has_a_report_too() {
    let report = report(&conversation(MeetingType::Other, &[]), ReportRest::default()).coaching;
    assert!(
        report
            .talk
            .iter()
            .all(|part| part.share.is_none() && part.seconds == 0.0)
    );
    assert_eq!(report.pace, [PacePoint { at_ms: 0, wpm: None }]);
}

#[test]
fn speech_of_the_others_is_counted_by_name_where_the_name_is_sure() {
    let mut meeting = conversation(
        MeetingType::Other,
        &[
            said_for(Me, 0, 10_000, &filling(20)),
            said_for(Them, 10_000, 20_000, &filling(20)),
            said_for(Them, 20_000, 30_000, &filling(20)),
            said_for(Them, 40_000, 45_000, &filling(5)),
        ],
    );
    assert_eq!(report(&meeting, ReportRest::default()).coaching.participants, []);
    for (at_ms, name) in [(10_300, "Ana"), (20_300, "Ben"), (30_000, "")] {
        meeting.show(Shown::Speaking {
            at: MeetingTime::from_ms(at_ms),
            names: (!name.is_empty()).then(|| name.to_owned()).into_iter().collect(),
        });
    }
    let found = report(&meeting, ReportRest::default()).coaching.participants;
    let found: Vec<_> = found
        .iter()
        .map(|part| (part.name.as_deref(), part.seconds, part.words))
        .collect();
    assert_eq!(
        found,
        [(Some("Ana"), 10.0, 20), (Some("Ben"), 10.0, 20), (None, 5.0, 5)]
    );
}

#[test]
fn a_long_answer_after_which_i_change_the_subject_is_a_question_missed() {
    let missed = |answer_ms: u64, reply: &str, language: Option<&str>| {
        let answer = "so we moved the whole launch to spring because of the translations";
        let meeting = conversation(
            MeetingType::Discovery,
            &[
                said_for(Them, 1_000, 1_000 + answer_ms, answer),
                said_for(Me, 2_000 + answer_ms, 8_000 + answer_ms, reply),
            ],
        );
        let rest = ReportRest {
            language: language.map(str::to_owned),
            ..ReportRest::default()
        };
        report(&meeting, rest).coaching
    };
    let elsewhere = "anyway the office party needs catering and a budget for this quarter";
    let found = missed(25_000, elsewhere, None).missed_questions;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].source.span.start.as_ms(), found[0].replied_at_ms),
        (1_000, 27_000)
    );
    assert!(found[0].text.ends_with("because of the translations") && found[0].by.speaker == Them);
    let follows = "and who does the translations for the office budget catering now";
    assert_eq!(missed(25_000, follows, None).missed_questions, []);
    assert_eq!(
        missed(19_000, elsewhere, None).missed_questions,
        [],
        "too short an answer"
    );
    assert_eq!(
        missed(25_000, "alright then", None).missed_questions,
        [],
        "too little to tell"
    );
    let german = missed(25_000, elsewhere, Some("de"));
    assert_eq!(german.missed_questions, []);
    assert!(german.left_out.iter().any(|missing| missing.part == "missed_questions"));
}

#[test]
fn a_trend_is_the_last_eight_meetings_that_have_the_measure() {
    let mut history = History::default();
    for value in 1..=10 {
        let mut measures = report(&meeting(), ReportRest::default()).coaching.measures;
        for measure in &mut measures.0 {
            measure.value = (measure.id == "C3").then_some(f64::from(value));
        }
        history.push(&measures);
    }
    let rest = ReportRest {
        history,
        ..ReportRest::default()
    };
    let trends = report(&meeting(), rest).coaching.trends;
    assert_eq!(
        trends,
        [Trend {
            measure: "C3".into(),
            values: (3..=10).map(f64::from).collect(),
        }]
    );
}
