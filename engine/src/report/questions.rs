//! The question board: what I asked, as C17 counts it.

use super::record::Source;
use crate::conversation::Conversation;
use crate::conversation::found::Question;
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
pub(super) fn questions(conversation: &Conversation) -> Vec<QuestionAsked> {
    let asked = conversation.trusted().flat_map(|said| &said.found.questions);
    asked.filter_map(|question| board(conversation, question)).collect()
}

/// A question with its words, which may lie in more than one utterance.
fn board(conversation: &Conversation, question: &Question) -> Option<QuestionAsked> {
    let (mut texts, mut utterances) = (Vec::new(), Vec::new());
    for said in conversation.trusted() {
        let inside = said
            .words
            .iter()
            .filter(|word| word.start >= question.span.start && word.start < question.span.end);
        let before = texts.len();
        texts.extend(inside.map(|word| word.text.as_str()));
        if texts.len() > before {
            utterances.push(said.id.clone());
        }
    }
    let last = texts.split_off(texts.len().saturating_sub(WORDS));
    (!utterances.is_empty()).then(|| QuestionAsked {
        kind: question.kind,
        follow_up: question.follow_up,
        text: last.join(" "),
        source: Source {
            span: question.span,
            utterances,
        },
    })
}
