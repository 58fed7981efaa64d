//! What became of the floor: who waited how long, who cut in, who tried to speak and gave up. Definitions are those of C13, C14
//! and C15 ([`crate::floor`]); here they are told once each, as soon as the segments that decide them are there.

use super::Signal;
use crate::clock::MeetingTime;
use crate::conversation::{Conversation, Utterance};
use crate::floor::{attempts, cut_ins};
use crate::questions::QuestionKind;
use crate::speaker::Speaker;
use crate::turns::{self, Turn};
use std::sync::Arc;
use std::time::Duration;

/// How far back the floor is looked at: two of the longest segments, and what decides on them.
const LOOKED_AT: Duration = Duration::from_secs(60);
/// Gaps outside this are not an answer to what came before (C13).
const GAPS_MS: std::ops::RangeInclusive<i64> = -500..=5_000;

/// Up to where each kind of thing has been told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    cut_in: Option<MeetingTime>,
    tried: Option<MeetingTime>,
    /// The end of my last question that was told.
    pub(super) asked: MeetingTime,
}

/// The utterances of the last minute.
pub(super) fn lately(conversation: &Conversation) -> &[Arc<Utterance>] {
    let from = conversation.now().minus(LOOKED_AT);
    let utterances = conversation.utterances();
    &utterances[utterances.partition_point(|utterance| utterance.span.start < from)..]
}

/// The turn that the utterance at `place` opens and the other's turn before it, if it opens one of mine after another's.
pub(super) fn opened(conversation: &Conversation, place: usize) -> Option<(Vec<Arc<Utterance>>, Turn, Turn)> {
    let lately = lately(conversation);
    let first = conversation.utterances().len() - lately.len();
    let index = place.checked_sub(first)?;
    if conversation.utterances()[place].speaker != Speaker::Me {
        return None;
    }
    let turns = turns::turns(lately);
    let mine = turns.iter().position(|turn| turn.utterances.first() == Some(&index))?;
    let theirs = turns.get(mine.checked_sub(1)?)?;
    (theirs.speaker == Speaker::Them).then(|| (lately.to_vec(), theirs.clone(), turns[mine].clone()))
}

pub(super) fn took_floor(conversation: &Conversation, place: usize) -> Option<Signal> {
    let (lately, theirs, mine) = opened(conversation, place)?;
    let gap_ms = mine.span.start.as_ms() as i64 - theirs.span.end.as_ms() as i64;
    let last = &lately[*theirs.utterances.last()?];
    GAPS_MS.contains(&gap_ms).then_some(Signal::TookFloor {
        at: mine.span.start,
        gap_ms,
        asked: asked(&lately, &theirs).filter(|_| !last.low_confidence),
    })
}

/// The kind of the question that `turn` ends with.
fn asked(lately: &[Arc<Utterance>], turn: &Turn) -> Option<QuestionKind> {
    let said = || turn.utterances.iter().map(|&index| &lately[index]);
    let last = said().next_back()?;
    let question = said().flat_map(|said| &said.found.questions).next_back()?;
    (question.span.end >= last.span.start).then_some(question.kind)
}

