//! C26, vocal dynamics.

use super::history::Z_MEETINGS;
use super::{Band, Draft, Evidence, Found, c5_pace_variation, c24_pitch_range, c25_level, exposure, no_sound};
use crate::bootstrap::Sample;

/// What it is made of: a measure or a part of one, as [`super::History`] names it.
const PARTS: [&str; 3] = ["C5", "C24", "C25.sd_lu"];

/// How much my voice moves against my own last ten meetings of this type: the mean of the z-values of C5, C24 and the spread
/// of C25. It is dynamics, and never an emotion (EU AI Act, Art. 5(1)(f) `[V]`).
///
/// Needs ten such meetings, and the speech that each of the three needs. −1 to +2 `[D]`.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let meetings = PARTS.map(|part| evidence.history.meetings(part));
    let have = meetings.into_iter().min().unwrap_or_default() as f64;
    let draft = Draft::new(
        "C26",
        "Vocal dynamics",
        "z",
        exposure(have.min(Z_MEETINGS as f64), Z_MEETINGS as f64, "meetings of this type"),
    )
    .target(Band::between(-1.0, 2.0));
    if let Some(why) = no_sound(evidence.conversation) {
        return draft.not_covered(why);
    }
    let spreads = PARTS.map(|part| evidence.history.spread(part));
    let [Some(pace), Some(pitch), Some(level)] = spreads else {
        return draft.told(None);
    };
    let enough = [
        c5_pace_variation::measure(evidence),
        c24_pitch_range::measure(evidence),
        c25_level::measure(evidence),
    ];
    if enough.iter().any(|found| found.measure.value.is_none()) {
        return draft.told(None);
    }
    let samples = [
        (pace, c5_pace_variation::sample(evidence)),
        (pitch, c24_pitch_range::sample(evidence)),
        (level, c25_level::spread(evidence)),
    ];
    draft.value(Sample::of(evidence.blocks(), move |drawn| {
        let z = |((mean, deviation), sample): &((f64, f64), Sample)| Some((sample.drawn(drawn)? - mean) / deviation);
        let all: Option<Vec<f64>> = samples.iter().map(z).collect();
        all.map(|z| z.iter().sum::<f64>() / z.len() as f64)
    }))
}
