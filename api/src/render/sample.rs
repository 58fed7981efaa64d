//! A small meeting for the tests of every format: two people, and someone who says markup.

use super::{About, Analysis, Format, Part};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::meeting_type::MeetingType;
use attune_engine::page::Shown;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::report::{self, Coverage, MissedQuestion, PacePoint, Report, ReportRest, Source, Trend};
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, SegmentId, Word};

/// What someone says in it.
pub(super) const HOSTILE: &str = "<script>alert('1')</script>";

/// What someone calls themselves in it.
pub(super) const NAMED: &str = "Ana <script>\u{1b}[2J";

pub(super) fn decided(track: Track, start_ms: u64, words: &[&str]) -> Final {
    let at = |index: usize| MeetingTime::from_ms(start_ms + 300 * index as u64);
    let span = Span::new(at(0), at(words.len()));
    Final {
        segment: SegmentId::new(track, start_ms * 16),
        track,
        speaker: track.into(),
        span,
        words: words
            .iter()
            .enumerate()
            .map(|(index, text)| Word {
                text: (*text).to_owned(),
                start: at(index),
                end: at(index + 1),
                confidence: 0.9,
            })
            .collect(),
        voiced: vec![span],
        model: "scripted/test".to_owned(),
        flags: Vec::new(),
        sound: None,
        voices: Vec::new(),
    }
}

fn all_decoded(track: Track) -> Coverage {
    Coverage {
        track,
        decoded_s: 10.0,
        non_speech_s: 0.0,
        suppressed_s: 0.0,
        withheld_s: 0.0,
        gap_s: 0.0,
        reasons: Vec::new(),
    }
}

/// A file of text as text.
pub(super) fn written(analysis: &Analysis, format: Format) -> String {
    String::from_utf8(analysis.write(format).unwrap()).unwrap()
}

pub(super) fn analysis() -> Analysis {
    let report = report();
    let about = About {
        title: "meeting.wav".to_owned(),
        hashes: Some(super::hashes(&report)),
        stored: vec!["Words, by segment: 3, 2 kB, in this server's database, until the meeting is deleted".to_owned()],
        ..About::default()
    };
    Analysis::of(about, report, Part::All)
}

pub(super) fn report() -> Report {
    let mut conversation = Conversation::new(Setup {
        voices: attune_engine::voices::VoicesHeard::NotInstalled,
        profile: Default::default(),
        meeting_type: MeetingType::Other,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: RecognizerInfo {
            name: "scripted".to_owned(),
            version: "1".to_owned(),
            model: "test".to_owned(),
            languages: vec!["en".to_owned()],
            writes_fillers: false,
            weakness: "It says what it was told.".to_owned(),
        },
    });
    conversation.observe(&decided(Track::Mic, 500, &["How", "did", "the", "call", "go?"]));
    conversation.observe(&decided(Track::Tab, 2_600, &["They", "wrote", HOSTILE, "and", "left"]));
    conversation.observe(&decided(Track::Mic, 5_000, &["Thank", "you", "that", "helps"]));
    conversation.show(Shown::Caption {
        id: "1".to_owned(),
        at: MeetingTime::from_ms(4_000),
        speaker: NAMED.to_owned(),
        text: format!("They wrote {HOSTILE} and left."),
    });
    conversation.show(Shown::Speaking {
        at: MeetingTime::from_ms(2_900),
        names: vec![NAMED.to_owned()],
    });
    conversation.advance(MeetingTime::from_ms(10_000));
    let mut report = report::report(
        &conversation,
        ReportRest {
            version: 1,
            coverage: [Track::Mic, Track::Tab].map(all_decoded).into(),
            ..ReportRest::default()
        },
    );
    report.coaching.trends = vec![Trend {
        measure: "C3".to_owned(),
        values: vec![148.0, 155.25],
    }];
    let answer = &report.record.utterances[1];
    report.coaching.missed_questions = vec![MissedQuestion {
        by: report.record.people[0].clone(),
        text: answer.text.clone(),
        source: Source {
            span: answer.span,
            utterances: vec![answer.id.clone()],
        },
        replied_at_ms: 5_000,
    }];
    report.coaching.pace = vec![
        PacePoint {
            at_ms: 0,
            wpm: Some(140.0),
        },
        PacePoint {
            at_ms: 4_000,
            wpm: Some(172.0),
        },
        PacePoint {
            at_ms: 6_000,
            wpm: None,
        },
        PacePoint {
            at_ms: 10_000,
            wpm: Some(150.0),
        },
    ];
    report
}
