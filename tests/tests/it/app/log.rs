//! What a test logged. Each test has a thread and a runtime of its own, so its log is what its thread wrote.

use std::cell::RefCell;
use std::io;
use std::sync::Once;
use tracing_subscriber::fmt::MakeWriter;

static INSTALL: Once = Once::new();

thread_local! {
    static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Starts keeping the log of this thread's test.
pub fn keep() {
    INSTALL.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
            .with_ansi(false)
            .with_writer(ThisThread)
            .init();
    });
    WRITTEN.with_borrow_mut(String::clear);
}

/// Everything that was logged.
pub fn text() -> String {
    WRITTEN.with_borrow(String::clone)
}

/// The lines that ask someone to act.
pub fn errors() -> Vec<String> {
    text()
        .lines()
        .filter(|line| line.split_whitespace().nth(1) == Some("ERROR"))
        .map(str::to_owned)
        .collect()
}

struct ThisThread;

impl<'a> MakeWriter<'a> for ThisThread {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl io::Write for ThisThread {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.push_str(&String::from_utf8_lossy(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
