//! The server's ears: one thread that judges voice activity for every track in batches, and a pool of recognizers.
//!
//! Models run on named OS threads, never on a tokio worker, and nothing here blocks one: work is handed over with the
//! place for its answer already reserved. What was handed over is always answered, also when a model fails or panics.

mod costs;
mod here;
mod job;
mod ladder;
mod nice;
mod pool;
pub(crate) mod queue;
mod spare;
mod voice;

pub use job::{Job, MayLeave, NoWords, Purpose};
pub use ladder::Step;
pub use queue::{Done, Load};
pub use voice::Judged;

use crate::hearing::here::Here;
use crate::hearing::pool::Pool;
use crate::hearing::voice::Voice;
use crate::room::Room;
use attune_engine::listener::{Heard, Listener, Segment};
use attune_engine::recognize::{Recognition, Recognizer, RecognizerInfo};
use attune_engine::speaker::Track;
use attune_engine::voice::VoiceActivity;
use attune_engine::voices::{TellsVoices, VoicesHeard};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::watch;

/// Everything that hears, shared by all connections of a node.
pub struct Hearing {
    ears: Ears,
    info: RecognizerInfo,
    ahead: Ahead,
    voices: VoicesHeard,
    room: Arc<Room>,
}

/// Who hears.
enum Ears {
    Threads { voice: Voice, pool: Pool },
    Here(Here),
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
    /// A segment was recognised, or it was not.
    Recognized {
        /// The segment.
        segment: Box<Segment>,
        /// What its words are for.
        purpose: Purpose,
        /// What was heard in it.
        outcome: Result<Recognition, NoWords>,
        /// How long that took.
        took: Duration,
    },
}

/// What a worker thread recognises with.
pub struct Worker {
    /// Writes the words that decide.
    pub words: Box<dyn Recognizer>,
    /// Writes partials, and finals when the node is overloaded; else `words` does both.
    pub quick: Option<Box<dyn Recognizer>>,
    /// Tells the others' voices apart, beside the words.
    pub voices: TellsVoices,
}

impl<R: Recognizer + 'static> From<Box<R>> for Worker {
    fn from(words: Box<R>) -> Self {
        Self::from(words as Box<dyn Recognizer>)
    }
}

impl From<Box<dyn Recognizer>> for Worker {
    fn from(words: Box<dyn Recognizer>) -> Self {
        Self {
            words,
            quick: None,
            voices: TellsVoices::default(),
        }
    }
}

