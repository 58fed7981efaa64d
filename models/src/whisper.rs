//! Whisper through whisper.cpp: the default recognizer wherever its weights are.
//!
//! The weights are shared between workers; the state, 60 to 80 MB, belongs to one worker. A decode is one ggml thread (two
//! threads on a busy two-core machine were 25 times slower) over an audio context trimmed to the segment, and starts from
//! nothing: `no_context`, because the state remembers its last text and would prompt the next person's with it.

mod abort;
mod spectrogram;
mod words;

use abort::Abort;
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use spectrogram::Spectrogram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use whisper_rs::{
    FullParams, SamplingStrategy, WHISPER_CPP_VERSION, WhisperContext, WhisperContextParameters, WhisperState,
    WhisperTokenId,
};
use words::{Piece, Vocabulary};

/// Encoder positions in a second of audio.
const POSITIONS_PER_SECOND: f32 = 50.0;

/// The audio context grows in steps of this, so that ggml's buffers are reused.
const AUDIO_CTX_STEP: f32 = 64.0;

/// Below this the decoder loops.
const AUDIO_CTX_MIN: i32 = 256;

/// What the model was trained on: 30 s.
const AUDIO_CTX_MAX: i32 = 1500;

/// The model sees no more at once.
const LONGEST_SAMPLES: usize = 30 * SAMPLE_RATE_HZ as usize;

/// Shorter audio is padded at its end with silence: whisper.cpp decodes nothing below 100 ms, and older versions nothing
/// below a second.
pub(crate) const SHORTEST_SAMPLES: usize = SAMPLE_RATE_HZ as usize + SAMPLE_RATE_HZ as usize / 10;

/// Tokens of the prompt that are heard: its last. More of them cost 2 ms each and change nothing.
const PROMPT_TOKENS: usize = 48;

/// Bytes of the prompt that are looked at: more than [`PROMPT_TOKENS`] make, even at one word a token.
const PROMPT_BYTES: usize = 512;

/// A worker's Whisper.
pub struct Whisper {
    weights: Arc<WhisperContext>,
    state: WhisperState,
    vocabulary: Vocabulary,
    info: RecognizerInfo,
    /// The audio as whisper.cpp wants it, kept between calls.
    audio: Vec<f32>,
    spectrogram: Spectrogram,
    #[cfg(any(test, feature = "seeded"))]
    script: Option<crate::seeded::Script>,
}

/// Whisper does not start.
#[derive(Debug, thiserror::Error)]
pub enum WhisperError {
    /// The file is no Whisper model.
    #[error("{} does not load as a Whisper model", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What whisper.cpp said.
        #[source]
        source: whisper_rs::WhisperError,
    },
    /// The filters in the file are none that a spectrogram is made with here.
    #[error("could not read the mel filters of {}", path.display())]
    Filters {
        /// The file.
        path: PathBuf,
        /// What reading it gave.
        #[source]
        source: std::io::Error,
    },
    /// No memory for a worker's state.
    #[error("no state for another Whisper worker")]
    State(#[source] whisper_rs::WhisperError),
}

impl Whisper {
    /// Loads the weights in `path` (GGML) and makes the first worker's state.
    ///
    /// # Errors
    /// When the file is not a Whisper model, or there is no memory for it.
    pub fn load(path: &Path) -> Result<Self, WhisperError> {
        let weights = weights(path)?;
        let spectrogram = Spectrogram::open(path).map_err(|source| WhisperError::Filters {
            path: path.to_owned(),
            source,
        })?;
        Self::with(Arc::new(weights), info(&model_of(path)), spectrogram)
    }

    /// Another worker's, with the same weights.
    ///
    /// # Errors
    /// When there is no memory for its state.
    pub fn another(&self) -> Result<Self, WhisperError> {
        let another = Self::with(Arc::clone(&self.weights), self.info.clone(), self.spectrogram.clone())?;
        #[cfg(any(test, feature = "seeded"))]
        let another = Self {
            script: self.script.clone(),
            ..another
        };
        Ok(another)
    }

