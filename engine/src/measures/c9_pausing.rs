//! C9, pausing.

use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::clock::{MeetingTime, Span};
use crate::conversation::Conversation;
use crate::fillers::ends_clause;
use crate::speaker::Speaker;
use crate::transcript::Word;
use std::time::Duration;

/// Long enough to be heard as a pause, short enough to be one.
const GOOD_MS: std::ops::RangeInclusive<u64> = 500..=2_000;
/// A pause within a clause that is longer than this is a hesitation `[S]`.
const HESITATION_MS: u64 = 1_200;
/// After a silence longer than this nobody was pausing any more: as C13 has it.
const LONGEST_MS: u64 = 5_000;
/// Recognizers place the end of a word loosely, but not looser than this: what ends earlier is not the word before a pause.
const LOOSE_END: Duration = Duration::from_millis(500);

/// My silent pauses of 0.5 to 2.0 s at the end of a clause, per 100 words: the ones that do a listener good. Its part
/// `hesitations` is the pauses within a clause of over 1.2 s, per 100 words, at most 1.5; `silent` is all of my pauses of half a
/// second and more, per 100 words.
///
/// A pause is a silence between two of my inter-pausal units in which nobody else speaks. Where a clause ends is told by
/// punctuation, so that a recognizer which writes none cannot tell.
///
/// Needs 200 words. 2 to 6 (a silent pause is the competing response to a filled one `[V]`; the range `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let (conversation, words) = (evidence.conversation, evidence.word_count());
    let draft =
        Draft::new("C9", "Pausing", "per 100 words", exposure(words, 200.0, "words")).target(Band::between(2.0, 6.0));
    if !conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    if !evidence.words.is_empty() && !evidence.words.iter().any(|spoken| ends_clause(spoken.word)) {
        return draft.not_covered("This recognizer writes no punctuation, so the ends of clauses cannot be told.");
    }
    let pauses = pauses(conversation);
    let per_100 =
        |counts: fn(&Pause) -> bool| 100.0 * pauses.iter().filter(|pause| counts(pause)).count() as f64 / words;
    let good = pauses
        .iter()
        .filter(|pause| pause.ends_clause && GOOD_MS.contains(&pause.ms));
    let good = evidence.mine_by_turn(good.map(|pause| pause.at));
    draft
        .part(
            "hesitations",
            per_100(|pause| !pause.ends_clause && pause.ms > HESITATION_MS),
        )
        .part("silent", per_100(|pause| pause.ms >= *GOOD_MS.start()))
        .value(Evidence::rate(100.0, good, evidence.words_by_turn()))
}

/// A silence of mine.
pub(crate) struct Pause {
    pub(crate) at: MeetingTime,
    pub(crate) ms: u64,
    pub(crate) ends_clause: bool,
}

/// My silences of half a second to five in which nobody else speaks, after a word that can be trusted.
pub(crate) fn pauses(conversation: &Conversation) -> Vec<Pause> {
    let others = conversation.ipus(Speaker::Them);
    let said: Vec<&Word> = conversation.trusted().flat_map(|utterance| &utterance.words).collect();
    let silences = conversation
        .ipus(conversation.me())
        .windows(2)
        .map(|pair| Span::new(pair[0].end, pair[1].start))
        .filter(|silence| (*GOOD_MS.start()..=LONGEST_MS).contains(&(silence.duration().as_millis() as u64)))
        .filter(|silence| others.iter().all(|unit| unit.overlap_ms(*silence) == 0))
        .collect::<Vec<_>>();
    silences
        .into_iter()
        .filter_map(|silence| {
            let began = said.partition_point(|word| word.start < silence.start);
            let last = said[..began].last()?;
            (silence.start.since(last.end) < LOOSE_END).then(|| Pause {
                at: silence.start,
                ms: silence.duration().as_millis() as u64,
                ends_clause: ends_clause(last),
            })
        })
        .collect()
}
