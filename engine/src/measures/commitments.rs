//! Commitments: what someone says that they, or somebody, will do; with whose it is and by when, as far as they are spoken.

use super::phrases;

/// A commitment among the tokens of one utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Commitment {
    /// Where it begins.
    pub(super) at: usize,
    /// Words from there to what is to be done.
    pub(super) words: usize,
    /// It says who.
    pub(super) has_owner: bool,
    /// It says when.
    pub(super) has_date: bool,
}

/// The commitments among `tokens`.
pub(super) fn find<T: AsRef<str>>(tokens: &[T]) -> Vec<Commitment> {
    let mut list: Vec<&str> = OWNED.to_vec();
    list.extend(UNOWNED);
    let opened = phrases::find(tokens, &list);
    let begins: Vec<usize> = opened.iter().map(|phrase| phrase.at).collect();
    opened
        .into_iter()
        .enumerate()
        .filter_map(|(index, phrase)| {
            let after = phrase.at + phrase.words;
            let until = begins.get(index + 1).copied().unwrap_or(tokens.len());
            let said = tokens.get(after..until)?;
            let deed = said.iter().position(|token| !BETWEEN.contains(&token.as_ref()))?;
            ACTIONS.contains(&said[deed].as_ref()).then(|| Commitment {
                at: phrase.at,
                words: phrase.words + deed + 1,
                has_owner: phrase.listed < OWNED.len(),
                has_date: !phrases::find(said, DATES).is_empty(),
            })
        })
        .collect()
}

/// Who does it is spoken.
const OWNED: &[&str] = &[
    "i'll",
    "i will",
    "i'm going to",
    "i am going to",
    "i'm gonna",
    "i can",
    "let me",
    "i shall",
    "you'll",
    "you will",
    "can you",
    "could you",
    "will you",
    "i promise to",
    "i commit to",
];

/// Somebody does it.
const UNOWNED: &[&str] = &[
    "we'll",
    "we will",
    "we're going to",
    "we should",
    "we need to",
    "we have to",
    "we must",
    "someone should",
    "somebody should",
    "someone needs to",
    "somebody needs to",
    "someone has to",
    "let's",
];

/// What may stand before the deed.
const BETWEEN: &[&str] = &[
    "also",
    "definitely",
    "then",
    "just",
    "certainly",
    "gladly",
    "try",
    "to",
    "go",
    "ahead",
    "and",
    "please",
    "probably",
    "personally",
    "quickly",
    "immediately",
    "still",
    "now",
    "actually",
    "make",
    "sure",
];

/// Deeds that others can see done.
const ACTIONS: &[&str] = &[
    "add",
    "announce",
    "arrange",
    "ask",
    "assign",
    "book",
    "bring",
    "build",
    "buy",
    "call",
    "cancel",
    "change",
    "check",
    "circulate",
    "clean",
    "close",
    "collect",
    "compile",
    "confirm",
    "contact",
    "coordinate",
    "copy",
    "create",
    "deliver",
    "demo",
    "deploy",
    "design",
    "discuss",
    "document",
    "draft",
    "email",
    "escalate",
    "file",
    "fill",
    "find",
    "finish",
    "fix",
    "follow",
    "forward",
    "get",
    "give",
    "handle",
    "hand",
    "hire",
    "implement",
    "install",
    "introduce",
    "investigate",
    "invite",
    "join",
    "launch",
    "look",
    "message",
    "meet",
    "merge",
    "migrate",
    "move",
    "notify",
    "open",
    "order",
    "organise",
    "organize",
    "own",
    "pay",
    "ping",
    "plan",
    "post",
    "prepare",
    "present",
    "print",
    "prioritise",
    "prioritize",
    "publish",
    "pull",
    "push",
    "put",
    "raise",
    "reach",
    "read",
    "record",
    "release",
    "remove",
    "report",
    "request",
    "reschedule",
    "reserve",
    "resolve",
    "review",
    "rewrite",
    "run",
    "schedule",
    "send",
    "set",
    "share",
    "ship",
    "sign",
    "sort",
    "speak",
    "start",
    "submit",
    "summarise",
    "summarize",
    "sync",
    "take",
    "talk",
    "test",
    "translate",
    "update",
    "upload",
    "verify",
    "write",
];

/// When.
const DATES: &[&str] = &[
    "today",
    "tonight",
    "tomorrow",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "this morning",
    "this afternoon",
    "this evening",
    "this week",
    "next week",
    "this month",
    "next month",
    "this quarter",
    "next quarter",
    "next sprint",
    "end of day",
    "end of the day",
    "end of week",
    "end of the week",
    "end of month",
    "end of the month",
    "eod",
    "by noon",
    "by lunch",
    "right after this",
    "right now",
    "in an hour",
    "in a week",
    "in two weeks",
    "in a month",
    "january",
    "february",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "before the weekend",
    "the first",
    "the fifteenth",
    "before the meeting",
    "straight away",
    "right away",
    "in march",
    "by march",
    "in may",
    "by may",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("i'll send you the proposal by friday", Some((true, true)))]
    #[case("i will write it down", Some((true, false)))]
    #[case("we need to update the page tomorrow", Some((false, true)))]
    #[case("someone should call them", Some((false, false)))]
    #[case("i'll just go ahead and book it", Some((true, false)))]
    #[case("i'll be honest with you", None)]
    #[case("i will think about it", None)]
    #[case("they send it on monday", None)]
    fn commitments_say_who_and_when(#[case] said: &str, #[case] expected: Option<(bool, bool)>) {
        let tokens: Vec<&str> = said.split(' ').collect();
        let found = find(&tokens);
        assert_eq!(found.first().map(|found| (found.has_owner, found.has_date)), expected);
        assert!(found.len() <= 1);
    }

    #[test]
    fn each_of_two_commitments_has_its_own_date() {
        let tokens: Vec<&str> = "i'll send it and i'll call them on monday".split(' ').collect();
        let dates: Vec<bool> = find(&tokens).iter().map(|found| found.has_date).collect();
        assert_eq!(dates, [false, true]);
    }
}
