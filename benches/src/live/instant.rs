//! A recognizer that costs nothing, for benches of everything else: as many words as are spoken, and no two alike.

use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::{Recognition, RecognizeError, RecognizedWord, Recognizer, RecognizerInfo, Speech};

/// How long each word is.
const WORD_MS: u32 = 350;

/// Writes words at once.
#[derive(Debug)]
pub struct Instant(RecognizerInfo);

impl Default for Instant {
    fn default() -> Self {
        Self(RecognizerInfo {
            name: "instant".to_owned(),
            version: "1".to_owned(),
            model: "none".to_owned(),
            languages: vec!["en".to_owned()],
            writes_fillers: false,
            weakness: "Listens to nothing.".to_owned(),
        })
    }
}

impl Recognizer for Instant {
    fn info(&self) -> &RecognizerInfo {
        &self.0
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let lasts_ms = (speech.samples.len() as u64 / SAMPLES_PER_MS) as u32;
        let word = |index: u32| RecognizedWord {
            // Knuth's multiplicative hash: text that repeats itself would be taken for a decoder that loops.
            text: format!("{:x}", (index + 1).wrapping_mul(2_654_435_761)),
            start_ms: index * WORD_MS,
            end_ms: ((index + 1) * WORD_MS).min(lasts_ms),
            confidence: 0.9,
        };
        Ok(Recognition {
            words: (0..lasts_ms.div_ceil(WORD_MS)).map(word).collect(),
            ..Recognition::default()
        })
    }
}
