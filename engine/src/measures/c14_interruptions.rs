//! C14, interruptions made and received.

use super::{Band, Draft, Measure, ONE_CHANNEL, exposure, minutes};
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, Utterance};
use crate::speaker::Speaker;
use crate::turns::is_backchannel;
use std::time::Duration;

/// Overlap that counts, at least.
const OVERLAP: Duration = Duration::from_millis(500);
/// The one who was interrupted stops within this.
const STOPS_WITHIN: Duration = Duration::from_millis(2000);
/// Voice activity rounds both edges of a voice outwards by up to a frame and holds on for a moment: what it adds to an
/// overlap at least.
const EDGE: Duration = Duration::from_millis(64);

/// How often I cut in: speech of mine that begins at least a word before the other's end, overlaps for 0.5 s or more, is no
/// backchannel, and the other stops within 2 s while I go on. Per 10 minutes of meeting; received is the mirror image.
///
/// Needs 5 minutes. At most 1 made; "more than one word before the projected completion" `[V]`, backchannels left out
/// (revenue.io `[V]`).
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let minutes = minutes(conversation);
    let draft = Draft::new(
        "C14",
        "Interruptions",
        "per 10 min",
        exposure(minutes, 5.0, "minutes of meeting"),
    )
    .target(Band::at_most(1.0));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let made = interruptions(conversation.utterances(), Speaker::Me).len() as f64;
    let received = interruptions(conversation.utterances(), Speaker::Them).len() as f64;
    draft
        .part("made", made)
        .part("received", received)
        .value(Some(10.0 * made / minutes))
}

/// When `by` cut in on somebody.
pub(super) fn interruptions(utterances: &[Utterance], by: Speaker) -> Vec<MeetingTime> {
    let mut found = Vec::new();
    for (index, mine) in utterances.iter().enumerate() {
        if mine.speaker != by || is_backchannel(utterances, index) {
            continue;
        }
        let cut_in = utterances.iter().enumerate().any(|(other_index, other)| {
            other.speaker != by && !is_backchannel(utterances, other_index) && cuts_in(mine.span, other)
        });
        // The same speech in two segments cuts in once.
        let goes_on_from_before = utterances[..index]
            .iter()
            .any(|before| before.speaker == by && before.span.end.plus(Duration::from_millis(250)) > mine.span.start);
        if cut_in && !goes_on_from_before {
            found.push(mine.span.start);
        }
    }
    found
}

fn cuts_in(mine: Span, other: &Utterance) -> bool {
    let begins_inside = mine.start > other.span.start && mine.start < other.span.end;
    let overlap = Duration::from_millis(mine.overlap_ms(other.span));
    let words_left = other.words.iter().filter(|word| word.start >= mine.start).count();
    let other_stops = other.span.end <= mine.start.plus(STOPS_WITHIN) && other.span.end < mine.end;
    begins_inside && overlap >= OVERLAP + EDGE && words_left >= 1 && other_stops
}
