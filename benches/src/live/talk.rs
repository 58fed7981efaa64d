//! What somebody says in a meeting, and how long it took until the words were there.

use super::client::Seen;
use crate::sample::{Utterance, in_a_room};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS};
use std::time::Duration;
use tokio::time::Instant;

/// Before the first utterance, for the room to be heard.
const BEFORE: Duration = Duration::from_millis(500);

/// What voice activity may miss of the end of an utterance that it has heard.
const END_MISSED: Duration = Duration::from_millis(400);

/// Utterances with a pause behind each, in a room of its own.
#[derive(Debug)]
pub struct Talk {
    /// 16 kHz.
    pub samples: Vec<i16>,
    /// What is said in it, in order.
    pub said: Vec<Said>,
}

/// One utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Its first sound.
    pub start: MeetingTime,
    /// Its last.
    pub end: MeetingTime,
}

/// What became of an utterance, counted from when its sound had been spoken.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// How long it is.
    pub lasts: Duration,
    /// From its end until the last final of it was there; nothing where none was.
    pub to_final: Option<Duration>,
    /// From its beginning until any word of it was there.
    pub to_first: Option<Duration>,
}

impl Talk {
    /// The utterances one after the other. `seed` makes its room another than any other's.
    pub fn new<'a>(utterances: impl IntoIterator<Item = &'a Utterance>, pause: Duration, seed: u32) -> Self {
        let silence = |lasts: Duration| vec![0_i16; lasts.as_millis() as usize * SAMPLES_PER_MS as usize];
        let mut samples = silence(BEFORE);
        let mut said = Vec::new();
        for utterance in utterances {
            let start = MeetingTime::from_sample(samples.len() as u64);
            samples.extend_from_slice(&utterance.samples);
            let end = MeetingTime::from_sample(samples.len() as u64);
            said.push(Said { start, end });
            samples.extend(silence(pause));
        }
        Self {
            samples: in_a_room(&samples, seed),
            said,
        }
    }

    /// Nobody, in a room.
    pub fn nobody(samples: usize, seed: u32) -> Vec<i16> {
        in_a_room(&vec![0; samples], seed)
    }

    /// What became of each utterance in a meeting that began at `start`, spoken by the clock.
    pub fn heard(&self, seen: &Seen, start: Instant) -> Vec<Heard> {
        self.said.iter().map(|said| said.heard(seen, start)).collect()
    }
}

impl Said {
    fn heard(self, seen: &Seen, start: Instant) -> Heard {
        let (from_ms, to_ms) = (self.start.as_ms(), self.end.as_ms());
        let touches = |start_ms: u64, end_ms: u64| start_ms < to_ms && end_ms > from_ms;
        let finals = seen
            .finals
            .iter()
            .filter(|(decided, _)| touches(decided.span.start.as_ms(), decided.span.end.as_ms()));
        let reached = finals.clone().map(|(decided, _)| decided.span.end).max();
        let is_whole = reached.is_some_and(|end| end.plus(END_MISSED) >= self.end);
        let last = finals.clone().map(|(_, at)| *at).max().filter(|_| is_whole);
        let partials = seen.partials.iter();
        let partials = partials.filter(|(partial, _)| touches(partial.t0_ms, partial.t1_ms));
        let first = partials.map(|(_, at)| *at).chain(finals.map(|(_, at)| *at)).min();
        let since = |meeting: MeetingTime, at: Instant| {
            at.saturating_duration_since(start + Duration::from_millis(meeting.as_ms()))
        };
        Heard {
            lasts: self.end.since(self.start),
            to_final: last.map(|at| since(self.end, at)),
            to_first: first.map(|at| since(self.start, at)),
        }
    }
}
