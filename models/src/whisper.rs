//! Whisper through whisper.cpp: the default recognizer wherever its weights are.

use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use std::path::{Path, PathBuf};

/// A worker's Whisper.
#[derive(Debug)]
pub struct Whisper {
    info: RecognizerInfo,
}

/// Whisper does not start.
#[derive(Debug, thiserror::Error)]
pub enum WhisperError {
    /// The weights are no weights.
    #[error("{} does not load as a Whisper model", .0.display())]
    Weights(PathBuf),
}

impl Whisper {
    /// Loads weights.
    ///
    /// # Errors
    /// When the file is not a Whisper model.
    pub fn load(path: &Path) -> Result<Self, WhisperError> {
        Err(WhisperError::Weights(path.to_owned()))
    }

    /// Another worker's, with the same weights.
    ///
    /// # Errors
    /// When there is no memory for its state.
    pub fn another(&self) -> Result<Self, WhisperError> {
        Ok(Self {
            info: self.info.clone(),
        })
    }
}

impl Recognizer for Whisper {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, _: Speech<'_>) -> Result<Recognition, RecognizeError> {
        Ok(Recognition::default())
    }
}
