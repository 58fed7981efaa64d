//! C3, speaking rate.

use super::{Band, Draft, Measure, exposure, my_speaking_time, my_words};
use crate::clock::Span;
use crate::conversation::{Conversation, join};
use crate::live::OWN_PAUSE;
use crate::meeting_type::MeetingType;
use std::time::Duration;

/// My words a minute of speaking: words (filled pauses left out) over speech time with my own pauses under 2 s.
///
/// Needs 60 words. Its target is [`pace_target`].
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let words = my_words(conversation) as f64;
    let seconds = my_speaking_time(conversation).as_secs_f64();
    Draft::new("C3", "Speaking rate", "words/min", exposure(words, 60.0, "words"))
        .target(pace_target(conversation.setup().meeting_type))
        .part("words", words)
        .part("speaking_s", seconds)
        .value((seconds > 0.0).then(|| words * 60.0 / seconds))
}

/// Words a minute to aim at: 130 to 170 in meetings (Read 130-175, Microsoft 100-165 `[V]`; mean 173, Gong `[S]`), 100 to
/// 165 when presenting (Microsoft `[V]`).
pub(crate) fn pace_target(meeting_type: MeetingType) -> Band {
    match meeting_type {
        MeetingType::Presentation => Band::between(100.0, 165.0),
        _ => Band::between(130.0, 170.0),
    }
}

/// Time spent speaking in `units` of one speaker, in order: voice, and pauses under 2 s between.
pub(crate) fn speaking_time(units: impl Iterator<Item = Span>) -> Duration {
    join(units, OWN_PAUSE).into_iter().map(Span::duration).sum()
}
