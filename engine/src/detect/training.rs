//! What the trainer needs: the very features that the detectors see, so that what is trained is what runs.

use super::features::Features;
use super::floor::{Floor, Mark, Said};
use super::items::{self, Judged};
use super::model::{Head, Model};
use super::units::{self, Cutter, Known, Unit};
use super::{Punctuation, describe, interruptions, markers};
use crate::clock::Span;

/// The floor of `words` (speaker, span, text), in order of start.
pub fn floor(speakers: usize, words: &[(usize, Span, String)]) -> Floor {
    let mut floor = Floor::new(speakers);
    for (speaker, span, text) in words {
        floor.push(Said::new(*speaker, *span, text.clone()));
    }
    floor
}

/// The words of `speaker`, by start.
pub fn words_of(floor: &Floor, speaker: usize) -> impl Iterator<Item = &Said> {
    floor.of(speaker)
}

/// Every place of `speaker` where only the words decide whether a unit ends, with what bears on it; units before it end where
/// `ends` says.
pub fn boundaries(floor: &Floor, speaker: usize, ends: impl Fn(usize) -> bool) -> Vec<(usize, Features)> {
    let mut first = 0;
    let mut examples = Vec::new();
    for at in 0..floor.count(speaker) {
        let forced = units::ends_by_force(floor, speaker, at);
        if !forced {
            examples.push((at, units::boundary(floor, speaker, at, first)));
        }
        if forced || ends(at) {
            first = at + 1;
        }
    }
    examples
}

/// The units that `model` cuts the floor into, by start.
pub fn units(floor: &Floor, model: &Model, punctuation: Punctuation) -> Vec<Unit> {
    let mut found = Vec::new();
    for speaker in 0..floor.speakers() {
        let mut cutter = Cutter::default();
        while let Some(unit) = cutter.next(floor, speaker, Known::Everything, model, punctuation) {
            found.push(unit);
        }
    }
    found.retain(|unit| !describe::tokens(floor, unit).is_empty());
    found.sort_by_key(|unit| (unit.span.start, unit.speaker));
    found
}

/// Whether `next` goes on where `unit` ends: if both are the same, they are one.
pub fn goes_on(floor: &Floor, unit: &Unit, next: &Unit) -> bool {
    units::goes_on(floor, unit, next)
}

/// Whether a question mark is written in `unit`.
pub fn is_marked_question(floor: &Floor, unit: &Unit) -> bool {
    (unit.first..=unit.last).any(|place| {
        floor
            .nth(unit.speaker, Some(place))
            .is_some_and(|said| said.mark == Mark::Question)
    })
}

/// What bears on what `unit` is.
pub fn unit(floor: &Floor, unit: &Unit) -> Features {
    describe::describe(floor, unit)
}

/// What bears on whether `unit` was cut off; nothing where nobody could have.
pub fn interrupted(floor: &Floor, unit: &Unit) -> Option<Features> {
    let taker = interruptions::taker(floor, unit)?;
    let mut features = describe::describe(floor, unit);
    interruptions::describe(floor, unit, &taker, &mut features);
    Some(features)
}

/// The words of `unit` that may be what `head` tells, with what bears on it.
pub fn words(floor: &Floor, unit: &Unit, model: &Model, punctuation: Punctuation, head: Head) -> Vec<(Span, Features)> {
    let incomplete = model.margin(Head::Incomplete, punctuation, &describe::describe(floor, unit));
    let around = markers::Around::of(floor, unit, incomplete);
    let may_be = match head {
        Head::Filler => markers::may_be_filler,
        _ => markers::may_be_marker,
    };
    (unit.first..=unit.last)
        .filter_map(|place| Some((place, floor.nth(unit.speaker, Some(place))?)))
        .filter(|(_, said)| may_be(&said.token))
        .map(|(place, said)| (said.span, markers::describe(floor, unit, place, &around)))
        .collect()
}

/// What bears on whether each of `units`, by start, is part of an action item or a decision.
pub fn items(floor: &Floor, units: &[Unit], model: &Model, punctuation: Punctuation) -> Vec<Features> {
    let judged: Vec<Judged> = units
        .iter()
        .map(|unit| {
            let features = describe::describe(floor, unit);
            let margin = |head| model.margin(head, punctuation, &features);
            Judged {
                unit: *unit,
                suggestion: margin(Head::Suggestion),
                offer: margin(Head::Offer),
                question: margin(Head::Question),
            }
        })
        .collect();
    items::describe(floor, &judged)
}

/// How sure `model` is of `head`, in logits above its threshold.
pub fn margin(model: &Model, head: Head, punctuation: Punctuation, features: &Features) -> f32 {
    model.margin(head, punctuation, features)
}
