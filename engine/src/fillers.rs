//! Filler words in their discourse use (C7) and filled pauses (C6), found in one utterance.
//!
//! Most of these words have an honest job as well: "I like it", "you know the answer", "so that". A hit needs the use
//! that does no work, told by the words around it. The rules prefer to miss one than to scold for a word that was needed
//! (measures.md, C7: false positives are the known failure of filler counters).

use crate::clock::MeetingTime;
use crate::lexicon::{is_filled_pause, token};
use crate::transcript::Word;
use serde::{Deserialize, Serialize};

/// A pause that sets a phrase apart, where the recognizer writes no punctuation.
const SET_APART_MS: u128 = 150;

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

/// Where an utterance stands in its turn: "so" is a filler where a turn begins, and a conjunction within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The speaker had not been speaking.
    TurnStart,
    /// The speaker goes on.
    WithinTurn,
}

/// The fillers among `words`, in order. Microseconds for an utterance.
pub fn find(words: &[Word], place: Place) -> Vec<Filler> {
    let tokens: Vec<String> = words.iter().map(|word| token(&word.text)).collect();
    let utterance = Utterance {
        tokens: tokens.iter().map(String::as_str).collect(),
        words,
        place,
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (kind, length) = if is_filled_pause(&tokens[at]) {
            (FillerKind::FilledPause, 1)
        } else {
            (FillerKind::Lexical, utterance.lexical_at(at))
        };
        if length > 0 {
            let at_time = words[at].start;
            found.push(Filler {
                kind,
                at: at_time,
                word: at,
                words: length,
            });
        }
        at += length.max(1);
    }
    found
}

struct Utterance<'a> {
    tokens: Vec<&'a str>,
    words: &'a [Word],
    place: Place,
}

impl Utterance<'_> {
    /// How many words the lexical filler that begins at `at` has; none is no filler.
    fn lexical_at(&self, at: usize) -> usize {
        let here = self.tokens[at];
        let next = self.token(at + 1);
        let before = self.before(at);
        let (is_filler, length) = match (here, next) {
            ("you", "know") => (
                !LITERAL_BEFORE_KNOW.contains(&before) && self.is_set_apart_after(at + 1),
                2,
            ),
            ("i", "mean") => (
                !LITERAL_BEFORE_MEAN.contains(&before) && !MEANT.contains(&self.token(at + 2)),
                2,
            ),
            ("sort" | "kind", "of") => (!BEFORE_A_KIND.contains(&before), 2),
            ("like", _) => (self.is_discourse_like(before, next), 1),
            ("basically" | "literally", _) => (true, 1),
            ("actually", _) => (self.opens_clause(at) || next.is_empty(), 1),
            ("anyway", _) => (self.opens_clause(at), 1),
            ("so", _) => (
                before.is_empty() && self.place == Place::TurnStart && !SO_WITH.contains(&next),
                1,
            ),
            ("right", "") => (self.is_tag(at, before), 1),
            _ => (false, 0),
        };
        if is_filler { length } else { 0 }
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).copied().unwrap_or("")
    }

    /// The nearest earlier token that is not a filled pause; empty where there is none.
    fn before(&self, at: usize) -> &str {
        let earlier = self.tokens[..at].iter().rev().copied();
        earlier.into_iter().find(|token| !is_filled_pause(token)).unwrap_or("")
    }

    /// Nothing, a conjunction or punctuation stands before `at`.
    fn opens_clause(&self, at: usize) -> bool {
        let before = self.before(at);
        before.is_empty() || CONJUNCTIONS.contains(&before) || ends_clause(&self.words[at - 1])
    }

    /// Nothing that it could govern follows the word at `at`: "you know, and then", not "you know the answer".
    fn is_set_apart_after(&self, at: usize) -> bool {
        let after = self.token(at + 1);
        let paused = || self.words[at + 1].start.since(self.words[at].end).as_millis() >= SET_APART_MS;
        after.is_empty()
            || ends_clause(&self.words[at])
            || is_filled_pause(after)
            || CONJUNCTIONS.contains(&after)
            || matches!(after, "i" | "we" | "they" | "it" | "it's" | "like")
            || paused()
    }

    /// "like" is a filler after a preposition or a quantity's verb ("for like a week", "had like five"), and between
    /// clauses unless it compares ("like the others"). After "be", after verbs of liking, seeming and comparing, and before
    /// what is compared it is needed.
    fn is_discourse_like(&self, before: &str, next: &str) -> bool {
        let between_clauses = before.is_empty() || CONJUNCTIONS.contains(&before);
        let hedges = matches!(
            before,
            "for" | "with" | "in" | "at" | "by" | "from" | "about" | "had" | "have" | "got"
        );
        !next.is_empty() && (hedges || between_clauses && !COMPARED.contains(&next))
    }

    /// "…, right?": with its question mark, or as the last word where the recognizer writes none and it is no adjective.
    fn is_tag(&self, at: usize, before: &str) -> bool {
        let said = &self.words[at].text;
        let bare = !ends_clause(&self.words[at]) && !RIGHT_AFTER.contains(&before);
        at >= 2 && (said.ends_with('?') || bare)
    }
}

/// The word ends a clause, where the recognizer writes punctuation.
pub(crate) fn ends_clause(word: &Word) -> bool {
    word.text.ends_with([',', '.', '?', '!', ';', ':', '–', '—'])
}

const CONJUNCTIONS: &[&str] = &["and", "but", "or", "so", "because", "then", "well"];

/// "do you know", "as you know".
const LITERAL_BEFORE_KNOW: &[&str] = &[
    "do", "did", "does", "if", "that", "as", "would", "should", "don't", "didn't", "let", "to", "what", "how",
];

/// "what I mean", "do I mean".
const LITERAL_BEFORE_MEAN: &[&str] = &["what", "which", "that", "do", "did", "as", "if", "know"];

/// "I mean it".
const MEANT: &[&str] = &["it", "that", "this", "what", "the", "business", "by", "to"];

/// "a kind of", "what kind of".
const BEFORE_A_KIND: &[&str] = &[
    "a",
    "an",
    "the",
    "this",
    "that",
    "these",
    "those",
    "some",
    "any",
    "every",
    "each",
    "same",
    "one",
    "no",
    "what",
    "which",
    "whatever",
    "different",
    "another",
    "other",
    "first",
    "second",
    "right",
    "new",
    "special",
    "only",
    "all",
];

/// "so that", "so far".
const SO_WITH: &[&str] = &["that", "far", "much", "many", ""];

/// "like the others", "like that".
const COMPARED: &[&str] = &[
    "to", "you", "me", "us", "him", "her", "them", "it", "that", "this", "these", "those", "the", "a", "an", "my",
    "your", "our", "their", "in",
];

/// "that's right", "on the right", "all right".
const RIGHT_AFTER: &[&str] = &[
    "that's", "it's", "you're", "they're", "we're", "he's", "she's", "is", "are", "was", "were", "be", "the", "a",
    "your", "my", "all", "not", "quite", "about", "just", "turn", "click", "looks", "sounds", "seems", "get", "got",
    "yeah", "yes", "okay", "ok", "right",
];

#[cfg(test)]
mod tests;
