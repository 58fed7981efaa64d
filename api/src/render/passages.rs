//! A transcript to be read: what one person said without a break stands together.

use attune_engine::conversation::Utterance;
use attune_engine::speaker::Speaker;

/// A longer pause starts a new passage: the turn's own limit.
const BREAK_MS: u64 = 1500;

/// What one person said without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) speaker: Speaker,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) text: String,
}

/// The passages of `utterances`, which are in order of start.
pub(super) fn passages(utterances: &[Utterance]) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    for utterance in utterances {
        let (start_ms, end_ms) = (utterance.span.start.as_ms(), utterance.span.end.as_ms());
        match passages.last_mut() {
            Some(open) if open.speaker == utterance.speaker && start_ms < open.end_ms + BREAK_MS => {
                open.text.push(' ');
                open.text.push_str(&utterance.text);
                open.end_ms = open.end_ms.max(end_ms);
            }
            _ => passages.push(Passage {
                speaker: utterance.speaker,
                start_ms,
                end_ms,
                text: utterance.text.clone(),
            }),
        }
    }
    passages
}
