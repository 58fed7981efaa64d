//! The streams of a session. Each numbers its frames by itself, from zero, for as long as the session lives.

use attune_engine::speaker::Track;
use serde::{Deserialize, Serialize};

/// One sequence of frames within a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Stream {
    /// What the client asks for; downwards, every event.
    Control = 0,
    /// The person's own microphone.
    Mic = 1,
    /// What the meeting's tab plays.
    Tab = 2,
    /// On-device interpretations, once a second.
    Insights = 3,
    /// What the meeting's page shows: captions and participants.
    Captions = 4,
}

impl Stream {
    /// Every stream, in order of its number.
    pub const ALL: [Self; 5] = [Self::Control, Self::Mic, Self::Tab, Self::Insights, Self::Captions];

    /// The stream numbered `byte` on the wire.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Control),
            1 => Some(Self::Mic),
            2 => Some(Self::Tab),
            3 => Some(Self::Insights),
            4 => Some(Self::Captions),
            _ => None,
        }
    }

    /// Its number on the wire; also its index in [`Stream::ALL`].
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Its name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Mic => "mic",
            Self::Tab => "tab",
            Self::Insights => "insights",
            Self::Captions => "captions",
        }
    }

    /// The track whose audio it carries, if it carries audio.
    pub const fn track(self) -> Option<Track> {
        match self {
            Self::Mic => Some(Track::Mic),
            Self::Tab => Some(Track::Tab),
            Self::Control | Self::Insights | Self::Captions => None,
        }
    }
}

impl From<Track> for Stream {
    fn from(track: Track) -> Self {
        match track {
            Track::Mic => Self::Mic,
            Track::Tab => Self::Tab,
        }
    }
}
