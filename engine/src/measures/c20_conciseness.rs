//! C20, conciseness.

use super::{Band, Draft, Evidence, Found, NO_MODEL, exposure, restarts};
use crate::bootstrap::Sample;
use crate::judged::Paraphrase;
use crate::lexicon::{is_filled_pause, token};
use std::collections::BTreeSet;

/// A turn with fewer words is not long enough to be said shorter.
const MIN_WORDS: usize = 60;

/// How much of my long turns need not have been said: one less the words of a minimal faithful paraphrase by the words of the
/// turn, over my turns of 60 words and more, percent. The paraphrase is a language model's ([`crate::judged`]), and counts only
/// where a second reading found that each follows from the other, where the turn is mine and long, and where it is shorter; one
/// a turn. What does not is `dropped`. Its part `restarts` is how often I began a phrase again, per 100 words.
///
/// Needs 3 turns. At most 35 `[D]`.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let paraphrases: &[Paraphrase] = evidence.judged.map_or(&[], |judged| judged.paraphrases.as_slice());
    let mut shortened = BTreeSet::new();
    let spared: Vec<(usize, f64, f64)> = paraphrases
        .iter()
        .filter_map(|paraphrase| spared(evidence, paraphrase))
        .filter(|(turn, ..)| shortened.insert(*turn))
        .collect();
    let draft = Draft::new(
        "C20",
        "Conciseness",
        "% to spare",
        exposure(spared.len() as f64, 3.0, "long turns"),
    )
    .target(Band::at_most(35.0));
    if evidence.judged.is_none() {
        return draft.not_covered(NO_MODEL);
    }
    let mut by_turn = vec![(0.0, 0.0); evidence.blocks()];
    for (turn, fewer, words) in &spared {
        by_turn[*turn] = (*fewer, *words);
    }
    let restarts = restarts::count(&evidence.words) as f64;
    draft
        .part("dropped", (paraphrases.len() - spared.len()) as f64)
        .part("restarts", 100.0 * restarts / evidence.word_count())
        .value(Sample::ratio(100.0, by_turn))
}

/// The turn of a paraphrase, the words that it spares and the words of the turn; nothing where the finding does not hold.
fn spared(evidence: &Evidence<'_>, paraphrase: &Paraphrase) -> Option<(usize, f64, f64)> {
    let conversation = evidence.conversation;
    let utterances = conversation.utterances();
    let holds = |turn: &crate::turns::Turn| {
        let mut said = turn.utterances.iter();
        turn.speaker == conversation.me() && said.any(|&index| utterances[index].id == paraphrase.segment)
    };
    let turn = evidence.turns.iter().position(holds)?;
    let words = evidence.turns[turn].words;
    let tokens = paraphrase.text.split_whitespace().map(token);
    let minimal = tokens
        .filter(|token| !token.is_empty() && !is_filled_pause(token))
        .count();
    let counts = paraphrase.entailed && words >= MIN_WORDS && (1..words).contains(&minimal);
    counts.then_some((turn, (words - minimal) as f64, words as f64))
}
