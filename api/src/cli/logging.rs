//! Logs go to standard error, and for a person at a terminal only what they may have to act on.

use std::io;
use tracing_subscriber::EnvFilter;

/// Starts logging. `ATTUNE_LOG` says what; without it, `default`. `ATTUNE_LOG_FORMAT=json` writes one object per line.
pub(super) fn start(default: &str) {
    let filter = std::env::var("ATTUNE_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(default)).unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // A second start in one process changes nothing.
    let _ = match std::env::var("ATTUNE_LOG_FORMAT").as_deref() {
        Ok("json") => builder.json().try_init(),
        _ => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
    };
}
