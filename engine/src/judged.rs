//! What a language model found in a meeting, as places in its transcript: what C18 and C20 cannot be computed without. Whoever
//! asks a model hands its answer in here; the engine checks every place against the transcript, and what does not hold is
//! left out and counted.

use crate::transcript::SegmentId;
use serde::{Deserialize, Serialize};

/// The findings of one meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// My answers to direct questions.
    pub answers: Vec<Answer>,
    /// Long turns of mine said shorter.
    pub paraphrases: Vec<Paraphrase>,
}

/// Where an answer comes to its point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The segment of mine in which its main claim begins.
    pub segment: SegmentId,
    /// The claim's first word, counted from 0 in that segment.
    pub claim_word: usize,
}

/// The least words that say what a turn says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paraphrase {
    /// A segment of the turn.
    pub segment: SegmentId,
    /// The words.
    pub text: String,
    /// A second reading found that each of the two follows from the other.
    pub entailed: bool,
}
