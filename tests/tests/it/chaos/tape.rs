//! What the sessions say: the microphone of the sample meeting, begun at different places, round and round. Real enough for
//! voice activity, and known word for word.

use attune_benches::sample;
use attune_engine::speaker::Track;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RATE_HZ: usize = 16_000;
/// Heard over the seam of two rounds: longer than any segment and what is heard around it.
const SEAM_S: usize = 30;

/// One round of it.
pub struct Round {
    samples: Vec<i16>,
    /// Text, start and end in milliseconds.
    words: Vec<(String, u64, u64)>,
}

impl Round {
    /// The whole microphone.
    pub fn of_the_sample() -> Self {
        let truth = fs::read(Path::new(sample::FOLDER).join("meeting.json")).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        let words = truth["words"].as_array().unwrap().iter();
        let mine = words.filter(|word| word["speaker"] == "me").map(|word| {
            let ms = |key: &str| word[key].as_u64().unwrap();
            (word["text"].as_str().unwrap().to_owned(), ms("t0_ms"), ms("t1_ms"))
        });
        Self {
            words: mine.collect(),
            samples: sample::track(Track::Mic, usize::MAX / RATE_HZ),
        }
    }

    /// What session `index` says in `seconds`, if `variants` sessions say something of their own.
    pub fn tape(&self, index: usize, variants: usize, seconds: usize) -> Arc<[i16]> {
        let begin = self.samples.len() / variants * (index % variants);
        let round = self.samples.iter().cycle().skip(begin);
        round.take(seconds * RATE_HZ).copied().collect()
    }

    /// Writes the script that a recognizer follows: one round, and the seam to the next.
    pub fn write_script(&self, folder: &Path) -> PathBuf {
        let length_ms = self.samples.len() as u64 / 16;
        let again = self.words.iter().filter(|word| word.2 <= SEAM_S as u64 * 1_000);
        let again = again.map(|(text, from, to)| (text.clone(), from + length_ms, to + length_ms));
        let words: Vec<Value> = (self.words.iter().cloned().chain(again))
            .map(|(text, start_ms, end_ms)| json!({"text": text, "start_ms": start_ms, "end_ms": end_ms}))
            .collect();
        let sound = self.samples.iter().chain(&self.samples[..SEAM_S * RATE_HZ]);
        let sound: Vec<u8> = sound.flat_map(|sample| sample.to_le_bytes()).collect();
        fs::write(folder.join("round.s16le"), sound).unwrap();
        let script = json!([{"samples": "round.s16le", "words": words}]);
        let path = folder.join("script.json");
        fs::write(&path, script.to_string()).unwrap();
        path
    }
}
