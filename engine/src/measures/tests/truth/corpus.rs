//! The planned meetings, read and spoken.

use crate::clock::{MeetingTime, SAMPLE_RATE_HZ, SAMPLES_PER_MS, Span};
use crate::conversation::Conversation;
use crate::listener::Segment;
use crate::meeting_type::MeetingType;
use crate::sound::{Sound, sound_of};
use crate::speaker::{Speaker, Track};
use crate::spoken::setup;
use crate::transcript::{Final, SegmentId, Word};
use serde::Deserialize;
use std::f64::consts::TAU;

/// What is true of a meeting; the sample meeting's voices are made, so that nothing true is known of their sound.
#[derive(Debug, Deserialize)]
pub(super) struct Truth {
    pub(super) talk_share: f64,
    pub(super) words_per_minute: f64,
    pub(super) longest_ms: f64,
    pub(super) patience_ms: Option<f64>,
    pub(super) interruptions_made: Vec<u64>,
    pub(super) interruptions_received: Vec<u64>,
    pub(super) failed_by_them: Vec<u64>,
    pub(super) failed_by_me: Vec<u64>,
    pub(super) pitch_range_st: Option<f64>,
    pub(super) level_lufs: Option<f64>,
}

#[derive(Deserialize)]
struct Planned {
    name: String,
    duration_ms: u64,
    lines: Vec<Line>,
    truth: Truth,
}

#[derive(Deserialize)]
struct Line {
    who: Speaker,
    start: u64,
    words: Vec<(String, u64, u64)>,
    voiced: Vec<(u64, u64)>,
    melody: Melody,
}

#[derive(Clone, Copy, Deserialize)]
struct Melody {
    base_st: f64,
    depth_st: f64,
    rate_hz: f64,
    gain_db: f64,
}

/// A frame as measures.md has it. Silero's are of 32 ms: rounded to those, C13 comes out 28 to 59 ms short.
const FRAME_MS: u64 = 10;
/// Silence that ends a segment, and how long one grows: as the listener has it.
const SEGMENT_GAP_MS: u64 = 550;
const SEGMENT_MS: u64 = 14_000;

fn read(path: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/");
    std::fs::read_to_string(format!("{folder}{path}")).expect("fixtures are committed")
}

/// The corpus, heard.
pub(super) fn corpus() -> Vec<(String, Conversation, Truth)> {
    let planned: Vec<Planned> =
        serde_json::from_str(&read("corpus/corpus.json")).expect("it is what the script writes");
    let heard = planned.into_iter().map(|planned| {
        let meeting = heard(&planned.lines, planned.duration_ms);
        (planned.name, meeting, planned.truth)
    });
    heard.collect()
}

fn heard(lines: &[Line], duration_ms: u64) -> Conversation {
    let mut finals: Vec<Final> = lines.iter().flat_map(segments).collect();
    finals.sort_by_key(|decided| (decided.span.end, decided.track));
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    for decided in &finals {
        meeting.observe(decided);
    }
    meeting.advance(MeetingTime::from_ms(duration_ms));
    meeting
}

/// A line in segments: cut where it is silent for long, and where one has grown long.
fn segments(line: &Line) -> Vec<Final> {
    let mut parts: Vec<Vec<(String, u64, u64)>> = Vec::new();
    for word in &line.words {
        match parts.last_mut() {
            Some(part) if word.1 - part[part.len() - 1].2 < SEGMENT_GAP_MS && word.2 - part[0].1 < SEGMENT_MS => {
                part.push(word.clone());
            }
            _ => parts.push(vec![word.clone()]),
        }
    }
    parts.iter().map(|words| segment(line, words)).collect()
}

