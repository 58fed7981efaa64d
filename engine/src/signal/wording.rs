//! What a segment's words bring about: questions, hedges, next steps, and whether a reply takes up what it replies to. Lists, and
//! nothing that needs a language model.

use super::{Signal, floor};
use crate::conversation::{Conversation, Utterance};
use crate::lexicon::{is_filled_pause, token};
use crate::questions;
use crate::transcript::Word;
use std::collections::BTreeSet;
use std::time::Duration;

/// A silence between words after which another question may begin, where the recognizer writes no punctuation.
const APART: Duration = Duration::from_millis(250);
/// A turn this long is an answer worth a follow-up (N15).
const ANSWER: Duration = Duration::from_secs(20);
/// A reply with fewer content words than this says neither that the topic is kept nor that it is changed.
const ENOUGH_WORDS: usize = 5;
/// A number or forecast this many words from a hedge makes it calibrated uncertainty (C19).
const NEAR_WORDS: usize = 5;

/// Hedges (C19), longest first: "I'm not sure but" is one.
const HEDGES: &[&[&str]] = &[
    &["if", "that", "makes", "sense"],
    &["i'm", "not", "sure", "but"],
    &["i", "might", "be", "wrong"],
    &["i", "could", "be", "wrong"],
    &["i'm", "no", "expert"],
    &["correct", "me", "if"],
    &["i", "think"],
    &["i", "guess"],
    &["i", "suppose"],
    &["kind", "of"],
    &["sort", "of"],
    &["a", "bit"],
    &["maybe"],
    &["perhaps"],
    &["probably"],
    &["possibly"],
    &["just"],
];

/// Words after which a hedge is a forecast with its uncertainty.
const FORECAST: &[&str] = &[
    "forecast",
    "estimate",
    "estimated",
    "expect",
    "projected",
    "percent",
    "probability",
    "likely",
    "quarter",
    "deadline",
];

/// Where somebody says what happens next.
const NEXT_STEPS: &[&[&str]] = &[
    &["next", "step"],
    &["next", "steps"],
    &["action", "item"],
    &["action", "items"],
    &["to", "do", "next"],
];

/// What `utterance` says: questions and hedges where it is `mine`, next steps whoever names them.
pub(super) fn of(utterance: &Utterance, mine: bool) -> Vec<Signal> {
    let tokens: Vec<String> = utterance.words.iter().map(|word| token(&word.text)).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let mut signals = Vec::new();
    if mine {
        signals.extend(asked(&utterance.words));
        signals.extend(hedges(&utterance.words, &tokens));
    }
    let next = (0..tokens.len()).find(|&at| NEXT_STEPS.iter().any(|phrase| tokens[at..].starts_with(phrase)));
    signals.extend(next.map(|at| Signal::NextStep {
        at: utterance.words[at].start,
    }));
    signals
}

/// Each sentence, or what lies between two silences, that asks.
fn asked(words: &[Word]) -> Vec<Signal> {
    let ends = |pair: &[Word]| pair[0].text.ends_with(['.', '?', '!']) || pair[1].start.since(pair[0].end) >= APART;
    let mut signals = Vec::new();
    let mut rest = words;
    while let Some(first) = rest.first() {
        let length = rest.windows(2).position(ends).map_or(rest.len(), |at| at + 1);
        let (piece, later) = rest.split_at(length);
        signals.extend(questions::find(piece).map(|kind| Signal::Question {
            at: first.start,
            end: piece[length - 1].end,
            kind,
        }));
        rest = later;
    }
    signals
}

fn hedges(words: &[Word], tokens: &[&str]) -> Vec<Signal> {
    let mut signals = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(hedge) = HEDGES.iter().find(|hedge| tokens[at..].starts_with(hedge)) else {
            at += 1;
            continue;
        };
        let near = at.saturating_sub(NEAR_WORDS)..(at + hedge.len() + NEAR_WORDS).min(tokens.len());
        if !tokens[near]
            .iter()
            .any(|token| is_number(token) || FORECAST.contains(token))
        {
            signals.push(Signal::Hedge { at: words[at].start });
        }
        at += hedge.len();
    }
    signals
}

fn is_number(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_digit())
        || matches!(
            token,
            "two"
                | "three"
                | "four"
                | "five"
                | "six"
                | "seven"
                | "eight"
                | "nine"
                | "ten"
                | "twenty"
                | "thirty"
                | "forty"
                | "fifty"
                | "sixty"
                | "seventy"
                | "eighty"
                | "ninety"
                | "hundred"
                | "thousand"
                | "million"
                | "half"
        )
}

/// Whether the turn of mine that the utterance at `place` opens takes up a word of the long turn before it. Nothing where either
/// is in doubt.
pub(super) fn reply(conversation: &Conversation, place: usize) -> Option<Signal> {
    let (lately, theirs, mine) = floor::opened(conversation, place)?;
    let utterance = &conversation.utterances()[place];
    let answer = theirs.span.duration();
    let doubtful = theirs.utterances.iter().any(|&index| lately[index].low_confidence);
    if answer < ANSWER || doubtful || utterance.low_confidence {
        return None;
    }
    let heard: BTreeSet<String> = theirs
        .utterances
        .iter()
        .flat_map(|&index| content(&lately[index]))
        .collect();
    let said: Vec<String> = content(utterance).collect();
    let at = mine.span.start;
    if said.iter().any(|word| heard.contains(word)) {
        Some(Signal::FollowedUp { at })
    } else {
        (said.len() >= ENOUGH_WORDS).then_some(Signal::TopicChanged { at, answer })
    }
}

