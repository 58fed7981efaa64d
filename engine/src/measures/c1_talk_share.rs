//! C1, talk share.

use super::{Band, Draft, Measure, ONE_CHANNEL, exposure};
use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;
use crate::speaker::Speaker;

/// My share of all speech: `T_me / Σ T_i`, silence left out, overlap counted for both. Percent.
///
/// Needs 5 minutes of speech in all. Targets by type: above 65 % is bad in any dialogue (Gong, 43:57 in won calls,
/// `[V]`); the bands by type are miniti's `[V]`. A presentation has none.
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let mine = conversation.speech_time(Speaker::Me).as_secs_f64();
    let theirs = conversation.speech_time(Speaker::Them).as_secs_f64();
    let all = mine + theirs;
    let draft = Draft::new("C1", "Talk share", "%", exposure(all / 60.0, 5.0, "minutes of speech"))
        .target(target(conversation.setup().meeting_type));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    draft
        .part("me_s", mine)
        .part("them_s", theirs)
        .value(Some(100.0 * mine / all))
}

fn target(meeting_type: MeetingType) -> Option<Band> {
    Some(match meeting_type {
        MeetingType::Discovery => Band::between(35.0, 50.0),
        MeetingType::Demo | MeetingType::Candidate => Band::between(50.0, 70.0),
        MeetingType::Interviewer => Band::between(20.0, 30.0),
        MeetingType::OneOnOneManager => Band::between(20.0, 40.0),
        MeetingType::OneOnOneReport => Band::between(40.0, 60.0),
        MeetingType::Presentation => return None,
        MeetingType::StandUp | MeetingType::InternalUpdate | MeetingType::Other => Band::at_most(65.0),
    })
}
