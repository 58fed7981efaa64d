//! Interruptions (C14) and failed ones (C15): who takes the floor where a unit ends, and who tried in vain.

use super::HORIZON;
use super::features::{DIGITS, Features, bin_of};
use super::floor::Floor;
use super::units::Unit;
use crate::clock::MeetingTime;
use std::time::Duration;

/// Who cuts in begins no earlier than this before the other stops: whoever speaks longer beside them is not cutting in now.
const BEFORE: Duration = Duration::from_millis(2000);
/// One labelled interruption in five has no overlap: the other begins right after.
const AFTER: Duration = Duration::from_millis(500);
/// A failed interruption overlaps at least this long (measures.md, C15).
const TRIED: Duration = Duration::from_millis(300);
/// Silence that begins speech anew.
const PAUSE: Duration = Duration::from_millis(500);

/// Someone who speaks where another stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taker {
    pub(super) speaker: usize,
    /// When they began.
    pub(super) onset: MeetingTime,
    /// Their words from there until the horizon.
    pub(super) words: usize,
    /// Those of them after the other's end.
    pub(super) words_after: usize,
}

/// Who takes the floor where `unit` ends: whoever began around there and says most.
pub(super) fn taker(floor: &Floor, unit: &Unit) -> Option<Taker> {
    let end = unit.span.end;
    let begins = end.minus(BEFORE);
    let window = end.plus(HORIZON).since(begins);
    let mut takers: Vec<(Taker, MeetingTime)> = Vec::new();
    for said in floor.others_after(unit.speaker, begins, window) {
        match takers.iter_mut().find(|(taker, _)| taker.speaker == said.speaker) {
            Some((taker, spoken_to)) => {
                if said.span.start >= spoken_to.plus(PAUSE) && said.span.start <= end.plus(AFTER) {
                    (taker.onset, taker.words, taker.words_after) = (said.span.start, 0, 0);
                }
                taker.words += 1;
                taker.words_after += usize::from(said.span.start >= end);
                *spoken_to = said.span.end.max(*spoken_to);
            }
            None => takers.push((
                Taker {
                    speaker: said.speaker,
                    onset: said.span.start,
                    words: 1,
                    words_after: usize::from(said.span.start >= end),
                },
                said.span.end,
            )),
        }
    }
    takers
        .into_iter()
        .filter(|(taker, spoken_to)| taker.onset <= end.plus(AFTER) && spoken_to.plus(AFTER) > end)
        .map(|(taker, _)| taker)
        .max_by_key(|taker| (taker.words, std::cmp::Reverse(taker.speaker)))
}

/// What bears on whether `taker` cut `unit` off, besides what the unit is.
pub(super) fn describe(floor: &Floor, unit: &Unit, taker: &Taker, features: &mut Features) {
    let end = unit.span.end;
    let lead = end.since(taker.onset).as_secs_f32() - taker.onset.since(end).as_secs_f32();
    let lead = DIGITS[bin_of(lead, &[-0.25, 0.0, 0.15, 0.35, 0.7, 1.2, 1.8])];
    let words = DIGITS[bin_of(taker.words as f32, &[2.0, 3.0, 5.0, 8.0])];
    let after = DIGITS[bin_of(taker.words_after as f32, &[1.0, 2.0, 4.0, 7.0])];
    let own = DIGITS[bin_of(floor.own_after(unit.speaker, end, HORIZON) as f32, &[1.0, 3.0, 6.0])];
    let began_before = if taker.onset < unit.span.start { "b" } else { "i" };
    let length = DIGITS[bin_of((unit.last + 1 - unit.first) as f32, &[2.0, 3.0, 5.0, 9.0, 16.0])];
    let first = floor
        .others_after(unit.speaker, taker.onset, HORIZON)
        .find(|said| said.speaker == taker.speaker)
        .map_or("", |said| said.token.as_str());
    let ending = floor
        .nth(unit.speaker, Some(unit.last))
        .map_or("", |said| said.token.as_str());
    features.add("ib", &[]);
    features.add("il", &[lead]);
    features.add("iw", &[words]);
    features.add("ia", &[after]);
    features.add("io", &[own]);
    features.add("is", &[began_before, length]);
    features.add("ilao", &[lead, after, own]);
    features.add("ila", &[lead, after]);
    features.add("iao", &[after, own]);
    features.add("ilo", &[lead, own]);
    features.add("in", &[length, lead]);
    features.add("ino", &[length, own, after]);
    features.add("if", &[first]);
    features.add("ifl", &[first, lead]);
    features.add("ie", &[ending, lead]);
    features.add("ieo", &[ending, own]);
    features.add("iea", &[ending, after]);
}

/// Whom `unit` tried in vain to cut off: it overlaps them, and they go on for 2 s while its speaker does not.
pub(super) fn failed_at(floor: &Floor, unit: &Unit) -> Option<usize> {
    let holder = floor.other_speaks_at(unit.speaker, unit.span.start, Duration::from_millis(250))?;
    let goes_on = floor
        .others_after(unit.speaker, unit.span.start, unit.span.duration() + HORIZON)
        .filter(|said| said.speaker == holder)
        .map(|said| said.span.end)
        .max();
    let overlaps = goes_on.is_some_and(|end| end >= unit.span.start.plus(TRIED));
    let holds = goes_on.is_some_and(|end| end.plus(PAUSE) >= unit.span.end.plus(HORIZON));
    let gives_up = floor.own_after(unit.speaker, unit.span.end, HORIZON) == 0;
    (overlaps && holds && gives_up && unit.span.duration() >= TRIED).then_some(holder)
}
