//! The recognizer pool: a thread for each worker, and one queue that says who is next.
//!
//! A segment whose recognizer fails or panics gets one more try, on another worker where there is one; then it is given
//! up, which its connection is told like any other answer.

use super::job::{Job, NoWords, Purpose};
use super::ladder::Step;
use super::nice::step_back;
use super::queue::{Load, Queue, Taken, Waiting};
use super::{Answer, Worker};
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, Speech};
use attune_engine::sound::{Sound, sound_of};
use attune_engine::speaker::Track;
use attune_engine::voices::{HeardVoice, TellsVoices, heard_in};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, warn};

/// How long a worker sleeps while partials wait for time of their own, or a step of the ladder could be taken back.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How old the step of the ladder may be for those who ask: while every worker is busy, nobody else looks.
const STEP_HOLDS: Duration = Duration::from_millis(100);

/// The way to the threads.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    ready: Condvar,
    /// The step of the ladder, for those who ask often or wait for it to change.
    step: watch::Sender<Step>,
    began: Instant,
    /// When the step was last looked at for somebody who asked, in milliseconds since it began.
    looked_ms: AtomicU64,
}

struct State {
    queue: Queue<OwnedPermit<Answer>>,
    closed: bool,
}

impl Pool {
    /// A `patient` pool gives nothing up, however much waits.
    pub(super) fn start(workers: Vec<Worker>, patient: bool) -> std::io::Result<Self> {
        let pool = Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    queue: Queue::new(workers.len(), patient, Instant::now()),
                    closed: false,
                }),
                ready: Condvar::new(),
                step: watch::Sender::new(Step::All),
                began: Instant::now(),
                looked_ms: AtomicU64::new(0),
            }),
        };
        for (number, worker) in workers.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new()
                .name(format!("attune-words-{number}"))
                .spawn(move || shared.work(number, worker))?;
        }
        Ok(pool)
    }

    pub(super) fn submit(&self, job: Job, answer: OwnedPermit<Answer>) -> Result<(), Job> {
        let mut state = self.shared.lock();
        state.queue.push(job, answer, Instant::now())?;
        let stopped = state.queue.take_stopped();
        self.shared.note(&state);
        drop(state);
        self.shared.ready.notify_one();
        tell_stopped(stopped);
        Ok(())
    }

    pub(super) fn load(&self) -> Load {
        let mut state = self.shared.lock();
        let load = state.queue.load(Instant::now());
        self.shared.note(&state);
        load
    }

    pub(super) fn step(&self) -> Step {
        let shared = &self.shared;
        let now_ms = shared.began.elapsed().as_millis() as u64;
        let looked_ms = shared.looked_ms.load(Ordering::Relaxed);
        if now_ms >= looked_ms + STEP_HOLDS.as_millis() as u64 {
            shared.looked_ms.store(now_ms, Ordering::Relaxed);
            self.load();
        }
        *shared.step.borrow()
    }

    pub(super) fn steps(&self) -> watch::Receiver<Step> {
        self.shared.step.subscribe()
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
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, state: &State) {
        let step = state.queue.step();
        self.step.send_if_modified(|told| std::mem::replace(told, step) != step);
    }

    fn work(&self, number: usize, mut worker: Worker) {
        if let Err(error) = step_back() {
            warn!(worker = number, %error, "a worker runs at the priority of everything else");
        }
        while let Some(taken) = self.next(number) {
            let began = Instant::now();
            let recognized = worker.recognize(&taken);
            let took = began.elapsed();
            let stopped = matches!(recognized, Err(RecognizeError::Cancelled));
            self.lock().queue.done(number, took, stopped, Instant::now());
            match recognized {
                Ok(recognition) => answer(taken.waiting, Ok(recognition), took),
                Err(RecognizeError::Cancelled) => answer(taken.waiting, Err(NoWords::Stopped), took),
                Err(failure) => self.retry(number, taken.waiting, &failure),
            }
        }
    }

    /// The next job of this worker; none once the pool is closed.
    fn next(&self, number: usize) -> Option<Taken<OwnedPermit<Answer>>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let taken = state.queue.next(number, Instant::now());
            self.note(&state);
            tell_stopped(state.queue.take_stopped());
            if taken.is_some() {
                return taken;
            }
            state = if state.queue.has_patience() || state.queue.step() > Step::All {
                let waited = self.ready.wait_timeout(state, LOOK_AGAIN);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.ready.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    fn retry(&self, number: usize, waiting: Waiting<OwnedPermit<Answer>>, failure: &RecognizeError) {
        let segment = waiting.job.segment.id.clone();
        let given_up = self.lock().queue.retry(number, waiting);
        match given_up {
            // Its final will say what it would have said.
            Some(waiting) if waiting.job.purpose == Purpose::Partial => {
                warn!(segment = segment.as_str(), worker = number, error = %failure, "a pass over open speech failed");
                answer(waiting, Err(NoWords::GaveUp), Duration::ZERO);
            }
            Some(waiting) => {
                error!(segment = segment.as_str(), worker = number, error = %failure, "gave a segment up");
                answer(waiting, Err(NoWords::GaveUp), Duration::ZERO);
            }
            None => {
                warn!(segment = segment.as_str(), worker = number, error = %failure, "recognizer failed on a segment, trying another");
                // All of them: the one that is woken might be the one that failed.
                self.ready.notify_all();
            }
        }
    }
}