fn segment(line: &Line, words: &[(String, u64, u64)]) -> Final {
    let (from_ms, to_ms) = (words[0].1, words[words.len() - 1].2);
    let voiced: Vec<(u64, u64)> = line
        .voiced
        .iter()
        .map(|&(start, end)| (start.max(from_ms), end.min(to_ms)))
        .filter(|(start, end)| start < end)
        .collect();
    let seen: Vec<Span> = voiced
        .iter()
        .map(|&(start, end)| span(start / FRAME_MS * FRAME_MS, end.div_ceil(FRAME_MS) * FRAME_MS))
        .collect();
    let track = if line.who == Speaker::Them {
        Track::Tab
    } else {
        Track::Mic
    };
    Final {
        segment: SegmentId::new(track, from_ms * SAMPLES_PER_MS),
        track,
        speaker: line.who,
        span: Span::new(seen[0].start, seen[seen.len() - 1].end),
        words: words
            .iter()
            .map(|(text, start, end)| Word {
                text: text.clone(),
                start: MeetingTime::from_ms(*start),
                end: MeetingTime::from_ms(*end),
                confidence: 0.9,
            })
            .collect(),
        voiced: seen,
        model: "scripted/corpus".into(),
        flags: Vec::new(),
        sound: (line.who == Speaker::Me).then(|| Box::new(spoken(line, track, from_ms, to_ms, &voiced))),
        voices: Vec::new(),
    }
}

fn span(from_ms: u64, to_ms: u64) -> Span {
    Span::new(MeetingTime::from_ms(from_ms), MeetingTime::from_ms(to_ms))
}

/// How a stretch of a line sounds.
fn spoken(line: &Line, track: Track, from_ms: u64, to_ms: u64, voiced: &[(u64, u64)]) -> Sound {
    let (from_sample, to_sample) = (from_ms * SAMPLES_PER_MS, to_ms * SAMPLES_PER_MS);
    let mut audio = vec![0_i16; (to_sample - from_sample) as usize];
    for &(start, end) in voiced {
        let into_line_s = (start - line.start) as f64 / 1000.0;
        let place = ((start - from_ms) * SAMPLES_PER_MS) as usize;
        let length = ((end - start) * SAMPLES_PER_MS) as usize;
        voice(line.melody, into_line_s, &mut audio[place..place + length]);
    }
    let voiced = voiced
        .iter()
        .map(|&(start, end)| (start * SAMPLES_PER_MS, end * SAMPLES_PER_MS));
    sound_of(&Segment {
        id: SegmentId::new(track, from_sample),
        track,
        from_sample,
        to_sample,
        audio,
        audio_from_sample: from_sample,
        context: 0,
        voiced: voiced.collect(),
        voice: 0.9,
        flags: Vec::new(),
    })
}

/// The voice that the script describes: twelve harmonics on a gliding pitch.
fn voice(melody: Melody, into_line_s: f64, samples: &mut [i16]) {
    const HARMONICS: u32 = 12;
    const TOP_HZ: f64 = 7_000.0;
    let gain = 10.0_f64.powf(melody.gain_db / 20.0) * 32_767.0;
    let mut phase = 0.0_f64;
    for (index, sample) in samples.iter_mut().enumerate() {
        let at_s = into_line_s + index as f64 / f64::from(SAMPLE_RATE_HZ);
        let semitones = melody.base_st + melody.depth_st * (TAU * melody.rate_hz * at_s).sin();
        let hz = 100.0 * (semitones / 12.0).exp2();
        phase = (phase + hz / f64::from(SAMPLE_RATE_HZ)).fract();
        let harmonics = (1..=HARMONICS).map(f64::from).filter(|harmonic| hz * harmonic < TOP_HZ);
        let sum: f64 = harmonics
            .map(|harmonic| {
                let formant = 0.3 + 1.0 / (1.0 + ((hz * harmonic - 600.0) / 300.0).powi(2));
                0.15 * formant / harmonic * (TAU * phase * harmonic).sin()
            })
            .sum();
        *sample = (gain * sum) as i16;
    }
}

#[derive(Deserialize)]
struct Sample {
    duration_ms: u64,
    words: Vec<SampleWord>,
    ipus: std::collections::BTreeMap<Speaker, Vec<Span>>,
    turns: Vec<SampleTurn>,
    interruptions: Vec<SampleTurn>,
    failed_attempts: Vec<SampleTurn>,
    talk_share: std::collections::BTreeMap<Speaker, f64>,
    longest_monologue: Span,
}

