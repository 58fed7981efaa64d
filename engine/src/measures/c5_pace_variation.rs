//! C5, pace variation.

use super::evidence::ms;
use super::{Band, Draft, Evidence, Found, exposure};
use crate::bootstrap::Sample;
use crate::clock::MeetingTime;
use crate::conversation::IPU_GAP;

/// An inter-pausal unit with fewer words has no rate: short ones are fast by nature (Yuan 2006 `[V]`).
const MIN_WORDS: usize = 5;

/// How much my pace moves: the standard deviation of the rates of my inter-pausal units of five words and more, by their mean.
///
/// Needs 20 such units. 0.12 to 0.35 (Orai uses variation `[V]`; the range `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let rates = rates(evidence);
    Draft::new(
        "C5",
        "Pace variation",
        "of the mean",
        exposure(rates.len() as f64, 20.0, "stretches of speech"),
    )
    .target(Band::between(0.12, 0.35))
    .value(Sample::variation(evidence.blocks(), rates))
}

/// The value, as a function of the turns.
pub(super) fn sample(evidence: &Evidence<'_>) -> Sample {
    Sample::variation(evidence.blocks(), rates(evidence))
}

/// Words a millisecond of each unit that has enough of them, with the turn that it is drawn with.
fn rates(evidence: &Evidence<'_>) -> Vec<(usize, f64)> {
    let mut middles: Vec<MeetingTime> = evidence
        .words
        .iter()
        .map(|spoken| MeetingTime::from_ms(spoken.word.start.as_ms().midpoint(spoken.word.end.as_ms())))
        .collect();
    middles.sort_unstable();
    let before = |moment| middles.partition_point(|middle| *middle < moment);
    let units = evidence.my_units(IPU_GAP).into_iter();
    units
        .map(|unit| (unit, before(unit.end) - before(unit.start)))
        .filter(|(_, words)| *words >= MIN_WORDS)
        .map(|(unit, words)| (evidence.my_turn(unit.start), words as f64 / ms(unit.duration())))
        .collect()
}