impl Worker {
    /// Recognises a job, with what is meant for it. A recognizer that panics has failed.
    fn recognize(&mut self, taken: &Taken<OwnedPermit<Answer>>) -> Result<Recognition, RecognizeError> {
        let job = &taken.waiting.job;
        let cancelled = || taken.stop.load(Ordering::Relaxed) || job.cancel.is_cancelled();
        let speech = Speech {
            samples: &job.segment.audio,
            prompt: &job.prompt,
            // What is shown and thrown away is not worth sending.
            may_leave: job.may_leave.now() && job.purpose != Purpose::Partial,
            cancelled: &cancelled,
        };
        let usual = self.words.info().label();
        let recognizer: &mut dyn Recognizer = match &mut self.quick {
            Some(quick) if job.purpose == Purpose::Partial || taken.smaller => quick.as_mut(),
            _ => self.words.as_mut(),
        };
        let label = recognizer.info().label();
        let recognized = AssertUnwindSafe(|| {
            let recognition = recognizer.recognize(speech)?;
            Ok(Recognition {
                sound: own_sound(job),
                ..recognition
            })
        });
        let mut recognition = catch_unwind(recognized).unwrap_or_else(|_| {
            Err(RecognizeError::Failed {
                recognizer: "recognizer",
                reason: "panicked".into(),
            })
        })?;
        if !recognition.words.is_empty() {
            recognition.voices = others_voices(job, &self.voices);
        }
        if label != usual {
            recognition.made_by.get_or_insert(label);
        }
        Ok(recognition)
    }
}

/// What the person's own voice sounded like. Nothing is measured of anyone else's, nor of what is only shown, nor twice.
fn own_sound(job: &Job) -> Option<Box<Sound>> {
    let is_wanted = job.segment.track == Track::Mic && !matches!(job.purpose, Purpose::Partial | Purpose::Again);
    is_wanted.then(|| Box::new(sound_of(&job.segment)))
}

/// The voices of the others in it. The person's own is known by its channel. Words are worth more than whose they are: a model
/// that panics costs nobody any.
fn others_voices(job: &Job, tells: &TellsVoices) -> Vec<HeardVoice> {
    // Not of a meeting that is over: a second hearing changes words, and the labels stand as they were made live.
    let is_live = matches!(job.purpose, Purpose::Final | Purpose::Likely);
    let is_wanted = job.segment.track == Track::Tab && is_live;
    let TellsVoices::Apart(embedder) = tells else {
        return Vec::new();
    };
    if !is_wanted || job.cancel.is_cancelled() {
        return Vec::new();
    }
    let heard = AssertUnwindSafe(|| heard_in(&job.segment, embedder.as_ref()));
    catch_unwind(heard).unwrap_or_else(|_| {
        error!(
            segment = job.segment.id.as_str(),
            "could not tell voices apart: the model panicked"
        );
        Vec::new()
    })
}

fn answer(waiting: Waiting<OwnedPermit<Answer>>, outcome: Result<Recognition, NoWords>, took: Duration) {
    waiting.answer.send(Answer::Recognized {
        segment: waiting.job.segment,
        purpose: waiting.job.purpose,
        outcome,
        took,
    });
}

fn tell_stopped(stopped: Vec<Waiting<OwnedPermit<Answer>>>) {
    for waiting in stopped {
        answer(waiting, Err(NoWords::Stopped), Duration::ZERO);
    }
}
