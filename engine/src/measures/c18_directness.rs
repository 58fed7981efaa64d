//! C18, answer directness.

use super::{Band, Draft, Evidence, Found, NO_MODEL, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::judged::Answer;
use crate::lexicon::{is_filled_pause, token};
use std::collections::BTreeSet;

/// How many words I say before the point, when I am asked a direct question: the median over my answers of the words before the
/// main claim. Where the claim begins is a language model's finding ([`crate::judged`]), and counts only where it holds: a turn of
/// mine that follows a turn of others with a question in it, the claim inside it, one claim a turn. What does not is `dropped`.
///
/// Needs 3 answers. At most 25 (bottom line up front `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let answers: &[Answer] = evidence.judged.map_or(&[], |judged| judged.answers.as_slice());
    let mut answered = BTreeSet::new();
    let before: Vec<(usize, f64)> = answers
        .iter()
        .filter_map(|answer| words_before(evidence, answer))
        .filter(|(turn, _)| answered.insert(*turn))
        .collect();
    let draft = Draft::new(
        "C18",
        "Answer directness",
        "words",
        exposure(before.len() as f64, 3.0, "answers"),
    )
    .target(Band::at_most(25.0));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    if evidence.judged.is_none() {
        return draft.not_covered(NO_MODEL);
    }
    draft
        .part("dropped", (answers.len() - before.len()) as f64)
        .value(Sample::quantile(evidence.blocks(), 0.5, before))
}

/// The turn of an answer and its words before the claim; nothing where the finding does not hold.
fn words_before(evidence: &Evidence<'_>, answer: &Answer) -> Option<(usize, f64)> {
    let conversation = evidence.conversation;
    let utterances = conversation.utterances();
    let holds = |turn: &crate::turns::Turn| {
        turn.speaker == conversation.me()
            && turn
                .utterances
                .iter()
                .any(|&index| utterances[index].id == answer.segment)
    };
    let turn = evidence.turns.iter().position(holds)?;
    let asked = &evidence.turns[turn.checked_sub(1)?];
    let is_question = asked
        .utterances
        .iter()
        .any(|&index| utterances[index].question.is_some());
    if asked.speaker == conversation.me() || !is_question {
        return None;
    }
    let mut words = 0;
    for said in evidence.turns[turn].utterances.iter().map(|&index| &utterances[index]) {
        let is_last = said.id == answer.segment;
        if is_last && answer.claim_word >= said.words.len() {
            return None;
        }
        let before = if is_last { answer.claim_word } else { said.words.len() };
        words += said.words[..before]
            .iter()
            .map(|word| token(&word.text))
            .filter(|token| !token.is_empty() && !is_filled_pause(token))
            .count();
        if is_last {
            break;
        }
    }
    Some((turn, words as f64))
}