    fn with(
        weights: Arc<WhisperContext>,
        info: RecognizerInfo,
        spectrogram: Spectrogram,
    ) -> Result<Self, WhisperError> {
        Ok(Self {
            state: weights.create_state().map_err(WhisperError::State)?,
            vocabulary: Vocabulary {
                end_of_text: weights.token_eot(),
                first_stamp: weights.token_beg(),
            },
            weights,
            info,
            audio: Vec::new(),
            spectrogram,
            #[cfg(any(test, feature = "seeded"))]
            script: None,
        })
    }

    /// Makes every decode follow `script` instead of the weights.
    #[cfg(any(test, feature = "seeded"))]
    #[must_use]
    pub fn following(self, script: crate::seeded::Script) -> Self {
        Self {
            script: Some(script),
            ..self
        }
    }

    /// whisper.cpp alone on the same weights, whose every decode follows `script`.
    ///
    /// # Errors
    /// When there is no memory for its state.
    #[cfg(any(test, feature = "seeded"))]
    pub fn bare(&self, script: crate::seeded::Script) -> Result<crate::seeded::Bare, WhisperError> {
        crate::seeded::Bare::of(&self.weights, script)
    }

    /// Decodes `self.spectrogram` after `prompt`, at most `max_tokens` of it (0: no limit).
    fn decode(
        &mut self,
        audio_ctx: i32,
        max_tokens: i32,
        prompt: &[WhisperTokenId],
        abort: &Abort<'_>,
    ) -> Result<Decoded, whisper_rs::WhisperError> {
        #[cfg(any(test, feature = "seeded"))]
        let plan = self
            .script
            .as_ref()
            .map(|script| script.plan(self.audio.len(), self.vocabulary.end_of_text));
        let mut parameters = parameters(audio_ctx, max_tokens);
        parameters.set_tokens(prompt);
        // whisper.cpp reads how probable silence is off the first row of a batch of which it fills the last alone: behind more
        // than one token that is what the decode before left there, perhaps another person's, and would drop words by it.
        let knows_silence = prompt.is_empty() && !self.weights.is_multilingual();
        if !knows_silence {
            parameters.set_no_speech_thold(f32::INFINITY);
        }
        let parameters = self.spectrogram.attach(abort.attach(parameters));
        #[cfg(any(test, feature = "seeded"))]
        let parameters = match &plan {
            Some(plan) => plan.attach(parameters),
            None => parameters,
        };
        self.state.full(parameters, Spectrogram::sound())?;
        let mut pieces = Vec::new();
        let mut no_speech = None;
        for segment in self.state.as_iter() {
            no_speech = no_speech.or(knows_silence.then(|| segment.no_speech_probability()));
            for index in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(index) else { break };
                pieces.push(Piece {
                    text: token.to_bytes()?.to_vec(),
                    token: token.token_data(),
                });
            }
        }
        let ended = pieces
            .last()
            .is_none_or(|piece| piece.token.id == self.vocabulary.end_of_text);
        Ok(Decoded {
            hit_loop_guard: max_tokens > 0 && !ended && pieces.len() as i32 > max_tokens,
            pieces,
            no_speech,
        })
    }

    /// The last tokens of `prompt`; none where it is no text.
    fn prompt(&self, prompt: &str) -> Vec<WhisperTokenId> {
        // whisper.cpp compiles a regular expression for every text that it takes apart, also for none.
        if prompt.is_empty() {
            return Vec::new();
        }
        let mut from = prompt.len().saturating_sub(PROMPT_BYTES);
        while !prompt.is_char_boundary(from) {
            from += 1;
        }
        let tokens = self.weights.tokenize(&prompt[from..], PROMPT_BYTES);
        let mut tokens = tokens.unwrap_or_default();
        tokens.drain(..tokens.len().saturating_sub(PROMPT_TOKENS));
        tokens
    }
}

