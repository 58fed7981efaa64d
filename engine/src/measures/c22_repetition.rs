//! C22, repetition.

use super::{Band, Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::clock::Span;
use crate::repetition;

/// How much of what I say is said again and again: the share of my words inside phrases of three words, two of content among
/// them, that I use three times and more; percent. Its moments name the three that I use most.
///
/// Needs 300 words. At most 4 (repetitive words: Speaker Coach `[S]`; the limit `[D]`). Which phrases are repeated is told once
/// for the meeting; its interval says how evenly they lie over the turns. What the person keeps ([`super::Profile`]) is none.
///
/// The reference that a phrase is held against (Gong `[V]`) is the list of words that a sentence of any subject has
/// ([`crate::content`]), which no phrase may be made of. A table of how often English says each phrase is not behind it: the only
/// speech that we may learn from is a hundred meetings about one remote control, whose phrases of two content words are its
/// subject's, and words alone tell nothing more, because by chance no such phrase would come up three times.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let words = &evidence.words;
    let said: Vec<(usize, &str)> = words
        .iter()
        .map(|spoken| (spoken.utterance, spoken.token.as_str()))
        .collect();
    let found = repetition::find(&said, |phrase| evidence.profile().keeps_around(&phrase.join(" ")));
    let repeated = words
        .iter()
        .zip(&found.inside)
        .filter(|(_, inside)| **inside)
        .map(|(spoken, _)| (spoken.turn, 1.0));
    let named = found.named.iter().map(|(phrase, at)| {
        let span = Span::new(words[at[0]].word.start, words[at[0] + 2].word.end);
        Moment::said(span, phrase.join(" "), Some(format!("{} times", at.len())))
    });
    let draft = Draft::new(
        "C22",
        "Repetition",
        "%",
        exposure(evidence.word_count(), 300.0, "words"),
    )
    .target(Band::at_most(4.0));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("phrases", found.phrases as f64)
        .moments(named.collect())
        .value(Evidence::rate(
            100.0,
            evidence.by_turn(repeated),
            evidence.words_by_turn(),
        ))
}
