//! Speech to measure with: the sample meeting, 16 kHz, spoken by flite's voices.

use attune_engine::speaker::Track;
use attune_ingest::media;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The recordings, which are in the repository.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample");

/// The first `seconds` of the microphone of the sample meeting.
///
/// # Panics
/// As for [`track`].
pub fn microphone(seconds: usize) -> Vec<i16> {
    track(Track::Mic, seconds)
}

/// The first `seconds` of a track of the sample meeting.
///
/// # Panics
/// When the sample is not in the tree or is no recording: without it nothing can be measured.
pub fn track(track: Track, seconds: usize) -> Vec<i16> {
    let path = Path::new(FOLDER).join(format!("meeting.{}.opus", track.as_str()));
    let recording = media::decode(&path, &mut |_| {}).expect("invariant: the sample meeting is in the tree");
    let mut samples = recording.channels.into_iter().next().unwrap_or_default();
    samples.truncate(seconds * 16_000);
    samples
}

/// What is said in one breath.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// From its first sound to its last.
    pub samples: Vec<i16>,
}

impl Utterance {
    /// How long it is.
    pub fn lasts(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / 16_000.0)
    }
}

/// The utterances of both people of the sample meeting that are as long as `lengths`, as its truth places them.
///
/// # Panics
/// As for [`track`].
pub fn utterances(lengths: std::ops::Range<Duration>) -> Vec<Utterance> {
    let truth = std::fs::read(Path::new(FOLDER).join("meeting.json")).expect("invariant: the truth is in the tree");
    let truth: Value = serde_json::from_slice(&truth).expect("invariant: the truth is JSON");
    let mut found = Vec::new();
    for (side, track) in [("me", Track::Mic), ("them", Track::Tab)] {
        let samples = self::track(track, usize::MAX / 16_000);
        let spans = truth["ipus"][side].as_array().map(Vec::as_slice).unwrap_or_default();
        for span in spans {
            let at = |key: &str| span[key].as_u64().map(|ms| ms as usize * 16);
            let (Some(from), Some(to)) = (at("t0_ms"), at("t1_ms")) else {
                continue;
            };
            let said = samples.get(from..to.min(samples.len())).unwrap_or_default().to_vec();
            let utterance = Utterance { samples: said };
            if lengths.contains(&utterance.lasts()) {
                found.push(utterance);
            }
        }
    }
    found
}

/// `count` of `utterances` from number `first` on, round and round.
pub fn in_turn(utterances: &[Utterance], first: usize, count: usize) -> impl Iterator<Item = &Utterance> {
    utterances.iter().cycle().skip(first).take(count)
}

/// `samples` with the noise of a quiet room (-50 dB), so that every frame has to be judged. `seed` makes each room another.
pub fn in_a_room(samples: &[i16], seed: u32) -> Vec<i16> {
    let mut random = seed | 1;
    let noisy = samples.iter().map(|sample| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        sample.saturating_add((random >> 16) as i16 / 182)
    });
    noisy.collect()
}
