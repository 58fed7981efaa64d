//! The recognizer pool: as many threads as recognizers, and the segment whose words are due first is next.
//!
//! A segment whose recognizer fails or panics gets one more try, on another worker where there is one; then it is given
//! up, which its connection is told like any other answer.

use super::{Answer, Job};
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, Speech};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::OwnedPermit;
use tracing::{error, warn};

/// Segments that may wait over all connections. At 4 s each that is over an hour of speech for a worker at real time:
/// what is beyond waits with its connection, whose credit runs out.
const WAITING_SEGMENTS: usize = 1_024;

/// Segments that wait when nobody new is let in: those who are here can still fill the rest.
pub(super) const OVERLOADED_SEGMENTS: usize = WAITING_SEGMENTS / 4 * 3;

/// Tries that a segment gets.
const TRIES: u32 = 2;

/// No recognizer could make anything of a segment, not even words that are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the recognizer failed on a segment {TRIES} times")]
pub struct GaveUp;

/// The way to the threads.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
    workers: usize,
}

#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// Ties are done in order of arrival.
    arrivals: u64,
    closed: bool,
}

/// A job in the queue; ordered by deadline, then arrival.
struct Waiting {
    job: Job,
    arrival: u64,
    answer: OwnedPermit<Answer>,
    tries: u32,
    /// The worker that failed on it.
    failed_on: Option<usize>,
}

impl Pool {
    pub(super) fn start(recognizers: Vec<Box<dyn Recognizer>>) -> std::io::Result<Self> {
        let pool = Self {
            shared: Arc::new(Shared {
                queue: Mutex::default(),
                ready: Condvar::new(),
                workers: recognizers.len(),
            }),
        };
        for (worker, recognizer) in recognizers.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new()
                .name(format!("attune-words-{worker}"))
                .spawn(move || shared.work(worker, recognizer))?;
        }
        Ok(pool)
    }

    pub(super) fn submit(&self, job: Job, answer: OwnedPermit<Answer>) -> Result<(), Job> {
        let mut queue = self.shared.lock();
        if queue.waiting.len() >= WAITING_SEGMENTS {
            return Err(job);
        }
        let arrival = queue.arrivals;
        queue.arrivals += 1;
        queue.waiting.push(Reverse(Waiting {
            job,
            arrival,
            answer,
            tries: 0,
            failed_on: None,
        }));
        drop(queue);
        self.shared.ready.notify_one();
        Ok(())
    }

    pub(super) fn waiting(&self) -> usize {
        self.shared.lock().waiting.len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.ready.notify_all();
    }
}

impl Shared {
    /// A worker that panics does so outside the lock, so the queue behind a poisoned one is whole.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, worker: usize, mut recognizer: Box<dyn Recognizer>) {
        while let Some(waiting) = self.next(worker) {
            if waiting.job.cancel.is_cancelled() {
                continue;
            }
            match recognize(recognizer.as_mut(), &waiting.job) {
                Ok(recognition) => waiting.finish(Ok(recognition)),
                Err(failure) => self.retry(worker, waiting, &failure),
            }
        }
    }

    /// The most urgent job that this worker has not failed on; none once the pool is closed.
    fn next(&self, worker: usize) -> Option<Waiting> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(waiting) = queue.take_for(worker, self.workers) {
                return Some(waiting);
            }
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn retry(&self, worker: usize, mut waiting: Waiting, failure: &str) {
        waiting.tries += 1;
        let segment = waiting.job.segment.id.as_str();
        if waiting.tries >= TRIES {
            error!(segment, worker, failure, "gave a segment up");
            waiting.finish(Err(GaveUp));
            return;
        }
        warn!(
            segment,
            worker, failure, "recognizer failed on a segment, trying another"
        );
        waiting.failed_on = Some(worker);
        self.lock().waiting.push(Reverse(waiting));
        // All of them: the one that is woken might be the one that failed.
        self.ready.notify_all();
    }
}

impl Queue {
    fn take_for(&mut self, worker: usize, workers: usize) -> Option<Waiting> {
        let mut not_for_me = Vec::new();
        let mut mine = None;
        while let Some(Reverse(waiting)) = self.waiting.pop() {
            if workers > 1 && waiting.failed_on == Some(worker) {
                not_for_me.push(Reverse(waiting));
            } else {
                mine = Some(waiting);
                break;
            }
        }
        self.waiting.extend(not_for_me);
        mine
    }
}

impl Waiting {
    fn finish(self, outcome: Result<Recognition, GaveUp>) {
        self.answer.send(Answer::Recognized {
            segment: self.job.segment,
            outcome,
        });
    }
}

fn recognize(recognizer: &mut dyn Recognizer, job: &Job) -> Result<Recognition, String> {
    let speech = Speech::of(&job.segment.audio);
    catch_unwind(AssertUnwindSafe(|| recognizer.recognize(speech)))
        .unwrap_or_else(|_| {
            Err(RecognizeError::Failed {
                recognizer: "recognizer",
                reason: "panicked".into(),
            })
        })
        .map_err(|error| error.to_string())
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |waiting: &Self| (waiting.job.deadline, waiting.arrival);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}
