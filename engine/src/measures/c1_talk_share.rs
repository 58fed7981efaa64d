//! C1, talk share.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::meeting_type::MeetingType;
use crate::speaker::Speaker;

/// My share of all speech: `T_me / Σ T_i`, silence left out, overlap counted for both. Percent.
///
/// Needs 5 minutes of speech in all. Targets by type: above 65 % is bad in any dialogue (Gong, 43:57 in won calls,
/// `[V]`); the bands by type are miniti's `[V]`: in a stand-up of N it is 1/N, give or take 40 % of that. A presentation has
/// none. Its part `words_share` is my share of all words, percent: where the two are far apart, somebody's words were missed.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let mine = evidence.speech_ms_by_turn(Speaker::Me);
    let theirs = evidence.speech_ms_by_turn(Speaker::Them);
    let (me_s, them_s) = (mine.iter().sum::<f64>() / 1000.0, theirs.iter().sum::<f64>() / 1000.0);
    let all_s = me_s + them_s;
    let draft = Draft::new(
        "C1",
        "Talk share",
        "%",
        exposure(all_s / 60.0, 5.0, "minutes of speech"),
    )
    .target(target(conversation.setup().meeting_type, evidence.speakers()));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let words = |speaker| -> f64 {
        let said = conversation.of(speaker);
        said.map(|utterance| utterance.spoken_words().count() as f64).sum()
    };
    let (my_words, their_words) = (words(Speaker::Me), words(Speaker::Them));
    let parts = mine.into_iter().zip(theirs).map(|(me, them)| (me, me + them));
    draft
        .part("me_s", me_s)
        .part("them_s", them_s)
        .part("words_share", 100.0 * my_words / (my_words + their_words))
        .value(Sample::ratio(100.0, parts.collect()))
}

fn target(meeting_type: MeetingType, speakers: Option<usize>) -> Option<Band> {
    /// Of an even share, in a stand-up.
    const EITHER_WAY: f64 = 0.4;
    Some(match (meeting_type, speakers) {
        (MeetingType::Discovery, _) => Band::between(35.0, 50.0),
        (MeetingType::Demo | MeetingType::Candidate, _) => Band::between(50.0, 70.0),
        (MeetingType::Interviewer, _) => Band::between(20.0, 30.0),
        (MeetingType::OneOnOneManager, _) => Band::between(20.0, 40.0),
        (MeetingType::OneOnOneReport, _) => Band::between(40.0, 60.0),
        (MeetingType::Presentation, _) => return None,
        (MeetingType::StandUp, Some(speakers)) => {
            let even = 100.0 / speakers as f64;
            Band::between(even * (1.0 - EITHER_WAY), even * (1.0 + EITHER_WAY))
        }
        (MeetingType::StandUp | MeetingType::InternalUpdate | MeetingType::Other, _) => Band::at_most(65.0),
    })
}