#[derive(Deserialize)]
struct SampleWord {
    speaker: Speaker,
    text: String,
    #[serde(flatten)]
    span: Span,
    filler: Option<String>,
}

#[derive(Deserialize)]
struct SampleTurn {
    speaker: Speaker,
    #[serde(flatten)]
    span: Span,
}

/// The sample meeting, from the synthesiser's own times.
pub(super) fn sample() -> (String, Conversation, Truth) {
    let sample: Sample = serde_json::from_str(&read("sample/meeting.json")).expect("it is what the script writes");
    let mut lines: Vec<Line> = Vec::new();
    for (who, units) in &sample.ipus {
        // One line for each unit: its words are those whose middle it holds.
        for unit in units {
            let said = sample.words.iter().filter(|word| {
                let middle = word.span.start.as_ms().midpoint(word.span.end.as_ms());
                word.speaker == *who && (unit.start.as_ms()..unit.end.as_ms()).contains(&middle)
            });
            let words: Vec<_> = said
                .map(|word| (word.text.clone(), word.span.start.as_ms(), word.span.end.as_ms()))
                .collect();
            lines.extend((!words.is_empty()).then(|| Line {
                who: *who,
                start: unit.start.as_ms(),
                words,
                voiced: vec![(unit.start.as_ms(), unit.end.as_ms())],
                melody: Melody {
                    base_st: 3.0,
                    depth_st: 0.0,
                    rate_hz: 0.5,
                    gain_db: -6.0,
                },
            }));
        }
    }
    let starts = |told: &[SampleTurn], who: Speaker| -> Vec<u64> {
        let of_side = told.iter().filter(|turn| turn.speaker == who);
        of_side.map(|turn| turn.span.start.as_ms()).collect()
    };
    let mut gaps_ms: Vec<f64> = sample
        .turns
        .windows(2)
        .filter(|pair| pair[0].speaker != Speaker::Me && pair[1].speaker == Speaker::Me)
        .map(|pair| pair[1].span.start.as_ms() as f64 - pair[0].span.end.as_ms() as f64)
        .filter(|gap_ms| (-500.0..=5_000.0).contains(gap_ms))
        .collect();
    gaps_ms.sort_by(f64::total_cmp);
    let middle = gaps_ms.len() / 2;
    let patience_ms = match gaps_ms.len() % 2 {
        0 => f64::midpoint(gaps_ms[middle - 1], gaps_ms[middle]),
        _ => gaps_ms[middle],
    };
    let said = sample
        .words
        .iter()
        .filter(|word| word.speaker == Speaker::Me && word.filler.as_deref() != Some("acoustic"))
        .count();
    let truth = Truth {
        talk_share: 100.0 * sample.talk_share[&Speaker::Me],
        words_per_minute: 60_000.0 * said as f64 / speaking_ms(&sample.ipus[&Speaker::Me]),
        longest_ms: sample.longest_monologue.duration().as_millis() as f64,
        patience_ms: Some(patience_ms),
        interruptions_made: starts(&sample.interruptions, Speaker::Me),
        interruptions_received: starts(&sample.interruptions, Speaker::Them),
        failed_by_them: starts(&sample.failed_attempts, Speaker::Them),
        failed_by_me: starts(&sample.failed_attempts, Speaker::Me),
        pitch_range_st: None,
        level_lufs: None,
    };
    ("sample".to_owned(), heard(&lines, sample.duration_ms), truth)
}

/// Speech with the pauses under 2 s between, milliseconds.
fn speaking_ms(units: &[Span]) -> f64 {
    let pauses = units
        .windows(2)
        .map(|pair| pair[1].start.since(pair[0].end).as_millis() as f64)
        .filter(|pause_ms| *pause_ms < 2_000.0);
    let speech = units.iter().map(|unit| unit.duration().as_millis() as f64);
    speech.chain(pauses).sum()
}
