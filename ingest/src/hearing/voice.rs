//! The voice activity thread. A track's listener travels to it, recurrent state and all, and each step judges one frame
//! of every listener that is there: a batch forms by itself while the model is busy, and a track that catches up is
//! one row of it like any other.

use super::Answer;
use crate::protocol::FRAME_MS;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::listener::{Heard, Listener};
use attune_engine::speaker::Track;
use attune_engine::voice::{VOICE_FRAME_SAMPLES, VoiceActivity, VoiceError, VoiceFrame};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::OwnedPermit;
use tracing::error;

/// Listeners that may wait: both tracks of 4,096 connections.
const WAITING_LISTENERS: usize = 8_192;

/// Rows of one batch. Beyond 64 the cost per frame no longer falls, and the first row would wait for the last.
const BATCH_ROWS: usize = 64;

/// Rows from which on a frame costs little less in a larger batch.
const CHEAP_ROWS: usize = 8;

/// How long the first listener waits for so many. Frames come each 240 ms from every client: in this time half of four
/// clients out of step are there, or many of many. Words wait for half a second of silence at least, beside which it is little.
const GATHER: Duration = Duration::from_millis(64);

/// Samples from which on a track is behind: two frames of its client.
const BEHIND: u64 = 2 * FRAME_MS as u64 * SAMPLES_PER_MS;

/// Frames of one trip, about a second: then what was heard goes back, so that words are not held up by a backlog.
const TRIP_FRAMES: usize = 32;

/// The way to the thread.
pub(super) struct Voice {
    trips: SyncSender<Trip>,
    thread: JoinHandle<()>,
    counts: Arc<Counts>,
}

/// What was judged since the thread began; frames over batches say how well the cost of a run is shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// Frames of one track.
    pub frames: u64,
    /// Runs of the model.
    pub batches: u64,
}

#[derive(Debug, Default)]
struct Counts {
    frames: AtomicU64,
    batches: AtomicU64,
}

/// A listener on its way.
struct Trip {
    track: Track,
    listener: Box<Listener>,
    heard: Vec<Heard>,
    judged: usize,
    frame: Option<[f32; VOICE_FRAME_SAMPLES]>,
    place: Place,
}

/// The place for a trip's answer. Left empty, however that came about, it says that voice activity failed.
struct Place {
    track: Track,
    answer: Option<OwnedPermit<Answer>>,
}

impl Voice {
    pub(super) fn start(model: Box<dyn VoiceActivity>) -> std::io::Result<Self> {
        let (trips, arrivals) = sync_channel(WAITING_LISTENERS);
        let counts = Arc::new(Counts::default());
        let thread = std::thread::Builder::new().name("attune-voice".into()).spawn({
            let counts = Arc::clone(&counts);
            move || run(model, &arrivals, &counts)
        })?;
        Ok(Self { trips, thread, counts })
    }

    pub(super) fn judged(&self) -> Judged {
        Judged {
            frames: self.counts.frames.load(Ordering::Relaxed),
            batches: self.counts.batches.load(Ordering::Relaxed),
        }
    }

    /// Nobody is heard any more.
    pub(super) fn is_dead(&self) -> bool {
        self.thread.is_finished()
    }

    pub(super) fn judge(
        &self,
        track: Track,
        listener: Box<Listener>,
        answer: OwnedPermit<Answer>,
    ) -> Result<(), Box<Listener>> {
        let trip = Trip {
            track,
            listener,
            heard: Vec::new(),
            judged: 0,
            frame: None,
            place: Place {
                track,
                answer: Some(answer),
            },
        };
        match self.trips.try_send(trip) {
            Err(TrySendError::Full(trip)) => {
                trip.place.keep_empty();
                Err(trip.listener)
            }
            // Its place is left empty: the connection goes to another node, where somebody listens.
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
        }
    }
}

