//! The segments of a track that are heard and not handed out yet, in order, and how far each is on its way to words.

use super::unheard::Class;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::gate::Reason;
use attune_engine::listener::Segment;
use attune_engine::transcript::{Final, SegmentFlag, SegmentId, Word};
use attune_engine::voices::HeardVoice;
use std::collections::VecDeque;
use tokio::time::Instant;

/// Segments that wait are recognised together up to this length: what one alone may have.
const TOGETHER_SAMPLES: u64 = 14_000 * SAMPLES_PER_MS;

/// Silence put around a segment in which nothing was understood, for a second look at it.
const PADDING_SAMPLES: usize = 200 * SAMPLES_PER_MS as usize;

/// Segments in order.
#[derive(Default)]
pub(super) struct Pending {
    queue: VecDeque<Entry>,
}

/// What became of a segment.
pub(super) enum Outcome {
    /// Its words, and the voices in it.
    Words(Final, Vec<HeardVoice>),
    Suppressed(Reason),
    GivenUp,
    Withheld(Class),
}

/// A segment that may be handed out.
pub(super) struct Settled {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) outcome: Outcome,
}

/// What is known of a segment when it comes.
pub(super) enum Known {
    /// Nothing: it is to be recognised.
    Nothing,
    /// It is being recognised.
    Handed,
    /// What became of it.
    Decided(Outcome),
}

struct Entry {
    id: SegmentId,
    from: u64,
    to: u64,
    due: Instant,
    /// The words that its partials had agreed on.
    shown: Vec<Word>,
    looked_twice: bool,
    state: State,
}

enum State {
    Waiting(Box<Segment>),
    Handed,
    Decided(Outcome),
}

impl Pending {
    /// One more segment, whose words are due at `due`; its partials had shown `shown`.
    pub(super) fn push(&mut self, segment: Segment, due: Instant, shown: Vec<Word>, known: Known) {
        self.queue.push_back(Entry {
            id: segment.id.clone(),
            from: segment.from_sample,
            to: segment.to_sample,
            due,
            shown,
            looked_twice: false,
            state: match known {
                Known::Nothing => State::Waiting(Box::new(segment)),
                Known::Handed => State::Handed,
                Known::Decided(outcome) => State::Decided(outcome),
            },
        });
    }

    /// Withholds the segments for which `forgotten` has a class. Says which.
    pub(super) fn withhold(&mut self, forgotten: impl Fn(u64, u64) -> Option<Class>) -> Vec<SegmentId> {
        let mut gone = Vec::new();
        for entry in &mut self.queue {
            if let Some(class) = forgotten(entry.from, entry.to) {
                entry.shown.clear();
                entry.state = State::Decided(Outcome::Withheld(class));
                gone.push(entry.id.clone());
            }
        }
        gone
    }

    /// When the words of the next segment to recognise are due.
    pub(super) fn next_job(&self) -> Option<Instant> {
        self.queue.iter().find(|entry| entry.waits()).map(|entry| entry.due)
    }

    /// Hands the next segment to a recognizer; with those that wait behind it, up to 14 s, where `together`.
    pub(super) fn take_job(&mut self, together: bool) -> Option<Box<Segment>> {
        let index = self.queue.iter().position(Entry::waits)?;
        while together && self.join_next(index) {}
        let entry = self.queue.get_mut(index)?;
        match std::mem::replace(&mut entry.state, State::Handed) {
            State::Waiting(segment) => Some(segment),
            State::Handed | State::Decided(_) => None,
        }
    }

    /// Joins the segment behind `index` to it, if both wait and together are short enough.
    fn join_next(&mut self, index: usize) -> bool {
        let (Some(entry), Some(next)) = (self.queue.get(index), self.queue.get(index + 1)) else {
            return false;
        };
        if !entry.waits() || !next.waits() || next.to - entry.from > TOGETHER_SAMPLES {
            return false;
        }
        let Some(next) = self.queue.remove(index + 1) else {
            return false;
        };
        let entry = &mut self.queue[index];
        if let (State::Waiting(segment), State::Waiting(following)) = (&mut entry.state, next.state) {
            join(segment, *following);
        }
        entry.to = next.to;
        entry.shown.extend(next.shown);
        true
    }

    /// Takes a segment back that no recognizer took.
    pub(super) fn keep(&mut self, segment: Box<Segment>) {
        if let Some(entry) = self.handed(&segment.id, segment.to_sample) {
            entry.state = State::Waiting(segment);
        }
    }

    /// The words of a segment are there, or will never be. Hands that back where nobody waits for it: where it was
    /// withheld meanwhile, or has not come yet.
    pub(super) fn decide(&mut self, segment: &Segment, outcome: Outcome) -> Option<Outcome> {
        let Some(entry) = self.handed(&segment.id, segment.to_sample) else {
            return Some(outcome);
        };
        entry.state = State::Decided(outcome);
        None
    }

    /// The words that a segment's partials had agreed on.
    pub(super) fn shown(&self, segment: &Segment) -> &[Word] {
        let entry = self.queue.iter().find(|entry| entry.is(&segment.id, segment.to_sample));
        entry.map_or(&[], |entry| &entry.shown)
    }

    /// Has a segment looked at once more, with silence around it. False where that was done before.
    pub(super) fn look_again(&mut self, mut segment: Segment) -> bool {
        let Some(entry) = self.handed(&segment.id, segment.to_sample) else {
            return false;
        };
        if std::mem::replace(&mut entry.looked_twice, true) {
            return false;
        }
        pad(&mut segment);
        entry.state = State::Waiting(Box::new(segment));
        true
    }

    fn handed(&mut self, id: &SegmentId, to: u64) -> Option<&mut Entry> {
        self.queue
            .iter_mut()
            .find(|entry| matches!(entry.state, State::Handed) && entry.is(id, to))
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

    fn is(&self, id: &SegmentId, to: u64) -> bool {
        self.id == *id && self.to == to
    }
}

/// Makes one segment of two that follow each other; what lies between them and was not kept is silence.
fn join(segment: &mut Segment, next: Segment) {
    let end = segment.audio_from_sample + segment.audio.len() as u64;
    let missing = next.audio_from_sample.saturating_sub(end) as usize;
    let twice = end.saturating_sub(next.audio_from_sample) as usize;
    segment.audio.resize(segment.audio.len() + missing, 0);
    segment.audio.extend(next.audio.iter().skip(twice));
    let voice_of = |voiced: &[(u64, u64)]| voiced.iter().map(|(from, to)| to - from).sum::<u64>() as f32;
    let (one, other) = (voice_of(&segment.voiced), voice_of(&next.voiced));
    segment.voice = (segment.voice * one + next.voice * other) / (one + other).max(1.0);
    segment.voiced.extend(next.voiced);
    segment.to_sample = next.to_sample;
    segment.flags.retain(|flag| *flag != SegmentFlag::Short);
    for flag in next.flags {
        if flag != SegmentFlag::Short && !segment.flags.contains(&flag) {
            segment.flags.push(flag);
        }
    }
}

/// Puts silence before and behind a segment.
fn pad(segment: &mut Segment) {
    let before = PADDING_SAMPLES.min(segment.audio_from_sample as usize);
    segment.audio.splice(0..0, std::iter::repeat_n(0, before));
    segment.audio.extend(std::iter::repeat_n(0, PADDING_SAMPLES));
    segment.audio_from_sample -= before as u64;
    segment.context += before;
}

#[cfg(test)]
mod tests;
