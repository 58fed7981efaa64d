//! Repetition (C22): phrases of three words that come back.

use crate::content::is_content;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A phrase is repeated from this many uses on (measures.md, C22).
const USES: usize = 3;
/// This many of the three words carry a subject: "at the end of" is grammar. `[D]`
const CONTENT_WORDS: usize = 2;
/// Phrases that are named.
const NAMED: usize = 3;

/// A phrase of three words, and where it begins each time.
pub type Repeated<'a> = ([&'a str; 3], Vec<usize>);

/// What came back among words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repetition<'a> {
    /// Of each word: it lies in a repeated phrase.
    pub inside: Vec<bool>,
    /// How many phrases are repeated.
    pub phrases: usize,
    /// The phrases used most, by their first use: at most three. One that only continues another is not named beside it.
    pub named: Vec<Repeated<'a>>,
}

impl Repetition<'_> {
    /// Share of words inside repeated phrases, 0 to 1; none of nothing.
    pub fn share(&self) -> Option<f64> {
        let repeated = self.inside.iter().filter(|inside| **inside).count();
        (!self.inside.is_empty()).then(|| repeated as f64 / self.inside.len() as f64)
    }
}

/// The repetition among `words`, each an utterance's number and a token, filled pauses left out. A phrase does not reach across
/// two utterances, and counts if two of its words carry a subject: "I don't know" is no habit of wording. One for which `is_kept`
/// is no repetition.
pub fn find<'a>(words: &[(usize, &'a str)], is_kept: impl Fn(&[&str]) -> bool) -> Repetition<'a> {
    let mut uses: BTreeMap<[&str; 3], Vec<usize>> = BTreeMap::new();
    for (at, &[one, two, three]) in words.array_windows().enumerate() {
        let phrase = [one.1, two.1, three.1];
        let content = phrase.iter().filter(|token| is_content(token)).count();
        if content >= CONTENT_WORDS && one.0 == three.0 {
            uses.entry(phrase).or_default().push(at);
        }
    }
    uses.retain(|phrase, at| at.len() >= USES && !is_kept(phrase));
    let mut inside = vec![false; words.len()];
    for at in uses.values().flatten() {
        inside[*at..*at + 3].fill(true);
    }
    Repetition {
        inside,
        phrases: uses.len(),
        named: named(uses),
    }
}

fn named(uses: BTreeMap<[&str; 3], Vec<usize>>) -> Vec<Repeated<'_>> {
    let mut most: Vec<Repeated<'_>> = uses.into_iter().collect();
    most.sort_by_key(|(_, at)| (Reverse(at.len()), at[0]));
    let mut named: Vec<Repeated<'_>> = Vec::new();
    for (phrase, at) in most {
        let continues = |(other, _): &Repeated<'_>| phrase[..2] == other[1..] || phrase[1..] == other[..2];
        if named.len() < NAMED && !named.iter().any(continues) {
            named.push((phrase, at));
        }
    }
    named.sort_by_key(|(_, at)| at[0]);
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(words: &[(usize, &'a str)]) -> Repetition<'a> {
        super::find(words, |_| false)
    }

    fn words<'a>(utterances: &[&'a str]) -> Vec<(usize, &'a str)> {
        let each = utterances.iter().enumerate();
        each.flat_map(|(utterance, text)| text.split(' ').map(move |token| (utterance, token)))
            .collect()
    }

    #[test]
    fn three_uses_of_three_words_are_a_repetition() {
        let said = words(&[
            "see the launch budget again",
            "the launch budget is done",
            "of the launch budget",
        ]);
        let found = find(&said);
        assert_eq!(found.named, [(["the", "launch", "budget"], vec![1, 5, 11])]);
        assert_eq!((found.phrases, found.share()), (1, Some(9.0 / 14.0)));
    }

    #[test]
    fn what_is_kept_is_none() {
        let said = words(&["see the launch budget"; 3]);
        let found = super::find(&said, |phrase| phrase.contains(&"budget"));
        assert_eq!(
            (found.phrases, found.named, found.inside.contains(&true)),
            (0, vec![], false)
        );
    }

    #[test]
    fn phrases_without_a_subject_and_phrases_across_utterances_are_none() {
        assert_eq!(find(&words(&["i don't know"; 5])).phrases, 0);
        let across = ["the launch", "budget the launch", "budget the launch", "budget"];
        assert_eq!(find(&words(&across)).phrases, 0);
        assert_eq!(find(&[]).share(), None);
    }
}
