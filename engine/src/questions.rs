//! What the words of a clause tell of a question (C17): whether their order asks, and whether it leaves the answer open. Whether
//! the clause is one is for [`crate::detect`] to say, which has punctuation and the floor beside this. Nothing is asked of grammar
//! beyond a word's neighbours, so that a misheard word elsewhere changes nothing.

mod follow_up;

pub(crate) use follow_up::{FOLLOWED, follows_up};

use serde::{Deserialize, Serialize};

/// Whether a question leaves the answer open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// What, how, why, tell me, walk me through.
    Open,
    /// Answered by yes, no, or one fact.
    Closed,
}

/// The question that the words of one clause ask, told from their order alone.
pub(crate) fn cue(tokens: &[&str]) -> Option<QuestionKind> {
    let tokens = without_openers(tokens);
    if is_invitation(tokens) {
        return Some(QuestionKind::Open);
    }
    (0..tokens.len())
        .find(|&at| {
            if at == 0 {
                asks_at_start(tokens)
            } else {
                asks_inside(tokens[at - 1], &tokens[at..])
            }
        })
        .map(|at| kind_of(&tokens[at..]))
        .or_else(|| ends_in_tag(tokens).then_some(QuestionKind::Closed))
}

/// The kind of a clause that is known to ask: it is open from its first open word on, where it has one.
pub(crate) fn kind(tokens: &[&str]) -> QuestionKind {
    if is_invitation(without_openers(tokens)) {
        return QuestionKind::Open;
    }
    kind_of(
        tokens
            .iter()
            .position(|token| is_open_word(token))
            .map_or(tokens, |at| &tokens[at..]),
    )
}

