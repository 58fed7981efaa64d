//! `attune.v1` as bytes: frames, control, insights, captions, events, and the handshake's plaintext. Made and read here
//! and in `ingest/ts`, nowhere else; both are held to `ingest/vectors`. The normative text is `ingest/PROTOCOL.md`.
//!
//! Everything that parses is total: any bytes give a value or a typed error, never a panic, and sizes are checked before
//! anything is allocated for them.

mod account;
mod audio;
mod caption;
mod class;
mod close;
mod coaching;
mod control;
mod event;
mod frame;
mod hello;
mod insight;
mod limits;
mod stream;
mod trouble;

pub use account::Account;
pub use audio::{AudioError, Codec, FRAME_MS, OPUS_PACKET_MS, OPUS_PACKETS_PER_FRAME, OpusFrame, PcmFrame};
pub use caption::Caption;
pub use class::{SampleClass, SkipClass, SkipReason};
pub use close::CloseCode;
pub use coaching::{Coaching, CoachingChange, NudgeReaction};
pub use control::{ClientControl, Mark, OffTheRecord, Pause, Skip, TrackChange, TrackControl, TrackTrouble};
pub use event::{
    DEFERRED_STEP, Envelope, ErrorNotice, GapNotice, Level, Nudge, Partial, ServerEvent, SpeechState, StreamPosition,
    SuppressedNotice, Welcome,
};
pub use frame::{Frame, FrameKind, Prefix, PrefixError};
pub use hello::{Hello, TrackDeclaration};
pub use insight::{Insight, Reading};
pub use limits::Limits;
pub use stream::Stream;
pub use trouble::{Trouble, TroubleKind};

use serde::de::DeserializeOwned;

/// The version of the protocol: first byte of `offer` and of `hello`.
pub const VERSION: u8 = 1;

/// The WebSocket subprotocol of `/v1/ingest`.
pub const SUBPROTOCOL: &str = "attune.v1";

/// What a ticket's subprotocol begins with; the rest is the ticket in base64url without padding.
pub const TICKET_SUBPROTOCOL_PREFIX: &str = "ticket.";

/// The largest whole number on the wire, 2^53 - 1: a larger one would be rounded by a JavaScript peer.
pub const MAX_WHOLE: u64 = (1 << 53) - 1;

/// A message of the peer's that is not of the protocol.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// More bytes than this kind of message may have.
    #[error("{what} of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Which message.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The most it may be.
        limit: usize,
    },
    /// Not the JSON that the schema asks for. The source names a line and a column, never the content.
    #[error("{what} does not parse")]
    Json {
        /// Which message.
        what: &'static str,
        /// Where it went wrong.
        #[source]
        source: serde_json::Error,
    },
    /// Parses, but says something that cannot be.
    #[error("{what}: {rule}")]
    Invalid {
        /// Which message.
        what: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// An insight with anything in it that is not an interpretation.
    #[error("insights carry interpretations in the closed schema, nothing else")]
    RawBiometrics,
}

impl Malformed {
    /// The code that the connection closes with.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::TooLarge { .. } => CloseCode::TooLarge,
            Self::Json { .. } | Self::Invalid { .. } => CloseCode::Malformed,
            Self::RawBiometrics => CloseCode::RawBiometrics,
        }
    }
}

/// Parses `bytes` as the JSON of a `what`, refusing more than `limit` bytes before looking at them.
fn from_json<T: DeserializeOwned>(what: &'static str, bytes: &[u8], limit: usize) -> Result<T, Malformed> {
    if bytes.len() > limit {
        return Err(Malformed::TooLarge {
            what,
            bytes: bytes.len(),
            limit,
        });
    }
    serde_json::from_slice(bytes).map_err(|source| Malformed::Json { what, source })
}

/// Refuses a `what` that breaks `rule`.
fn require(holds: bool, what: &'static str, rule: &'static str) -> Result<(), Malformed> {
    if holds {
        Ok(())
    } else {
        Err(Malformed::Invalid { what, rule })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod hostile;