/// What the newest utterance decided of the floor. Of words that are in doubt nothing is told ([`crate::floor`]): nobody is nudged
/// by them.
pub(super) fn since(conversation: &Conversation, told: &mut Told) -> Vec<Signal> {
    let lately = lately(conversation);
    let mut signals = Vec::new();
    for index in cut_ins(lately, Speaker::Me) {
        let at = lately[index].span.start;
        if told.cut_in < Some(at) {
            told.cut_in = Some(at);
            signals.push(Signal::CutIn { at });
        }
    }
    for index in attempts(lately, &turns::turns(lately), Speaker::Them, Speaker::Me) {
        let at = lately[index].span.end;
        if told.tried < Some(at) {
            told.tried = Some(at);
            signals.push(Signal::Tried { at });
        }
    }
    signals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting_type::MeetingType;
    use crate::spoken::{filling, said_for, setup};
    use crate::transcript::{Final, SegmentFlag};
    use Speaker::{Me, Them};
    use rstest::rstest;

    /// What the coach hears of the floor when these are decided in order of their ends.
    fn heard(mut finals: Vec<Final>) -> Vec<Signal> {
        finals.sort_by_key(|decided| decided.span.end);
        let mut conversation = Conversation::new(setup(MeetingType::Other));
        let signals = finals.iter().flat_map(|decided| conversation.observe(decided));
        let floor = |signal: &Signal| {
            matches!(
                signal,
                Signal::TookFloor { .. } | Signal::CutIn { .. } | Signal::Tried { .. }
            )
        };
        signals.filter(floor).collect()
    }

    fn at(ms: u64) -> MeetingTime {
        MeetingTime::from_ms(ms)
    }

    #[rstest]
    #[case::after_a_beat(5_400, Some(400))]
    #[case::at_once(5_020, Some(20))]
    #[case::after_a_long_silence(10_100, None)]
    fn taking_the_floor_tells_how_long_i_waited(#[case] start_ms: u64, #[case] gap_ms: Option<i64>) {
        let signals = heard(vec![
            said_for(Them, 1_000, 5_000, "so what would it take to get there?"),
            said_for(Me, start_ms, start_ms + 2_000, "that depends on the team"),
        ]);
        let expected: Vec<Signal> = gap_ms
            .map(|gap_ms| Signal::TookFloor {
                at: at(start_ms),
                gap_ms,
                asked: Some(QuestionKind::Open),
            })
            .into_iter()
            .collect();
        assert_eq!(signals, expected);
    }

    #[rstest]
    #[case::they_stop(3_000, "wait that is not what we agreed", true)]
    #[case::at_their_last_word(4_700, "wait that is not what we agreed", false)]
    #[case::only_a_backchannel(3_000, "yeah", false)]
    fn cutting_in_is_told_once(#[case] start_ms: u64, #[case] mine: &str, #[case] cuts: bool) {
        let end_ms = start_ms + if mine == "yeah" { 500 } else { 3_000 };
        let signals = heard(vec![
            said_for(Them, 1_000, 4_900, &filling(12)),
            said_for(Me, start_ms, end_ms, mine),
            said_for(Me, end_ms.max(5_000) + 100, end_ms.max(5_000) + 3_000, &filling(8)),
        ]);
        let cut_ins = signals.iter().filter(|signal| matches!(signal, Signal::CutIn { .. }));
        assert_eq!(cut_ins.count(), usize::from(cuts), "{signals:?}");
    }

    #[test]
    fn nobody_tries_or_cuts_in_by_words_that_are_in_doubt() {
        let told = |flags: &[SegmentFlag]| {
            let in_doubt = |speaker, start_ms, end_ms| Final {
                flags: flags.to_vec(),
                ..said_for(speaker, start_ms, end_ms, "but what about the budget")
            };
            let signals = heard(vec![
                said_for(Me, 1_000, 12_000, &filling(30)),
                in_doubt(Them, 6_000, 7_200),
                said_for(Them, 20_000, 24_000, &filling(12)),
                in_doubt(Me, 22_000, 25_000),
            ]);
            let tried = signals.iter().any(|signal| matches!(signal, Signal::Tried { .. }));
            let cut_in = signals.iter().any(|signal| matches!(signal, Signal::CutIn { .. }));
            (tried, cut_in)
        };
        assert_eq!(told(&[]), (true, true));
        assert_eq!(told(&[SegmentFlag::LowConfidence]), (false, false));
    }

    #[rstest]
    #[case::and_gives_up("but what about the budget", 12_000, true)]
    #[case::and_gets_the_floor("but what about the budget", 7_500, false)]
    #[case::a_backchannel_is_no_try("okay", 12_000, false)]
    fn another_tries_to_speak(#[case] theirs: &str, #[case] mine_until_ms: u64, #[case] tried: bool) {
        let end_ms = if theirs == "okay" { 6_500 } else { 7_200 };
        let signals = heard(vec![
            said_for(Me, 1_000, mine_until_ms, &filling(30)),
            said_for(Them, 6_000, end_ms, theirs),
        ]);
        let expected = if tried {
            vec![Signal::Tried { at: at(end_ms) }]
        } else {
            vec![]
        };
        assert_eq!(signals, expected);
    }
}
