//! The question board: what I asked, as C17 counts it, and where I could have asked more.

use super::record::{Source, Who};
use crate::conversation::found::Question;
use crate::conversation::{Conversation, Utterance};
use crate::questions::QuestionKind;
use crate::signal::takes_up;
use crate::speaker::Speaker;
use crate::turns::Turn;
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

/// A long answer of another after which I spoke of something else: a question about it could have come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MissedQuestion {
    /// Who spoke last of it.
    pub by: Who,
    /// How their answer ended: its last forty words.
    pub text: String,
    /// Their answer.
    pub source: Source,
    /// When I began to speak of something else.
    pub replied_at_ms: u64,
}

/// Where a question was missed, by time: what N15 nudges about, told of the whole meeting. An answer of 20 s and more, and a turn of mine
/// right after it in which no word of the answer comes back. That I took it up in other words is not seen, so each is an
/// opportunity, not a fault. `[D]`
pub(super) fn missed(conversation: &Conversation, turns: &[Turn]) -> Vec<MissedQuestion> {
    let utterances = conversation.utterances();
    let of = |turn: &Turn| -> Vec<&Utterance> { turn.utterances.iter().map(|&index| &*utterances[index]).collect() };
    let missed = turns.windows(2).filter_map(|pair| {
        let [answer, reply] = pair else { return None };
        if answer.speaker != Speaker::Them || reply.speaker != Speaker::Me {
            return None;
        }
        let theirs = of(answer);
        if takes_up(answer.span.duration(), &theirs, &of(reply))? {
            return None;
        }
        let words = theirs.iter().flat_map(|said| &said.words);
        let mut texts: Vec<&str> = words.map(|word| word.text.as_str()).collect();
        Some(MissedQuestion {
            by: Who::said(theirs.last()?),
            text: texts.split_off(texts.len().saturating_sub(WORDS)).join(" "),
            source: Source {
                span: answer.span,
                utterances: theirs.iter().map(|said| said.id.clone()).collect(),
            },
            replied_at_ms: reply.span.start.as_ms(),
        })
    });
    missed.collect()
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
