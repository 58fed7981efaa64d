//! C11, turn length.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;

/// How long my turns are: their median, seconds. Its parts: `p90_s`, which nine in ten stay under, at most 75; `median_words` and
/// `p90_words`, the same in words.
///
/// Needs 10 turns. 5 to 30 s (`[D]`; see C10).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let turns = evidence.turns.iter().enumerate();
    let mine = turns.filter(|(_, turn)| turn.speaker == evidence.conversation.me());
    let (seconds, words): (Vec<_>, Vec<_>) = mine
        .map(|(index, turn)| ((index, turn.span.duration().as_secs_f64()), (index, turn.words as f64)))
        .unzip();
    let draft = Draft::new("C11", "Turn length", "s", exposure(seconds.len() as f64, 10.0, "turns"))
        .target(Band::between(5.0, 30.0));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let at = |values: &Vec<(usize, f64)>, quantile| {
        let value = Sample::quantile(evidence.blocks(), quantile, values.clone()).value();
        value.unwrap_or(f64::NAN)
    };
    draft
        .part("p90_s", at(&seconds, 0.9))
        .part("median_words", at(&words, 0.5))
        .part("p90_words", at(&words, 0.9))
        .value(Sample::quantile(evidence.blocks(), 0.5, seconds))
}
