//! What a panic may say. Its message can quote whatever was being worked on (a word that was cut in the middle of a
//! letter, say), so a log gets the place, and the words stay out.

use std::panic::{Location, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};

/// Of this process, however they are logged.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How many threads of this process have panicked since [`keep_words_out_of_panics`].
pub(crate) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// From here on a panic is counted, and logged with its place alone, unless a developer asked for all of it with
/// `RUST_BACKTRACE`.
pub fn keep_words_out_of_panics() {
    let in_full = std::env::var_os("RUST_BACKTRACE").is_some_and(|asked| asked != "0");
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        if in_full { usual(panic) } else { log(panic) }
    }));
}

fn log(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let (location, thread) = (place(panic.location()), thread.name().unwrap_or("unnamed"));
    tracing::error!(location, thread, "a thread panicked: this is a bug");
}

fn place(location: Option<&Location<'_>>) -> String {
    location.map_or_else(|| "unknown".to_owned(), |at| format!("{}:{}", at.file(), at.line()))
}
