//! Recordings and what people say is in them.

use attune_benches::sample;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::speaker::Track;
use attune_engine::wer;
use attune_ingest::media;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The excerpts.
const AMI: [&str; 4] = ["dev01", "trn03", "trn05", "trn08"];

/// Where the real recordings are, where they are.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/audio");

/// A recording and the truth about it.
pub(crate) struct Truth {
    /// Which.
    pub(crate) name: String,
    /// 16 kHz.
    pub(crate) samples: Vec<i16>,
    /// Where each speaks.
    pub(crate) speakers: BTreeMap<String, Vec<Span>>,
    /// What is said, in order of time, as tokens to compare.
    pub(crate) words: Vec<(String, Span)>,
}

/// The excerpts of AMI meetings; none where they are not on this machine.
pub(crate) fn ami() -> Vec<Truth> {
    let folder = PathBuf::from(REAL);
    if !folder.is_dir() {
        return Vec::new();
    }
    AMI.into_iter().map(|name| excerpt(&folder, name)).collect()
}

fn excerpt(folder: &Path, name: &str) -> Truth {
    let annotation = json(&folder.join(format!("{name}.json")));
    let span = |value: &Value| {
        let at = |key: &str| MeetingTime::START.plus(Duration::from_secs_f64(value[key].as_f64().expect("a time")));
        Span::new(at("s"), at("e"))
    };
    let mut speakers: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for segment in array(&annotation, "rttm_segments") {
        let person = segment["person"].as_str().expect("a person");
        speakers.entry(person.to_owned()).or_default().push(span(segment));
    }
    // Laughter and other sounds stand among the words.
    let words = array(&annotation, "words").iter().filter(|word| word["kind"] == "w");
    let words = words.map(|word| (word["t"].as_str().expect("text"), span(word)));
    let recording = media::decode(&folder.join(format!("{name}.wav")), &mut |_| {}).expect("a recording");
    Truth {
        name: name.to_owned(),
        samples: recording.channels.into_iter().next().expect("one channel"),
        speakers,
        words: tokens(words),
    }
}

/// The tracks of the sample meeting.
pub(crate) fn sample() -> Vec<Truth> {
    let truth = json(&Path::new(sample::FOLDER).join("meeting.json"));
    let span = |value: &Value| {
        let at = |key: &str| MeetingTime::from_ms(value[key].as_u64().expect("a time"));
        Span::new(at("t0_ms"), at("t1_ms"))
    };
    let side = |(side, track): (&str, Track)| {
        let words = array(&truth, "words").iter();
        let words = words.filter(|word| word["speaker"] == side && word.get("filler").is_none());
        let words = words.map(|word| (word["text"].as_str().expect("text"), span(word)));
        let speaks = array(&truth["ipus"], side).iter().map(span).collect();
        Truth {
            name: format!("sample, {side}"),
            samples: sample::track(track, usize::MAX / 16_000),
            speakers: [(side.to_owned(), speaks)].into(),
            words: tokens(words),
        }
    };
    [("me", Track::Mic), ("them", Track::Tab)].map(side).into()
}

fn tokens<'a>(words: impl Iterator<Item = (&'a str, Span)>) -> Vec<(String, Span)> {
    let mut tokens: Vec<(String, Span)> = words
        .flat_map(|(text, span)| wer::tokens(text).into_iter().map(move |token| (token, span)))
        .collect();
    tokens.sort_by_key(|(_, span)| span.start);
    tokens
}

fn json(path: &Path) -> Value {
    let text = std::fs::read(path).expect("the truth is there");
    serde_json::from_slice(&text).expect("the truth is JSON")
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().expect("an array")
}
