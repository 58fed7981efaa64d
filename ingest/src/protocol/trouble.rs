//! What is wrong with a track, where no sample is lost for it: the person should look, because nobody else can mend it.

use attune_engine::speaker::Track;
use serde::{Deserialize, Serialize};

/// Something that stands against a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Which track.
    pub track: Track,
    /// What it is.
    pub kind: TroubleKind,
    /// Since when in the meeting.
    pub since_ms: u64,
}

/// What stands against a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// Nothing has come from it for a minute while the meeting went on. The server hears that.
    Silent,
    /// Its sound comes from another device than it did.
    Changed,
    /// The person or the browser did not allow it to be captured.
    Denied,
    /// It was captured, and stopped by itself: a microphone was unplugged, a tab is no longer shared.
    Ended,
}
