//! Whether a question follows up (C17): it takes up what someone else just said.

use super::without_openers;
use crate::content::stem_of;
use std::time::Duration;

/// What others said this long before a question can be what it takes up.
pub(crate) const FOLLOWED: Duration = Duration::from_secs(30);

/// Whether a question takes up what others said just before (`heard`, latest last): it names something they named, or asks
/// for more of it without naming anything ("why", "how so", "such as").
///
/// Measured in words, not in meaning (C17's link in meaning needs a model of language): a question that says the same in
/// other words is missed.
pub(crate) fn follows_up(tokens: &[&str], heard: &[&str]) -> bool {
    let takes_up =
        |token: &&str| stem_of(token).is_some_and(|stem| heard.iter().any(|other| stem_of(other) == Some(stem)));
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
