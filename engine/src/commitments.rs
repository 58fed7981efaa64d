//! Commitments (C29): who said they would do something, and by when. Owner and date only where they were said.

use crate::lexicon::is_filled_pause;

/// Who is to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Whoever said so: "I'll send it".
    Speaker,
    /// Everybody: "we'll send it". Nobody in particular, so no owner.
    Group,
}

/// What was said of a commitment's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who is to do it.
    pub owner: Owner,
    /// By when, in the words that were said, lower case; none where no time was said.
    pub due: Option<String>,
}

/// Whether a clause of `tokens` commits its speaker, or a group with its speaker in it: first person, future, and a verb of
/// doing.
pub fn is_commitment(tokens: &[&str]) -> bool {
    find(tokens).is_some()
}

/// What was said of the terms of the commitment in `tokens`.
pub fn terms(tokens: &[&str]) -> Terms {
    Terms {
        owner: find(tokens).unwrap_or(Owner::Speaker),
        due: due(tokens),
    }
}

fn find(tokens: &[&str]) -> Option<Owner> {
    let tokens: Vec<&str> = tokens.iter().copied().filter(|token| !is_filled_pause(token)).collect();
    (0..tokens.len()).find_map(|at| commits_at(tokens[..at].last().copied().unwrap_or(""), &tokens[at..]))
}

/// The words begin with a promise; `before` is the word in front of them.
fn commits_at(before: &str, tokens: &[&str]) -> Option<Owner> {
    let (owner, rest) = match tokens {
        ["i'll", rest @ ..] | ["i", "will" | "shall", rest @ ..] => (Owner::Speaker, rest),
        ["i'm", "gonna", rest @ ..] | ["i'm", "going", "to", rest @ ..] | ["i", "am", "going", "to", rest @ ..] => {
            (Owner::Speaker, rest)
        }
        ["i", "can" | "could", rest @ ..] => (Owner::Speaker, rest),
        ["let", "me", rest @ ..] => (Owner::Speaker, rest),
        ["we'll", rest @ ..] => (Owner::Group, rest),
        _ => return None,
    };
    // "if I can find it", "what I will do", "I don't think I'll".
    if CONDITIONS.contains(&before) {
        return None;
    }
    let verb = rest.iter().copied().find(|token| !ADVERBS.contains(token))?;
    let promises = match tokens {
        // Ability and leave are promises with a verb of delivering alone.
        ["i", "can" | "could", ..] | ["let", "me", ..] | ["we'll", ..] => DELIVERING.contains(&verb),
        _ => !NO_DEEDS.contains(&verb),
    };
    promises.then_some(owner)
}

/// The time that the words name, if they name one: "by friday", "tomorrow", "next week", "in two days".
pub fn due(tokens: &[&str]) -> Option<String> {
    (0..tokens.len()).find_map(|at| {
        let length = due_at(&tokens[at..]);
        (length > 0).then(|| tokens[at..at + length].join(" "))
    })
}

fn due_at(tokens: &[&str]) -> usize {
    let day = |token: &str| DAYS.contains(&token) || token.strip_suffix("'s").is_some_and(|day| DAYS.contains(&day));
    match tokens {
        ["by" | "before" | "until" | "on", rest @ ..] if due_at(rest) > 0 => 1 + due_at(rest),
        ["by" | "before", "the", "end", "of", "the" | "this" | "next", period, ..] if PERIODS.contains(period) => 6,
        ["by" | "before", "noon" | "lunch" | "midnight", ..] => 2,
        ["the", "end", "of", "the" | "this" | "next", period, ..] if PERIODS.contains(period) => 5,
        ["end", "of", "the" | "this" | "next", period, ..] if PERIODS.contains(period) => 4,
        ["end", "of", period, ..] if PERIODS.contains(period) => 3,
        ["next" | "this", period, "morning" | "afternoon" | "evening", ..] if day(period) => 3,
        ["next" | "this", period, ..] if PERIODS.contains(period) || day(period) => 2,
        ["the", "next", "meeting", ..] => 3,
        [
            "in" | "within",
            "a" | "an" | "one" | "two" | "three" | "four" | "five" | "six" | "ten",
            unit,
            ..,
        ] if UNITS.contains(unit) => 3,
        ["tomorrow", "morning" | "afternoon" | "evening" | "night", ..] => 2,
        ["today" | "tonight" | "tomorrow" | "eod" | "asap", ..] => 1,
        [month, number, ..] if MONTHS.contains(month) && is_day_of_month(number) => 2,
        [token, ..] if day(token) => 1,
        _ => 0,
    }
}

