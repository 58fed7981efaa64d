//! Questions (C17), told from their words. Some recognizers write no punctuation, so that a question mark settles it
//! where there is one and word order has to where there is none.

use crate::lexicon::{is_filled_pause, token};
use crate::transcript::Word;
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

/// The question that `words` ask, if they ask one: the open one where there are both.
pub fn find(words: &[Word]) -> Option<QuestionKind> {
    let mut asked = None;
    for clause in clauses(words) {
        match kind_of(&clause) {
            Some(QuestionKind::Open) => return Some(QuestionKind::Open),
            Some(closed) => asked = Some(closed),
            None => {}
        }
    }
    asked
}

struct Clause {
    tokens: Vec<String>,
    /// Whether the recognizer ended it with a question mark; `None` where it wrote no end.
    marked: Option<bool>,
}

/// Sentences where there is punctuation; otherwise one clause, cut where a pause over 300 ms stands before a word that
/// can begin a question.
fn clauses(words: &[Word]) -> Vec<Clause> {
    const PAUSE_MS: u64 = 300;
    let mut clauses = Vec::new();
    let mut tokens: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let token = token(&word.text);
        let paused = index > 0 && word.start.since(words[index - 1].end).as_millis() as u64 > PAUSE_MS;
        if paused && !tokens.is_empty() && (is_interrogative(&token) || is_auxiliary(&token)) {
            clauses.push(Clause {
                tokens: std::mem::take(&mut tokens),
                marked: None,
            });
        }
        if !token.is_empty() && !is_filled_pause(&token) {
            tokens.push(token);
        }
        if word.text.ends_with(['.', '?', '!']) && !tokens.is_empty() {
            clauses.push(Clause {
                tokens: std::mem::take(&mut tokens),
                marked: Some(word.text.ends_with('?')),
            });
        }
    }
    if !tokens.is_empty() {
        clauses.push(Clause { tokens, marked: None });
    }
    clauses
}

fn kind_of(clause: &Clause) -> Option<QuestionKind> {
    let tokens = strip_openers(&clause.tokens);
    let open = is_open(tokens);
    match clause.marked {
        Some(true) => Some(if open { QuestionKind::Open } else { QuestionKind::Closed }),
        Some(false) => is_invitation(tokens).then_some(QuestionKind::Open),
        None if is_invitation(tokens) => Some(QuestionKind::Open),
        None if asks_by_order(tokens) => Some(if open { QuestionKind::Open } else { QuestionKind::Closed }),
        None if ends_in_tag(tokens) => Some(QuestionKind::Closed),
        None => None,
    }
}

/// Leaves out what a speaker puts before a question: "and", "okay", a name and a pause.
fn strip_openers(mut tokens: &[String]) -> &[String] {
    const OPENERS: &[&str] = &[
        "and", "so", "but", "okay", "ok", "well", "then", "now", "or", "yeah", "right", "great",
    ];
    while let [first, rest @ ..] = tokens
        && OPENERS.contains(&first.as_str())
    {
        tokens = rest;
    }
    // A vocative: one word, and the question's own first word right behind it.
    match tokens {
        [first, second, ..] if !begins_question(first) && is_interrogative(second) && tokens.len() > 3 => &tokens[1..],
        _ => tokens,
    }
}

fn begins_question(token: &str) -> bool {
    is_interrogative(token) || is_auxiliary(token)
}

fn is_interrogative(token: &str) -> bool {
    matches!(
        token,
        "what"
            | "what's"
            | "how"
            | "how's"
            | "why"
            | "when"
            | "where"
            | "who"
            | "which"
            | "whose"
            | "where's"
            | "who's"
    )
}

fn is_auxiliary(token: &str) -> bool {
    matches!(
        token,
        "is" | "are"
            | "was"
            | "were"
            | "do"
            | "does"
            | "did"
            | "can"
            | "could"
            | "would"
            | "will"
            | "should"
            | "have"
            | "has"
            | "had"
            | "may"
            | "shall"
            | "isn't"
            | "aren't"
            | "don't"
            | "doesn't"
            | "didn't"
            | "can't"
            | "couldn't"
            | "wouldn't"
            | "won't"
            | "shouldn't"
            | "haven't"
            | "hasn't"
    )
}

fn is_subject(token: &str) -> bool {
    matches!(
        token,
        "i" | "you"
            | "we"
            | "they"
            | "he"
            | "she"
            | "it"
            | "there"
            | "that"
            | "this"
            | "these"
            | "those"
            | "anyone"
            | "anybody"
            | "someone"
            | "somebody"
            | "everyone"
            | "everybody"
            | "people"
            | "the"
            | "a"
            | "an"
            | "your"
            | "our"
            | "my"
            | "their"
            | "his"
            | "her"
            | "any"
            | "anything"
            | "somebody's"
    )
}

/// Word order of a question: a question word with a verb behind it, or an auxiliary before its subject.
fn asks_by_order(tokens: &[String]) -> bool {
    match tokens {
        [first, second, ..] if is_interrogative(first) => match first.as_str() {
            "what" | "how" | "why" | "where" | "when" | "who" | "which" | "whose" => {
                is_auxiliary(second)
                    || matches!(
                        second.as_str(),
                        "about" | "if" | "else" | "kind" | "sort" | "many" | "much" | "long"
                    )
                    || matches!(
                        second.as_str(),
                        "would" | "often" | "far" | "soon" | "happened" | "happens" | "come"
                    )
                    || tokens.iter().take(5).skip(2).any(|token| is_auxiliary(token)) && first != "when"
            }
            _ => true,
        },
        [first, second, ..] => is_auxiliary(first) && is_subject(second) && first != "had",
        _ => false,
    }
}

fn is_open(tokens: &[String]) -> bool {
    match tokens {
        [first, second, ..] if matches!(first.as_str(), "how") => {
            !matches!(
                second.as_str(),
                "many" | "much" | "long" | "old" | "often" | "far" | "soon" | "big"
            ) || second == "long" && tokens.len() > 4
        }
        [first, ..] if matches!(first.as_str(), "what" | "what's" | "why" | "how's") => true,
        _ => is_invitation(tokens),
    }
}

/// Asked without a question: "tell me about", "walk me through".
fn is_invitation(tokens: &[String]) -> bool {
    matches!(tokens, [a, b, ..] if matches!((a.as_str(), b.as_str()), ("tell", "me" | "us") | ("walk", "me" | "us") | ("talk", "me" | "us")))
}

/// A statement turned into a question at its end.
fn ends_in_tag(tokens: &[String]) -> bool {
    let ending: Vec<&str> = tokens.iter().rev().take(2).map(String::as_str).collect();
    tokens.len() > 3
        && matches!(
            ending.as_slice(),
            [
                "you" | "it" | "we" | "they" | "he" | "she",
                "isn't" | "aren't" | "don't" | "doesn't" | "won't" | "didn't"
            ]
        )
}
