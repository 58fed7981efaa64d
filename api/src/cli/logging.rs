//! Logs go to standard error, and for a person at a terminal only what they may have to act on.

use crate::metrics;
use crate::telemetry::{self, TelemetryError};
use std::io;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Libraries that write into their finest logs whatever passes through them: headers with keys, messages with words.
const QUOTING: [&str; 6] = [
    "tungstenite",
    "tokio_tungstenite",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
];

/// Starts logging. `ATTUNE_LOG` says what; without it, `default`. `ATTUNE_LOG_FORMAT=json` writes one object per line. Where the
/// environment names a place to tell of errors or spans, they are told there.
pub(super) fn start(default: &str) -> Result<(), TelemetryError> {
    let filter = std::env::var("ATTUNE_LOG").ok().filter(|filter| !filter.is_empty());
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match std::env::var("ATTUNE_LOG_FORMAT").as_deref() {
        Ok("json") => lines.json().boxed(),
        _ => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
    };
    // A second start in one process changes nothing.
    let _ = tracing_subscriber::registry()
        .with(telemetry::errors()?)
        .with(telemetry::traces()?)
        .with(lines.with_filter(filter_of(filter.as_deref(), default)))
        .with(metrics::overhears_statements())
        .try_init();
    Ok(())
}

/// What is logged: what `wanted` says, but never what passes through a connection.
fn filter_of(wanted: Option<&str>, default: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(wanted.unwrap_or(default)).unwrap_or_else(|_| EnvFilter::new(default));
    QUOTING.iter().fold(filter, |filter, library| {
        let quiet = format!("{library}=info").parse();
        filter.add_directive(quiet.expect("invariant: a library's name and a level"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_makes_a_library_log_what_passes_through_a_connection() {
        for wanted in ["trace", "tungstenite=trace", "debug,hyper=trace"] {
            let filter = filter_of(Some(wanted), "warn").to_string();
            let directives: Vec<&str> = filter.split(',').collect();
            for library in QUOTING {
                assert!(directives.contains(&format!("{library}=info").as_str()), "{filter}");
                assert!(!directives.contains(&format!("{library}=trace").as_str()), "{filter}");
            }
        }
    }

    #[test]
    fn a_filter_that_is_none_leaves_the_usual_one() {
        assert!(
            filter_of(Some("attune=loud"), "warn")
                .to_string()
                .split(',')
                .any(|directive| directive == "warn")
        );
    }
}
