//! My pace over time.

use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, IPU_GAP, Utterance, join};
use crate::measures::speaking_time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// My pace around a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PacePoint {
    /// The middle of the window.
    pub at_ms: u64,
    /// Words a minute in it; absent where I said too little.
    pub wpm: Option<f64>,
}

/// My pace in windows of 30 s, every 10 s. A window with under 15 words or 5 s of speech has none: the rate of a short
/// answer says nothing.
pub(super) fn pace(conversation: &Conversation) -> Vec<PacePoint> {
    const WINDOW: Duration = Duration::from_secs(30);
    const STEP_MS: u64 = 10_000;
    const MIN_WORDS: usize = 15;
    const MIN_SPEECH: Duration = Duration::from_secs(5);
    let mut words: Vec<MeetingTime> = conversation
        .trusted()
        .flat_map(Utterance::spoken_words)
        .map(|word| word.start)
        .collect();
    words.sort_unstable();
    let units = join(
        conversation
            .trusted()
            .flat_map(|utterance| utterance.ipus.iter().copied()),
        IPU_GAP,
    );
    (0..=conversation.now().as_ms() / STEP_MS)
        .map(|step| {
            let middle = MeetingTime::from_ms(step * STEP_MS);
            let window = Span::new(middle.minus(WINDOW / 2), middle.plus(WINDOW / 2));
            let before = |moment| words.partition_point(|start| *start < moment);
            let said = before(window.end) - before(window.start);
            let heard = units.partition_point(|unit| unit.end <= window.start)
                ..units.partition_point(|unit| unit.start < window.end);
            let inside = |unit: &Span| Span::new(unit.start.max(window.start), unit.end.min(window.end));
            let speaking = speaking_time(units[heard].iter().map(inside));
            let wpm =
                (said >= MIN_WORDS && speaking >= MIN_SPEECH).then(|| said as f64 * 60.0 / speaking.as_secs_f64());
            PacePoint {
                at_ms: middle.as_ms(),
                wpm,
            }
        })
        .collect()
}
