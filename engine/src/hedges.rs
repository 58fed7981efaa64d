//! Hedges (C19): words that take a claim half back. Uncertainty next to a number or a forecast is none: it is information
//! (measures.md: never flag calibrated uncertainty).

use crate::measures::Profile;
use crate::phrases::{self, Phrase};

/// A number or a forecast this near makes a hedge calibrated, words.
const NEAR: usize = 5;

/// The hedges among the tokens of one utterance, filled pauses left out; none inside another.
pub(crate) fn find<T: AsRef<str>>(tokens: &[T]) -> Vec<Phrase> {
    let mut found = phrases::find(tokens, HEDGES);
    found.retain(|hedge| !is_literal(tokens, *hedge) && !is_calibrated(tokens, *hedge));
    found
}

/// The same, without the words that the person keeps.
pub(crate) fn not_kept(tokens: &[&str], profile: &Profile) -> Vec<Phrase> {
    let mut found = find(tokens);
    found.retain(|hedge| !profile.keeps(&tokens[hedge.at..hedge.at + hedge.words].join(" ")));
    found
}

/// The words have their honest job: "a kind of", "just now", "I think about it", "I think so".
fn is_literal<T: AsRef<str>>(tokens: &[T], hedge: Phrase) -> bool {
    let token = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.as_ref());
    let (before, next) = (token(hedge.at.checked_sub(1)), token(Some(hedge.at + hedge.words)));
    match HEDGES[hedge.listed] {
        "kind of" | "sort of" => KINDS.contains(&before),
        "a bit" | "a little bit" => matches!(next, "of" | "more" | "later"),
        "just" => !SOFTENED.contains(&next),
        "i think" | "i guess" | "i suppose" => matches!(next, "so" | "not" | "of" | "through" | "about"),
        _ => false,
    }
}

/// A number or a forecast stands within a few words.
fn is_calibrated<T: AsRef<str>>(tokens: &[T], hedge: Phrase) -> bool {
    let end = hedge.at + hedge.words;
    let around = tokens[hedge.at.saturating_sub(NEAR)..hedge.at]
        .iter()
        .chain(&tokens[end..(end + NEAR).min(tokens.len())]);
    around.map(AsRef::as_ref).any(|token| {
        token.contains(|c: char| c.is_ascii_digit()) || NUMBERS.contains(&token) || FORECASTS.contains(&token)
    })
}

const HEDGES: &[&str] = &[
    "i think",
    "i guess",
    "i suppose",
    "maybe",
    "perhaps",
    "kind of",
    "sort of",
    "probably",
    "possibly",
    "just",
    "a bit",
    "a little bit",
    "presumably",
    "hopefully",
    "somewhat",
    // Doubt that takes back what follows.
    "i'm not sure but",
    "i'm not sure if",
    "i'm not really sure",
    "i don't know if this",
    "if that makes sense",
    "does that make sense",
    "or something like that",
    "or something",
    // Tag questions.
    "isn't it",
    "don't you think",
    "doesn't it",
    "wouldn't you say",
    // Disclaimers.
    "i could be wrong",
    "i might be wrong",
    "i may be wrong",
    "correct me if i'm wrong",
    "i'm no expert",
    "i'm not an expert",
    "this might be a stupid question",
    "this may sound silly",
    "for what it's worth",
];

/// "a kind of", "what sort of".
const KINDS: &[&str] = &[
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
    "all",
    "new",
];

/// Before these "just" makes small what is said: "I just wanted to", "just a thought". Elsewhere it does a job: "just now", "I just
/// finished it".
const SOFTENED: &[&str] = &["a", "checking", "feel", "thinking", "thought", "wanted", "wondering"];

const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "billion",
    "half", "third", "quarter", "percent",
];

const FORECASTS: &[&str] = &[
    "forecast",
    "forecasts",
    "estimate",
    "estimated",
    "chance",
    "likely",
    "unlikely",
    "odds",
    "probability",
    "expect",
    "projected",
    "projection",
    "deadline",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("i think we should maybe wait", 2)]
    #[case("it is kind of slow", 1)]
    #[case("what kind of plan is it", 0)]
    #[case("she left just now", 0)]
    #[case("i just finished it", 0)]
    #[case("i think so", 0)]
    #[case("that is a bit of work", 0)]
    #[case("it is just a thought", 1)]
    #[case("i just wanted to ask", 1)]
    #[case("i'm not sure but it could work", 1)]
    #[case::next_to_a_number("i think it takes 14 days", 0)]
    #[case::next_to_a_number_in_words("probably about three weeks", 0)]
    #[case::next_to_a_forecast("i guess the chance is small", 0)]
    #[case::far_from_the_number("maybe we should go and see what it is that they need in 2026", 1)]
    #[case("that is good isn't it", 1)]
    fn hedges_are_found_and_calibrated_doubt_is_none(#[case] said: &str, #[case] hedges: usize) {
        let tokens: Vec<&str> = said.split(' ').collect();
        assert_eq!(find(&tokens).len(), hedges, "{said}");
    }
}
