//! A timed transcript as a recognizer, for tests and replays: it knows the recordings and what is said in them.
//!
//! A segment arrives without its place in the meeting, often after an Opus encoder. It is found again by its loudness
//! over time, which survives coding and gain: the envelope of the segment is slid over the envelopes of the recordings,
//! and where they agree, the transcript says which words those are. Audio that fits nowhere has no words.

mod coarse;
mod script;

pub use script::ScriptError;

use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::{Recognition, RecognizeError, RecognizedWord, Recognizer, RecognizerInfo, Speech};
use coarse::Coarse;
use std::path::Path;
use std::sync::Arc;

/// Length of one step of an envelope.
const STEP_MS: usize = 10;

/// Samples of one step.
const STEP_SAMPLES: usize = STEP_MS * SAMPLES_PER_MS as usize;

/// Agreement (Pearson's r) below which the audio is taken for something else.
const AGREEMENT: f32 = 0.9;

/// A recording and what is said in it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// 16 kHz mono.
    pub samples: Vec<i16>,
    /// Its words in order, timed from its first sample.
    pub words: Vec<RecognizedWord>,
}

/// Recognises the recordings that it was given, and nothing else.
#[derive(Debug, Clone)]
pub struct Scripted {
    recordings: Arc<Vec<Known>>,
    info: RecognizerInfo,
}

#[derive(Debug)]
struct Known {
    envelope: Vec<f32>,
    /// The same, roughly: where to look at all.
    coarse: Coarse,
    words: Vec<RecognizedWord>,
}

impl Scripted {
    /// A recognizer that knows `recordings`. Cheap to clone, one for each worker.
    pub fn new(recordings: Vec<Recording>) -> Self {
        let known = recordings.into_iter().map(|recording| {
            let envelope = envelope(&recording.samples);
            Known {
                coarse: Coarse::of(&envelope),
                envelope,
                words: recording.words,
            }
        });
        Self {
            recordings: Arc::new(known.collect()),
            info: RecognizerInfo {
                name: "scripted".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                model: "transcript".to_owned(),
                languages: vec!["en".to_owned()],
                writes_fillers: true,
                weakness: "Knows only the recordings that it was given.".to_owned(),
            },
        }
    }

    /// A recognizer that knows the recordings of the script in a file: see [`ScriptError`] for what a script is.
    ///
    /// # Errors
    /// When the script or the sound that it names cannot be read.
    pub fn load(script: &Path) -> Result<Self, ScriptError> {
        script::read(script).map(Self::new)
    }

    /// Where `speech` is: the recording, and the step of its envelope at which the speech begins.
    fn find(&self, speech: &[f32]) -> Option<(&Known, usize)> {
        let mut best = None;
        let roughly = Coarse::of(speech);
        for known in self.recordings.iter() {
            for at in known.coarse.places(&roughly, known.envelope.len()) {
                let Some(window) = known.envelope.get(at..at + speech.len()) else {
                    continue;
                };
                let agreement = correlation(speech, window);
                if agreement > best.map_or(AGREEMENT, |(most, _, _)| most) {
                    best = Some((agreement, known, at));
                }
            }
        }
        best.map(|(_, known, at)| (known, at))
    }
}

impl Recognizer for Scripted {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let heard = envelope(speech.samples);
        let Some((known, at)) = (!heard.is_empty()).then(|| self.find(&heard)).flatten() else {
            return Ok(Recognition::default());
        };
        let from_ms = (at * STEP_MS) as u32;
        let to_ms = from_ms + (speech.samples.len() as u64 / SAMPLES_PER_MS) as u32;
        let inside = known.words.iter().filter(|word| {
            let middle = word.start_ms.midpoint(word.end_ms);
            (from_ms..to_ms).contains(&middle)
        });
        let words = inside.map(|word| RecognizedWord {
            start_ms: word.start_ms.saturating_sub(from_ms),
            end_ms: word.end_ms.min(to_ms) - from_ms,
            ..word.clone()
        });
        Ok(Recognition {
            words: words.collect(),
            ..Recognition::default()
        })
    }
}

/// Loudness per step, as the fourth root of power: compressed, so that one loud sound does not decide alone.
fn envelope(samples: &[i16]) -> Vec<f32> {
    let steps = samples.chunks_exact(STEP_SAMPLES).map(|step| {
        let power = step.iter().map(|&sample| f32::from(sample).powi(2)).sum::<f32>() / STEP_SAMPLES as f32;
        power.sqrt().sqrt()
    });
    steps.collect()
}