fn is_day_of_month(token: &str) -> bool {
    let digits = token.trim_end_matches(|c: char| c.is_alphabetic());
    digits.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day))
}

const CONDITIONS: &[&str] = &[
    "if", "what", "how", "when", "where", "that", "whether", "unless", "which", "who", "think", "until", "before",
    "because", "why", "as", "whatever", "than",
];

const ADVERBS: &[&str] = &[
    "just",
    "also",
    "then",
    "actually",
    "probably",
    "maybe",
    "definitely",
    "certainly",
    "gladly",
    "try",
    "to",
    "go",
    "and",
    "quickly",
    "even",
    "go",
    "ahead",
    "sort",
    "kind",
    "of",
    "do",
    "be",
];

/// "I'll be honest", "I'm gonna have to leave": nothing that is delivered.
const NO_DEEDS: &[&str] = &[
    "say",
    "guess",
    "admit",
    "never",
    "not",
    "think",
    "assume",
    "need",
    "want",
    "like",
    "know",
    "see",
    "understand",
    "agree",
    "grant",
    "bet",
    "tell",
    "believe",
    "get",
    "have",
    "miss",
    "forget",
];

const DELIVERING: &[&str] = &[
    "send",
    "mail",
    "e-mail",
    "email",
    "write",
    "check",
    "ask",
    "talk",
    "call",
    "prepare",
    "make",
    "put",
    "look",
    "find",
    "bring",
    "give",
    "set",
    "draft",
    "share",
    "forward",
    "report",
    "follow",
    "schedule",
    "book",
    "print",
    "fix",
    "update",
    "add",
    "try",
    "take",
    "work",
    "finish",
    "arrange",
    "organise",
    "organize",
    "circulate",
    "post",
    "upload",
    "figure",
];

const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The months, January first, as [`due`] has them.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const PERIODS: &[&str] = &[
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "meeting",
    "afternoon",
    "morning",
    "evening",
    "sprint",
    "today",
    "weekend",
];

const UNITS: &[&str] = &[
    "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn words(text: &str) -> Vec<&str> {
        text.split(' ').collect()
    }

    #[rstest]
    #[case("i'll send you the figures by friday", Owner::Speaker, Some("by friday"))]
    #[case("okay i will write that up", Owner::Speaker, None)]
    #[case("i'm going to ask her tomorrow morning", Owner::Speaker, Some("tomorrow morning"))]
    #[case(
        "i can check with billing before the end of the week",
        Owner::Speaker,
        Some("before the end of the week")
    )]
    #[case("we'll send it next tuesday", Owner::Group, Some("next tuesday"))]
    #[case("let me look it up in two days", Owner::Speaker, Some("in two days"))]
    #[case("i'll finish it on march 3rd", Owner::Speaker, Some("on march 3rd"))]
    fn a_promise_says_who_and_when_where_that_was_said(
        #[case] text: &str,
        #[case] owner: Owner,
        #[case] due: Option<&str>,
    ) {
        assert!(is_commitment(&words(text)), "{text}");
        let expected = Terms {
            owner,
            due: due.map(str::to_owned),
        };
        assert_eq!(terms(&words(text)), expected, "{text}");
    }

    #[rstest]
    #[case("i'll say this")]
    #[case("if i can find it")]
    #[case("i can hear you")]
    #[case("i guess i know what i will do")]
    #[case("we'll see")]
    #[case("he will send it")]
    #[case("i sent it yesterday")]
    fn what_promises_nothing_is_none(#[case] text: &str) {
        assert!(!is_commitment(&words(text)), "{text}");
    }
}
