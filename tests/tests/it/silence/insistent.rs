//! Voice activity that is fooled: it hears a voice in any sound, in phrases as people speak them.

use attune_engine::voice::{VoiceActivity, VoiceError, VoiceFrame};

/// Phrases, in frames of 32 ms: 0.8 to 5.8 s.
const PHRASES: [usize; 5] = [40, 70, 110, 25, 180];

/// Frames between two phrases, 1 s: enough to close a segment.
const PAUSE: usize = 32;

/// Hears phrases on one track.
#[derive(Debug)]
pub struct Insistent {
    probability: f32,
    /// Which phrase, and how many frames of it and its pause have passed.
    phrase: usize,
    at: usize,
}

impl Insistent {
    /// As sure as this of a voice.
    pub const fn new(probability: f32) -> Self {
        Self {
            probability,
            phrase: 0,
            at: 0,
        }
    }

    fn next(&mut self) -> f32 {
        let phrase = PHRASES[self.phrase % PHRASES.len()];
        let speaks = self.at < phrase;
        self.at += 1;
        if self.at == phrase + PAUSE {
            (self.phrase, self.at) = (self.phrase + 1, 0);
        }
        if speaks { self.probability } else { 0.0 }
    }
}

impl VoiceActivity for Insistent {
    fn name(&self) -> &str {
        "insistent"
    }

    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        for frame in batch {
            frame.probability = self.next();
        }
        Ok(())
    }
}
