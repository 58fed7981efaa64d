//! C10, longest monologue.

use super::{Band, Draft, Measure, ONE_CHANNEL, exposure};
use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;

/// My longest turn, seconds.
///
/// Needs one turn of mine. At most 90 s in a dialogue (76 s in won demos `[S]`; 2:30 is where customers tune out `[M]`), 120 s
/// in an update; presenting is exempt `[D]`.
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let turns = conversation.turns();
    let mine: Vec<_> = turns.iter().filter(|turn| turn.speaker == conversation.me()).collect();
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
    let Some(longest) = mine.into_iter().max_by_key(|turn| turn.span.duration()) else {
        return draft.value(None);
    };
    draft
        .part("t0_ms", longest.span.start.as_ms() as f64)
        .part("t1_ms", longest.span.end.as_ms() as f64)
        .part("words", longest.words as f64)
        .value(Some(longest.span.duration().as_secs_f64()))
}
