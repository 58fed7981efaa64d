//! What became of a sample. Every sample of a session is in exactly one class, and only a gap is a loss.

use serde::{Deserialize, Serialize};

/// The class of a stretch of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleClass {
    /// Its words are committed.
    Decoded,
    /// No voice in it.
    NonSpeech,
    /// Judged a hallucination or an echo.
    Suppressed,
    /// Muted, paused, off the record, or without consent.
    Withheld,
    /// Lost.
    Gap,
}

impl SampleClass {
    /// Its name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decoded => "decoded",
            Self::NonSpeech => "non_speech",
            Self::Suppressed => "suppressed",
            Self::Withheld => "withheld",
            Self::Gap => "gap",
        }
    }
}

/// The two classes that a client can put samples in by not sending them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipClass {
    /// The person did not want them sent.
    Withheld,
    /// They are lost.
    Gap,
}

impl From<SkipClass> for SampleClass {
    fn from(class: SkipClass) -> Self {
        match class {
            SkipClass::Withheld => Self::Withheld,
            SkipClass::Gap => Self::Gap,
        }
    }
}

/// Why a client does not send a stretch of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The microphone is muted.
    Muted,
    /// The person paused the coaching.
    Paused,
    /// The person went off the record.
    OffTheRecord,
    /// Consent was withdrawn.
    Consent,
    /// The track was not being captured.
    NotCaptured,
    /// The client's buffer reached its cap.
    BufferFull,
    /// The client's buffer is gone or damaged.
    BufferLost,
    /// The device slept.
    DeviceSlept,
    /// The capture clock jumped by more than 250 ms.
    ClockJump,
}

impl SkipReason {
    /// The class that belongs to this reason; a skip that says otherwise is malformed.
    pub const fn class(self) -> SkipClass {
        match self {
            Self::Muted | Self::Paused | Self::OffTheRecord | Self::Consent | Self::NotCaptured => SkipClass::Withheld,
            Self::BufferFull | Self::BufferLost | Self::DeviceSlept | Self::ClockJump => SkipClass::Gap,
        }
    }

    /// Its name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Muted => "muted",
            Self::Paused => "paused",
            Self::OffTheRecord => "off_the_record",
            Self::Consent => "consent",
            Self::NotCaptured => "not_captured",
            Self::BufferFull => "buffer_full",
            Self::BufferLost => "buffer_lost",
            Self::DeviceSlept => "device_slept",
            Self::ClockJump => "clock_jump",
        }
    }
}
