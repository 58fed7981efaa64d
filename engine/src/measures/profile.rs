//! What the person said of their own speech: what is measured and held against no one, and the words that they keep.

use super::Measure;
use crate::lexicon::token;
use std::collections::BTreeSet;

/// Something of a way of speaking for which targets drawn from others are none (measures.md, guards).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trait {
    /// They speak the meeting's language as a second one.
    SecondLanguage,
    /// Recognizers hear their accent badly.
    Accent,
    /// They stutter.
    Stutter,
}

/// Pace, fillers and pauses: with any [`Trait`] they have values and no targets.
const GUARDED: [&str; 5] = ["C3", "C6", "C7", "C8", "C9"];

/// What the person said of themselves. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    traits: BTreeSet<Trait>,
    /// Tokens between single spaces.
    keep: BTreeSet<String>,
}

impl Profile {
    /// Somebody of such a way of speaking, who keeps `phrases` as they write them: words that are no fillers, hedges or repetitions of
    /// theirs, and for which C28 names nothing in their place.
    pub fn new(traits: impl IntoIterator<Item = Trait>, phrases: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let tokens = |phrase: &str| {
            let tokens: Vec<String> = phrase.split_whitespace().map(token).collect();
            let tokens: Vec<&str> = tokens
                .iter()
                .map(String::as_str)
                .filter(|token| !token.is_empty())
                .collect();
            tokens.join(" ")
        };
        let keep = phrases.into_iter().map(|phrase| tokens(phrase.as_ref()));
        Self {
            traits: traits.into_iter().collect(),
            keep: keep.filter(|phrase| !phrase.is_empty()).collect(),
        }
    }

    /// Whether targets of pace, fillers and pauses, which are drawn from others, are none for this person; nor is anything said of
    /// them while a meeting goes on.
    pub fn is_guarded(&self) -> bool {
        !self.traits.is_empty()
    }

    /// Takes the target from what is not to be held against this person.
    pub(super) fn guard(&self, measure: &mut Measure) {
        if self.is_guarded() && GUARDED.contains(&measure.id.as_str()) {
            measure.target = None;
        }
    }

    /// Whether the person keeps `phrase`, tokens between single spaces.
    pub(crate) fn keeps(&self, phrase: &str) -> bool {
        self.keep.contains(phrase)
    }

    /// Whether the person keeps `phrase`, or words in it.
    pub(super) fn keeps_in(&self, phrase: &str) -> bool {
        self.keep.iter().any(|kept| holds(phrase, kept))
    }

    /// Whether the person keeps `phrase`, words in it, or one that it is part of.
    pub(super) fn keeps_around(&self, phrase: &str) -> bool {
        self.keeps_in(phrase) || self.keep.iter().any(|kept| holds(kept, phrase))
    }
}

/// Whether the words of `part` stand in `phrase` in a row.
fn holds(phrase: &str, part: &str) -> bool {
    format!(" {phrase} ").contains(&format!(" {part} "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::itself("launch budget", [true, true, true])]
    #[case::one_that_holds_it("the launch budget", [false, true, true])]
    #[case::a_part_of_it("launch", [false, false, true])]
    #[case::another_word("launches budget", [false, false, false])]
    fn a_phrase_is_kept_by_whole_words(#[case] phrase: &str, #[case] kept: [bool; 3]) {
        let profile = Profile::new([], ["Launch  budget!", " ", "—"]);
        let keeps = [
            profile.keeps(phrase),
            profile.keeps_in(phrase),
            profile.keeps_around(phrase),
        ];
        assert_eq!(keeps, kept);
    }
}
