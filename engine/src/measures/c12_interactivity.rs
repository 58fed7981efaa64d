//! C12, interactivity.

use super::{Band, Draft, Measure, ONE_CHANNEL, exposure, minutes};
use crate::conversation::Conversation;

/// How often the floor changes hands: turn switches per minute of meeting.
///
/// Needs 5 minutes. 2 to 6 a minute; the score out of ten is `10 (1 − e^(−s/2))`, 6 and above is lively (Gong's
/// interactivity as an idea `[V]`, the scale `[D]`).
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let minutes = minutes(conversation);
    let draft = Draft::new(
        "C12",
        "Interactivity",
        "switches/min",
        exposure(minutes, 5.0, "minutes of meeting"),
    )
    .target(Band::between(2.0, 6.0));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let turns = conversation.turns();
    let switches = turns
        .windows(2)
        .filter(|pair| pair[0].speaker != pair[1].speaker)
        .count() as f64;
    let rate = switches / minutes;
    draft
        .part("switches", switches)
        .part("score", 10.0 * (1.0 - (-rate / 2.0).exp()))
        .value(Some(rate))
}
