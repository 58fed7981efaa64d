//! From speech to words: what a recognizer is to the engine. The implementations live in `attune-models`.

use crate::sound::Sound;
use crate::voices::HeardVoice;
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

impl RecognizerInfo {
    /// What a transcript says of it, such as `whisper/base.en`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.name, self.model)
    }
}

/// One stretch of speech to recognise.
#[derive(Clone, Copy)]
pub struct Speech<'a> {
    /// 16 kHz mono: the voice with what is around it, and perhaps speech before it that is decided already. The caller
    /// tells which words are whose, by their times.
    pub samples: &'a [i16],
    /// What was said just before on the same track, or names to expect; empty where nothing is. Never another person's: a
    /// recognizer knows of no speech but through this.
    pub prompt: &'a str,
    /// The audio may be sent to a recognizer elsewhere: the person consents and their organisation allows it.
    pub may_leave: bool,
    /// Asked now and then while decoding: true when nobody waits for the words any more.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> Speech<'a> {
    /// Speech after which nothing is known, that stays on this machine and is always waited for.
    pub fn of(samples: &'a [i16]) -> Self {
        Self {
            samples,
            prompt: "",
            may_leave: false,
            cancelled: &|| false,
        }
    }
}

impl std::fmt::Debug for Speech<'_> {
    /// How long it is; never what is said in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speech")
            .field("samples", &self.samples.len())
            .field("may_leave", &self.may_leave)
            .finish_non_exhaustive()
    }
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
    /// Who wrote the words, as [`RecognizerInfo::label`], where that was not the recognizer that was asked.
    pub made_by: Option<String>,
    /// The model's own probability that nobody speaks, 0 to 1, where it has one; Whisper has none behind a prompt.
    pub no_speech: Option<f32>,
    /// Mean natural logarithm of the tokens' probabilities, where it has tokens.
    pub mean_logprob: Option<f32>,
    /// What the segment sounded like. No recognizer says so: it is measured beside the recognition, on the same thread.
    pub sound: Option<Box<Sound>>,
    /// The voices of the others in it, measured beside the recognition too: empty on the microphone, and where no model tells
    /// voices apart. They stay in the memory of the session.
    pub voices: Vec<HeardVoice>,
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
    /// Nobody waited for the words any more ([`Speech::cancelled`]).
    #[error("nobody waits for the words")]
    Cancelled,
}

/// Turns speech into words. Owned by one worker thread; carries nothing from one call to the next, so that no
/// person's words can colour another's but through [`Speech::prompt`].
pub trait Recognizer: Send {
    /// What it is.
    fn info(&self) -> &RecognizerInfo;

    /// The words of `speech`. Blocks for as long as the decoding takes.
    ///
    /// # Errors
    /// When the runtime fails. Silence and noise are not errors but a [`Recognition`] without words.
    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError>;
}
