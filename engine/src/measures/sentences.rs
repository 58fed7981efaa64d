//! Sentences of mine, as far as the recognizer writes where they end.

use super::evidence::{Evidence, Spoken};

/// My sentences, each with the turn that it is drawn with and its words; nothing where no end of a sentence is written. What a
/// turn ends in the middle of is a sentence as well.
pub(super) fn lengths(evidence: &Evidence<'_>) -> Option<Vec<(usize, f64)>> {
    let ends = |spoken: &Spoken<'_>| {
        let text = spoken.word.text.trim_end_matches(['"', '\'', '”', '’', ')']);
        text.ends_with(['.', '?', '!', '…'])
    };
    if !evidence.words.is_empty() && !evidence.words.iter().any(ends) {
        return None;
    }
    let turns = evidence.words.chunk_by(|one, other| one.turn == other.turn);
    let sentences = turns.flat_map(|turn| turn.split_inclusive(ends));
    Some(
        sentences
            .map(|sentence| (sentence[0].turn, sentence.len() as f64))
            .collect(),
    )
}
