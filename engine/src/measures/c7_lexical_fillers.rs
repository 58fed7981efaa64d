//! C7, lexical fillers.

use super::c6_filled_pauses::count;
use super::{Band, Draft, Evidence, Found, ONLY_ENGLISH, exposure};
use crate::fillers::FillerKind;

/// At most so many, per 100 words.
const MOST: f64 = 2.0;
/// Whoever hardly used any is not held to less than this. `[D]`
const LEAST_LIMIT: f64 = 0.5;

/// My lexical fillers (like, you know, I mean, sort of, kind of, basically, actually, literally, right?, turn-initial so,
/// anyway) in their discourse use, per 100 words.
///
/// Needs 200 words. At most 2, and at most 1.5 times my own baseline (`[D]`; the list is Microsoft's user data, the care about false positives Zoom's patent,
/// `[V]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let count = count(evidence, FillerKind::Lexical);
    let high = evidence
        .history
        .baseline("C7")
        .map_or(MOST, |own| MOST.min(1.5 * own).max(LEAST_LIMIT));
    let draft = Draft::new(
        "C7",
        "Lexical fillers",
        "per 100 words",
        exposure(evidence.word_count(), 200.0, "words"),
    )
    .target(Band::at_most(high));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("count", count.iter().sum())
        .value(Evidence::rate(100.0, count, evidence.words_by_turn()))
}
