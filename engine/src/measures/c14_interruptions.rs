//! C14, interruptions made and received.

use super::{Band, Draft, Evidence, Found, Moment, ONE_CHANNEL, exposure};
use crate::floor::cut_ins;
use crate::speaker::Speaker;

/// How often I cut in: speech of mine that begins at least a word before the other's end, overlaps for 0.5 s or more, is no
/// backchannel, and the other stops within 2 s while I go on. Per 10 minutes of meeting; received is the mirror image.
///
/// Needs 5 minutes. At most 1 made, and made by received (`ratio`) at most 1.5; "more than one word before the projected completion" `[V]`, backchannels left out
/// (revenue.io `[V]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let draft = Draft::new(
        "C14",
        "Interruptions",
        "per 10 min",
        exposure(evidence.minutes(), 5.0, "minutes of meeting"),
    )
    .target(Band::at_most(1.0));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let utterances = conversation.utterances();
    let made = cut_ins(utterances, Speaker::Me).into_iter();
    let made: Vec<_> = made.map(|index| utterances[index].span).collect();
    let received = cut_ins(utterances, Speaker::Them).len() as f64;
    let count = evidence.moments_by_turn(made.iter().map(|span| span.start));
    draft
        .part("made", made.len() as f64)
        .part("received", received)
        .part("ratio", made.len() as f64 / received)
        .moments(made.into_iter().map(Moment::at).collect())
        .value(Evidence::rate(600_000.0, count, evidence.meeting_ms_by_turn()))
}
