//! C15, failed interruptions.

use super::{Band, Draft, Evidence, Found, Moment, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::clock::Span;
use crate::floor::attempts;
use crate::speaker::Speaker;

/// How often someone tried to speak and I went on: others' speech that begins in my turn, overlaps my voice for 0.3 s or more,
/// is no backchannel, and stops without the floor, while I go on for 2 s and more. A count: every one is worth acting on
/// (Microsoft's "failed interruption" `[V]`). Its part `mine` is how often I tried and gave up.
///
/// Needs a turn of mine.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let me = evidence.conversation.me();
    let turns = evidence.turns.iter().filter(|turn| turn.speaker == me).count();
    let draft = Draft::new(
        "C15",
        "Failed interruptions",
        "times",
        exposure(turns as f64, 1.0, "turns"),
    )
    .target(Band::at_most(0.0));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let tried = tries(evidence, Speaker::Them);
    let count = evidence.moments_by_turn(tried.iter().map(|span| span.start));
    let all = move |drawn: &[u32]| {
        Some(
            drawn
                .iter()
                .zip(&count)
                .map(|(&times, count)| f64::from(times) * count)
                .sum(),
        )
    };
    draft
        .part("mine", tries(evidence, Speaker::Me).len() as f64)
        .moments(tried.into_iter().map(Moment::at).collect())
        .value(Sample::of(evidence.blocks(), all))
}

/// What `by` said when they tried to speak and gave up, in order.
pub(crate) fn tries(evidence: &Evidence<'_>, by: Speaker) -> Vec<Span> {
    let utterances = evidence.conversation.utterances();
    let holder = match by {
        Speaker::Them => evidence.conversation.me(),
        Speaker::Me | Speaker::Unknown => Speaker::Them,
    };
    let tried = attempts(utterances, &evidence.turns, by, holder).into_iter();
    tried.map(|index| utterances[index].span).collect()
}
