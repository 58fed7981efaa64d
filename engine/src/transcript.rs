//! What was said: words, and the decided segments that carry them.

use crate::clock::{MeetingTime, Span};
use crate::sound::Sound;
use crate::speaker::{Speaker, Track};
use crate::voices::VoiceSpan;
use serde::{Deserialize, Serialize};

/// One recognised word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    /// As the recognizer wrote it, punctuation attached, no surrounding space, never empty.
    pub text: String,
    /// When it begins.
    #[serde(rename = "t0_ms")]
    pub start: MeetingTime,
    /// When it ends.
    #[serde(rename = "t1_ms")]
    pub end: MeetingTime,
    /// The recognizer's own posterior, 0 to 1.
    pub confidence: f32,
}

/// Names a segment for good: its track and the 16 kHz sample it begins at, the same after a resume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SegmentId(String);

impl SegmentId {
    /// The id of the segment of `track` whose first sample is `from_sample`.
    pub fn new(track: Track, from_sample: u64) -> Self {
        Self(format!("{}-{from_sample}", track.as_str()))
    }

    /// As written on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The track and the first sample that a name as [`SegmentId::as_str`] writes it stands for; none if it is no such name.
    pub fn parse(name: &str) -> Option<(Track, u64)> {
        let (track, sample) = name.split_once('-')?;
        let track = [Track::Mic, Track::Tab]
            .into_iter()
            .find(|known| known.as_str() == track)?;
        let sample = sample.parse().ok()?;
        // One name for each: no sign and no zeros before.
        (Self::new(track, sample).0 == name).then_some((track, sample))
    }
}

/// Something a reader of a segment should know about how its words were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SegmentFlag {
    /// Less than 1.2 s of voice: decoded with left context.
    Short,
    /// Cut inside long speech, at its quietest point.
    ForcedCut,
    /// The decoder ran into its loop guard; measures leave its words out.
    LoopGuard,
    /// The evidence for its words is weak; measures leave them out.
    LowConfidence,
}

/// A decided segment: speech that was recognised, immutable from here on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Final {
    /// Its name.
    pub segment: SegmentId,
    /// The channel it came in on.
    pub track: Track,
    /// Who spoke.
    pub speaker: Speaker,
    /// The stretch of the track that it decides.
    #[serde(flatten)]
    pub span: Span,
    /// Its words in order of time; empty where speech held none.
    pub words: Vec<Word>,
    /// Where voice activity heard a voice inside the span, in order, disjoint.
    pub voiced: Vec<Span>,
    /// The recognizer and model that made it, such as `sphinx/en-us`.
    pub model: String,
    /// What else to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<SegmentFlag>,
    /// What it sounded like: of the microphone alone, the person's own voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Box<Sound>>,
    /// Whose voice was where, of the tab alone and as far as it is sure: in order, disjoint. Labels of this session, nothing of
    /// the voices themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<VoiceSpan>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_s_name_says_its_track_and_first_sample() {
        let name = SegmentId::new(Track::Tab, 160_000);
        assert_eq!(SegmentId::parse(name.as_str()), Some((Track::Tab, 160_000)));
        for other in [
            "tab",
            "tab-",
            "tab-+1",
            "tab-01",
            "cam-1",
            "mic--1",
            "mic-99999999999999999999",
        ] {
            assert_eq!(SegmentId::parse(other), None, "{other}");
        }
    }
}
