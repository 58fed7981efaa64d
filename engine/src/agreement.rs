//! What an open segment says so far: the words that two passes in a row agree on are kept, the rest may change.
//!
//! LocalAgreement-2 (Macháček et al. 2023) over passes that each hear the segment from its beginning, or from the last
//! cut. Nothing that is said here decides anything: it is shown while a person speaks, and tells where long speech can be
//! cut so that its beginning need not wait for its end.

use crate::clock::MeetingTime;
use crate::lexicon::token;
use crate::transcript::{SegmentId, Word};
use std::time::Duration;

/// The last words of a pass are never settled: what follows them still changes them.
const UNSETTLED_WORDS: usize = 2;
/// Nor is what ends this close to the end of what was heard.
const UNSETTLED_EDGE: Duration = Duration::from_millis(500);
/// A word may be placed this much earlier by one pass than by the one before.
const PLACED_LOOSELY: Duration = Duration::from_millis(100);
/// Words at the end of what is settled that a pass may say again.
const SAID_AGAIN: usize = 5;

/// Speech this long is cut where it can be.
const CUT_FROM: Duration = Duration::from_secs(6);
/// A cut leaves this much before it: shorter segments are understood worse.
const CUT_LEAVES: Duration = Duration::from_secs(2);
/// A cut has this much heard behind it.
const CUT_GUARD: Duration = Duration::from_secs(1);
/// A pause between two settled words that is a boundary.
const CUT_PAUSE: Duration = Duration::from_millis(200);

/// The passes over one open segment.
#[derive(Debug, Clone)]
pub struct Agreement {
    segment: SegmentId,
    revision: u32,
    /// What two passes agreed on.
    settled: Vec<Word>,
    /// What the last pass heard after that.
    rest: Vec<Word>,
    heard_to: MeetingTime,
}

/// What an open segment says so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The segment.
    pub segment: SegmentId,
    /// Counts up within a segment, from 1.
    pub revision: u32,
    /// How far it has been heard.
    pub heard_to: MeetingTime,
    /// The words so far.
    pub text: String,
    /// How much of the text will not change any more, in UTF-16 code units.
    pub stable_len: u32,
}

impl Agreement {
    /// No pass over `segment` yet.
    pub const fn new(segment: SegmentId) -> Self {
        Self {
            segment,
            revision: 0,
            settled: Vec::new(),
            rest: Vec::new(),
            heard_to: MeetingTime::START,
        }
    }

    /// The segment.
    pub const fn segment(&self) -> &SegmentId {
        &self.segment
    }

    /// The words that two passes agreed on.
    pub fn settled(&self) -> &[Word] {
        &self.settled
    }

    /// Takes the words of the next pass, which heard the segment up to `heard_to`. Nothing where it changes nothing.
    pub fn take(&mut self, words: &[Word], heard_to: MeetingTime) -> Option<Said> {
        self.heard_to = self.heard_to.max(heard_to);
        let before = (self.settled.len(), self.rest.clone());
        let fresh = self.after_settled(words);
        let agreed = fresh
            .iter()
            .zip(&self.rest)
            .take_while(|(now, before)| token(&now.text) == token(&before.text))
            .count();
        let sure = agreed.min(fresh.len().saturating_sub(UNSETTLED_WORDS));
        let edge = heard_to.minus(UNSETTLED_EDGE);
        let sure = fresh[..sure].iter().take_while(|word| word.end <= edge).count();
        self.settled.extend_from_slice(&fresh[..sure]);
        self.rest = fresh[sure..].to_vec();
        let changed = before.0 != self.settled.len() || !same_text(&before.1, &self.rest);
        changed.then(|| self.said())
    }

    /// The words of a pass that come after what is settled.
    fn after_settled<'a>(&self, words: &'a [Word]) -> &'a [Word] {
        let Some(last) = self.settled.last() else {
            return words;
        };
        let from = last.end.minus(PLACED_LOOSELY);
        let first = words.iter().position(|word| word.start >= from).unwrap_or(words.len());
        let words = &words[first..];
        // Placed a little later this time, they would be said twice.
        let again = (1..=SAID_AGAIN.min(words.len()).min(self.settled.len()))
            .rev()
            .find(|&count| {
                let end = &self.settled[self.settled.len() - count..];
                end.iter()
                    .zip(words)
                    .all(|(one, other)| token(&one.text) == token(&other.text))
                    && words[count - 1].start <= last.end.plus(PLACED_LOOSELY)
            });
        &words[again.unwrap_or(0)..]
    }

    fn said(&mut self) -> Said {
        self.revision += 1;
        let mut text = joined(&self.settled);
        let stable_len = text.encode_utf16().count() as u32;
        if !text.is_empty() && !self.rest.is_empty() {
            text.push(' ');
        }
        text.push_str(&joined(&self.rest));
        Said {
            segment: self.segment.clone(),
            revision: self.revision,
            heard_to: self.heard_to,
            text,
            stable_len,
        }
    }

    /// Where a segment that began at `from` can be cut: after a sentence, else in a pause, between two settled words; the
    /// last such place. None before 6 s, nor close to either end.
    pub fn boundary(&self, from: MeetingTime) -> Option<MeetingTime> {
        if self.heard_to.since(from) < CUT_FROM {
            return None;
        }
        let (earliest, latest) = (from.plus(CUT_LEAVES), self.heard_to.minus(CUT_GUARD));
        let between = |pair: &[Word]| match pair {
            [word, next] => {
                let gap = next.start.since(word.end);
                let place = word.end.plus(gap / 2);
                (earliest <= place && place <= latest).then_some((word.text.clone(), gap, place))
            }
            _ => None,
        };
        let places: Vec<_> = self.settled.windows(2).filter_map(between).collect();
        let sentence = places.iter().rev().find(|(text, _, _)| text.ends_with(['.', '?', '!']));
        let pause = || places.iter().rev().find(|(_, gap, _)| *gap >= CUT_PAUSE);
        sentence.or_else(pause).map(|&(_, _, place)| place)
    }

    /// The agreement of `next`, the segment that goes on behind a cut at `cut`, and what it says so far.
    #[must_use]
    pub fn behind(&self, cut: MeetingTime, next: SegmentId) -> (Self, Option<Said>) {
        let middle = |word: &&Word| u64::midpoint(word.start.as_ms(), word.end.as_ms()) >= cut.as_ms();
        let mut behind = Self {
            segment: next,
            revision: 0,
            settled: self.settled.iter().filter(middle).cloned().collect(),
            rest: self.rest.iter().filter(middle).cloned().collect(),
            heard_to: self.heard_to,
        };
        let nothing = behind.settled.is_empty() && behind.rest.is_empty();
        let said = (!nothing).then(|| behind.said());
        (behind, said)
    }
}

fn joined(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

fn same_text(one: &[Word], other: &[Word]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.text == other.text)
}

#[cfg(test)]
mod tests;
