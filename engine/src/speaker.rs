//! Whose voice it is: which track a sound came in on, and which speaker that makes it.

use serde::{Deserialize, Serialize};

/// A channel of capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// The person's own microphone.
    Mic,
    /// What the meeting's tab plays: everyone else.
    Tab,
}

impl Track {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mic => "mic",
            Self::Tab => "tab",
        }
    }
}

/// Who spoke, as far as the channel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person whose meeting this is.
    Me,
    /// Anyone else on the call.
    Them,
    /// One channel carries everybody: no one can be told apart.
    Unknown,
}

impl From<Track> for Speaker {
    /// Channel truth: the microphone is me, the tab is them.
    fn from(track: Track) -> Self {
        match track {
            Track::Mic => Self::Me,
            Track::Tab => Self::Them,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_microphone_is_me_and_the_tab_is_them() {
        assert_eq!(
            (Speaker::from(Track::Mic), Speaker::from(Track::Tab)),
            (Speaker::Me, Speaker::Them)
        );
        assert_eq!((Track::Mic.as_str(), Track::Tab.as_str()), ("mic", "tab"));
    }
}
