//! C19, hedges.

use super::{Band, Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::clock::Span;
use crate::hedges;

/// My hedges (I think, maybe, kind of, just, if that makes sense; tag questions; disclaimers) per 100 words; doubt next to a
/// number or a forecast is none ([`hedges`]), and so is what the person keeps ([`super::Profile`]).
///
/// Needs 300 words. At most 2 (hedges and hesitations each lower how authoritative one sounds: Hosman 1989 `[V]`; people defend
/// their "maybe" `[V]`; the limit `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let mut moments = Vec::new();
    let mut turns = Vec::new();
    for said in evidence.words.chunk_by(|one, other| one.utterance == other.utterance) {
        let tokens: Vec<&str> = said.iter().map(|spoken| spoken.token.as_str()).collect();
        for hedge in hedges::not_kept(&tokens, evidence.profile()) {
            let words = &said[hedge.at..hedge.at + hedge.words];
            turns.push((words[0].turn, 1.0));
            moments.push(Moment::said(
                Span::new(words[0].word.start, words[hedge.words - 1].word.end),
                tokens[hedge.at..hedge.at + hedge.words].join(" "),
                None,
            ));
        }
    }
    let draft = Draft::new(
        "C19",
        "Hedges",
        "per 100 words",
        exposure(evidence.word_count(), 300.0, "words"),
    )
    .target(Band::at_most(2.0));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("count", turns.len() as f64)
        .moments(moments)
        .value(Evidence::rate(100.0, evidence.by_turn(turns), evidence.words_by_turn()))
}
