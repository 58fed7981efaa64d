//! From speech to words: what a recognizer is to the engine. The implementations live in `attune-models`.

use serde::{Deserialize, Serialize};

/// Which recognizer made a transcript, and what it is known to get wrong. Part of every transcript and report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecognizerInfo {
    /// `whisper`, `sphinx`, `remote`, `captions` or `scripted`.
    pub name: String,
    /// Version of the runtime.
    pub version: String,
    /// The model it runs, such as `base.en` or `en-us`.
    pub model: String,
    /// Languages it knows, as BCP 47 primary subtags.
    pub languages: Vec<String>,
    /// Whether "um" and "uh" come out as words. Where not, C6 is "not covered".
    pub writes_fillers: bool,
    /// One sentence for the reader of a report.
    pub weakness: String,
}

/// One stretch of speech to recognise.
#[derive(Debug, Clone, Copy)]
pub struct Speech<'a> {
    /// 16 kHz mono: the voice with what is around it, and perhaps speech before it that is decided already. The caller
    /// tells which words are whose, by their times.
    pub samples: &'a [i16],
}

/// A word of a recognition, timed from the first sample of [`Speech::samples`].
#[derive(Debug, Clone, PartialEq)]
pub struct RecognizedWord {
    /// As written, no surrounding space, never empty.
    pub text: String,
    /// Milliseconds from the first sample to the word's start.
    pub start_ms: u32,
    /// Milliseconds from the first sample to the word's end.
    pub end_ms: u32,
    /// Posterior, 0 to 1.
    pub confidence: f32,
}

/// What a recognizer heard in one [`Speech`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognition {
    /// In order of time; empty where nothing was understood.
    pub words: Vec<RecognizedWord>,
    /// The decoder ran into its loop guard: the text is probably repetition.
    pub hit_loop_guard: bool,
}

/// Why a recognizer gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RecognizeError {
    /// The runtime refused or failed; another try may work.
    #[error("{recognizer} failed: {reason}")]
    Failed {
        /// Its name.
        recognizer: &'static str,
        /// What it said; never any text of the transcript.
        reason: String,
    },
}

/// Turns speech into words. Owned by one worker thread; carries nothing from one call to the next, so that no
/// person's words can colour another's.
pub trait Recognizer: Send {
    /// What it is.
    fn info(&self) -> &RecognizerInfo;

    /// The words of `speech`. Blocks for as long as the decoding takes.
    ///
    /// # Errors
    /// When the runtime fails. Silence and noise are not errors but a [`Recognition`] without words.
    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError>;
}
