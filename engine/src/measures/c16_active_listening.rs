//! C16, active listening.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, ONLY_ENGLISH, exposure};
use crate::meeting_type::MeetingType;
use crate::speaker::Speaker;

/// How often I let others hear that I listen: my backchannels (mhm, right, I see) a minute of their speech, as the detectors tell them
/// from assents.
///
/// Needs 3 minutes of others' speech. 1 to 4 where there are two of us, at least 0.3 in groups (revenue.io `[V]` as an idea; the
/// ranges `[D]`). Where it is not known how many speak, the type of meeting says. A presentation has no target.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let listening: Vec<_> = conversation
        .of(Speaker::Me)
        .filter(|said| said.found.listens)
        .map(|said| said.span.start)
        .collect();
    let theirs = evidence.speech_ms_by_turn(Speaker::Them);
    let minutes = theirs.iter().sum::<f64>() / 60_000.0;
    let meeting_type = conversation.setup().meeting_type;
    let two = evidence
        .speakers()
        .map_or(meeting_type.is_between_two(), |speakers| speakers == 2);
    let target = match meeting_type {
        MeetingType::Presentation => None,
        _ if two => Some(Band::between(1.0, 4.0)),
        _ => Some(Band::at_least(0.3)),
    };
    let draft = Draft::new(
        "C16",
        "Active listening",
        "per min of others",
        exposure(minutes, 3.0, "minutes of others' speech"),
    )
    .target(target);
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft.part("count", listening.len() as f64).value(Evidence::rate(
        60_000.0,
        evidence.moments_by_turn(listening),
        theirs,
    ))
}
