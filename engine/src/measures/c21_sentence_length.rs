//! C21, sentence length.

use super::{Band, Draft, Evidence, Found, exposure, sentences};

/// A sentence with more words is long.
const LONG_WORDS: f64 = 30.0;

/// How many words my sentences have, on average. Its part `long_share` is the percentage with more than 30, at most 10.
///
/// Needs 30 sentences, and a recognizer that writes where they end. 10 to 18 (plain-language practice `[M]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let lengths = sentences::lengths(evidence);
    let count = lengths.as_ref().map_or(0, Vec::len) as f64;
    let draft = Draft::new("C21", "Sentence length", "words", exposure(count, 30.0, "sentences"))
        .target(Band::between(10.0, 18.0));
    let Some(lengths) = lengths else {
        return draft.not_covered("This recognizer writes no punctuation, so the ends of sentences cannot be told.");
    };
    let long = lengths.iter().filter(|(_, words)| *words > LONG_WORDS).count() as f64;
    let sentences = evidence.by_turn(lengths.iter().map(|(turn, _)| (*turn, 1.0)));
    draft
        .part("long_share", 100.0 * long / count)
        .value(Evidence::rate(1.0, evidence.by_turn(lengths), sentences))
}
