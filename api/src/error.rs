//! What can go wrong with a request, in the words of HTTP, and the one shape in which it is told:
//! `{"error":{"code","message","details","timestamp","request_id","retryable"}}`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Anything that failed, kept for the log and never shown.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400: the request cannot be read.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    /// 401: nobody is signed in.
    #[error("sign in first")]
    NotSignedIn,
    /// 401: what somebody proved themselves with is not right; nobody learns what of it.
    #[error("{0}")]
    NotProved(&'static str),
    /// 403: signed in, and still not allowed.
    #[error("{message}")]
    Forbidden {
        /// For programs.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
    /// 404: no such thing, or not theirs; nobody learns which.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 404: not there yet; asking again later helps.
    #[error("{message}")]
    NotReady {
        /// For programs.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
    /// 405: the address is right, the method is not.
    #[error("this address does not answer to that method")]
    MethodNotAllowed,
    /// 408: the request took too long.
    #[error("the request took too long")]
    TimedOut,
    /// 409: it contradicts how things stand.
    #[error("{message}")]
    Conflict {
        /// For programs.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
    /// 410: it was there, and is not any more.
    #[error("{message}")]
    Gone {
        /// For programs.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
    /// 413: the body is too large.
    #[error("the request is too large")]
    TooLarge,
    /// 415: the body is not JSON, or does not say so.
    #[error("send the body as application/json")]
    NotJson,
    /// 421: the request is for a host that is not this one.
    #[error("this server does not answer for that host")]
    WrongHost,
    /// 422: readable, but some fields are not right.
    #[error("some fields are not right")]
    Invalid(Vec<FieldProblem>),
    /// 429: too many requests.
    #[error("too many requests")]
    TooMany {
        /// When to ask again.
        retry_after: Duration,
    },
    /// 503: something this needs does not answer just now.
    #[error("not available just now")]
    Unavailable(#[source] Cause),
    /// 500: a fault of ours.
    #[error("something went wrong here")]
    Internal(#[source] Cause),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Its path in the body, such as `title`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl ApiError {
    /// The request carries our cookie, and another site's page sent it.
    pub const CROSS_SITE: Self = Self::Forbidden {
        code: "cross_site",
        message: "a request with a cookie must come from our own page",
    };

    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// The status it is told with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotSignedIn | Self::NotProved(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::NotReady { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Gone { .. } => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotSignedIn => "not_signed_in",
            Self::NotProved(_) => "not_proved",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::WrongHost => "wrong_host",
            Self::Invalid(_) => "invalid",
            Self::TooMany { .. } => "too_many_requests",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
            Self::Forbidden { code, .. }
            | Self::NotReady { code, .. }
            | Self::Conflict { code, .. }
            | Self::Gone { code, .. } => code,
        }
    }

    fn retryable(&self) -> bool {
        matches!(
            self,
            Self::NotReady { .. } | Self::TimedOut | Self::TooMany { .. } | Self::Unavailable(_)
        )
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Unavailable(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// What a response of this status without words of ours means: one of axum's, hyper's or a layer's.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound("address"),
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::TimedOut,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::NotJson,
            _ if status.is_client_error() => {
                Self::Malformed(status.canonical_reason().unwrap_or("refused").to_lowercase())
            }
            _ => Self::Internal("a layer answered with a server error of its own".into()),
        }
    }
}

impl From<sqlx::Error> for ApiError {
    /// A database that cannot be reached, or gives up for now, is unavailable; everything else is our fault.
    fn from(error: sqlx::Error) -> Self {
        if crate::db::is_transient(&error) {
            Self::Unavailable(error.into())
        } else {
            Self::Internal(error.into())
        }
    }
}

/// What a response carries until the envelope writes its body: only the envelope knows the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    message: String,
    details: Value,
    retryable: bool,
    retry_after: Option<Duration>,
}

impl Problem {
    /// The body, as clients read it.
    pub(crate) fn body(&self, request_id: &str, timestamp: &str) -> Value {
        json!({ "error": {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "timestamp": timestamp,
            "request_id": request_id,
            "retryable": self.retryable,
        }})
    }

    /// Whole seconds for `Retry-After`, rounded up.
    pub(crate) fn retry_after_secs(&self) -> Option<u64> {
        self.retry_after
            .map(|after| after.as_secs() + u64::from(after.subsec_nanos() > 0))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // The one place where a failed request is logged; the span around it names the request.
        match &self {
            Self::Internal(cause) => tracing::error!(cause = %Chain(cause.as_ref()), "a request failed"),
            Self::Unavailable(cause) => {
                tracing::warn!(cause = %Chain(cause.as_ref()), "a request found something down")
            }
            _ => {}
        }
        let problem = Problem {
            code: self.code(),
            message: self.to_string(),
            details: match &self {
                Self::Invalid(fields) => json!({ "fields": fields }),
                _ => json!({}),
            },
            retryable: self.retryable(),
            retry_after: self.retry_after(),
        };
        let mut response = self.status().into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

/// An error and its causes on one line. Messages of ours hold ids at most; those of libraries are about protocols.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(next) = cause {
            write!(f, ": {next}")?;
            cause = next.source();
        }
        Ok(())
    }
}

/// The body of every answer that is not the one asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// What happened.
    pub error: ErrorDetail,
}

/// What happened, for programs and for people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// For programs; stable.
    pub code: String,
    /// For people; may change.
    pub message: String,
    /// More, by code: `fields` for `invalid`.
    pub details: Value,
    /// When, RFC 3339.
    pub timestamp: String,
    /// Names the request in the server's log.
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}