/// Leaves out what a speaker puts before a question: "and", "okay", and one name before a question word.
pub(crate) fn without_openers<'a>(mut tokens: &'a [&'a str]) -> &'a [&'a str] {
    const OPENERS: &[&str] = &[
        "and", "so", "but", "okay", "ok", "well", "then", "now", "or", "yeah", "right", "great",
    ];
    while let [first, rest @ ..] = tokens
        && OPENERS.contains(first)
    {
        tokens = rest;
    }
    match tokens {
        [name, question, _, ..] if !begins_question(name) && !is_subject(name) && OPEN_WORDS.contains(question) => {
            &tokens[1..]
        }
        _ => tokens,
    }
}

/// The words begin with the order of a question: a question word and a verb, or an auxiliary before its subject.
fn asks_at_start(tokens: &[&str]) -> bool {
    match tokens {
        ["what's" | "how's" | "where's" | "who's", _, ..] => true,
        ["what" | "how", "about" | "if" | "come", ..] => true,
        // "What is left is the price": a statement that begins like a question.
        ["what", "is" | "was" | "are", rest @ ..] => !is_cleft(rest),
        // A clause of its own: "which is good", "where they have to". Not a question unless it is inverted.
        ["which" | "whose" | "when", rest @ ..] => is_inverted(rest),
        [first, second, ..] if QUESTION_WORDS.contains(first) && AUXILIARIES.contains(second) => true,
        ["what" | "who", "happened" | "happens" | "else" | "wants" | "has", ..] => true,
        [first, rest @ ..] if QUESTION_WORDS.contains(first) => is_inverted(rest),
        // Orders: "do the tests", "have a good day".
        ["do" | "have" | "has", second, ..] => PRONOUNS.contains(second),
        [first, second, ..] => AUXILIARIES.contains(first) && *first != "had" && is_subject(second),
        _ => false,
    }
}

/// The same in the middle of words without punctuation, after `before`: only inversion is told there, because a question
/// that is merely reported keeps the order of a statement ("I know how the call went").
fn asks_inside(before: &str, tokens: &[&str]) -> bool {
    /// After these the second person of an auxiliary is no question: "to have you", "so did you", "what we can do you know".
    const NOT_AFTER: &[&str] = &[
        "to", "so", "neither", "nor", "than", "as", "not", "what", "how", "why", "never",
    ];
    match tokens {
        ["what" | "how" | "why" | "where" | "when", rest @ ..] => {
            is_inverted(rest) && !matches!(rest, ["is" | "was" | "are" | "were", tail @ ..] if is_cleft(tail))
        }
        ["do" | "did" | "can" | "could" | "would" | "are", "you", _, ..] => {
            !NOT_AFTER.contains(&before) && !is_subject(before) && !AUXILIARIES.contains(&before)
        }
        _ => false,
    }
}

/// After a question word: an auxiliary before its subject, at most three words on ("how long would you", "which of these
/// do we").
fn is_inverted(rest: &[&str]) -> bool {
    rest.windows(2)
        .take(3)
        .take_while(|pair| !is_subject(pair[0]) || pair[0] == "the" || pair[0] == "these")
        .any(|pair| AUXILIARIES.contains(&pair[0]) && is_subject(pair[1]))
}

/// After "what is": a second "is" that has no subject of its own ends a subject clause.
fn is_cleft(rest: &[&str]) -> bool {
    rest.windows(2)
        .any(|pair| matches!(pair[1], "is" | "was" | "are") && !is_subject(pair[0]) && pair[0] != "who")
}

/// Whether a token asks: what, how, where.
pub(crate) fn is_question_word(token: &str) -> bool {
    QUESTION_WORDS.contains(&token)
}

/// Whether a token is an auxiliary verb, contracted with "not" or not.
pub(crate) fn is_auxiliary(token: &str) -> bool {
    AUXILIARIES.contains(&token)
}

fn kind_of(tokens: &[&str]) -> QuestionKind {
    match tokens {
        // These ask for a number.
        [
            "how",
            "many" | "much" | "long" | "old" | "often" | "far" | "soon" | "big",
            ..,
        ] => {
            // The design counts every "how" as open but for plain quantities; a span of work invites its reasons.
            if tokens.get(1) == Some(&"long") && tokens.len() > 4 {
                QuestionKind::Open
            } else {
                QuestionKind::Closed
            }
        }
        [first, ..] if is_open_word(first) => QuestionKind::Open,
        _ => QuestionKind::Closed,
    }
}

/// Whether the words of a clause leave no doubt that they ask: an invitation, or a tag at their end.
pub(crate) fn asks_by_its_words(tokens: &[&str]) -> bool {
    is_invitation(without_openers(tokens)) || ends_in_tag(tokens)
}

/// Asked without a question: "tell me about", "walk me through".
fn is_invitation(tokens: &[&str]) -> bool {
    matches!(tokens, ["tell" | "walk" | "talk", "me" | "us", ..])
}

/// A statement turned into a question at its end: "it works, doesn't it".
fn ends_in_tag(tokens: &[&str]) -> bool {
    const NEGATED: &[&str] = &[
        "isn't",
        "aren't",
        "don't",
        "doesn't",
        "won't",
        "didn't",
        "wasn't",
        "can't",
        "shouldn't",
        "haven't",
    ];
    matches!(tokens, [_, _, .., verb, subject] if NEGATED.contains(verb) && PRONOUNS.contains(subject))
}

fn begins_question(token: &str) -> bool {
    QUESTION_WORDS.contains(&token) || AUXILIARIES.contains(&token)
}

fn is_open_word(token: &str) -> bool {
    OPEN_WORDS.contains(&token)
}

pub(crate) fn is_subject(token: &str) -> bool {
    PRONOUNS.contains(&token) || DETERMINERS.contains(&token)
}

const OPEN_WORDS: &[&str] = &["what", "what's", "how", "how's", "why"];

const QUESTION_WORDS: &[&str] = &[
    "what", "what's", "how", "how's", "why", "when", "where", "where's", "who", "who's", "which", "whose",
];

const AUXILIARIES: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "do",
    "does",
    "did",
    "can",
    "could",
    "would",
    "will",
    "should",
    "have",
    "has",
    "had",
    "may",
    "shall",
    "isn't",
    "aren't",
    "don't",
    "doesn't",
    "didn't",
    "can't",
    "couldn't",
    "wouldn't",
    "won't",
    "shouldn't",
    "haven't",
    "hasn't",
];

const PRONOUNS: &[&str] = &[
    "i",
    "you",
    "we",
    "they",
    "he",
    "she",
    "it",
    "there",
    "anyone",
    "anybody",
    "anything",
    "someone",
    "somebody",
    "everyone",
    "everybody",
    "people",
];

const DETERMINERS: &[&str] = &[
    "the", "a", "an", "this", "that", "these", "those", "your", "our", "my", "their", "his", "her", "any",
];

#[cfg(test)]
mod tests;