/// What one decode wrote.
struct Decoded {
    pieces: Vec<Piece>,
    /// It ran into its limit of tokens.
    hit_loop_guard: bool,
    no_speech: Option<f32>,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Recognizer for Whisper {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let failed = |reason: String| RecognizeError::Failed {
            recognizer: "whisper",
            reason,
        };
        if speech.samples.len() > LONGEST_SAMPLES {
            return Err(failed("a segment longer than 30 s".to_owned()));
        }
        self.audio.clear();
        self.audio
            .extend(speech.samples.iter().map(|&sample| f32::from(sample) / 32_768.0));
        self.audio.resize(self.audio.len().max(SHORTEST_SAMPLES), 0.0);
        let seconds = self.audio.len() as f32 / SAMPLE_RATE_HZ as f32;
        let audio_ctx = audio_ctx(seconds).min(self.weights.n_audio_ctx());

        self.spectrogram.take(&self.audio, audio_ctx);
        let abort = Abort::when(speech.cancelled);
        let prompt = self.prompt(speech.prompt);
        let stopped = |error: whisper_rs::WhisperError| {
            // An aborted decode fails like any other.
            if (speech.cancelled)() {
                RecognizeError::Cancelled
            } else {
                failed(error.to_string())
            }
        };
        let mut decoded = self
            .decode(audio_ctx, max_tokens(seconds), &prompt, &abort)
            .map_err(stopped)?;
        let hit_loop_guard = decoded.hit_loop_guard;
        if hit_loop_guard {
            // Very fast speech meets the guard too: once without it, and marked.
            decoded = self.decode(audio_ctx, 0, &prompt, &abort).map_err(stopped)?;
        }
        Ok(Recognition {
            words: words::words(&decoded.pieces, self.vocabulary, speech.samples),
            hit_loop_guard,
            no_speech: decoded.no_speech,
            mean_logprob: words::mean_logprob(&decoded.pieces, self.vocabulary),
            ..Recognition::default()
        })
    }
}

/// The weights in `path`.
pub(crate) fn weights(path: &Path) -> Result<WhisperContext, WhisperError> {
    // Without a backend the hooks drop every line: whisper.cpp prints what it decodes.
    whisper_rs::install_logging_hooks();
    let mut parameters = WhisperContextParameters::default();
    // On a CPU flash attention costs more, not less, once the context is trimmed: base.en, 4 s of speech, one thread of an
    // AVX2 build: 0.49 s with it, 0.34 s without (tiny.en 0.24 and 0.16; 14 s of base.en 1.23 and 0.78).
    parameters.use_gpu(false).flash_attn(false);
    WhisperContext::new_with_params(path, parameters).map_err(|source| WhisperError::Weights {
        path: path.to_owned(),
        source,
    })
}

/// Encoder positions for so much audio: its cost grows faster than its length.
pub(crate) fn audio_ctx(seconds: f32) -> i32 {
    let positions = seconds * POSITIONS_PER_SECOND + AUDIO_CTX_STEP;
    let stepped = (positions / AUDIO_CTX_STEP).ceil() * AUDIO_CTX_STEP;
    (stepped as i32).clamp(AUDIO_CTX_MIN, AUDIO_CTX_MAX)
}

/// More than anyone says in so much time, timestamps included: only a decoder that repeats itself gets there.
pub(crate) fn max_tokens(seconds: f32) -> i32 {
    12 + (8.0 * seconds).ceil() as i32
}

pub(crate) fn parameters<'a>(audio_ctx: i32, max_tokens: i32) -> FullParams<'a, 'a> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(1);
    parameters.set_language(Some("en"));
    parameters.set_audio_ctx(audio_ctx);
    parameters.set_max_tokens(max_tokens);
    parameters.set_no_context(true);
    parameters.set_single_segment(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature(0.0);
    // No second try at a higher temperature: up to six decodes, exactly on hard audio.
    parameters.set_temperature_inc(0.0);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters
}

/// `base.en` of `ggml-base.en.bin`.
fn model_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix("ggml-").unwrap_or(&stem).to_owned()
}

fn info(model: &str) -> RecognizerInfo {
    RecognizerInfo {
        name: "whisper".to_owned(),
        version: WHISPER_CPP_VERSION.to_owned(),
        model: model.to_owned(),
        languages: vec!["en".to_owned()],
        writes_fillers: false,
        weakness: "Leaves out most \"um\" and \"uh\", and may write words that nobody said where there is only noise."
            .to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
