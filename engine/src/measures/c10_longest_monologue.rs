//! C10, longest monologue.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::meeting_type::MeetingType;

/// My longest turn, seconds.
///
/// Needs one turn of mine. At most 90 s in a dialogue (76 s in won demos `[S]`; 2:30 is where customers tune out `[M]`), 120 s
/// in an update; presenting is exempt `[D]`.
/// The longest of draws is never longer: its interval ends at the value.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let turns = evidence.turns.iter().enumerate();
    let mine: Vec<_> = turns.filter(|(_, turn)| turn.speaker == conversation.me()).collect();
    let target = match conversation.setup().meeting_type {
        MeetingType::Presentation => None,
        MeetingType::InternalUpdate => Some(Band::at_most(120.0)),
        _ => Some(Band::at_most(90.0)),
    };
    let draft = Draft::new(
        "C10",
        "Longest monologue",
        "s",
        exposure(mine.len() as f64, 1.0, "turns"),
    )
    .target(target);
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let lengths_s = mine
        .iter()
        .map(|(index, turn)| (*index, turn.span.duration().as_secs_f64()));
    let sample = Sample::largest(evidence.blocks(), lengths_s.collect());
    let Some((_, longest)) = mine.into_iter().max_by_key(|(_, turn)| turn.span.duration()) else {
        return draft.told(None);
    };
    draft
        .part("t0_ms", longest.span.start.as_ms() as f64)
        .part("t1_ms", longest.span.end.as_ms() as f64)
        .part("words", longest.words as f64)
        .value(sample)
}
