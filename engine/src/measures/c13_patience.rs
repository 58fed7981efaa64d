//! C13, patience.

use super::{Band, Draft, Measure, ONE_CHANNEL, exposure, quantile};
use crate::conversation::Conversation;

/// Gaps outside this are not an answer to what came before.
const GAPS_MS: std::ops::RangeInclusive<f64> = -500.0..=5000.0;

/// How long I wait before I speak: the median gap in front of my turns that follow another's, gaps of −0.5 to 5 s.
/// Milliseconds, measured on my machine, so that it is the gap as I perceive it; negative is overlap.
///
/// Needs 8 gaps. 300 to 1200 ms; often below 0 is cutting in (mean gaps are about 200 ms, 7 to 470 by language, and planning
/// a reply takes at least 600 ms: Levinson & Torreira 2015 `[V]`).
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let turns = conversation.turns();
    let gaps_ms: Vec<f64> = turns
        .windows(2)
        .filter(|pair| pair[0].speaker != pair[1].speaker && pair[1].speaker == conversation.me())
        .map(|pair| pair[1].span.start.as_ms() as f64 - pair[0].span.end.as_ms() as f64)
        .filter(|gap_ms| GAPS_MS.contains(gap_ms))
        .collect();
    let draft = Draft::new("C13", "Patience", "ms", exposure(gaps_ms.len() as f64, 8.0, "gaps"))
        .target(Band::between(300.0, 1200.0));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    draft
        .part("p25_ms", quantile(gaps_ms.clone(), 0.25).unwrap_or_default())
        .value(quantile(gaps_ms, 0.5))
}
