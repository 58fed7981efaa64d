//! What a decided segment costs the fold, early and late in a meeting of an hour: the ledger copies the conversation, shows the copy
//! the segment, and lets go of the one before. It must not cost more the longer a meeting is. Ten seconds.
//!
//! Two people in turn, 150 words a minute, every segment a few sentences of ordinary talk; words of a recognizer that writes
//! punctuation.

use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::meeting_type::MeetingType;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentId, Word};
use attune_engine::voices::VoicesHeard;
use std::time::{Duration, Instant};

/// What is folded.
const MEETING_MS: u64 = 3_600_000;
/// How much of it is looked at, at both ends.
const END_MS: u64 = 600_000;
/// A segment, and the pause behind it.
const SEGMENT_MS: u64 = 4_400;
const PAUSE_MS: u64 = 600;
/// Segments of one person before the other speaks.
const TURN: u64 = 4;
/// What the last ten minutes may cost, of the first.
const GOAL: f64 = 1.5;

const TEXTS: [&str; 6] = [
    "So what do you think about the second part, um, is that what we said?",
    "I'll send you the numbers by Friday, and then we look at them together.",
    "Yeah, I mean it's kind of the same problem that we had before, you know.",
    "We moved the launch to spring because of the translations, that's all.",
    "Right, and how long would it take if we did it with two people?",
    "Let's go with the first one, it is cheaper and maybe it is good enough.",
];

fn main() {
    let mut meeting = Conversation::new(Setup {
        meeting_type: MeetingType::Other,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: RecognizerInfo {
            name: "scripted".into(),
            version: "1".into(),
            model: "bench".into(),
            languages: vec!["en".into()],
            writes_fillers: true,
            weakness: "It says what it is told.".into(),
        },
        voices: VoicesHeard::NotInstalled,
        profile: Default::default(),
    });
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for number in 0..MEETING_MS / (SEGMENT_MS + PAUSE_MS) {
        let decided = segment(number);
        let started = Instant::now();
        let mut next = meeting.clone();
        std::hint::black_box(next.observe(&decided));
        next.advance(decided.span.end);
        meeting = next;
        let took = started.elapsed();
        match decided.span.end.as_ms() {
            end if end <= END_MS => early.push(took),
            end if end > MEETING_MS - END_MS => late.push(took),
            _ => {}
        }
    }
    let mut table = Table::new("fold");
    add(&mut table, "fold_first_10_min", &early);
    add(&mut table, "fold_last_10_min", &late);
    let growth = quantile(&late, 0.5).as_secs_f64() / quantile(&early, 0.5).as_secs_f64();
    let row = table.add("fold_growth", growth, "");
    row.goal(Goal::AtMost(GOAL))
        .how("median of the last ten minutes of an hour over that of the first");
    table.finish();
}

fn add(table: &mut Table, name: &str, took: &[Duration]) {
    table.add(&format!("{name}_p50_ms"), ms(quantile(took, 0.5)), "ms");
    table.add(&format!("{name}_p95_ms"), ms(quantile(took, 0.95)), "ms");
}

fn segment(number: u64) -> Final {
    let (track, speaker) = match number / TURN % 2 {
        0 => (Track::Mic, Speaker::Me),
        _ => (Track::Tab, Speaker::Them),
    };
    let start_ms = number * (SEGMENT_MS + PAUSE_MS);
    let texts: Vec<&str> = TEXTS[number as usize % TEXTS.len()].split(' ').collect();
    let each_ms = SEGMENT_MS / texts.len() as u64;
    let words = texts.into_iter().zip(0..).map(|(text, place)| Word {
        text: text.to_owned(),
        start: MeetingTime::from_ms(start_ms + place * each_ms),
        end: MeetingTime::from_ms(start_ms + (place + 1) * each_ms),
        confidence: 0.9,
    });
    let span = Span::new(
        MeetingTime::from_ms(start_ms),
        MeetingTime::from_ms(start_ms + SEGMENT_MS),
    );
    Final {
        segment: SegmentId::new(track, start_ms * SAMPLES_PER_MS),
        track,
        speaker,
        span,
        words: words.collect(),
        voiced: vec![span],
        model: "scripted/bench".into(),
        flags: Vec::new(),
        sound: None,
        voices: Vec::new(),
    }
}
