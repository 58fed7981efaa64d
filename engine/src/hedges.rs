//! Hedges (C19): "I think", "maybe", "sort of". Uncertainty that is stated next to a number or a forecast is left alone: there
//! it informs (measures.md: never flag calibrated uncertainty).

/// A hedge in a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hedge {
    /// Place of its first word.
    pub word: usize,
    /// How many words it has.
    pub words: usize,
}

/// Words around a hedge among which a number makes it a statement of uncertainty.
const NEAR: usize = 4;

/// The hedges among the `tokens` of an utterance, in order, none inside another.
pub fn find(tokens: &[&str]) -> Vec<Hedge> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let words = hedge_at(tokens, at);
        if words > 0 && !is_calibrated(tokens, at, words) {
            found.push(Hedge { word: at, words });
        }
        at += words.max(1);
    }
    found
}

/// How many words the hedge that begins at `at` has; 0 is none.
fn hedge_at(tokens: &[&str], at: usize) -> usize {
    let before = at.checked_sub(1).map_or("", |before| tokens[before]);
    match &tokens[at..] {
        ["i'm", "not", "sure", "but" | "if", ..] => 4,
        ["if", "that", "makes", "sense", ..] => 4,
        ["a", "little", "bit", next, ..] if !matches!(*next, "of" | "more" | "later") => 3,
        // "I think" opens a hedge; "what do you think I think" does not happen. "I think so" is an answer.
        ["i", "think" | "guess" | "suppose", next, ..] if !matches!(*next, "so" | "not" | "about" | "of") => 2,
        ["kind" | "sort", "of", ..] if !A_KIND.contains(&before) => 2,
        ["a", "bit", next, ..] if *next != "of" => 2,
        [
            "maybe" | "perhaps" | "probably" | "possibly" | "presumably" | "somewhat" | "hopefully",
            ..,
        ] => 1,
        ["just", next, ..] if SOFTENED.contains(next) => 1,
        _ => 0,
    }
}

/// A number or a word of forecasting stands nearby.
fn is_calibrated(tokens: &[&str], at: usize, words: usize) -> bool {
    let from = at.saturating_sub(NEAR);
    let upto = (at + words + NEAR).min(tokens.len());
    tokens[from..upto]
        .iter()
        .any(|token| token.chars().any(|c| c.is_ascii_digit()) || NUMBERS.contains(token) || FORECASTS.contains(token))
}

/// "a kind of", "what sort of".
const A_KIND: &[&str] = &[
    "a",
    "the",
    "this",
    "that",
    "these",
    "those",
    "some",
    "any",
    "what",
    "which",
    "same",
    "one",
    "every",
    "each",
    "different",
    "another",
    "other",
    "new",
];

/// After these "just" makes small what is said: "I just wanted to", "just a thought".
const SOFTENED: &[&str] = &["wanted", "a", "wondering", "thought", "feel", "thinking", "checking"];

const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "half",
    "percent", "quarter",
];

const FORECASTS: &[&str] = &[
    "forecast",
    "estimate",
    "likely",
    "likelihood",
    "chance",
    "odds",
    "expect",
    "confidence",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn found(text: &str) -> Vec<String> {
        let tokens: Vec<&str> = text.split(' ').collect();
        let phrase = |hedge: &Hedge| tokens[hedge.word..hedge.word + hedge.words].join(" ");
        find(&tokens).iter().map(phrase).collect()
    }

    #[rstest]
    #[case("i think we could ship it", &["i think"])]
    #[case("maybe we should perhaps wait", &["maybe", "perhaps"])]
    #[case("it is sort of done", &["sort of"])]
    #[case("i just wanted to ask", &["just"])]
    #[case("i'm not sure but it works", &["i'm not sure but"])]
    #[case("i think so", &[])]
    #[case("what kind of test", &[])]
    #[case("that is a bit of work", &[])]
    #[case("i just finished it", &[])]
    fn a_hedge_weakens_and_a_needed_word_does_not(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(found(text), expected, "{text}");
    }

    #[rstest]
    #[case("i think it takes three weeks")]
    #[case("probably 40 percent")]
    #[case("maybe a fifty fifty chance")]
    fn uncertainty_beside_a_number_is_information(#[case] text: &str) {
        assert_eq!(found(text), [] as [&str; 0], "{text}");
    }
}
