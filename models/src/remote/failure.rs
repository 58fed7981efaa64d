//! Why a remote recognizer gave no words. Never holds what the server wrote: that may quote speech or echo the key.

use std::time::Duration;

/// Why there are no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemoteFailure {
    /// Nobody waits for them any more.
    #[error("nobody waits for the words")]
    Cancelled,
    /// No whole answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// No connection, or none that can be trusted.
    #[error("it cannot be reached")]
    Unreachable,
    /// The connection ended in the middle of an answer.
    #[error("the connection broke off")]
    BrokeOff,
    /// It answered with an HTTP status other than success.
    #[error("it answered {0}")]
    Refused(u16),
    /// It ended a socket with an error of its own (AssemblyAI's `error_code`, or the close code).
    #[error("it ended the stream with {0}")]
    Ended(u16),
    /// More than any transcript of so much speech takes.
    #[error("its answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Not what the protocol says.
    #[error("its answer is no transcript")]
    Malformed,
}

impl From<reqwest::Error> for RemoteFailure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_builder() || error.is_connect() {
            Self::Unreachable
        } else {
            Self::BrokeOff
        }
    }
}
