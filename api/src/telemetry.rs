//! What a server tells of itself elsewhere, where somebody named a place for it: errors to Sentry (`SENTRY_DSN`), traces to an
//! OpenTelemetry collector (`OTEL_EXPORTER_OTLP_ENDPOINT`). Nothing unless it is named.
//!
//! Neither is told what anybody said nor who they are. An error is told by its place in the code and its message, which is a
//! constant; a span by its name, its times and the few fields that [`traces`] lists. What else an event holds, its cause first
//! of all, stays in the log.

mod errors;
mod post;
mod traces;

use post::Poster;
use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// How long the end of the process waits for what was not sent yet.
const FLUSHED_WITHIN: Duration = Duration::from_secs(2);

/// What has to be flushed. One for the process, as logging is.
static POSTERS: Mutex<Vec<Poster>> = Mutex::new(Vec::new());

/// Why a place that was named is not told anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    /// What is named is no address of Sentry. It is not repeated: it holds a key.
    #[error("SENTRY_DSN is not the address of a Sentry project")]
    Dsn,
    /// What is named is no address.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector")]
    Endpoint,
    /// There is no thread to send with.
    #[error("starting a thread that tells of this server")]
    Thread(#[from] std::io::Error),
}

/// The layer of logging that tells Sentry of errors; none where the environment names no project.
///
/// # Errors
/// When what it names is none.
pub(crate) fn errors<S>() -> Result<Option<impl Layer<S> + use<S>>, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let Some(dsn) = named("SENTRY_DSN") else {
        return Ok(None);
    };
    let (layer, poster) = errors::layer(&dsn)?;
    keep(poster);
    Ok(Some(layer))
}

/// The layer of logging that tells a collector of spans; none where the environment names no collector.
///
/// # Errors
/// When what it names is none.
pub(crate) fn traces<S>() -> Result<Option<impl Layer<S> + use<S>>, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let Some(endpoint) = named("OTEL_EXPORTER_OTLP_ENDPOINT") else {
        return Ok(None);
    };
    let (layer, poster) = traces::layer(&endpoint)?;
    keep(poster);
    Ok(Some(layer))
}

fn keep(poster: Poster) {
    POSTERS.lock().unwrap_or_else(PoisonError::into_inner).push(poster);
}

/// Sends what waits, for a moment at most. The last thing that a process does.
pub(crate) fn flush() {
    for poster in POSTERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        poster.flush(FLUSHED_WITHIN);
    }
}

/// What the environment says; empty is as good as nothing.
fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
