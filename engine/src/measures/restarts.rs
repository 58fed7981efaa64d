//! Restarts: a phrase begun again at once ("we should we should", "the the"), or a word broken off ("deliv-").

use super::evidence::Spoken;

/// A phrase that is begun again has no more words than this.
const LONGEST: usize = 3;

/// How many restarts there are among words in order.
pub(super) fn count(words: &[Spoken<'_>]) -> usize {
    let mut count = 0;
    let mut at = 0;
    while at < words.len() {
        let again = (1..=LONGEST).rev().find(|&length| is_said_twice(&words[at..], length));
        match again {
            Some(length) => {
                count += 1;
                at += length;
            }
            None => {
                count += usize::from(words[at].word.text.ends_with('-'));
                at += 1;
            }
        }
    }
    count
}

/// The next `length` words are said again at once, within one utterance, and are no words that are doubled on purpose.
fn is_said_twice(words: &[Spoken<'_>], length: usize) -> bool {
    let Some(both) = words.get(..2 * length) else {
        return false;
    };
    let (once, again) = both.split_at(length);
    let same = once
        .iter()
        .zip(again)
        .all(|(one, other)| one.token == other.token && one.utterance == other.utterance);
    same && !(length == 1
        && matches!(
            once[0].token.as_str(),
            "very" | "no" | "yes" | "yeah" | "really" | "that" | "had" | "bye"
        ))
}
