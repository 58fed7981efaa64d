//! The segments of a track that are heard and not handed out yet, in order, and how far each is on its way to words.

use super::unheard::Class;
use attune_engine::listener::Segment;
use attune_engine::transcript::{Final, SegmentId};
use std::collections::VecDeque;
use tokio::time::Instant;

/// Segments in order.
#[derive(Default)]
pub(super) struct Pending {
    queue: VecDeque<Entry>,
}

/// What became of a segment.
pub(super) enum Outcome {
    Words(Final),
    GivenUp,
    Withheld(Class),
}

/// A segment that may be handed out.
pub(super) struct Settled {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) outcome: Outcome,
}

struct Entry {
    id: SegmentId,
    from: u64,
    to: u64,
    due: Instant,
    state: State,
}

enum State {
    Waiting(Box<Segment>),
    Handed,
    Decided(Outcome),
}

impl Pending {
    /// One more segment, whose words are due at `due`; nobody hears it where it is withheld.
    pub(super) fn push(&mut self, segment: Segment, due: Instant, withheld: Option<Class>) {
        self.queue.push_back(Entry {
            id: segment.id.clone(),
            from: segment.from_sample,
            to: segment.to_sample,
            due,
            state: match withheld {
                Some(class) => State::Decided(Outcome::Withheld(class)),
                None => State::Waiting(Box::new(segment)),
            },
        });
    }

    /// Withholds the segments for which `forgotten` has a class.
    pub(super) fn withhold(&mut self, forgotten: impl Fn(u64, u64) -> Option<Class>) {
        for entry in &mut self.queue {
            if let Some(class) = forgotten(entry.from, entry.to) {
                entry.state = State::Decided(Outcome::Withheld(class));
            }
        }
    }

    /// When the words of the next segment to recognise are due.
    pub(super) fn next_job(&self) -> Option<Instant> {
        self.queue.iter().find(|entry| entry.waits()).map(|entry| entry.due)
    }

    /// Hands the next segment to a recognizer.
    pub(super) fn take_job(&mut self) -> Option<Box<Segment>> {
        let entry = self.queue.iter_mut().find(|entry| entry.waits())?;
        match std::mem::replace(&mut entry.state, State::Handed) {
            State::Waiting(segment) => Some(segment),
            State::Handed | State::Decided(_) => None,
        }
    }

    /// Takes a segment back that no recognizer took.
    pub(super) fn keep(&mut self, segment: Box<Segment>) {
        if let Some(entry) = self.handed(&segment.id) {
            entry.state = State::Waiting(segment);
        }
    }

    /// The words of `id` are there, or will never be. Nothing happens where it was withheld meanwhile.
    pub(super) fn decide(&mut self, id: &SegmentId, outcome: Outcome) {
        if let Some(entry) = self.handed(id) {
            entry.state = State::Decided(outcome);
        }
    }

    fn handed(&mut self, id: &SegmentId) -> Option<&mut Entry> {
        self.queue
            .iter_mut()
            .find(|entry| matches!(entry.state, State::Handed) && entry.id == *id)
    }

    /// First sample of the first segment, and the one after its last.
    pub(super) fn first(&self) -> Option<(u64, u64)> {
        self.queue.front().map(|entry| (entry.from, entry.to))
    }

    /// When the words of the first segment are due.
    pub(super) fn first_due(&self) -> Option<Instant> {
        self.queue.front().map(|entry| entry.due)
    }

    pub(super) fn first_is_decided(&self) -> bool {
        self.queue.front().is_some_and(Entry::is_decided)
    }

    /// The first segment, if it is decided.
    pub(super) fn take_first(&mut self) -> Option<Settled> {
        let entry = self.queue.pop_front()?;
        let State::Decided(outcome) = entry.state else {
            self.queue.push_front(entry);
            return None;
        };
        Some(Settled {
            from: entry.from,
            to: entry.to,
            outcome,
        })
    }

    /// Segments that wait for their words.
    pub(super) fn undecided(&self) -> usize {
        self.queue.iter().filter(|entry| !entry.is_decided()).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}

impl Entry {
    const fn waits(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    const fn is_decided(&self) -> bool {
        matches!(self.state, State::Decided(_))
    }
}
