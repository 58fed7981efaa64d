//! C22, repetition.

use super::content::is_content;
use super::evidence::Spoken;
use super::{Band, Draft, Evidence, Found, Moment, exposure};
use crate::clock::Span;
use std::collections::BTreeMap;

/// A phrase that I use this often is repeated.
const USES: usize = 3;
/// This many of the three words carry a subject: "at the end of" is grammar. `[D]`
const CONTENT_WORDS: usize = 2;
/// Phrases that are named.
const NAMED: usize = 3;

/// How much of what I say is said again and again: the share of my words inside phrases of three words, two of content among
/// them, that I use three times and more; percent. Its moments name the three that I use most.
///
/// Needs 300 words. At most 4 (repetitive words: Speaker Coach `[S]`; the limit `[D]`). Which phrases are repeated is told once
/// for the meeting; its interval says how evenly they lie over the turns.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let words = &evidence.words;
    let mut uses: BTreeMap<[&str; 3], Vec<usize>> = BTreeMap::new();
    for (at, three) in words.windows(3).enumerate() {
        if is_phrase(three) {
            let phrase = [0, 1, 2].map(|index| three[index].token.as_str());
            uses.entry(phrase).or_default().push(at);
        }
    }
    uses.retain(|_, at| at.len() >= USES);
    let mut inside = vec![false; words.len()];
    for at in uses.values().flatten() {
        inside[*at..*at + 3].fill(true);
    }
    let repeated = words
        .iter()
        .zip(&inside)
        .filter(|(_, inside)| **inside)
        .map(|(spoken, _)| (spoken.turn, 1.0));
    Draft::new(
        "C22",
        "Repetition",
        "%",
        exposure(evidence.word_count(), 300.0, "words"),
    )
    .target(Band::at_most(4.0))
    .part("phrases", uses.len() as f64)
    .moments(named(words, &uses))
    .value(Evidence::rate(
        100.0,
        evidence.by_turn(repeated),
        evidence.words_by_turn(),
    ))
}

/// Three words of one utterance, enough of which carry a subject.
fn is_phrase(three: &[Spoken<'_>]) -> bool {
    let content = three.iter().filter(|spoken| is_content(&spoken.token)).count();
    content >= CONTENT_WORDS && three[0].utterance == three[2].utterance
}

/// The most used phrases, each at its first use; one that only continues another is not named beside it.
fn named(words: &[Spoken<'_>], uses: &BTreeMap<[&str; 3], Vec<usize>>) -> Vec<Moment> {
    let mut most: Vec<_> = uses.iter().collect();
    most.sort_by_key(|(_, at)| (std::cmp::Reverse(at.len()), at[0]));
    let mut named: Vec<(&[&str; 3], &Vec<usize>)> = Vec::new();
    for (phrase, at) in most {
        let continues = |(other, _): &(&[&str; 3], &Vec<usize>)| phrase[..2] == other[1..] || phrase[1..] == other[..2];
        if named.len() < NAMED && !named.iter().any(continues) {
            named.push((phrase, at));
        }
    }
    named.sort_by_key(|(_, at)| at[0]);
    named
        .into_iter()
        .map(|(phrase, at)| {
            let span = Span::new(words[at[0]].word.start, words[at[0] + 2].word.end);
            Moment::said(span, phrase.join(" "), Some(format!("{} times", at.len())))
        })
        .collect()
}
