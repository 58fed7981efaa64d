//! C12, interactivity.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};

/// How often the floor changes hands between me and the others: turn switches per minute of meeting.
///
/// Needs 5 minutes. Between two 2 to 6 a minute; the score out of ten is `10 (1 − e^(−s/2))`, 6 and above is lively (Gong's
/// interactivity as an idea `[V]`, the scale `[D]`). Both scale by how many spoke, where that is known by name: where N take the
/// floor equally often, 2 of N switches are from me or to me, so the band is 2/N of that of two, and the score is that of `s·N/2`.
/// Its part `speakers` is N. `[D]`
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let minutes = evidence.minutes();
    let speakers = evidence.speakers();
    // Of all switches: those between me and another.
    let mine = speakers.map_or(1.0, |speakers| 2.0 / speakers as f64);
    let draft = Draft::new(
        "C12",
        "Interactivity",
        "switches/min",
        exposure(minutes, 5.0, "minutes of meeting"),
    )
    .target(Band::between(2.0 * mine, 6.0 * mine));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let pairs = evidence.turns.windows(2).zip(1..);
    let switches: Vec<_> = pairs
        .filter(|(pair, _)| pair[0].speaker != pair[1].speaker)
        .map(|(_, turn)| (turn, 1.0))
        .collect();
    let count = switches.len() as f64;
    draft
        .part("switches", count)
        .part("score", 10.0 * (1.0 - (-count / minutes / mine / 2.0).exp()))
        .part("speakers", speakers.map_or(f64::NAN, |speakers| speakers as f64))
        .value(Evidence::rate(
            60_000.0,
            evidence.by_turn(switches),
            evidence.meeting_ms_by_turn(),
        ))
}
