//! C14, interruptions made and received.

use super::{Band, Draft, Evidence, Found, Moment, ONE_CHANNEL, exposure};
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, IPU_GAP, Utterance, join};
use crate::speaker::Speaker;
use crate::turns::{is_backchannel, is_talked_over};
use std::time::Duration;

/// Overlap that counts, at least.
const OVERLAP: Duration = Duration::from_millis(500);
/// The one who was interrupted stops within this.
const STOPS_WITHIN: Duration = Duration::from_millis(2000);
/// Voice activity rounds both edges of a voice outwards by up to a frame and holds on for a moment: what it adds to an
/// overlap at least.
pub(super) const EDGE: Duration = Duration::from_millis(64);

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
    let made = interruptions(conversation, Speaker::Me);
    let received = interruptions(conversation, Speaker::Them).len() as f64;
    let count = evidence.moments_by_turn(made.iter().map(|span| span.start));
    draft
        .part("made", made.len() as f64)
        .part("received", received)
        .part("ratio", made.len() as f64 / received)
        .moments(made.into_iter().map(Moment::at).collect())
        .value(Evidence::rate(600_000.0, count, evidence.meeting_ms_by_turn()))
}

/// What `by` said when they cut in on the others, in order.
pub(crate) fn interruptions(conversation: &Conversation, by: Speaker) -> Vec<Span> {
    let utterances = conversation.utterances();
    let others: Vec<&Utterance> = (0..utterances.len())
        .filter(|&index| utterances[index].speaker != by && !is_backchannel(utterances, index))
        .map(|index| &*utterances[index])
        .collect();
    // Across segments: whoever goes on after a cut has not stopped.
    let floor = join(others.iter().flat_map(|other| other.ipus.iter().copied()), IPU_GAP);
    let words: Vec<MeetingTime> = others
        .iter()
        .flat_map(|other| other.words.iter().map(|word| word.start))
        .collect();
    let mut found = Vec::new();
    let mut spoken_to = None;
    for (index, mine) in utterances.iter().enumerate().filter(|(_, mine)| mine.speaker == by) {
        // The same speech in two segments cuts in once.
        let goes_on = spoken_to.is_some_and(|end: MeetingTime| mine.span.start < end.plus(IPU_GAP));
        spoken_to = spoken_to.max(Some(mine.span.end));
        let under = floor[..floor.partition_point(|ipu| ipu.start < mine.span.start)].last();
        if !goes_on
            && !is_backchannel(utterances, index)
            // The other's breath is no stop: they had the floor before and after.
            && !is_talked_over(utterances, index)
            && under.is_some_and(|other| cuts_in(mine.span, *other, &words))
        {
            found.push(mine.span);
        }
    }
    found
}

/// `mine` begins inside `other`, at least a word before its end; `other` stops soon, and `mine` goes on.
fn cuts_in(mine: Span, other: Span, words_of_other: &[MeetingTime]) -> bool {
    let overlap = Duration::from_millis(mine.overlap_ms(other));
    let has_words_left = words_of_other
        .iter()
        .any(|start| (mine.start..other.end).contains(start));
    let stops = other.end <= mine.start.plus(STOPS_WITHIN) && other.end < mine.end;
    overlap >= OVERLAP + EDGE && stops && has_words_left
}
