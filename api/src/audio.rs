//! Audio that a person chose to keep: where its objects lie, and for how long. Everything in the store is ciphertext under
//! the key of its meeting; the index, `kept_audio`, says what there is.

mod chunk;
mod place;
mod store;

pub(crate) use chunk::{NotAudio, open, seal};
pub use place::{AudioPlace, PlaceError};
pub(crate) use store::{AudioStore, StoreError};

use std::time::Duration;

/// How long audio is kept where nothing else is said.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a server was told about the audio that people keep.
#[derive(Debug, Clone)]
pub struct KeptAudio {
    /// Where its objects lie.
    pub place: AudioPlace,
    /// How long after a meeting began its audio is destroyed.
    pub kept_for: Duration,
}
