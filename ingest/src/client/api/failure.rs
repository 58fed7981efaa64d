//! Why the server did not give what a client asked for.

use crate::keys::EnrolError;
use serde::Deserialize;
use std::time::Duration;

/// Why the server did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ApiFailure {
    /// The address is not one that a client may talk to.
    #[error("{0} is not the address of a server: give an https address, or http on this machine")]
    Address(String),
    /// The server did not answer.
    #[error("{what}: the server at {server} does not answer")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Which server.
        server: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The server said no.
    #[error("{what}: {message} ({code}, HTTP {status})")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// For programs.
        code: String,
        /// For people.
        message: String,
        /// Whether trying again may help.
        retryable: bool,
        /// When to.
        retry_after: Option<Duration>,
        /// To find it in the server's log.
        request_id: Option<String>,
    },
    /// The server's answer is not what the protocol says.
    #[error("{what}: the server's answer cannot be read")]
    Answer {
        /// What was asked for.
        what: &'static str,
        /// Where it went wrong, if it is JSON at all.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// The device's secret does not open.
    #[error("enrolling this device")]
    Enrolment(#[from] EnrolError),
}

impl ApiFailure {
    /// Whether asking again may help.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { retryable, .. } => *retryable,
            Self::Address(_) | Self::Answer { .. } | Self::Enrolment(_) => false,
        }
    }

    /// What the server calls its refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// How long the server asks to wait.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The error envelope, or as much of it as there is: something between us and the server may have answered.
pub(super) fn refusal(what: &'static str, status: u16, retry_after: Option<Duration>, body: &[u8]) -> ApiFailure {
    #[derive(Deserialize)]
    struct Envelope {
        error: Told,
    }
    #[derive(Deserialize)]
    struct Told {
        code: String,
        message: String,
        #[serde(default)]
        retryable: bool,
        #[serde(default)]
        request_id: Option<String>,
    }
    let told = serde_json::from_slice::<Envelope>(body).map_or_else(
        |_| Told {
            code: "unknown".to_owned(),
            message: "the server gave no reason".to_owned(),
            retryable: matches!(status, 408 | 429 | 500 | 502..=504),
            request_id: None,
        },
        |envelope| envelope.error,
    );
    ApiFailure::Refused {
        what,
        status,
        code: told.code,
        message: told.message,
        retryable: told.retryable,
        retry_after,
        request_id: told.request_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_envelope_becomes_a_typed_refusal_and_so_does_anything_else() {
        let body = br#"{"error":{"code":"session_live","message":"live elsewhere","details":null,"retryable":false,"request_id":"r1"}}"#;
        let refused = refusal("x", 409, None, body);
        assert!(!refused.is_transient());
        assert_eq!(refused.to_string(), "x: live elsewhere (session_live, HTTP 409)");
        let proxy = refusal("x", 502, Some(Duration::from_secs(2)), b"<html>Bad gateway</html>");
        assert!(proxy.is_transient());
        assert_eq!(proxy.retry_after(), Some(Duration::from_secs(2)));
        assert!(!refusal("x", 404, None, b"").is_transient());
    }
}
