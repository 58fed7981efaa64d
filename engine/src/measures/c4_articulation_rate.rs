//! C4, articulation rate.

use super::syllables::syllables;
use super::{Band, Draft, Evidence, Found, exposure};
use crate::conversation::IPU_GAP;

/// How fast I move my tongue: syllables a second of phonation, pauses of 250 ms and more left out.
///
/// Needs 60 words. 3.5 to 5.5 in English (articulation excludes pauses: Jacewicz 2010 `[V]`; the range `[M]`). Syllables are
/// counted from English spelling ([`syllables`]), so that it is told for English alone.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let phonation = evidence.spans_ms_by_turn(evidence.conversation.me(), evidence.my_units(IPU_GAP));
    let spoken = evidence
        .words
        .iter()
        .map(|spoken| (spoken.turn, syllables(&spoken.token) as f64));
    let count = evidence.by_turn(spoken);
    let draft = Draft::new(
        "C4",
        "Articulation rate",
        "syllables/s",
        exposure(evidence.word_count(), 60.0, "words"),
    )
    .target(Band::between(3.5, 5.5));
    if !evidence.is_english() {
        return draft.not_covered("Syllables are counted by English spelling.");
    }
    draft
        .part("syllables", count.iter().sum())
        .part("phonation_s", phonation.iter().sum::<f64>() / 1000.0)
        .value(Evidence::rate(1000.0, count, phonation))
}
