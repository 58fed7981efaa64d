//! Repetition (C22): phrases of three words that come back, as a share of all that was said.

use crate::lexicon::is_filled_pause;
use std::collections::HashMap;

/// A phrase is repeated from this many uses on (measures.md, C22).
const USES: usize = 3;
/// Phrases that are named.
const NAMED: usize = 3;

/// What came back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repetition {
    /// Tokens that were looked at, filled pauses left out.
    pub tokens: usize,
    /// Of those, inside repeated phrases.
    pub repeated: usize,
    /// The phrases used most, with their counts: at most three, the most used first.
    pub phrases: Vec<(String, usize)>,
}

impl Repetition {
    /// Share of tokens inside repeated phrases, 0 to 1; none of nothing.
    pub fn share(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.repeated as f64 / self.tokens as f64)
    }
}

/// The repetition in `utterances`, each the tokens of one; a phrase does not reach across two. A phrase counts if it has a
/// word of content: "I don't know" is no habit of wording.
pub fn find<'a>(utterances: impl Iterator<Item = &'a [&'a str]>) -> Repetition {
    let spoken: Vec<Vec<&str>> = utterances
        .map(|tokens| {
            let words = tokens.iter().copied();
            words
                .filter(|token| !token.is_empty() && !is_filled_pause(token))
                .collect()
        })
        .collect();
    let mut uses: HashMap<[&str; 3], usize> = HashMap::new();
    for tokens in &spoken {
        for three in tokens.array_windows::<3>().filter(|three| has_content(three)) {
            *uses.entry(*three).or_default() += 1;
        }
    }
    let is_repeated = |three: &[&str; 3]| uses.get(three).is_some_and(|uses| *uses >= USES);
    let repeated = spoken
        .iter()
        .map(|tokens| {
            let mut inside = vec![false; tokens.len()];
            for (at, three) in tokens.array_windows::<3>().enumerate() {
                if is_repeated(three) {
                    inside[at..at + 3].fill(true);
                }
            }
            inside.into_iter().filter(|inside| *inside).count()
        })
        .sum();
    let mut phrases: Vec<(String, usize)> = uses
        .iter()
        .filter(|(_, uses)| **uses >= USES)
        .map(|(three, uses)| (three.join(" "), *uses))
        .collect();
    phrases.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    phrases.truncate(NAMED);
    Repetition {
        tokens: spoken.iter().map(Vec::len).sum(),
        repeated,
        phrases,
    }
}

fn has_content(three: &[&str; 3]) -> bool {
    three
        .iter()
        .any(|token| token.chars().count() > 3 && !FUNCTION.contains(token))
}

/// Words of four letters and more that carry no content of their own.
const FUNCTION: &[&str] = &[
    "that", "this", "with", "have", "from", "they", "them", "then", "than", "there", "their", "would", "could",
    "should", "what", "when", "where", "which", "will", "just", "like", "know", "think", "mean", "don't", "that's",
    "it's", "we're", "you're", "they're", "gonna", "going", "want", "some", "also", "because", "about", "into", "yeah",
    "okay", "right", "well", "kind", "sort", "really", "were", "been", "does", "didn't", "doesn't", "can't", "won't",
    "i'll", "we'll", "i've", "we've",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(utterances: &[&str]) -> Repetition {
        let tokens: Vec<Vec<&str>> = utterances.iter().map(|text| text.split(' ').collect()).collect();
        find(tokens.iter().map(Vec::as_slice))
    }

    #[test]
    fn three_uses_of_three_words_are_a_repetition_and_filled_pauses_do_not_hide_it() {
        let repetition = of(&[
            "at the end of the roadmap we ship",
            "the uh roadmap we have",
            "on the roadmap we see it",
        ]);
        assert_eq!(repetition.phrases, [("the roadmap we".to_owned(), 3)]);
        assert_eq!((repetition.repeated, repetition.tokens), (9, 18));
        assert_eq!(repetition.share(), Some(0.5));
    }

    #[test]
    fn phrases_without_content_and_phrases_across_utterances_are_none() {
        assert_eq!(of(&["i don't know"; 5]).repeated, 0);
        assert_eq!(
            of(&["the big", "roadmap the big", "roadmap the big", "roadmap"]).repeated,
            0
        );
        assert_eq!(of(&[]).share(), None);
    }
}
