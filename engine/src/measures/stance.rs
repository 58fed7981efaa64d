//! What a turn says of people and of issues, by its words alone. A list, and no judge: it is there to find examples that the
//! person reads for themselves.

use crate::phrases::{self, Phrase};

/// Toward whom or what, and whether for or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    AgainstPeople,
    ForPeople,
    AgainstIssues,
    ForIssues,
}

impl Stance {
    const ALL: [(Self, &'static [&'static str]); 4] = [
        (Self::AgainstPeople, AGAINST_PEOPLE),
        (Self::ForPeople, FOR_PEOPLE),
        (Self::AgainstIssues, AGAINST_ISSUES),
        (Self::ForIssues, FOR_ISSUES),
    ];

    /// The name of its part.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AgainstPeople => "people_negative",
            Self::ForPeople => "people_positive",
            Self::AgainstIssues => "issues_negative",
            Self::ForIssues => "issues_positive",
        }
    }
}

/// The stances among tokens, by stance.
pub(super) fn find<T: AsRef<str>>(tokens: &[T]) -> Vec<(Stance, Phrase)> {
    let of = |(stance, list): (Stance, &'static [&'static str])| {
        let found = phrases::find(tokens, list);
        found.into_iter().map(move |phrase| (stance, phrase))
    };
    Stance::ALL.into_iter().flat_map(of).collect()
}

const AGAINST_PEOPLE: &[&str] = &[
    "you always",
    "you never",
    "you people",
    "you should have",
    "you should've",
    "you didn't even",
    "you don't get it",
    "you don't understand",
    "you're wrong",
    "you are wrong",
    "you failed",
    "you messed",
    "you broke",
    "your fault",
    "your mistake",
    "your problem",
    "that's on you",
    "they always",
    "they never",
    "he always",
    "he never",
    "she always",
    "she never",
    "his fault",
    "her fault",
    "their fault",
    "blame you",
    "blame him",
    "blame her",
    "blame them",
    "you're not listening",
    "what's wrong with you",
    "are you serious",
    "i told you",
    "incompetent",
    "lazy",
    "idiot",
    "idiots",
    "stupid of you",
    "you guys never",
    "you guys always",
];

const FOR_PEOPLE: &[&str] = &[
    "thank you",
    "thanks",
    "good job",
    "great job",
    "nice job",
    "well done",
    "good work",
    "great work",
    "nice work",
    "good point",
    "great point",
    "good question",
    "great question",
    "good idea",
    "great idea",
    "you're right",
    "you are right",
    "i appreciate",
    "we appreciate",
    "proud of",
    "you did great",
    "you did well",
    "that helps a lot",
    "glad you",
    "love your",
    "i like your",
    "helpful of you",
];

const AGAINST_ISSUES: &[&str] = &[
    "the problem",
    "a problem",
    "problem is",
    "the issue",
    "an issue",
    "issue is",
    "is broken",
    "doesn't work",
    "didn't work",
    "isn't working",
    "not working",
    "a bug",
    "the bug",
    "at risk",
    "a risk",
    "the risk",
    "is blocked",
    "we're blocked",
    "is late",
    "is too slow",
    "is a mess",
    "a blocker",
    "the blocker",
    "falls apart",
    "went wrong",
];

const FOR_ISSUES: &[&str] = &[
    "works well",
    "works great",
    "is working",
    "went well",
    "is fixed",
    "was fixed",
    "is resolved",
    "is solved",
    "good news",
    "is done",
    "on track",
    "looks good",
    "looks great",
    "is ready",
    "improved",
    "great progress",
    "good progress",
    "big win",
];
