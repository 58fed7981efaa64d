//! whisper.cpp alone, as `whisper-rs` calls it: what the recognizer, and everything around it, is compared with. The very same
//! weights in memory (a second copy may lie in it less well, and be some percent slower or faster), script and parameters, so
//! that a difference is ours.

use super::Script;
use crate::whisper::{SHORTEST_SAMPLES, WhisperError, audio_ctx, max_tokens, parameters};
use attune_engine::clock::SAMPLE_RATE_HZ;
use std::sync::Arc;
use whisper_rs::{WhisperContext, WhisperState};

/// How much of its 30 s whisper.cpp looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// What the audio needs, as the recognizer does.
    Trimmed,
    /// All of it, as most servers do.
    Full,
}

/// One state of whisper.cpp.
pub struct Bare {
    weights: Arc<WhisperContext>,
    state: WhisperState,
    script: Script,
    audio: Vec<f32>,
}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bare").finish_non_exhaustive()
    }
}

impl Bare {
    pub(crate) fn of(weights: &Arc<WhisperContext>, script: Script) -> Result<Self, WhisperError> {
        let weights = Arc::clone(weights);
        Ok(Self {
            state: weights.create_state().map_err(WhisperError::State)?,
            weights,
            script,
            audio: Vec::new(),
        })
    }

    /// Decodes `samples` (16 kHz, at most 30 s) and says how many tokens that gave.
    ///
    /// # Errors
    /// When whisper.cpp fails.
    pub fn decode(&mut self, samples: &[i16], context: Context) -> Result<usize, whisper_rs::WhisperError> {
        self.take(samples);
        let seconds = self.audio.len() as f32 / SAMPLE_RATE_HZ as f32;
        let audio_ctx = match context {
            Context::Trimmed => audio_ctx(seconds).min(self.weights.n_audio_ctx()),
            Context::Full => self.weights.n_audio_ctx(),
        };
        let plan = self.script.plan(self.audio.len(), self.weights.token_eot());
        let parameters = plan.attach(parameters(audio_ctx, max_tokens(seconds)));
        self.state.full(parameters, &self.audio)?;
        Ok(self.state.as_iter().map(|segment| segment.n_tokens() as usize).sum())
    }

    /// How likely the last decode took its sound, where it listened last, for no speech: what the model says of it before any
    /// script does.
    pub fn no_speech(&self) -> Option<f32> {
        self.state
            .as_iter()
            .last()
            .map(|segment| segment.no_speech_probability())
    }

    /// Computes the spectrogram of `samples`, the first part of a decode.
    ///
    /// # Errors
    /// When whisper.cpp fails.
    pub fn spectrogram(&mut self, samples: &[i16]) -> Result<(), whisper_rs::WhisperError> {
        self.take(samples);
        self.state.pcm_to_mel(&self.audio, 1)
    }

    /// Runs the encoder over the last spectrogram, in the context of the last decode: its second part.
    ///
    /// # Errors
    /// When whisper.cpp fails.
    pub fn encode(&mut self) -> Result<(), whisper_rs::WhisperError> {
        self.state.encode(0, 1)
    }

    fn take(&mut self, samples: &[i16]) {
        self.audio.clear();
        self.audio
            .extend(samples.iter().map(|&sample| f32::from(sample) / 32_768.0));
        self.audio.resize(self.audio.len().max(SHORTEST_SAMPLES), 0.0);
    }
}
