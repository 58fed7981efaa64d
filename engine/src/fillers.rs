//! Filler words in their discourse use (C7) and filled pauses (C6), found in one utterance.
//!
//! Most of these words have an honest job as well: "I like it", "you know the answer", "so that". A hit needs the use
//! that does no work, told by the words around it. The rules prefer to miss one than to scold for a word that was needed
//! (measures.md, C7: false positives are the known failure of filler counters).

use crate::clock::MeetingTime;
use crate::lexicon::{is_filled_pause, token};
use crate::transcript::Word;
use serde::{Deserialize, Serialize};

/// Which sort of filler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FillerKind {
    /// um, uh and the like.
    FilledPause,
    /// like, you know, I mean, and the other words of C7 in their discourse use.
    Lexical,
}

/// One filler, at its first word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Filler {
    /// Which sort.
    pub kind: FillerKind,
    /// When it begins.
    #[serde(rename = "at_ms")]
    pub at: MeetingTime,
    /// Index of its first word in the utterance.
    pub word: usize,
    /// How many words it has.
    pub words: usize,
}

/// The fillers among `words`, in order. Microseconds for an utterance.
pub fn find(words: &[Word]) -> Vec<Filler> {
    let tokens: Vec<String> = words.iter().map(|word| token(&word.text)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let hit = if is_filled_pause(&tokens[at]) {
            Some((FillerKind::FilledPause, 1))
        } else {
            lexical_at(&tokens, words, at).map(|length| (FillerKind::Lexical, length))
        };
        let length = hit.map_or(1, |(_, length)| length);
        if let Some((kind, length)) = hit {
            found.push(Filler {
                kind,
                at: words[at].start,
                word: at,
                words: length,
            });
        }
        at += length;
    }
    found
}

/// How many words the lexical filler that begins at `at` has.
fn lexical_at(tokens: &[String], words: &[Word], at: usize) -> Option<usize> {
    let here = tokens[at].as_str();
    let next = tokens.get(at + 1).map_or("", String::as_str);
    let before = previous(tokens, at);
    let initial = before.is_empty() || ends_clause(&words[..at]);
    match (here, next) {
        ("you", "know") if stands_alone_after(tokens, words, at, 2) && !is_asking(before) => Some(2),
        ("i", "mean") if initial && !is_object(tokens.get(at + 2)) => Some(2),
        ("sort" | "kind", "of") if !is_determiner(before) && !is_type_question(before) => Some(2),
        ("like", _) if is_discourse_like(tokens, before, next) => Some(1),
        ("basically" | "literally", _) => Some(1),
        ("actually", _) if initial || next.is_empty() => Some(1),
        ("anyway", _) if initial => Some(1),
        ("so", _) if before.is_empty() && !matches!(next, "that" | "far" | "much" | "many" | "") => Some(1),
        ("right", "") if at > 0 && words[at].text.ends_with('?') && tokens.len() > 2 => Some(1),
        _ => None,
    }
}

/// The nearest earlier token that is not a filled pause.
fn previous(tokens: &[String], at: usize) -> &str {
    tokens[..at]
        .iter()
        .rev()
        .map(String::as_str)
        .find(|token| !is_filled_pause(token))
        .unwrap_or("")
}

/// The last of these words ends a clause, where the recognizer writes punctuation.
fn ends_clause(words: &[Word]) -> bool {
    words
        .last()
        .is_some_and(|word| word.text.ends_with([',', '.', '?', '!', ';', ':', '–', '—']))
}

/// Nothing that it could govern follows: "you know, and then" is a filler, "you know the answer" is not.
fn stands_alone_after(tokens: &[String], words: &[Word], at: usize, length: usize) -> bool {
    let after = tokens.get(at + length).map_or("", String::as_str);
    ends_clause(&words[..at + length])
        || after.is_empty()
        || is_filled_pause(after)
        || matches!(
            after,
            "and" | "but" | "so" | "because" | "i" | "we" | "they" | "it" | "it's" | "then" | "like"
        )
}

fn is_asking(before: &str) -> bool {
    matches!(
        before,
        "do" | "did" | "does" | "if" | "that" | "as" | "would" | "should" | "don't" | "didn't" | "let" | "to"
    )
}

fn is_object(token: Option<&String>) -> bool {
    token.is_some_and(|token| matches!(token.as_str(), "it" | "that" | "this" | "what" | "the" | "business"))
}

fn is_determiner(token: &str) -> bool {
    matches!(
        token,
        "a" | "an" | "the" | "this" | "that" | "some" | "any" | "every" | "each" | "same" | "one" | "no"
    ) || matches!(
        token,
        "different" | "another" | "other" | "first" | "second" | "right" | "new" | "special"
    )
}

fn is_type_question(token: &str) -> bool {
    matches!(token, "what" | "which" | "whatever")
}

/// "like" is a filler unless it is a verb ("we like it"), a comparison ("looks like rain", "more like a page") or a
/// preposition that the sentence needs ("people like you", "things like that").
fn is_discourse_like(tokens: &[String], before: &str, next: &str) -> bool {
    let is_verb_before = matches!(
        before,
        "i" | "you"
            | "we"
            | "they"
            | "would"
            | "i'd"
            | "we'd"
            | "they'd"
            | "you'd"
            | "to"
            | "don't"
            | "not"
            | "didn't"
            | "really"
            | "might"
            | "will"
            | "do"
            | "did"
            | "also"
            | "people"
            | "who"
            | "customers"
            | "people's"
    );
    let is_comparison = matches!(
        before,
        "look"
            | "looks"
            | "looked"
            | "sound"
            | "sounds"
            | "sounded"
            | "feel"
            | "feels"
            | "felt"
            | "seem"
            | "seems"
            | "something"
            | "anything"
            | "nothing"
            | "things"
            | "thing"
            | "more"
            | "much"
            | "just"
            | "exactly"
            | "works"
            | "work"
            | "taste"
            | "what"
            | "stuff"
            | "someone"
            | "somebody"
            | "that"
            | "this"
            | "one"
            | "ones"
    );
    let is_quotative_or_hedge = matches!(
        before,
        "was" | "were" | "is" | "are" | "it's" | "be" | "and" | "but" | "or" | ""
    ) || is_filled_pause(before)
        || matches!(
            before,
            "with" | "for" | "in" | "on" | "at" | "of" | "get" | "got" | "had" | "have" | "because"
        );
    let is_preposition_use = matches!(next, "to" | "you" | "me" | "us" | "him" | "them" | "that" | "this" | "");
    tokens.len() > 1 && is_quotative_or_hedge && !is_verb_before && !is_comparison && !is_preposition_use
}
