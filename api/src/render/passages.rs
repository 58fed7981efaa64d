//! A transcript to be read: what one person said without a break stands together.

use attune_engine::report::Line;
use attune_engine::speaker::Speaker;

/// A longer pause starts a new passage: the turn's own limit.
const BREAK_MS: u64 = 1500;

/// What one person said without a break.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passage<'a> {
    pub(super) speaker: Speaker,
    /// Whose words these are, as the meeting's page tells.
    pub(super) name: Option<String>,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) text: String,
    /// The lines it is made of.
    pub(super) pieces: Vec<&'a Line>,
}

impl Passage<'_> {
    /// Who speaks, as a label.
    pub(super) fn who(&self) -> &str {
        self.name.as_deref().unwrap_or(super::figures::speaker(self.speaker))
    }
}

/// The passages of `utterances`, which are in order of start.
pub(super) fn passages(utterances: &[Line]) -> Vec<Passage<'_>> {
    let mut passages: Vec<Passage<'_>> = Vec::new();
    for utterance in utterances {
        let (start_ms, end_ms) = (utterance.span.start.as_ms(), utterance.span.end.as_ms());
        let name = utterance
            .participant
            .as_ref()
            .map(|participant| participant.name.clone());
        match passages.last_mut() {
            Some(open)
                if open.speaker == utterance.speaker && open.name == name && start_ms < open.end_ms + BREAK_MS =>
            {
                open.text.push(' ');
                open.text.push_str(&utterance.text);
                open.end_ms = open.end_ms.max(end_ms);
                open.pieces.push(utterance);
            }
            _ => passages.push(Passage {
                speaker: utterance.speaker,
                name,
                start_ms,
                end_ms,
                text: utterance.text.clone(),
                pieces: vec![utterance],
            }),
        }
    }
    passages
}
