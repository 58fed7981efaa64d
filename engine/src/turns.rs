//! Turns: who had the floor. Consecutive speech of one speaker with gaps under 1.5 s; what others say without taking
//! the floor (backchannels, and speech wholly inside another's) does not end one (measures.md, primitives).

use crate::clock::Span;
use crate::conversation::{IPU_GAP, Utterance, join};
use crate::detect::Language;
use crate::lexicon::{BACKCHANNEL_PHRASES, is_backchannel_token, is_listening_token, token};
use crate::speaker::Speaker;
use crate::transcript::Word;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A silence of one's own that ends a turn.
pub(crate) const TURN_GAP: Duration = Duration::from_millis(1500);
/// A backchannel is no longer than this.
const BACKCHANNEL: Duration = Duration::from_millis(1000);
/// What voice activity adds around a voice: both edges are rounded outwards by up to a frame, and a short word is held
/// a little longer.
const BACKCHANNEL_SLACK: Duration = Duration::from_millis(150);
/// A backchannel has no more words than this.
const BACKCHANNEL_WORDS: usize = 3;
/// The other goes on within this long after a backchannel.
const GOES_ON: Duration = Duration::from_millis(1000);

/// Utterances that may lie between two that touch: a segment is at most 14 s long, so that no more than a few dozen can.
pub(crate) const NEAR: usize = 48;

/// A stretch of the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turn {
    /// Who had it.
    pub speaker: Speaker,
    /// From the first voice to the last.
    #[serde(flatten)]
    pub span: Span,
    /// Words said in it, filled pauses left out.
    pub words: usize,
    /// Indices of its utterances.
    pub utterances: Vec<usize>,
}

/// The turns that `utterances`, in order of start, make.
pub fn turns(utterances: &[Arc<Utterance>]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (index, utterance) in utterances.iter().enumerate() {
        if is_backchannel(utterances, index) || is_talked_over(utterances, index) {
            continue;
        }
        let words = utterance.spoken_words().count();
        match turns.last_mut() {
            Some(turn) if turn.speaker == utterance.speaker && utterance.span.start < turn.span.end.plus(TURN_GAP) => {
                turn.span.end = turn.span.end.max(utterance.span.end);
                turn.words += words;
                turn.utterances.push(index);
            }
            _ => turns.push(Turn {
                speaker: utterance.speaker,
                span: utterance.span,
                words,
                utterances: vec![index],
            }),
        }
    }
    turns
}

/// Whether the utterance says no more than "I listen" and leaves the floor where it is: it [may](may_be_backchannel), and its words are
/// those of measures.md's list ([`says_i_listen`]), or the detectors hold them for that ([`crate::detect`]).
pub fn is_backchannel(utterances: &[Arc<Utterance>], index: usize) -> bool {
    utterances[index].found.is_backchannel
}

/// Half of the words at least, or all of them together, are said by who listens. Of another language than English only sounds are
/// known, which every language has: then all of them must be.
pub(crate) fn says_i_listen(utterance: &Utterance, language: Language) -> bool {
    let tokens: Vec<String> = utterance.words.iter().map(|word| token(&word.text)).collect();
    let tokens: Vec<&str> = tokens
        .iter()
        .map(String::as_str)
        .filter(|token| !token.is_empty())
        .collect();
    match language {
        Language::English => {
            let hits = tokens.iter().filter(|token| is_backchannel_token(token)).count();
            hits * 2 >= tokens.len() || BACKCHANNEL_PHRASES.contains(&tokens.as_slice())
        }
        Language::Other => tokens.iter().all(|token| is_listening_token(token)),
    }
}

/// At most three words and one second, and the other goes on within a second: what says more or takes the floor is no
/// backchannel, whatever its words.
pub(crate) fn may_be_backchannel<U: AsRef<Utterance>>(utterances: &[U], index: usize) -> bool {
    let utterance = utterances[index].as_ref();
    let words = utterance.words.iter().filter(|word| says_something(word)).count();
    utterance.speaker != Speaker::Unknown
        && utterance.span.duration() <= BACKCHANNEL + BACKCHANNEL_SLACK
        && (1..=BACKCHANNEL_WORDS).contains(&words)
        && other_has_the_floor_around(utterances, index)
}

/// It is a word, and no punctuation that stands alone.
pub(crate) fn says_something(word: &Word) -> bool {
    word.text.chars().any(char::is_alphanumeric)
}

/// Someone else spoke just before, and speaks on within a second after.
fn other_has_the_floor_around<U: AsRef<Utterance>>(utterances: &[U], index: usize) -> bool {
    let utterance = utterances[index].as_ref();
    let (start, end) = (utterance.span.start, utterance.span.end);
    others_near(utterances, index).any(|other| other.span.start <= start && other.span.end > end)
        || others_near(utterances, index)
            .any(|other| other.span.start <= start && other.span.end.plus(TURN_GAP) > start)
            && others_near(utterances, index)
                .any(|other| other.span.start > start && other.span.start < end.plus(GOES_ON))
}

/// Wholly inside what someone else was saying and went on saying: heard, but the floor stayed where it was. On both sides
/// speech is taken whole: where long speech was cut into segments, nobody stopped.
pub(crate) fn is_talked_over(utterances: &[Arc<Utterance>], index: usize) -> bool {
    let utterance = &utterances[index];
    let own = near(utterances, index).filter(|near| near.speaker == utterance.speaker);
    let own = join(own.map(|own| own.span), IPU_GAP)
        .into_iter()
        .find(|own| own.end >= utterance.span.end)
        .unwrap_or(utterance.span);
    join(others_near(utterances, index).map(|other| other.span), IPU_GAP)
        .into_iter()
        .any(|other| other.start < own.start && other.end > own.end)
}

/// Utterances of other speakers that may touch this one.
fn others_near<U: AsRef<Utterance>>(utterances: &[U], index: usize) -> impl Iterator<Item = &Utterance> {
    let speaker = utterances[index].as_ref().speaker;
    near(utterances, index).filter(move |other| other.speaker != speaker)
}

/// Utterances that may touch this one, it among them.
fn near<U: AsRef<Utterance>>(utterances: &[U], index: usize) -> impl Iterator<Item = &Utterance> {
    utterances[index.saturating_sub(NEAR)..(index + NEAR).min(utterances.len())]
        .iter()
        .map(AsRef::as_ref)
}
