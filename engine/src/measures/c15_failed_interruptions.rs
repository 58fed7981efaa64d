//! C15, failed interruptions.

use super::c14_interruptions::EDGE;
use super::{Band, Draft, Evidence, Found, Moment, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::clock::{MeetingTime, Span};
use crate::conversation::IPU_GAP;
use crate::speaker::Speaker;
use crate::turns::{is_backchannel, is_talked_over};
use std::time::Duration;

/// Overlap that counts, at least.
const OVERLAP: Duration = Duration::from_millis(300);
/// The one who has the floor goes on for this long at least.
const GOES_ON: Duration = Duration::from_millis(2000);

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
    let tried = attempts(evidence, Speaker::Them);
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
        .part("mine", attempts(evidence, Speaker::Me).len() as f64)
        .moments(tried.into_iter().map(Moment::at).collect())
        .value(Sample::of(evidence.blocks(), all))
}

/// What `by` said when they tried to speak and gave up, in order.
pub(crate) fn attempts(evidence: &Evidence<'_>, by: Speaker) -> Vec<Span> {
    let utterances = evidence.conversation.utterances();
    let holder = match by {
        Speaker::Them => evidence.conversation.me(),
        Speaker::Me | Speaker::Unknown => Speaker::Them,
    };
    let voice = evidence.conversation.ipus(holder);
    let mut found: Vec<Span> = Vec::new();
    let mut spoken_to: Option<MeetingTime> = None;
    for (index, tried) in utterances.iter().enumerate().filter(|(_, tried)| tried.speaker == by) {
        // The same speech in two segments is one attempt, or none if its beginning was none.
        let goes_on = spoken_to.is_some_and(|end| tried.span.start < end.plus(IPU_GAP));
        spoken_to = spoken_to.max(Some(tried.span.end));
        let from = voice.partition_point(|unit| unit.end <= tried.span.start);
        let under = voice[from..].iter().take_while(|unit| unit.start < tried.span.end);
        let overlap_ms: u64 = under.map(|unit| unit.overlap_ms(tried.span)).sum();
        if !goes_on
            && u128::from(overlap_ms) >= (OVERLAP + EDGE).as_millis()
            && is_talked_over(utterances, index)
            && !is_backchannel(utterances, index)
            && keeps_the_floor(evidence, holder, tried.span)
        {
            found.push(tried.span);
        }
    }
    found
}

/// `holder` has the floor before `tried` begins, and 2 s after its end still.
fn keeps_the_floor(evidence: &Evidence<'_>, holder: Speaker, tried: Span) -> bool {
    let begun = evidence.turns.partition_point(|turn| turn.span.start < tried.start);
    let last = evidence.turns[..begun].iter().rev().find(|turn| turn.speaker == holder);
    last.is_some_and(|turn| turn.span.end >= tried.end.plus(GOES_ON))
}