/// The words of an utterance that carry its topic, as far as endings go: "pricing" and "priced" are one.
fn content(utterance: &Utterance) -> impl Iterator<Item = String> {
    /// Letters by which two forms of a word are told to be one.
    const STEM: usize = 5;
    utterance
        .words
        .iter()
        .map(|word| token(&word.text))
        .filter(|token| token.len() > 3 && !is_filled_pause(token) && !COMMON.contains(&token.as_str()))
        .map(|token| token.chars().take(STEM).collect())
}

/// Words of four letters and more that carry no topic.
const COMMON: &[&str] = &[
    "about",
    "actually",
    "after",
    "again",
    "also",
    "another",
    "anything",
    "back",
    "basically",
    "because",
    "been",
    "before",
    "being",
    "could",
    "does",
    "doing",
    "done",
    "down",
    "each",
    "even",
    "every",
    "everything",
    "first",
    "from",
    "gonna",
    "good",
    "great",
    "have",
    "here",
    "into",
    "it's",
    "just",
    "kind",
    "know",
    "like",
    "little",
    "look",
    "made",
    "make",
    "many",
    "maybe",
    "mean",
    "more",
    "most",
    "much",
    "need",
    "okay",
    "only",
    "other",
    "over",
    "people",
    "perhaps",
    "pretty",
    "probably",
    "really",
    "right",
    "said",
    "same",
    "should",
    "some",
    "something",
    "sort",
    "still",
    "such",
    "sure",
    "take",
    "tell",
    "than",
    "that",
    "that's",
    "their",
    "them",
    "then",
    "there",
    "there's",
    "these",
    "they",
    "they're",
    "thing",
    "things",
    "think",
    "this",
    "those",
    "through",
    "time",
    "today",
    "very",
    "want",
    "we're",
    "well",
    "were",
    "what",
    "what's",
    "when",
    "where",
    "which",
    "while",
    "will",
    "with",
    "word",
    "would",
    "yeah",
    "your",
    "you're",
    "going",
    "come",
    "goes",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting_type::MeetingType;
    use crate::questions::QuestionKind::{Closed, Open};
    use crate::speaker::Speaker::{Me, Them};
    use crate::spoken::{said, said_for, setup};
    use crate::transcript::Final;
    use rstest::rstest;

    fn heard(finals: &[Final]) -> Vec<Signal> {
        let mut conversation = Conversation::new(setup(MeetingType::Other));
        finals
            .iter()
            .flat_map(|decided| conversation.observe(decided))
            .collect()
    }

    #[rstest]
    #[case::none("we will ship it on friday", &[])]
    #[case::one("what would that change for you?", &[Open])]
    #[case::two_in_one_breath("what would that change for you? is it the price?", &[Open, Closed])]
    fn every_question_of_a_segment_is_told(#[case] text: &str, #[case] kinds: &[questions::QuestionKind]) {
        let told: Vec<_> = heard(&[said(Me, 1_000, text)])
            .into_iter()
            .filter_map(|signal| match signal {
                Signal::Question { kind, .. } => Some(kind),
                _ => None,
            })
            .collect();
        assert_eq!(told, kinds);
    }

    #[rstest]
    #[case::plain("we ship it on friday", 0)]
    #[case::three("i think we could maybe wait, if that makes sense", 3)]
    #[case::one_phrase_is_one("i'm not sure but we could wait", 1)]
    #[case::beside_a_number("i think it takes about 3 weeks", 0)]
    #[case::a_forecast("my estimate is probably wrong", 0)]
    fn hedges_are_told_unless_a_number_or_forecast_is_near(#[case] text: &str, #[case] count: usize) {
        let signals = heard(&[said(Me, 1_000, text)]);
        let hedges = signals.iter().filter(|signal| matches!(signal, Signal::Hedge { .. }));
        assert_eq!(hedges.count(), count);
    }

    #[test]
    fn what_the_others_ask_and_hedge_is_theirs() {
        let signals = heard(&[said(Them, 1_000, "maybe, what are the next steps?")]);
        assert!(signals.iter().any(|signal| matches!(signal, Signal::NextStep { .. })));
        let mine = |signal: &&Signal| matches!(signal, Signal::Question { .. } | Signal::Hedge { .. });
        assert_eq!(signals.iter().filter(mine).count(), 0);
    }

    #[rstest]
    #[case::takes_it_up("and who owns the migration on your side", Some(true))]
    #[case::changes_the_topic("before lunch let us quickly review holiday planning calendars", Some(false))]
    #[case::says_too_little("okay great", None)]
    fn a_reply_to_a_long_answer_keeps_its_topic_or_does_not(#[case] reply: &str, #[case] kept: Option<bool>) {
        let answer = "our database migration slipped because nobody owned the rollout and customers noticed";
        let signals = heard(&[
            said_for(Them, 1_000, 12_000, answer),
            said_for(Them, 12_100, 24_000, answer),
            said(Me, 24_800, reply),
        ]);
        let told = signals.iter().find_map(|signal| match signal {
            Signal::FollowedUp { .. } => Some(true),
            Signal::TopicChanged { answer, .. } => {
                assert_eq!(answer.as_secs(), 23);
                Some(false)
            }
            _ => None,
        });
        assert_eq!(told, kept);
    }
}