/// What is recognised before it decides anything; each includes those before it. The words that decide are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ahead {
    /// Nothing: a segment is recognised once it has come. Cheapest, where nobody waits.
    Nothing,
    /// A segment whose voice has fallen silent, before that has lasted long enough to end it: its words come sooner, and
    /// are thrown away where the voice goes on.
    Ends,
    /// And open speech, to be shown while it goes on.
    #[default]
    Shown,
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
    /// Starts the threads: one for voice activity, one for each worker. They end when this is dropped.
    ///
    /// # Errors
    /// When there is no worker or no thread to be had.
    pub fn start(
        voice: Box<dyn VoiceActivity>,
        workers: impl IntoIterator<Item = impl Into<Worker>>,
    ) -> Result<Arc<Self>, HearingError> {
        Self::start_with(voice, workers, false, Ahead::Shown)
    }

    /// The same, with no more recognised ahead than `ahead` says.
    ///
    /// # Errors
    /// As [`Hearing::start`].
    pub fn start_ahead(
        voice: Box<dyn VoiceActivity>,
        workers: impl IntoIterator<Item = impl Into<Worker>>,
        ahead: Ahead,
    ) -> Result<Arc<Self>, HearingError> {
        Self::start_with(voice, workers, false, ahead)
    }

    /// The same for recordings: nobody waits live, so however much waits, nothing is given up for it.
    ///
    /// # Errors
    /// As [`Hearing::start`].
    pub fn start_patient(
        voice: Box<dyn VoiceActivity>,
        workers: impl IntoIterator<Item = impl Into<Worker>>,
    ) -> Result<Arc<Self>, HearingError> {
        Self::start_with(voice, workers, true, Ahead::Nothing)
    }

    fn start_with(
        voice: Box<dyn VoiceActivity>,
        workers: impl IntoIterator<Item = impl Into<Worker>>,
        patient: bool,
        ahead: Ahead,
    ) -> Result<Arc<Self>, HearingError> {
        let workers: Vec<Worker> = workers.into_iter().map(Into::into).collect();
        let first = workers.first().ok_or(HearingError::NoRecognizer)?;
        let (info, voices) = (first.words.info().clone(), first.voices.heard());
        Ok(Arc::new(Self {
            ears: Ears::Threads {
                voice: Voice::start(voice)?,
                pool: Pool::start(workers, patient)?,
            },
            info,
            ahead,
            voices,
            room: Arc::default(),
        }))
    }

    /// One without threads, for simulations: whoever hands something over hears it at once, and no time passes.
    pub fn here(voice: Box<dyn VoiceActivity>, words: Box<dyn Recognizer>) -> Arc<Self> {
        let info = words.info().clone();
        Arc::new(Self {
            ears: Ears::Here(Here::new(voice, words)),
            info,
            ahead: Ahead::Shown,
            voices: VoicesHeard::default(),
            room: Arc::default(),
        })
    }

    /// The recognizer that writes the words.
    pub const fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    /// What is recognised before it decides anything.
    pub const fn ahead(&self) -> Ahead {
        self.ahead
    }

    /// Whether the others' voices are told apart.
    pub const fn voices(&self) -> VoicesHeard {
        self.voices
    }

    /// Room for sound that is not decided, over all connections.
    pub const fn room(&self) -> &Arc<Room> {
        &self.room
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
        match &self.ears {
            Ears::Threads { voice, .. } => voice.judge(track, listener, answer),
            Ears::Here(here) => {
                here.judge(track, listener, answer);
                Ok(())
            }
        }
    }

    /// Has a segment recognised. [`Answer::Recognized`] brings its words.
    ///
    /// # Errors
    /// Hands the job back while too many wait: try again a little later.
    pub fn recognize(&self, job: Job, answer: OwnedPermit<Answer>) -> Result<(), Job> {
        match &self.ears {
            Ears::Threads { pool, .. } => pool.submit(job, answer),
            Ears::Here(here) => {
                here.recognize(job, answer);
                Ok(())
            }
        }
    }

    /// So much waits for the recognizers that nobody new should be let in, or nobody listens at all.
    pub fn is_overloaded(&self) -> bool {
        let load = self.load();
        let is_deaf = matches!(&self.ears, Ears::Threads { voice, .. } if voice.is_dead());
        is_deaf || load.step >= Step::Closed || load.waiting > queue::OVERLOADED_SEGMENTS
    }

    /// What the node has given up, as of at most 100 ms ago.
    pub fn step(&self) -> Step {
        match &self.ears {
            Ears::Threads { pool, .. } => pool.step(),
            Ears::Here(_) => Step::All,
        }
    }

    /// Wakes whoever waits for the node to give up more, or less. [`Hearing::step`] has to be asked for it to be noticed
    /// while every worker is busy.
    pub fn steps(&self) -> watch::Receiver<Step> {
        match &self.ears {
            Ears::Threads { pool, .. } => pool.steps(),
            Ears::Here(here) => here.steps(),
        }
    }

    /// How busy the recognizers are, and what they have done, over all connections.
    pub fn load(&self) -> Load {
        match &self.ears {
            Ears::Threads { pool, .. } => pool.load(),
            Ears::Here(_) => Load::default(),
        }
    }

    /// What voice activity has judged since it was started.
    pub fn voice_judged(&self) -> Judged {
        match &self.ears {
            Ears::Threads { voice, .. } => voice.judged(),
            Ears::Here(_) => Judged::default(),
        }
    }

    /// Segments that wait for a recognizer, over all connections.
    pub fn waiting(&self) -> usize {
        self.load().waiting
    }
}