/// Pearson's r of two stretches of one length; 0 where either does not vary.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut only_a, mut only_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        only_a += a * a;
        only_b += b * b;
    }
    let scale = (only_a * only_b).sqrt();
    if scale > f32::EPSILON { both / scale } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Syllables of noise at irregular times: an envelope that resembles itself nowhere else.
    fn recording(seed: u64, seconds: usize) -> Recording {
        let mut random = seed;
        let mut next = || {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as u32
        };
        let mut samples = Vec::new();
        let mut words = Vec::new();
        while samples.len() < seconds * 16_000 {
            let start_ms = (samples.len() / 16) as u32;
            let loudness = 500 + next() % 8_000;
            for _ in 0..1_600 + next() % 4_800 {
                samples.push((next() % loudness) as i16 - (loudness / 2) as i16);
            }
            let end_ms = (samples.len() / 16) as u32;
            words.push(RecognizedWord {
                text: format!("w{}", words.len()),
                start_ms,
                end_ms,
                confidence: 1.0,
            });
            samples.resize(samples.len() + 480 + (next() % 3_200) as usize, 0);
        }
        Recording { samples, words }
    }

    fn heard(recognizer: &mut Scripted, samples: &[i16]) -> Vec<RecognizedWord> {
        recognizer.recognize(Speech::of(samples)).unwrap().words
    }

    #[test]
    fn a_stretch_of_a_recording_has_the_words_that_lie_in_it() {
        let one = recording(1, 30);
        let two = recording(2, 30);
        let word = two.words[20].clone();
        let from = (word.start_ms as usize / 10 - 5) * 160;
        let to = from + 16_000;
        let mut recognizer = Scripted::new(vec![one, two.clone()]);
        let words = heard(&mut recognizer, &two.samples[from..to]);
        assert_eq!(words[0].text, word.text);
        assert_eq!(words[0].start_ms, word.start_ms - from as u32 / 16);
        assert!(
            words
                .iter()
                .all(|word| word.start_ms < word.end_ms && word.end_ms <= 1_000)
        );
    }

    #[test]
    fn it_is_found_although_quieter_rougher_and_between_two_steps() {
        let recording = recording(3, 60);
        let from = 400_077;
        let rough: Vec<i16> = recording.samples[from..from + 48_000]
            .iter()
            .enumerate()
            .map(|(index, sample)| sample / 3 + (index % 7) as i16)
            .collect();
        let mut recognizer = Scripted::new(vec![recording.clone()]);
        let words = heard(&mut recognizer, &rough);
        let expected: Vec<&str> = recording
            .words
            .iter()
            .filter(|word| (25_005..28_004).contains(&word.start_ms.midpoint(word.end_ms)))
            .map(|word| word.text.as_str())
            .collect();
        let found: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_stretch_of_a_long_recording_is_found_where_it_is() {
        let long = recording(6, 300);
        let mut recognizer = Scripted::new(vec![recording(7, 60), long.clone()]);
        for (index, word) in long.words.iter().enumerate().step_by(17) {
            let seconds = [1, 3, 9][index % 3];
            let from = word.start_ms as usize * 16 + 5 * index;
            let Some(stretch) = long.samples.get(from..from + seconds * 16_000) else {
                continue;
            };
            let (from_ms, to_ms) = (from as u32 / 16, (from + stretch.len()) as u32 / 16);
            // A word whose middle is a step from an edge may be on either side of it.
            let is_inside = |word: &RecognizedWord| {
                let middle = word.start_ms.midpoint(word.end_ms);
                (from_ms + 10..to_ms - 10).contains(&middle)
            };
            let inside = long.words.iter().filter(|word| is_inside(word));
            let heard = heard(&mut recognizer, stretch);
            for word in inside {
                assert!(heard.iter().any(|heard| heard.text == word.text), "{word:?} of {index}");
            }
        }
    }

    #[test]
    fn audio_that_fits_nowhere_has_no_words() {
        let mut recognizer = Scripted::new(vec![recording(4, 20)]);
        assert_eq!(heard(&mut recognizer, &recording(5, 3).samples), []);
        assert_eq!(heard(&mut recognizer, &[0; 32_000]), []);
        assert_eq!(heard(&mut recognizer, &[]), []);
    }
}
