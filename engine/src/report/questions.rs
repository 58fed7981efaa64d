//! The question board: what I asked, as C17 counts it.

use super::record::Source;
use crate::conversation::{Conversation, Utterance};
use crate::measures::{Evidence, takes_up};
use crate::questions::QuestionKind;
use serde::{Deserialize, Serialize};

/// Words of a question that are shown, at most.
const WORDS: usize = 40;

/// A question of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionAsked {
    /// Whether it leaves the answer open.
    pub kind: QuestionKind,
    /// It takes up a word of what the others said just before. A link in meaning alone is not seen.
    pub follow_up: bool,
    /// The words, the last forty where there are more.
    pub text: String,
    /// Where.
    pub source: Source,
}

/// What I asked, by time.
pub(super) fn questions(conversation: &Conversation, evidence: &Evidence<'_>) -> Vec<QuestionAsked> {
    let asked = conversation.trusted().filter_map(|said| Some((said, said.question?)));
    asked
        .map(|(said, kind)| QuestionAsked {
            kind,
            follow_up: takes_up(evidence, said),
            text: text_of(said),
            source: Source {
                span: said.span,
                utterances: vec![said.id.clone()],
            },
        })
        .collect()
}

/// The sentence with the question mark, where one is written; else all of it.
fn text_of(said: &Utterance) -> String {
    let texts: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
    let end = texts
        .iter()
        .position(|text| text.ends_with('?'))
        .map_or(texts.len(), |last| last + 1);
    let begin = texts[..end - 1]
        .iter()
        .rposition(|text| text.ends_with(['.', '?', '!']))
        .map_or(0, |last| last + 1);
    let begin = begin.max(end.saturating_sub(WORDS));
    texts[begin..end].join(" ")
}
