//! C3, speaking rate.

use super::{Band, Draft, Evidence, Found, exposure};
use crate::clock::Span;
use crate::conversation::join;
use crate::live::OWN_PAUSE;
use crate::meeting_type::MeetingType;
use std::time::Duration;

/// My words a minute of speaking: words (filled pauses left out) over speech time with my own pauses under 2 s.
///
/// Needs 60 words. Its target is [`pace_target`]; what lies within 15 % of the person's own pace is as good. Words of other languages
/// are longer or shorter than English ones, so that there it has none.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let me = conversation.me();
    let speaking_ms = evidence.spans_ms_by_turn(me, evidence.my_units(OWN_PAUSE));
    let words = evidence.word_count();
    let band = pace_target(conversation.setup().meeting_type);
    Draft::new("C3", "Speaking rate", "words/min", exposure(words, 60.0, "words"))
        .target(
            evidence
                .is_english()
                .then(|| widened(band, evidence.history.baseline("C3"))),
        )
        .part("words", words)
        .part("speaking_s", speaking_ms.iter().sum::<f64>() / 1000.0)
        .value(Evidence::rate(60_000.0, evidence.words_by_turn(), speaking_ms))
}

/// `band`, with what lies within 15 % of the person's own pace.
fn widened(band: Band, own: Option<f64>) -> Band {
    const OWN: f64 = 0.15;
    let Some(own) = own else { return band };
    Band {
        low: band.low.map(|low| low.min(own * (1.0 - OWN))),
        high: band.high.map(|high| high.max(own * (1.0 + OWN))),
    }
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
