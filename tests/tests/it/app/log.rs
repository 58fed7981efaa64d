//! What a test logged. Each test has a thread and a runtime of its own, so its log is what its thread wrote, and the
//! threads that it lent its log to. What other threads write (those of models, which outlive no test but belong to none)
//! is kept once for all tests.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

static INSTALL: Once = Once::new();
static OF_NOBODY: Mutex<String> = Mutex::new(String::new());

thread_local! {
    static WRITTEN: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// A test's log.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

impl Log {
    /// Starts keeping the log of this thread's test.
    pub fn keep() -> Self {
        INSTALL.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
                .with_ansi(false)
                .with_writer(ThisThread)
                .init();
        });
        let log = Self::default();
        log.lend();
        log
    }

    /// From now on this thread writes into it.
    pub fn lend(&self) {
        WRITTEN.set(Some(self.clone()));
    }

    /// Everything the test logged.
    pub fn text(&self) -> String {
        lock(&self.0).clone()
    }

    /// The lines that ask someone to act.
    pub fn errors(&self) -> Vec<String> {
        self.text()
            .lines()
            .filter(|line| line.split_whitespace().nth(1) == Some("ERROR"))
            .map(str::to_owned)
            .collect()
    }
}

/// Everything that was logged by threads that belong to no test.
pub fn of_nobody() -> String {
    lock(&OF_NOBODY).clone()
}

fn lock(text: &Mutex<String>) -> std::sync::MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
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
        let text = String::from_utf8_lossy(line);
        // A thread that is ending has given its log back already.
        let kept = WRITTEN.try_with(|written| {
            let written = written.borrow();
            let log = written.as_ref()?;
            lock(&log.0).push_str(&text);
            Some(())
        });
        if !matches!(kept, Ok(Some(()))) {
            lock(&OF_NOBODY).push_str(&text);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
