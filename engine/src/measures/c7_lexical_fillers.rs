//! C7, lexical fillers.

use super::c6_filled_pauses::count;
use super::{Band, Draft, Measure, exposure, my_words};
use crate::conversation::Conversation;
use crate::fillers::FillerKind;

/// My lexical fillers (like, you know, I mean, sort of, kind of, basically, actually, literally, right?, turn-initial so,
/// anyway) in their discourse use, per 100 words.
///
/// Needs 200 words. At most 2 (`[D]`; the list is Microsoft's user data, the care about false positives Zoom's patent,
/// `[V]`).
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let words = my_words(conversation) as f64;
    let count = count(conversation, FillerKind::Lexical);
    Draft::new(
        "C7",
        "Lexical fillers",
        "per 100 words",
        exposure(words, 200.0, "words"),
    )
    .target(Band::at_most(2.0))
    .part("count", count)
    .value((words > 0.0).then(|| 100.0 * count / words))
}