fn run(mut model: Box<dyn VoiceActivity>, arrivals: &Receiver<Trip>, counts: &Counts) {
    let mut here: Vec<Trip> = Vec::with_capacity(BATCH_ROWS);
    loop {
        if here.is_empty() {
            let Ok(trip) = arrivals.recv() else { return };
            let few = trip.listener.received() - trip.listener.heard() < BEHIND;
            here.push(trip);
            // What is behind already waits no longer.
            if few {
                gather(arrivals, &mut here);
            }
        }
        while here.len() < BATCH_ROWS {
            let Ok(trip) = arrivals.try_recv() else { break };
            here.push(trip);
        }
        send_home(&mut here);
        let rows = here.len() as u64;
        if rows > 0 {
            counts.frames.fetch_add(rows, Ordering::Relaxed);
            counts.batches.fetch_add(1, Ordering::Relaxed);
        }
        judge_one_frame_each(model.as_mut(), &mut here);
    }
}

/// Waits for others to share the model's run with: a frame alone costs nearly twice what it does among eight.
fn gather(arrivals: &Receiver<Trip>, here: &mut Vec<Trip>) {
    let until = Instant::now() + GATHER;
    while here.len() < CHEAP_ROWS {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(trip) = arrivals.recv_timeout(left) else { break };
        here.push(trip);
    }
}

/// Takes the next frame of every listener; those that have none, or have been here long enough, go home.
fn send_home(here: &mut Vec<Trip>) {
    let mut index = 0;
    while let Some(trip) = here.get_mut(index) {
        let long_enough = trip.judged >= TRIP_FRAMES;
        let next = match long_enough {
            true => Some(None),
            false => guarded(|| trip.listener.next_frame()),
        };
        match next {
            Some(Some(frame)) => {
                trip.frame = Some(frame);
                index += 1;
            }
            Some(None) => here.swap_remove(index).go_home(!long_enough),
            None => drop(here.swap_remove(index)),
        }
    }
}

fn judge_one_frame_each(model: &mut dyn VoiceActivity, here: &mut Vec<Trip>) {
    let mut rows: Vec<VoiceFrame<'_>> = here.iter_mut().filter_map(Trip::row).collect();
    if rows.is_empty() {
        return;
    }
    let judged = detect(model, &mut rows);
    let probabilities: Vec<Option<f32>> = match judged {
        Ok(()) => rows.iter().map(|row| Some(row.probability)).collect(),
        // One row that a runtime chokes on must not take the others with it: each gets a second try by itself.
        Err(failure) => {
            error!(rows = rows.len(), error = %failure, "voice activity failed on a batch");
            let alone = rows.iter_mut().map(|row| {
                let tried = detect(model, std::slice::from_mut(row));
                tried.is_ok().then_some(row.probability)
            });
            alone.collect()
        }
    };
    drop(rows);
    for (index, probability) in probabilities.iter().enumerate().rev() {
        let trip = &mut here[index];
        trip.frame = None;
        let Some(heard) = probability.and_then(|probability| guarded(|| trip.listener.decide(probability))) else {
            drop(here.swap_remove(index));
            continue;
        };
        trip.heard.extend(heard);
        trip.judged += 1;
    }
}

impl Trip {
    fn row(&mut self) -> Option<VoiceFrame<'_>> {
        let samples = self.frame.as_ref()?;
        Some(VoiceFrame {
            state: self.listener.voice_state(),
            samples,
            probability: 0.0,
        })
    }

    fn go_home(self, drained: bool) {
        let answer = Answer::Judged {
            track: self.track,
            listener: self.listener,
            heard: self.heard,
            drained,
        };
        self.place.fill(answer);
    }
}

impl Place {
    fn fill(mut self, answer: Answer) {
        if let Some(place) = self.answer.take() {
            place.send(answer);
        }
    }

    /// Nothing was handed over after all.
    fn keep_empty(mut self) {
        self.answer = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(place) = self.answer.take() {
            place.send(Answer::VoiceFailed { track: self.track });
        }
    }
}

/// A listener that panics is of no more use, and takes no other with it.
fn guarded<T>(step: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}

/// A model that panics has failed; its states may be half moved on, which a voice survives.
fn detect(model: &mut dyn VoiceActivity, rows: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
    catch_unwind(AssertUnwindSafe(|| model.detect(rows))).unwrap_or_else(|_| Err(VoiceError("panicked".into())))
}
