//! A recognizer elsewhere, with one of this machine behind it.
//!
//! Audio leaves only where [`Speech::may_leave`] says so, and then the answer has a deadline: late, wrong or no answer, and
//! the local recognizer decodes what was sent for. After a few of those in a row the server is left alone for a while
//! ([`breaker`]). The other way never happens: a local recognizer knows of no server.
//!
//! Two protocols are spoken, told apart by the address: `http(s)` is an OpenAI-compatible server ([`openai`]), `ws(s)` is
//! AssemblyAI's streaming socket ([`assemblyai`]). Calls run on the worker's own thread; one runtime thread under them
//! keeps connections, deadlines and the question whether anybody still waits.

mod answer;
mod assemblyai;
mod breaker;
mod endpoint;
mod failure;
mod line;
mod openai;

pub use endpoint::{Endpoint, EndpointError, RemoteSettings};
pub use failure::RemoteFailure;
pub use line::{Line, LineError};

use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use std::sync::Arc;
use tracing::{info, warn};

/// No word is shorter, and servers refuse less (OpenAI: "audio too short" below 0.1 s).
const SHORTEST_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 10;

/// A worker's remote recognizer.
pub struct Remote {
    line: Arc<Line>,
    local: Box<dyn Recognizer>,
    info: RecognizerInfo,
}

impl Remote {
    /// Asks at the other end of `line`, which all workers share, and `local` where nothing may leave or nothing came.
    pub fn over(line: Arc<Line>, local: Box<dyn Recognizer>) -> Self {
        let info = line.info(local.info());
        Self { line, local, info }
    }

    fn locally(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let mut recognition = self.local.recognize(speech)?;
        recognition.made_by.get_or_insert_with(|| self.local.info().label());
        Ok(recognition)
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Recognizer for Remote {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        if !speech.may_leave || speech.samples.len() < SHORTEST_SAMPLES {
            return self.locally(speech);
        }
        let Some(attempt) = self.line.attempt() else {
            return self.locally(speech);
        };
        match self.line.ask(&speech) {
            Ok(recognition) => {
                if attempt.succeeded() {
                    info!(host = self.line.host(), "the remote recognizer answers again");
                }
                Ok(recognition)
            }
            Err(RemoteFailure::Cancelled) => Err(RecognizeError::Cancelled),
            Err(failure) => {
                let left_alone_for = attempt.failed();
                warn!(
                    host = self.line.host(),
                    %failure,
                    left_alone_for_s = left_alone_for.map(|while_open| while_open.as_secs()),
                    "no words from the remote recognizer, decoding here"
                );
                self.locally(speech)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod serving;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
