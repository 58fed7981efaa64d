//! A piece of work for the recognizers, and what becomes of it.

use attune_engine::listener::Segment;
use attune_engine::speaker::Track;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Tries that a segment gets.
pub(super) const TRIES: u32 = 2;

/// What a recognition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Words that decide a segment.
    Final,
    /// Words that will decide a segment unless the voice goes on.
    Likely,
    /// Words to show while a person speaks. Done in spare time or not at all.
    Partial,
    /// Words of a meeting that is over, heard once more from audio that was kept. Done while nobody is heard live, and
    /// stopped when somebody is; whoever asked asks again later.
    Again,
}

impl Purpose {
    /// Its name where it is counted.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Likely => "likely",
            Self::Partial => "partial",
            Self::Again => "again",
        }
    }
}

/// Whether audio may be sent to a recognizer elsewhere. Asked when a recognition begins, so that a consent that is taken back
/// holds for what waits already. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MayLeave(Arc<AtomicBool>);

impl MayLeave {
    /// It may, until it is said otherwise.
    pub fn always() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// It may not.
    pub fn never() -> Self {
        Self::default()
    }

    /// From now on it may, or may not.
    pub fn set(&self, may: bool) {
        self.0.store(may, Ordering::Relaxed);
    }

    /// Whether it may now.
    pub fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A segment to recognise.
#[derive(Debug)]
pub struct Job {
    /// Whose it is: all sessions get the same share of the recognizers.
    pub session: Uuid,
    /// The segment, or what is open of it.
    pub segment: Box<Segment>,
    /// What its words are for.
    pub purpose: Purpose,
    /// When its words should be there: the earliest is done first.
    pub due: Instant,
    /// Names to expect; of this session and no other.
    pub prompt: String,
    /// Whether it may be sent to a recognizer elsewhere.
    pub may_leave: MayLeave,
    /// Once cancelled, nobody waits for it.
    pub cancel: CancellationToken,
}

impl Job {
    /// How long what is to be recognised lasts.
    pub(super) fn audio(&self) -> Duration {
        let samples = self.segment.audio.len() as u64;
        Duration::from_micros(samples * 1_000 / attune_engine::clock::SAMPLES_PER_MS)
    }

    /// Whose open speech a partial is about: there is one waiting of each.
    pub(super) const fn slot(&self) -> (Uuid, Track) {
        (self.session, self.segment.track)
    }
}

/// Why a segment has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWords {
    /// No recognizer could make anything of it, not even words that are wrong.
    #[error("the recognizer failed on a segment {TRIES} times")]
    GaveUp,
    /// It was cancelled, or made room for something more urgent, as a partial does and what is heard again.
    #[error("nobody waited for the words")]
    Stopped,
}
