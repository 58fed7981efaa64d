//! The one way to a provider: no redirects, a time for everything, a size that no answer may pass, tried again by the layer that all
//! calls outside go through.

use crate::retry::{Breaker, Effort, GaveUp};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Somebody looks at a page meanwhile. A try takes long only at a provider that is in trouble.
const EFFORT: Effort = Effort {
    attempts: 3,
    first_pause: Duration::from_secs(1),
    longest_pause: Duration::from_secs(2),
    attempt_timeout: Duration::from_secs(3),
};
/// The longest real answer is a set of keys: 10 kB or so.
const LONGEST_ANSWER_BYTES: usize = 256 * 1024;

/// Why a provider vouched for nobody.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// It did not answer.
    #[error("asking a provider")]
    Away(#[source] GaveUp<OutsideError>),
    /// What it published of itself cannot be used.
    #[error("reading what a provider publishes: {0}")]
    Published(&'static str),
    /// It would not exchange the code.
    #[error("a provider refused a code: {0}")]
    Refused(&'static str),
    /// What it said of the person proves nothing.
    #[error("what a provider said of a person proves nothing: {0}")]
    NotProven(&'static str),
}

/// Why one try failed. Addresses are left out: they hold codes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutsideError {
    /// No answer, or half of one.
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// A fault of theirs, or too many requests.
    #[error("an answer of {0}")]
    Failing(StatusCode),
    /// More than any answer is long.
    #[error("an answer of more than {LONGEST_ANSWER_BYTES} bytes")]
    TooLong,
}

impl OutsideError {
    fn is_transient(&self) -> bool {
        !matches!(self, Self::TooLong)
    }
}

/// One provider, as something that can be asked.
#[derive(Debug)]
pub(super) struct Outside {
    http: Client,
    breaker: Breaker,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// The body, if it is what was asked for, whatever the status: providers tell refusals with any.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body of an answer that is one.
    pub(super) fn success<T: DeserializeOwned>(&self) -> Option<T> {
        self.status.is_success().then(|| self.json())?
    }
}

impl Outside {
    /// The client for all of them.
    pub(super) fn client() -> reqwest::Result<Client> {
        Client::builder()
            // GitHub answers nobody without a name.
            .user_agent(concat!("attune/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(EFFORT.attempt_timeout)
            .build()
    }

    pub(super) const fn new(http: Client, service: &'static str) -> Self {
        Self {
            http,
            breaker: Breaker::new(service),
        }
    }

    /// Asks until there is an answer.
    pub(super) async fn ask(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Answer, ProviderError> {
        self.breaker
            .call(EFFORT, OutsideError::is_transient, || {
                answer(request(&self.http).header("accept", "application/json"))
            })
            .await
            .map_err(ProviderError::Away)
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, OutsideError> {
    let no_answer = |error: reqwest::Error| OutsideError::NoAnswer(error.without_url());
    let mut response = request.send().await.map_err(no_answer)?;
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(OutsideError::Failing(status));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > LONGEST_ANSWER_BYTES {
            return Err(OutsideError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}
