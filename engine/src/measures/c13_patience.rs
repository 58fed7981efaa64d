//! C13, patience.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;

/// Gaps outside this are not an answer to what came before.
const GAPS_MS: std::ops::RangeInclusive<f64> = -500.0..=5000.0;

/// How long I wait before I speak: the median gap in front of my turns that follow another's, gaps of −0.5 to 5 s.
/// Milliseconds, measured on my machine, so that it is the gap as I perceive it; negative is overlap.
///
/// Needs 8 gaps. 300 to 1200 ms; often below 0 is cutting in (mean gaps are about 200 ms, 7 to 470 by language, and planning
/// a reply takes at least 600 ms: Levinson & Torreira 2015 `[V]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let pairs = evidence.turns.windows(2).zip(1..);
    let gaps_ms: Vec<(usize, f64)> = pairs
        .filter(|(pair, _)| pair[0].speaker != pair[1].speaker && pair[1].speaker == evidence.conversation.me())
        .map(|(pair, turn)| {
            let (before, mine) = (pair[0].span, pair[1].span);
            (turn, mine.start.as_ms() as f64 - before.end.as_ms() as f64)
        })
        .filter(|(_, gap_ms)| GAPS_MS.contains(gap_ms))
        .collect();
    let draft = Draft::new("C13", "Patience", "ms", exposure(gaps_ms.len() as f64, 8.0, "gaps"))
        .target(Band::between(300.0, 1200.0));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let quarter = Sample::quantile(evidence.blocks(), 0.25, gaps_ms.clone()).value();
    draft
        .part("p25_ms", quarter.unwrap_or(f64::NAN))
        .value(Sample::quantile(evidence.blocks(), 0.5, gaps_ms))
}
