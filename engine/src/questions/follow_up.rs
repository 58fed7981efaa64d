//! Whether a question follows up (C17): it takes up what someone else just said.

use super::{is_auxiliary, is_question_word, is_subject, without_openers};
use std::time::Duration;

/// What others said this long before a question can be what it takes up.
pub(crate) const FOLLOWED: Duration = Duration::from_secs(30);

/// Whether a question takes up what others said just before (`heard`, latest last): it names something they named, or asks
/// for more of it without naming anything ("why", "how so", "such as").
///
/// Measured in words, not in meaning (C17's link in meaning needs a model of language): a question that says the same in
/// other words is missed.
pub(crate) fn follows_up(tokens: &[&str], heard: &[&str]) -> bool {
    /// Shorter words carry too little to be taken up.
    const LETTERS: usize = 4;
    let takes_up = |token: &&str| {
        token.chars().count() >= LETTERS
            && !is_question_word(token)
            && !is_auxiliary(token)
            && !is_subject(token)
            && !COMMON.contains(token)
            && heard.iter().any(|other| stem(other) == stem(token))
    };
    let opened = without_openers(tokens);
    let asks_for_more = matches!(
        opened,
        ["why"]
            | ["why", "not" | "is" | "so", ..]
            | ["how", "so" | "come", ..]
            | ["such", "as"]
            | ["like", "what"]
            | ["what", "do" | "did", "you", "mean", ..]
            | ["in", "what", "way" | "sense", ..]
            | ["which", "ones" | "one"]
            | ["what", "kind" | "kinds" | "sort", ..]
            | ["and", "then"]
            | ["what", "happened", ..]
    );
    !heard.is_empty() && (asks_for_more || tokens.iter().any(takes_up))
}

/// A word without the ending that number and tense give it.
fn stem(token: &str) -> &str {
    for ending in ["ing", "ed", "es", "s"] {
        if let Some(stem) = token.strip_suffix(ending)
            && stem.chars().count() >= 3
        {
            return stem;
        }
    }
    token
}

/// Words of four letters and more that take nothing up.
const COMMON: &[&str] = &[
    "that's",
    "just",
    "like",
    "know",
    "think",
    "mean",
    "really",
    "about",
    "with",
    "from",
    "have",
    "well",
    "yeah",
    "okay",
    "right",
    "going",
    "gonna",
    "want",
    "some",
    "then",
    "than",
    "them",
    "also",
    "because",
    "actually",
    "maybe",
    "something",
    "thing",
    "things",
    "here",
    "very",
    "much",
    "more",
    "only",
    "still",
    "into",
    "over",
    "make",
    "need",
    "sure",
    "good",
    "kind",
    "sort",
    "does",
    "been",
    "being",
    "were",
    "what",
    "when",
    "where",
    "which",
    "would",
    "could",
    "should",
    "will",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("why do they want the remote in blue", "they want the remotes in blue", true)]
    #[case("and how so", "it went well", true)]
    #[case("what do you mean", "it is sort of done", true)]
    #[case("how many customers did we lose", "the price is fine", false)]
    #[case("what would you like to do", "i would really like that", false)]
    #[case("why", "", false)]
    fn a_question_follows_up_where_it_takes_something_up(
        #[case] asked: &str,
        #[case] heard: &str,
        #[case] follows: bool,
    ) {
        let asked: Vec<&str> = asked.split_whitespace().collect();
        let heard: Vec<&str> = heard.split_whitespace().collect();
        assert_eq!(follows_up(&asked, &heard), follows);
    }
}
