//! Units: about a clause each, what one person says in one go. A silence of 0.5 s ends one, and so does a word after which
//! the trained weights hear an end, from the words on both sides, the pause and the punctuation.

use super::features::{Features, bin_of};
use super::floor::{Floor, Mark};
use super::model::{Head, Model};
use super::{HORIZON, Punctuation, UNIT_GAP};
use crate::clock::{MeetingTime, Span};
use std::time::Duration;

/// A unit has no more words than this: where no end is heard in half a minute of speech, one is made.
const UNIT_WORDS: usize = 80;

/// A unit of speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Who speaks.
    pub speaker: usize,
    /// The place of its first word among the words of its speaker.
    pub first: usize,
    /// The place of its last word, inclusive.
    pub last: usize,
    /// From the start of its first word to the latest end of its words.
    pub span: Span,
}

/// How far one speaker's words are cut into units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cutter {
    /// The place of the first word that is in no unit yet.
    first: usize,
    /// The place of the word after which is decided next.
    at: usize,
    /// The latest end of the words between.
    end: MeetingTime,
}

/// Until when everything that is said is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Until then.
    Until(MeetingTime),
    /// Nothing more comes.
    Everything,
}

impl Known {
    /// Whether all that may bear on something that ends at `end` is known.
    fn covers(self, end: MeetingTime) -> bool {
        match self {
            Self::Until(moment) => end.plus(HORIZON) <= moment,
            Self::Everything => true,
        }
    }
}

impl Cutter {
    /// The place of the first word that is in no unit yet.
    pub(super) const fn first(&self) -> usize {
        self.first
    }

    /// The next unit of `speaker`, if what is known suffices to tell where it ends.
    pub(super) fn next(
        &mut self,
        floor: &Floor,
        speaker: usize,
        known: Known,
        model: &Model,
        punctuation: Punctuation,
    ) -> Option<Unit> {
        loop {
            let word = floor.nth(speaker, Some(self.at))?;
            self.end = self.end.max(word.span.end);
            if !known.covers(self.end) {
                return None;
            }
            let ends = ends_by_force(floor, speaker, self.at)
                || self.at - self.first + 1 >= UNIT_WORDS
                || model.margin(
                    Head::Boundary,
                    punctuation,
                    &boundary(floor, speaker, self.at, self.first),
                ) >= 0.0;
            self.at += 1;
            if ends {
                let unit = unit(floor, speaker, self.first, self.at - 1);
                (self.first, self.end) = (self.at, MeetingTime::START);
                return Some(unit);
            }
        }
    }
}

/// The unit of the words `first` to `last` of `speaker`.
pub(super) fn unit(floor: &Floor, speaker: usize, first: usize, last: usize) -> Unit {
    let words = || floor.words_at(speaker, first..=last).map(|said| said.span);
    let start = words().next().map_or(MeetingTime::START, |span| span.start);
    let end = words().map(|span| span.end).max().unwrap_or(start);
    Unit {
        speaker,
        first,
        last,
        span: Span::new(start, end),
    }
}

/// `next` goes on where `unit` ends, and nothing is written between them: together they are one act.
pub(super) fn goes_on(floor: &Floor, unit: &Unit, next: &Unit) -> bool {
    let mark = floor
        .nth(unit.speaker, Some(unit.last))
        .map_or(Mark::None, |word| word.mark);
    unit.speaker == next.speaker
        && unit.last + 1 == next.first
        && !ends_by_force(floor, unit.speaker, unit.last)
        && matches!(mark, Mark::None | Mark::Comma)
}

/// A silence follows, or nothing.
pub(super) fn ends_by_force(floor: &Floor, speaker: usize, at: usize) -> bool {
    let (Some(word), Some(next)) = (floor.nth(speaker, Some(at)), floor.nth(speaker, Some(at + 1))) else {
        return true;
    };
    next.span.start >= word.span.end.plus(UNIT_GAP)
}

/// What bears on whether a unit that began with the word `first` ends after the word `at`.
pub(super) fn boundary(floor: &Floor, speaker: usize, at: usize, first: usize) -> Features {
    let known = floor.nth(speaker, Some(at)).map(|word| word.span.end.plus(HORIZON));
    let token = |place: Option<usize>| {
        // What begins later than the horizon may not be there yet: it must not matter whether it is.
        let word = floor.nth(speaker, place).filter(|said| Some(said.span.start) < known);
        word.map_or("", |said| said.token.as_str())
    };
    let (before, here, next, later) = (
        token(at.checked_sub(1)),
        token(Some(at)),
        token(Some(at + 1)),
        token(Some(at + 2)),
    );
    let mark = floor
        .nth(speaker, Some(at))
        .map_or(Mark::None, |word| word.mark)
        .as_str();
    let pause = super::features::DIGITS[floor.lingers(speaker, Some(at), known.unwrap_or_default())];
    let length = super::features::DIGITS[bin_of((at + 1 - first) as f32, &[2.0, 3.0, 4.0, 6.0, 9.0, 13.0, 20.0, 30.0])];
    let (start, end) = floor
        .nth(speaker, Some(at))
        .map_or((MeetingTime::START, MeetingTime::START), |word| {
            (word.span.start, word.span.end)
        });
    let heard = match floor.others_after(speaker, start, Duration::from_millis(600)).next() {
        Some(other) if other.span.start < end => "in",
        Some(_) => "after",
        None => "none",
    };
    let mut features = Features::default();
    features.add("e", &[]);
    features.add("em", &[mark]);
    features.add("eh", &[here]);
    features.add("en", &[next]);
    features.add("ebh", &[before, here]);
    features.add("ehn", &[here, next]);
    features.add("enl", &[next, later]);
    features.add("ehnl", &[here, next, later]);
    features.add("ebhn", &[before, here, next]);
    features.add("emn", &[mark, next]);
    features.add("emh", &[mark, here]);
    features.add("emnl", &[mark, next, later]);
    features.add("ep", &[pause]);
    features.add("epm", &[pause, mark]);
    features.add("epn", &[pause, next]);
    features.add("eph", &[pause, here]);
    features.add("el", &[length]);
    features.add("elm", &[length, mark]);
    features.add("eln", &[length, next]);
    features.add("elh", &[length, here]);
    features.add("elp", &[length, pause]);
    features.add("eo", &[heard]);
    features.add("eom", &[heard, mark]);
    features.add("eop", &[heard, pause]);
    features.add("ef", &[token(Some(first)), length]);
    features
}
