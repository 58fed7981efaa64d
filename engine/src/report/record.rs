//! The meeting record: what a person may hand to others. Who was there, how well it was heard, what was decided and promised, what
//! was asked and not answered, and the words. Nothing in it measures or advises anybody: that is [`Coaching`](super::Coaching),
//! which a record has no place for.

use crate::attribution::{self, Participant};
use crate::clock::Span;
use crate::conversation::Utterance;
use crate::correction::Corrected;
use crate::meeting_type::MeetingType;
use crate::recognize::RecognizerInfo;
use crate::speaker::{Speaker, Track};
use crate::transcript::{SegmentId, Word};
use serde::{Deserialize, Serialize};

/// The shareable part of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeetingRecord {
    /// Reports have versions; a later one replaces an earlier.
    pub version: u32,
    /// The meeting was cut off, and may go on.
    pub incomplete: bool,
    /// What kind of meeting it was.
    pub meeting_type: MeetingType,
    /// Who turned speech into words, and what it gets wrong.
    pub recognizer: RecognizerInfo,
    /// Length of the meeting as captured, milliseconds.
    pub duration_ms: u64,
    /// Who spoke, as far as that is known. Empty in reports that are older than this field.
    #[serde(default)]
    pub people: Vec<Who>,
    /// What became of every second, by track.
    pub coverage: Vec<Coverage>,
    /// What was lost.
    pub gaps: Vec<Gap>,
    /// That it was heard again after the meeting, from the audio that was kept, and what that changed. None where it was
    /// not: then its words are those written while the meeting went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_hearing: Option<SecondHearing>,
    /// What was decided, in the words that were said, by time.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// What somebody is to do, in the words that were said, by time.
    #[serde(default)]
    pub actions: Vec<ActionItem>,
    /// What was asked and got no answer, by time.
    #[serde(default)]
    pub open_questions: Vec<OpenQuestion>,
    /// What was said, by start.
    pub utterances: Vec<Line>,
    /// Parts of a record that this one does not have, and why not.
    #[serde(default)]
    pub missing: Vec<Missing>,
}

/// Somebody, as far as it is known who.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Who {
    /// Which side.
    pub speaker: Speaker,
    /// The name as the meeting's page shows it, or `Speaker 1` for a voice that it does not name, where that is sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Who {
    /// Who said `utterance`, with a name where it is sure enough to count by.
    pub(crate) fn said(utterance: &Utterance) -> Self {
        let named = utterance.participant.as_ref();
        let sure = named.filter(|participant| participant.confidence >= attribution::TRUSTED);
        Self {
            speaker: utterance.speaker,
            name: sure.map(|participant| participant.name.clone()),
        }
    }
}

/// Where in the meeting a statement has its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// From when to when.
    #[serde(flatten)]
    pub span: Span,
    /// The utterances it is in, by start; one at least.
    pub utterances: Vec<SegmentId>,
}

/// Something that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The words, as they were said.
    pub text: String,
    /// Who said them.
    pub by: Who,
    /// Where.
    pub source: Source,
}

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionItem {
    /// The words, as they were said.
    pub text: String,
    /// Who said them.
    pub by: Who,
    /// Whose it is, only where that was said: "I'll" is whoever says it, "we'll" is nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Who>,
    /// By when, in the words that were said, lower case; only where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Where.
    pub source: Source,
}

/// A question after which its asker waited, and nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenQuestion {
    /// The words, as they were said.
    pub text: String,
    /// Who asked.
    pub by: Who,
    /// Where.
    pub source: Source,
}

/// A part that a report does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// Which, such as `summary`.
    pub part: String,
    /// Why, in a sentence.
    pub why: String,
}

impl Missing {
    pub(super) fn new(part: &str, why: &str) -> Self {
        Self {
            part: part.to_owned(),
            why: why.to_owned(),
        }
    }
}

/// What somebody said, as a record has it: the words, and nothing about how they were said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// The segment's name.
    pub id: SegmentId,
    /// Who spoke.
    pub speaker: Speaker,
    /// From the first voice to the last.
    #[serde(flatten)]
    pub span: Span,
    /// Its words joined by spaces.
    pub text: String,
    /// Its words.
    pub words: Vec<Word>,
    /// The evidence for its words is weak.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub low_confidence: bool,
    /// Who of the others it is, as far as the meeting's page or a voice tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<Participant>,
    /// Those of its words, by place, that are the captions': ours were unsure, and other words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_captions: Vec<usize>,
    /// Its words are the person's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// What was written while the meeting went on, where a second hearing found other words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_text: Option<String>,
}

impl From<&Utterance> for Line {
    fn from(said: &Utterance) -> Self {
        Self {
            id: said.id.clone(),
            speaker: said.speaker,
            span: said.span,
            text: said.text.clone(),
            words: said.words.clone(),
            low_confidence: said.low_confidence,
            participant: said.participant.clone(),
            from_captions: said.from_captions.clone(),
            corrected: said.corrected.clone(),
            live_text: said.live_text.clone(),
        }
    }
}

/// What hearing a meeting again, from audio that was kept, came to. Words that the person put right are not among what
/// changed: they are theirs in either hearing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondHearing {
    /// Who heard it again.
    pub recognizer: RecognizerInfo,
    /// Who wrote the words while the meeting went on, as recognizer and model.
    pub live_recognizer: String,
    /// Segments of speech.
    pub segments: usize,
    /// Those of them whose words are of the second hearing; the others stand as they were written live.
    pub heard_again: usize,
    /// Words that those had live.
    pub live_words: usize,
    /// Words that are others now, or more, or no more.
    pub changed_words: usize,
}

/// A stretch that was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    /// On this track.
    pub track: Track,
    /// From when to when.
    #[serde(flatten)]
    pub span: Span,
    /// Why, such as `buffer_full`.
    pub reason: String,
}

/// What became of a track's samples: each second is in exactly one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// The track.
    pub track: Track,
    /// Its words are here, seconds.
    pub decoded_s: f64,
    /// Nobody spoke, seconds.
    pub non_speech_s: f64,
    /// Judged not to be speech after all, seconds.
    pub suppressed_s: f64,
    /// Muted, paused or off the record, seconds.
    pub withheld_s: f64,
    /// Lost, seconds.
    pub gap_s: f64,
    /// Why what was not heard was not, the longest first. None in reports that are older than this field.
    #[serde(default)]
    pub reasons: Vec<Unheard>,
}

/// Why some of a track was suppressed, withheld or lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unheard {
    /// Such as `muted`, `off_the_record` or `buffer_full`.
    pub reason: String,
    /// How much, seconds.
    pub seconds: f64,
    /// In how many stretches. Absent in reports that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretches: Option<u64>,
}
