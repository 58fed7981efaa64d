//! Action items and decisions: which few stretches of a meeting are worth showing. A ranking over all its units, made at the
//! end, because what a meeting comes to is told by what else it holds.

use super::describe::tokens;
use super::features::{DIGITS, Features, bin_of};
use super::floor::Floor;
use super::model::{Head, Model};
use super::units::Unit;
use super::{Item, Punctuation};
use crate::clock::Span;
use std::time::Duration;

/// Action items shown of one meeting, at most: more are not read.
pub(super) const ACTIONS: usize = 8;
/// Decisions shown of one meeting, at most.
pub(super) const DECISIONS: usize = 10;

/// Units on both sides whose words bear on one.
const CONTEXT: usize = 3;
/// What is closer than this to an item that was chosen belongs to it.
const APART: Duration = Duration::from_secs(12);

/// A unit with what was found in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) unit: Unit,
    /// Margins of the heads that bear on items.
    pub(super) suggestion: f32,
    pub(super) offer: f32,
    pub(super) question: f32,
}

/// What bears on whether each of `units`, by start, is part of an item, in their order.
pub(super) fn describe(floor: &Floor, units: &[Judged]) -> Vec<Features> {
    let words: Vec<Vec<&str>> = units.iter().map(|judged| tokens(floor, &judged.unit)).collect();
    let end_s = units
        .iter()
        .map(|judged| judged.unit.span.end.as_secs())
        .fold(0.0, f64::max);
    let mut talk = vec![0usize; floor.speakers()];
    for (judged, words) in units.iter().zip(&words) {
        talk[judged.unit.speaker] += words.len();
    }
    let mut ranks: Vec<usize> = (0..talk.len()).collect();
    ranks.sort_by_key(|&speaker| std::cmp::Reverse(talk[speaker]));
    (0..units.len())
        .map(|at| {
            let judged = &units[at];
            let mut features = Features::default();
            let own = &words[at];
            features.add("b", &[]);
            for token in own {
                features.add("u", &[token]);
            }
            for pair in own.windows(2) {
                features.add("2", pair);
            }
            for three in own.windows(3) {
                features.add("3", three);
            }
            features.add("f2", &[own.first().unwrap_or(&"$"), own.get(1).unwrap_or(&"$")]);
            let length = DIGITS[bin_of(own.len() as f32, &[2.0, 4.0, 7.0, 11.0, 16.0, 25.0, 40.0])];
            features.add("n", &[length]);
            for (side, range) in [
                ("p", at.saturating_sub(CONTEXT)..at),
                ("x", at + 1..(at + 1 + CONTEXT).min(units.len())),
            ] {
                for near in &words[range] {
                    for token in near {
                        features.add(side, &[token]);
                    }
                }
            }
            let passed_s = judged.unit.span.start.as_secs();
            let left_s = end_s - passed_s;
            let place = DIGITS[((10.0 * passed_s / end_s.max(1.0)) as usize).min(9)];
            features.add("place", &[place]);
            features.add(
                "left",
                &[DIGITS[bin_of(left_s as f32, &[30.0, 60.0, 120.0, 240.0, 480.0, 900.0])]],
            );
            features.add(
                "passed",
                &[DIGITS[bin_of(passed_s as f32, &[60.0, 180.0, 420.0, 900.0])]],
            );
            let rank = ranks
                .iter()
                .position(|&speaker| speaker == judged.unit.speaker)
                .unwrap_or(0);
            features.add("rank", &[DIGITS[rank.min(5)]]);
            for (name, margin) in [
                ("sug", judged.suggestion),
                ("off", judged.offer),
                ("que", judged.question),
            ] {
                let bin = DIGITS[bin_of(margin, &[-4.0, -2.5, -1.5, -0.5, 0.5, 1.5])];
                features.add(name, &[bin]);
                features.add(name, &[bin, place]);
            }
            features.0.sort_unstable();
            features.0.dedup();
            features
        })
        .collect()
}

/// The best `most` items that `head` finds, in order of time.
pub(super) fn rank(
    floor: &Floor,
    units: &[Judged],
    features: &[Features],
    model: &Model,
    punctuation: Punctuation,
    head: Head,
    most: usize,
) -> Vec<Item> {
    let margins: Vec<f32> = features
        .iter()
        .map(|features| model.margin(head, punctuation, features))
        .collect();
    let mut order: Vec<usize> = (0..units.len()).filter(|&at| margins[at] >= 0.0).collect();
    order.sort_by(|&a, &b| margins[b].total_cmp(&margins[a]).then(a.cmp(&b)));
    let mut chosen: Vec<(Span, usize)> = Vec::new();
    for at in order {
        let full = chosen.len() >= most;
        let span = units[at].unit.span;
        let near = chosen
            .iter_mut()
            .find(|(taken, _)| span.start < taken.end.plus(APART) && taken.start < span.end.plus(APART));
        match near {
            // What confirms an item nearby makes it longer, up to its neighbourhood.
            Some((taken, best)) => {
                let best = units[*best].unit.span;
                if span.start.plus(APART) >= best.start && span.end <= best.end.plus(APART) {
                    *taken = Span::new(taken.start.min(span.start), taken.end.max(span.end));
                }
            }
            None if !full => chosen.push((span, at)),
            None => {}
        }
    }
    let mut items: Vec<Item> = chosen
        .into_iter()
        .map(|(span, at)| {
            let unit = &units[at].unit;
            let words = floor.words_at(unit.speaker, unit.first..=unit.last);
            let text: Vec<&str> = words.map(|said| said.text.as_str()).collect();
            Item {
                speaker: unit.speaker,
                span,
                text: text.join(" "),
                score: margins[at],
            }
        })
        .collect();
    items.sort_by_key(|item| (item.span.start, item.speaker));
    items
}
