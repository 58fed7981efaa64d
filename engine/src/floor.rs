//! Who cut in on whom, and who tried to speak in vain (C14, C15): what the report counts and the coach hears.
//!
//! Both are told from voices, by the definitions of measures.md: how long two overlap, who stops and who goes on; words decide
//! only what is a backchannel and whether the other had any left. Speech whose words are in doubt is neither: what it says may be a
//! backchannel, a cough or an echo (measures.md, quality gate). It still holds a floor. What [`crate::detect`] makes of words alone is for transcripts
//! without sound.

use crate::clock::{MeetingTime, Span};
use crate::conversation::{IPU_GAP, Utterance, join};
use crate::speaker::Speaker;
use crate::turns::{Turn, is_backchannel, is_talked_over};
use std::sync::Arc;
use std::time::Duration;

/// Overlap of a cut-in, at least (C14).
const CUT_IN: Duration = Duration::from_millis(500);
/// Whoever was cut off stops within this (C14).
const STOPS_WITHIN: Duration = Duration::from_millis(2000);
/// Overlap of a failed attempt, at least (C15).
const ATTEMPT: Duration = Duration::from_millis(300);
/// After it whoever has the floor goes on for at least this (C15).
const GOES_ON: Duration = Duration::from_millis(2000);
/// Voice activity rounds both edges of a voice outwards by up to a frame and holds on for a moment: what it adds to an overlap
/// at least.
const EDGE: Duration = Duration::from_millis(64);

/// Where in `utterances`, in order of start, `by` cut in on the others: speech that begins at least a word before the other's
/// end, overlaps it for 0.5 s or more, is no backchannel, and the other stops within 2 s while it goes on. In order.
pub(crate) fn cut_ins(utterances: &[Arc<Utterance>], by: Speaker) -> Vec<usize> {
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
    let begun = beginnings(utterances, by).filter(|&index| {
        let own = utterances[index].span;
        let under = floor[..floor.partition_point(|ipu| ipu.start < own.start)].last();
        !utterances[index].low_confidence
            && !is_backchannel(utterances, index)
            // The other's breath is no stop: they had the floor before and after.
            && !is_talked_over(utterances, index)
            && under.is_some_and(|other| cuts_in(own, *other, &words))
    });
    begun.collect()
}

/// `own` begins inside `other`, at least a word before its end; `other` stops soon, and `own` goes on.
fn cuts_in(own: Span, other: Span, words_of_other: &[MeetingTime]) -> bool {
    let overlap = Duration::from_millis(own.overlap_ms(other));
    let has_words_left = words_of_other
        .iter()
        .any(|start| (own.start..other.end).contains(start));
    let stops = other.end <= own.start.plus(STOPS_WITHIN) && other.end < own.end;
    overlap >= CUT_IN + EDGE && stops && has_words_left
}

/// Where in `utterances`, in order of start, `by` tried to speak in a turn of `holder` and gave up: speech that overlaps the other's
/// voice for 0.3 s or more, is no backchannel, and stops without the floor, while the other goes on for 2 s and more. `turns` are
/// those of `utterances`. In order.
pub(crate) fn attempts(utterances: &[Arc<Utterance>], turns: &[Turn], by: Speaker, holder: Speaker) -> Vec<usize> {
    let spoken = utterances.iter().filter(|utterance| utterance.speaker == holder);
    let voice = join(spoken.flat_map(|utterance| utterance.ipus.iter().copied()), IPU_GAP);
    let begun = beginnings(utterances, by).filter(|&index| {
        let tried = utterances[index].span;
        let from = voice.partition_point(|unit| unit.end <= tried.start);
        let under = voice[from..].iter().take_while(|unit| unit.start < tried.end);
        let overlap_ms: u64 = under.map(|unit| unit.overlap_ms(tried)).sum();
        u128::from(overlap_ms) >= (ATTEMPT + EDGE).as_millis()
            && !utterances[index].low_confidence
            && is_talked_over(utterances, index)
            && !is_backchannel(utterances, index)
            && keeps_the_floor(turns, holder, tried)
    });
    begun.collect()
}

/// `holder` has the floor before `tried` begins, and 2 s after its end still.
fn keeps_the_floor(turns: &[Turn], holder: Speaker, tried: Span) -> bool {
    let begun = turns.partition_point(|turn| turn.span.start < tried.start);
    let last = turns[..begun].iter().rev().find(|turn| turn.speaker == holder);
    last.is_some_and(|turn| turn.span.end >= tried.end.plus(GOES_ON))
}

/// The utterances of `by` in which speech begins: the same speech in two segments begins once.
fn beginnings(utterances: &[Arc<Utterance>], by: Speaker) -> impl Iterator<Item = usize> {
    let mut spoken_to: Option<MeetingTime> = None;
    let own = utterances.iter().enumerate().filter(move |(_, own)| own.speaker == by);
    own.filter_map(move |(index, own)| {
        let goes_on = spoken_to.is_some_and(|end| own.span.start < end.plus(IPU_GAP));
        spoken_to = spoken_to.max(Some(own.span.end));
        (!goes_on).then_some(index)
    })
}
