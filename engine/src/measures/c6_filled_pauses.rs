//! C6, filled pauses.

use super::evidence::ms;
use super::{Band, Draft, Evidence, Found, ONLY_ENGLISH, exposure};
use crate::fillers::FillerKind;
use crate::live::OWN_PAUSE;

/// My filled pauses (um, uh, er, ah, hm, mm) per 100 words, from a recognizer that writes them.
///
/// Needs 200 words. At most 2 is fine, 2 to 4 to watch, above 4 high (Read: under 4 % `[V]`; ordinary speech has about 6
/// disfluencies of all kinds per 100 words, Bortfeld 2001 `[M]`). Whisper drops "um", and PocketSphinx writes "and": there
/// it is not covered rather than zero. What sounds like one ([`crate::sound::FilledPause`]) is not counted in its place: the
/// detector is seldom wrong, but on voices that it was not set on it found three of thirty.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let words = evidence.word_count();
    let draft =
        Draft::new("C6", "Filled pauses", "per 100 words", exposure(words, 200.0, "words")).target(Band::at_most(2.0));
    if !evidence.conversation.setup().recognizer.writes_fillers {
        return draft.not_covered("This recognizer does not write um and uh down.");
    }
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    let count = count(evidence, FillerKind::FilledPause);
    let all: f64 = count.iter().sum();
    let speaking_ms: f64 = evidence
        .my_units(OWN_PAUSE)
        .into_iter()
        .map(|unit| ms(unit.duration()))
        .sum();
    draft
        .part("count", all)
        .part("per_minute", all * 60_000.0 / speaking_ms)
        .value(Evidence::rate(100.0, count, evidence.words_by_turn()))
}

/// How many fillers of `kind` I used in each turn, in utterances whose words can be trusted.
pub(super) fn count(evidence: &Evidence<'_>, kind: FillerKind) -> Vec<f64> {
    let fillers = evidence.conversation.trusted().flat_map(|said| &said.fillers);
    evidence.mine_by_turn(fillers.filter(|filler| filler.kind == kind).map(|filler| filler.at))
}
