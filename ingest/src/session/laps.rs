//! How long words take: from when the last sound of their speech came in to when they are shown, or durable.

use super::Session;
use crate::hearing::{Answer, Purpose};
use crate::lanes::Shown;
use crate::ports::{Batch, Decided, Lap};
use attune_engine::clock::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use attune_engine::speaker::Track;
use std::time::Duration;
use tokio::time::Instant;

/// Laps that wait to be taken: what one turn of a connection brings is a handful.
const WAITING: usize = 256;

/// What is timed and was timed.
#[derive(Debug)]
pub(super) struct Laps {
    /// Who writes words, unless they say otherwise.
    model: String,
    /// For each stretch of speech in the batch in flight, when its last sound had come in.
    spoken: Vec<Instant>,
    done: Vec<Lap>,
}

/// What a pass over open speech heard to.
pub(super) struct Pass {
    track: Track,
    to_sample: u64,
}

impl Laps {
    pub(super) const fn new(model: String) -> Self {
        Self {
            model,
            spoken: Vec::new(),
            done: Vec::new(),
        }
    }

    fn push(&mut self, lap: Lap) {
        if self.done.len() < WAITING {
            self.done.push(lap);
        }
    }
}

impl Session {
    /// What was timed since this was asked last.
    pub fn take_laps(&mut self) -> Vec<Lap> {
        std::mem::take(&mut self.laps.done)
    }

    /// Frames were acked, the oldest after this long.
    pub(super) fn lap_received(&mut self, waited: Duration) {
        self.laps.push(Lap::Received(waited));
    }

    /// Counts what a recognition cost. Says how far it heard where it may show something.
    pub(super) fn lap_answer(&mut self, answer: &Answer) -> Option<Pass> {
        let Answer::Recognized {
            segment,
            purpose,
            outcome: Ok(recognition),
            took,
        } = answer
        else {
            return None;
        };
        let seconds = segment.audio.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let model = recognition.made_by.as_ref().unwrap_or(&self.laps.model).clone();
        self.laps.push(Lap::Recognized {
            model,
            purpose: *purpose,
            audio: Duration::from_secs_f64(seconds),
            took: *took,
        });
        (*purpose == Purpose::Partial).then_some(Pass {
            track: segment.track,
            to_sample: segment.to_sample,
        })
    }

    /// A pass has shown this much.
    pub(super) fn lap_shown(&mut self, pass: &Pass, shown: &[Shown], now: Instant) {
        let shows = shown
            .iter()
            .any(|shown| matches!(shown, Shown::Partial(partial) if !partial.text.is_empty()));
        let came_at = self
            .intakes
            .get(&pass.track)
            .and_then(|intake| intake.came_at(pass.to_sample));
        if let Some(came_at) = came_at.filter(|_| shows) {
            self.laps.push(Lap::Partial(now.saturating_duration_since(came_at)));
        }
    }

    /// A batch is on its way to be durable.
    pub(super) fn lap_batch(&mut self, batch: &Batch) {
        let came_at = |decided: &Decided| self.intakes.get(&decided.track)?.came_at(speech_end(decided)?);
        self.laps.spoken = batch.decided.iter().filter_map(came_at).collect();
    }

    /// How long ago the first of what is on its way was said.
    pub(super) fn lap_waited(&self, now: Instant) -> Duration {
        let waited = self
            .laps
            .spoken
            .iter()
            .map(|came_at| now.saturating_duration_since(*came_at));
        waited.max().unwrap_or_default()
    }

    /// And now it is.
    pub(super) fn lap_committed(&mut self, now: Instant) {
        for came_at in std::mem::take(&mut self.laps.spoken) {
            self.laps.push(Lap::Final(now.saturating_duration_since(came_at)));
        }
    }
}

/// The 16 kHz sample at which the last voice of a decided stretch ended, if it has words.
fn speech_end(decided: &Decided) -> Option<u64> {
    let words = decided.outcome.as_ref().filter(|outcome| !outcome.words.is_empty())?;
    let voice_end = words.voiced.last()?.end;
    let behind_ms = decided.span.end.as_ms().saturating_sub(voice_end.as_ms());
    Some(decided.to_sample.saturating_sub(behind_ms * SAMPLES_PER_MS))
}
