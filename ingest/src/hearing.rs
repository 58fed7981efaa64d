//! The server's ears: one thread that judges voice activity for every track in batches, and a pool of recognizers.
//!
//! Models run on named OS threads, never on a tokio worker, and nothing here blocks one: work is handed over with the
//! place for its answer already reserved. What was handed over is always answered, also when a model fails or panics.

mod pool;
mod voice;

pub use pool::GaveUp;

use crate::hearing::pool::Pool;
use crate::hearing::voice::Voice;
use attune_engine::listener::{Heard, Listener, Segment};
use attune_engine::recognize::{Recognition, Recognizer, RecognizerInfo};
use attune_engine::speaker::Track;
use attune_engine::voice::VoiceActivity;
use std::sync::Arc;
use tokio::sync::mpsc::OwnedPermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Everything that hears, shared by all connections of a node.
pub struct Hearing {
    voice: Voice,
    pool: Pool,
    info: RecognizerInfo,
}

/// What comes back, on the channel whose place was handed over with the work.
pub enum Answer {
    /// Voice activity went over a listener's frames.
    Judged {
        /// Its track.
        track: Track,
        /// The listener comes home.
        listener: Box<Listener>,
        /// What it heard.
        heard: Vec<Heard>,
        /// No full frame waits in it any more.
        drained: bool,
    },
    /// Voice activity failed on a track, twice, or is no longer there. Its listener is of no more use.
    VoiceFailed {
        /// The track.
        track: Track,
    },
    /// A segment was recognised, or given up.
    Recognized {
        /// The segment.
        segment: Box<Segment>,
        /// What was heard in it.
        outcome: Result<Recognition, GaveUp>,
    },
}

/// A segment to recognise.
pub struct Job {
    /// The segment.
    pub segment: Box<Segment>,
    /// When its words should be there: the earliest is done first.
    pub deadline: Instant,
    /// Once cancelled, nobody waits for it.
    pub cancel: CancellationToken,
}

/// Why the threads did not start.
#[derive(Debug, thiserror::Error)]
pub enum HearingError {
    /// There must be one at least.
    #[error("there is no recognizer")]
    NoRecognizer,
    /// The system has no more threads.
    #[error("starting a hearing thread")]
    Thread(#[from] std::io::Error),
}

impl std::fmt::Debug for Hearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hearing")
            .field("recognizer", &self.info)
            .finish_non_exhaustive()
    }
}

impl Hearing {
    /// Starts the threads: one for voice activity, one for each recognizer. They end when this is dropped.
    ///
    /// # Errors
    /// When there is no recognizer or no thread to be had.
    pub fn start(
        voice: Box<dyn VoiceActivity>,
        recognizers: Vec<Box<dyn Recognizer>>,
    ) -> Result<Arc<Self>, HearingError> {
        let info = recognizers.first().ok_or(HearingError::NoRecognizer)?.info().clone();
        Ok(Arc::new(Self {
            voice: Voice::start(voice)?,
            pool: Pool::start(recognizers)?,
            info,
        }))
    }

    /// The recognizer that writes the words.
    pub const fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    /// Has the frames that wait in a listener judged. [`Answer::Judged`] brings it back, or [`Answer::VoiceFailed`]
    /// says that it is lost.
    ///
    /// # Errors
    /// Hands the listener back while too many tracks wait: try again a little later.
    pub fn judge(
        &self,
        track: Track,
        listener: Box<Listener>,
        answer: OwnedPermit<Answer>,
    ) -> Result<(), Box<Listener>> {
        self.voice.judge(track, listener, answer)
    }

    /// Has a segment recognised. [`Answer::Recognized`] brings its words, unless it was cancelled.
    ///
    /// # Errors
    /// Hands the job back while too many wait: try again a little later.
    pub fn recognize(&self, job: Job, answer: OwnedPermit<Answer>) -> Result<(), Job> {
        self.pool.submit(job, answer)
    }

    /// So much waits for the recognizers that nobody new should be let in, or nobody listens at all.
    pub fn is_overloaded(&self) -> bool {
        self.voice.is_dead() || self.pool.waiting() > pool::OVERLOADED_SEGMENTS
    }

    /// Segments that wait for a recognizer, over all connections.
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}
