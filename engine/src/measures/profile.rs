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
    /// What is theirs of a way of speaking.
    pub traits: BTreeSet<Trait>,
    /// Words and phrases that they keep, as they write them: C28 names nothing in their place.
    pub keep: Vec<String>,
}

impl Profile {
    /// Takes the target from what is not to be held against this person.
    pub(super) fn guard(&self, measure: &mut Measure) {
        if !self.traits.is_empty() && GUARDED.contains(&measure.id.as_str()) {
            measure.target = None;
        }
    }

    /// Whether the person keeps `phrase`, tokens between single spaces.
    pub(super) fn keeps(&self, phrase: &str) -> bool {
        self.keep.iter().any(|kept| {
            let tokens: Vec<String> = kept.split_whitespace().map(token).collect();
            tokens.join(" ") == phrase
        })
    }
}
