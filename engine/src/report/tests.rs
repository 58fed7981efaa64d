//! What a reader gets.

use super::*;
use crate::conversation::Setup;
use crate::page::Shown;
use crate::spoken::{conversation, filling, said_for, setup};
use Speaker::{Me, Them, Unknown};

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
    assert_eq!(
        (report.version, report.incomplete, report.duration_ms),
        (2, true, 120_000)
    );
    assert_eq!(
        (&report.gaps, &report.nudges, &report.coverage),
        (&rest.gaps, &rest.nudges, &rest.coverage)
    );
    assert_eq!(
        (report.utterances.len(), report.turns.len(), report.measures.0.len()),
        (3, 3, 30)
    );
    assert_eq!(report.meeting_type, MeetingType::Demo);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["gaps"][0]["t0_ms"], 60_000);
    assert_eq!(json["utterances"][0]["t1_ms"], 20_000);
    assert_eq!(json["utterances"][0]["words"][0]["t0_ms"], 0);
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

#[test]
fn talk_is_seconds_words_and_share_by_speaker() {
    let talk = report(&meeting(), ReportRest::default()).talk;
    let told: Vec<_> = talk
        .iter()
        .map(|part| (part.speaker, part.seconds, part.words))
        .collect();
    assert_eq!(told, [(Me, 31.0, 91), (Them, 20.0, 40)]);
    assert!((talk[0].share.unwrap() - 31.0 / 51.0).abs() < 1e-9);
}

#[test]
fn pace_is_told_where_i_said_enough() {
    let pace = report(&meeting(), ReportRest::default()).pace;
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
    let talk = report(&meeting, ReportRest::default()).talk;
    assert_eq!(
        talk.iter().map(|part| (part.speaker, part.share)).collect::<Vec<_>>(),
        [(Unknown, None)]
    );
}

#[test]
fn a_meeting_in_which_nobody_spoke_has_a_report_too() {
    let report = report(&conversation(MeetingType::Other, &[]), ReportRest::default());
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
    assert_eq!(report(&meeting, ReportRest::default()).participants, []);
    for (at_ms, name) in [(10_300, "Ana"), (20_300, "Ben"), (30_000, "")] {
        meeting.show(Shown::Speaking {
            at: MeetingTime::from_ms(at_ms),
            names: (!name.is_empty()).then(|| name.to_owned()).into_iter().collect(),
        });
    }
    let found = report(&meeting, ReportRest::default()).participants;
    let found: Vec<_> = found
        .iter()
        .map(|part| (part.name.as_deref(), part.seconds, part.words))
        .collect();
    assert_eq!(
        found,
        [(Some("Ana"), 10.0, 20), (Some("Ben"), 10.0, 20), (None, 5.0, 5)]
    );
}
