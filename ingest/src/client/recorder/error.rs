//! Why a recording stops before its end, and what to do then.

use crate::client::{ApiFailure, BufferError, EncodeError, LinkEnd, LinkError};
use crate::protocol::{CloseCode, Malformed};
use crate::seal::SealError;
use std::time::Duration;

/// Why a recording stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The caller cancelled. What is not committed stays in the buffer: record the same session again to go on.
    #[error("stopped; what is not saved yet is kept and goes on with the next start")]
    Cancelled,
    /// Another connection of the session is live. It was opened later, so it is the one that the person wants.
    #[error("this session is being recorded from another place now; what is not saved yet is kept here")]
    TakenOver,
    /// Consent is missing or was withdrawn: what was not committed is deleted.
    #[error("consent to record is missing: give it, then start again")]
    Consent,
    /// The server will not have this device.
    #[error("the server does not accept this device: enrol it again")]
    NotAuthenticated,
    /// The server says that this client breaks the protocol.
    #[error("the server refused what was sent ({code:?}: {reason}): use a client and a server of the same version")]
    Refused {
        /// The code that it closed with.
        code: CloseCode,
        /// Why, for people.
        reason: String,
    },
    /// No connection for too long.
    #[error("no connection for {0:?}: what is not saved yet is kept, start again when the server is back")]
    GaveUp(Duration, #[source] Box<RetryCause>),
    /// The server said no to what only a person can change.
    #[error(transparent)]
    Api(#[from] ApiFailure),
    /// The server is not the one that this device was enrolled with, or speaks another protocol.
    #[error(transparent)]
    Link(LinkError),
    /// The buffer does not work.
    #[error(transparent)]
    Buffer(#[from] BufferError),
    /// The recording cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The recording is not one that a session can have: no track, one twice, an unknown language.
    #[error("this cannot be recorded")]
    Recording(#[source] Malformed),
    /// It is to be played at a speed that makes no sense.
    #[error("a speed of {0} is not between {1} and {2}")]
    Speed(f64, f64, f64),
    /// The operating system gave no thread.
    #[error("starting the capture")]
    Thread(#[source] std::io::Error),
    /// The capture stopped before its end; a fault of this client's. What is captured is kept.
    #[error("the capture stopped before its end")]
    CaptureStopped,
    /// A frame could not be sealed; a fault of this client's.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// What kept a connection from coming about, or ended it.
#[derive(Debug, thiserror::Error)]
pub enum RetryCause {
    /// Reserving it.
    #[error(transparent)]
    Api(#[from] ApiFailure),
    /// Opening it.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Something on the way.
    #[error(transparent)]
    End(#[from] LinkEnd),
    /// The server expected a frame that had been sent: what it has and what it says do not match.
    #[error("the server lost count")]
    LostCount,
}

impl From<RetryCause> for RecorderError {
    /// What a cause means that no other connection helps against.
    fn from(cause: RetryCause) -> Self {
        let end = match cause {
            RetryCause::Api(failure) if failure.code() == Some("consent_missing") => return Self::Consent,
            RetryCause::Api(failure) => return Self::Api(failure),
            RetryCause::Link(LinkError::Ended(end)) | RetryCause::End(end) => end,
            RetryCause::Link(error) => return Self::Link(error),
            RetryCause::LostCount => return Self::Link(LinkError::NoWelcome),
        };
        match (end.close_code(), end) {
            (Some(CloseCode::TakenOver), _) => Self::TakenOver,
            (Some(CloseCode::NotAuthenticated), _) => Self::NotAuthenticated,
            (Some(CloseCode::Consent), _) => Self::Consent,
            (Some(code), LinkEnd::Closed { reason, .. }) => Self::Refused { code, reason },
            (_, end) => Self::Link(end.into()),
        }
    }
}
