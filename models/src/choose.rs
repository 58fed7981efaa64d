//! Which recognizer runs: what the person asked for, or else the best that this machine has.

use crate::onnx::OnnxError;
use crate::sphinx::{Sphinx, SphinxError};
use crate::store::{Missing, Store};
use crate::{Silero, Whisper, whisper::WhisperError};
use attune_engine::recognize::{Recognizer, RecognizerInfo};
use attune_engine::voice::VoiceActivity;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Whisper's models, best first.
const WHISPER_MODELS: [&str; 2] = ["whisper-base.en", "whisper-tiny.en"];

/// What `--recognizer` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// Whisper if its weights are here, PocketSphinx if not.
    #[default]
    Auto,
    /// Whisper, with the best weights that are here.
    Whisper,
    /// Whisper, with the weights in this file: `whisper:PATH`.
    WhisperFile(PathBuf),
    /// PocketSphinx.
    Sphinx,
}

/// A name that is no recognizer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no recognizer {0:?}: choose auto, whisper, whisper:PATH or sphinx")]
pub struct UnknownChoice(String);

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "auto" => Ok(Self::Auto),
            "whisper" => Ok(Self::Whisper),
            "sphinx" => Ok(Self::Sphinx),
            _ => match text.strip_prefix("whisper:") {
                Some(path) if !path.is_empty() => Ok(Self::WhisperFile(path.into())),
                _ => Err(UnknownChoice(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Whisper => f.write_str("whisper"),
            Self::WhisperFile(path) => write!(f, "whisper:{}", path.display()),
            Self::Sphinx => f.write_str("sphinx"),
        }
    }
}

/// A recognizer for each worker.
pub struct Recognizers {
    /// What they are; the same for all.
    pub info: RecognizerInfo,
    /// One per worker thread.
    pub workers: Vec<Box<dyn Recognizer>>,
    /// One line for the person, where it is not what they would expect: why it fell back.
    pub note: Option<String>,
}

impl fmt::Debug for Recognizers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recognizers")
            .field("info", &self.info)
            .field("workers", &self.workers.len())
            .field("note", &self.note)
            .finish()
    }
}

/// Nothing here can turn speech into words.
#[derive(Debug, thiserror::Error)]
pub enum NoRecognizer {
    /// Whisper was asked for and its weights are not here.
    #[error("whisper has no weights on this machine")]
    NoWeights(#[source] Missing),
    /// Whisper was asked for and does not load.
    #[error("whisper does not start")]
    Whisper(#[from] WhisperError),
    /// PocketSphinx does not load.
    #[error("sphinx does not start")]
    Sphinx(#[from] SphinxError),
}

/// No voice activity: nothing can be heard.
#[derive(Debug, thiserror::Error)]
#[error("voice activity does not start")]
pub struct NoVoice(#[from] OnnxError);

/// The recognizers for `workers` worker threads, as `choice` says. Loads models: takes a second or so.
///
/// # Errors
/// When what was asked for, or all that there is, does not start.
pub fn recognizers(store: &Store, choice: Choice, workers: usize) -> Result<Recognizers, NoRecognizer> {
    match choice {
        Choice::Sphinx => sphinx(workers, None),
        Choice::WhisperFile(path) => Ok(whisper(Whisper::load(&path)?, workers)?),
        Choice::Whisper => {
            let path = weights(store).map_err(NoRecognizer::NoWeights)?;
            Ok(whisper(Whisper::load(&path)?, workers)?)
        }
        Choice::Auto => match weights(store) {
            Err(_) => sphinx(workers, Some("the weights of whisper are not on this machine")),
            Ok(path) => match Whisper::load(&path) {
                Ok(first) => Ok(whisper(first, workers)?),
                Err(error) => sphinx(workers, Some(&error.to_string())),
            },
        },
    }
}

/// Voice activity for every track of the process.
///
/// # Errors
/// When its model or runtime is missing or does not load.
pub fn voice_activity(store: &Store) -> Result<Box<dyn VoiceActivity>, NoVoice> {
    Ok(Box::new(Silero::load(store)?))
}

/// The best weights of Whisper that are here.
fn weights(store: &Store) -> Result<PathBuf, Missing> {
    let [best, next] = WHISPER_MODELS;
    store
        .path(best)
        .or_else(|missing| store.path(next).map_err(|_| missing))
}

fn whisper(first: Whisper, workers: usize) -> Result<Recognizers, WhisperError> {
    let info = first.info().clone();
    let mut all: Vec<Box<dyn Recognizer>> = Vec::new();
    // The weights are shared; each worker has a state of its own.
    for _ in 1..workers {
        all.push(Box::new(first.another()?));
    }
    all.push(Box::new(first));
    Ok(Recognizers {
        info,
        workers: all,
        note: None,
    })
}

fn sphinx(workers: usize, instead: Option<&str>) -> Result<Recognizers, NoRecognizer> {
    let mut all: Vec<Box<dyn Recognizer>> = Vec::new();
    for _ in 0..workers.max(1) {
        all.push(Box::new(Sphinx::load()?));
    }
    Ok(Recognizers {
        info: all[0].info().clone(),
        workers: all,
        note: instead.map(|why| format!("recognizing with PocketSphinx, which is less accurate: {why}")),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
