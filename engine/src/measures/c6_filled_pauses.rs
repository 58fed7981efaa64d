//! C6, filled pauses.

use super::{Band, Draft, Measure, exposure, my_speaking_time, my_words};
use crate::conversation::Conversation;
use crate::fillers::FillerKind;

/// My filled pauses (um, uh, er, ah, hm, mm) per 100 words, from a recognizer that writes them.
///
/// Needs 200 words. At most 2 is fine, 2 to 4 to watch, above 4 high (Read: under 4 % `[V]`; ordinary speech has about 6
/// disfluencies of all kinds per 100 words, Bortfeld 2001 `[M]`). Whisper drops "um", and PocketSphinx writes "and": there
/// it is not covered rather than zero. What sounds like one ([`crate::sound::FilledPause`]) is not counted in its place: the
/// detector is seldom wrong, but on voices that it was not set on it found three of thirty.
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let words = my_words(conversation) as f64;
    let draft =
        Draft::new("C6", "Filled pauses", "per 100 words", exposure(words, 200.0, "words")).target(Band::at_most(2.0));
    if !conversation.setup().recognizer.writes_fillers {
        return draft.not_covered("This recognizer does not write um and uh down.");
    }
    let count = count(conversation, FillerKind::FilledPause);
    let minutes = my_speaking_time(conversation).as_secs_f64() / 60.0;
    draft
        .part("count", count)
        .part("per_minute", count / minutes)
        .value(Some(100.0 * count / words))
}

/// How many fillers of `kind` I used, in utterances whose words can be trusted.
pub(super) fn count(conversation: &Conversation, kind: FillerKind) -> f64 {
    conversation
        .trusted()
        .flat_map(|utterance| &utterance.fillers)
        .filter(|filler| filler.kind == kind)
        .count() as f64
}
