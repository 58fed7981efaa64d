//! What a decided segment brings about, as the coach hears it. Only about the person's own speech, only from decided
//! words: a partial never becomes a measure.

use crate::clock::MeetingTime;
use crate::fillers::FillerKind;

/// Something that nudge rules watch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// I used a filler.
    Filler {
        /// When it began.
        at: MeetingTime,
        /// Which sort.
        kind: FillerKind,
    },
    /// My speaking rate over the last 30 s (C3).
    Pace {
        /// The end of what I said.
        at: MeetingTime,
        /// Words a minute.
        wpm: f32,
        /// Words in the window.
        words: u32,
    },
    /// I have the floor and my turn has come this far.
    Turn {
        /// When it began.
        start: MeetingTime,
        /// How far it has come.
        at: MeetingTime,
    },
    /// Nobody took the floor up to here.
    Silence {
        /// How far the meeting has come.
        at: MeetingTime,
    },
}

impl Signal {
    /// When it happened.
    pub const fn at(&self) -> MeetingTime {
        match self {
            Self::Filler { at, .. } | Self::Pace { at, .. } | Self::Turn { at, .. } | Self::Silence { at } => *at,
        }
    }
}
