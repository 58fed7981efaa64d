//! The sample meeting: seven minutes of three people, built into the program, with what was really said beside it.

use super::account::Account;
use super::failure::Failure;
use super::play::Play;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::report::Line;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::wer::{TimedWord, WordErrors, comparable, compare};
use attune_ingest::client::{Api, ApiFailure, NewMeeting, TrackAudio, private_file};
use attune_ingest::media;
use attune_ingest::protocol::Codec;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const MIC: &[u8] = include_bytes!("../../../tests/fixtures/sample/meeting.mic.opus");
const TAB: &[u8] = include_bytes!("../../../tests/fixtures/sample/meeting.tab.opus");
const TRUTH: &str = include_str!("../../../tests/fixtures/sample/meeting.json");

/// The sound, ready to be played at `speed`. Decoding takes a second: not for an async worker.
pub(super) fn load(speed: f64) -> Result<Play, Failure> {
    let track = |track, opus: &'static [u8]| -> Result<TrackAudio, Failure> {
        let source = Box::new(Cursor::new(opus));
        let mut channels = media::decode_source(source, Some("opus"), &mut |_| {})?.channels;
        Ok(TrackAudio {
            track,
            codec: Codec::Opus,
            rate_hz: attune_engine::clock::SAMPLE_RATE_HZ,
            samples: channels.swap_remove(0).into(),
        })
    };
    Ok(Play {
        about: NewMeeting {
            title: "Harbor launch: the sample meeting".to_owned(),
            meeting_type: "internal_update".to_owned(),
            language: Some("en".to_owned()),
            others_told: true,
            mode: Some("balanced".to_owned()),
            played_back: true,
        },
        tracks: vec![track(Track::Mic, MIC)?, track(Track::Tab, TAB)?],
        language: "en".to_owned(),
        glossary: Vec::new(),
        speed,
    })
}

/// What is known of the sample here: which meeting it is, so that no second start adds it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// SHA-256 of the sound.
    sample: String,
    /// The meeting that it is.
    pub(super) meeting: Uuid,
    /// It was played to its end.
    pub(super) complete: bool,
}

impl Marker {
    /// `meeting` is the sample, and yet to be played.
    pub(super) fn new(meeting: Uuid) -> Self {
        Self {
            sample: digest(),
            meeting,
            complete: false,
        }
    }

    /// The marker in `data`, if it is of this sample and the server still has its meeting.
    pub(super) async fn find(data: &Path, api: &Api) -> Result<Option<Self>, Failure> {
        let Some(marker) = Self::read(data) else {
            return Ok(None);
        };
        let path = format!("/v1/meetings/{}", marker.meeting);
        match api
            .get::<serde_json::Value>("looking for the sample meeting", &path)
            .await
        {
            Ok(_) => Ok(Some(marker)),
            Err(ApiFailure::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(data: &Path) -> Option<Self> {
        // A marker that cannot be read is one that is not there: the sample is played once more.
        let json = std::fs::read(Self::path(data)).ok()?;
        let marker: Self = serde_json::from_slice(&json).ok()?;
        (marker.sample == digest()).then_some(marker)
    }

    /// Keeps it in `data`.
    pub(super) fn keep(&self, data: &Path) -> Result<(), Failure> {
        let path = Self::path(data);
        let json = serde_json::to_vec(self)?;
        private_file::replace(&path, &json).map_err(|error| Failure::while_doing(path.display(), &error))
    }

    fn path(data: &Path) -> PathBuf {
        data.join("client").join("sample.json")
    }
}

/// The account that plays the sample: this machine's own, its files beside the data.
pub(super) fn account(url: &str, data: &Path) -> Account {
    Account::in_folder(url, data.join("client"))
}

fn digest() -> String {
    hex::encode(Sha256::new().chain_update(MIC).chain_update(TAB).finalize())
}

/// How far `utterances` are from what was said, over both speakers, where nobody talks over anybody and outside fillers:
/// 0 is word for word.
pub(super) fn word_error_rate(utterances: &[Line]) -> f64 {
    let truth: Truth = serde_json::from_str(TRUTH).expect("invariant: the truth is built in and a test reads it");
    let errors = [Speaker::Me, Speaker::Them].map(|speaker| truth.errors(speaker, utterances));
    (errors[0] + errors[1]).rate()
}

/// What was really said.
#[derive(Deserialize)]
struct Truth {
    words: Vec<TrueWord>,
    overlaps: Vec<Stretch>,
}

#[derive(Deserialize)]
struct TrueWord {
    speaker: Speaker,
    text: String,
    #[serde(flatten)]
    stretch: Stretch,
    filler: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Stretch {
    t0_ms: u64,
    t1_ms: u64,
}

impl From<Stretch> for Span {
    fn from(stretch: Stretch) -> Self {
        Self::new(MeetingTime::from_ms(stretch.t0_ms), MeetingTime::from_ms(stretch.t1_ms))
    }
}

impl Truth {
    fn errors(&self, speaker: Speaker, utterances: &[Line]) -> WordErrors {
        let said: Vec<_> = self.words.iter().filter(|word| word.speaker == speaker).collect();
        let fillers = said
            .iter()
            .filter(|word| word.filler.is_some())
            .map(|word| Span::from(word.stretch));
        let excluded: Vec<Span> = self
            .overlaps
            .iter()
            .map(|overlap| Span::from(*overlap))
            .chain(fillers)
            .collect();
        let said = said.iter().map(|word| TimedWord {
            text: &word.text,
            span: word.stretch.into(),
        });
        let heard = utterances.iter().filter(|utterance| utterance.speaker == speaker);
        let heard = heard.flat_map(|utterance| &utterance.words).map(|word| TimedWord {
            text: &word.text,
            span: Span::new(word.start, word.end),
        });
        compare(&comparable(said, &excluded), &comparable(heard, &excluded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth() -> Truth {
        serde_json::from_str(TRUTH).unwrap()
    }

    /// The truth, as if it had been recognized.
    fn heard(leave_out: impl Fn(&TrueWord) -> bool) -> Vec<Line> {
        let truth = truth();
        let words = truth.words.iter().filter(|word| !leave_out(word));
        words
            .map(|word| {
                let span = Span::from(word.stretch);
                let json = serde_json::json!({
                    "id": "mic-0", "speaker": word.speaker, "t0_ms": span.start, "t1_ms": span.end, "text": word.text,
                    "words": [{"text": word.text, "t0_ms": span.start, "t1_ms": span.end, "confidence": 1.0}]
                });
                serde_json::from_value(json).unwrap()
            })
            .collect()
    }

    #[test]
    fn the_truth_itself_has_no_errors_and_fillers_do_not_count() {
        assert_eq!(word_error_rate(&heard(|_| false)), 0.0);
        assert_eq!(word_error_rate(&heard(|word| word.filler.is_some())), 0.0);
    }

    #[test]
    fn a_side_that_was_not_heard_is_all_errors() {
        assert_eq!(word_error_rate(&heard(|_| true)), 1.0);
        let half = word_error_rate(&heard(|word| word.speaker == Speaker::Them));
        assert!(half > 0.2 && half < 0.4, "{half}");
    }

    #[test]
    fn a_marker_of_another_sample_does_not_count() {
        let data = tempfile::tempdir().unwrap();
        let marker = Marker::new(Uuid::from_u128(1));
        marker.keep(data.path()).unwrap();
        assert_eq!(Marker::read(data.path()), Some(marker.clone()));
        Marker {
            sample: "another".to_owned(),
            ..marker
        }
        .keep(data.path())
        .unwrap();
        assert_eq!(Marker::read(data.path()), None);
    }

    #[test]
    fn the_sample_is_two_tracks_of_one_length() {
        let play = load(4.0).unwrap();
        assert_eq!(play.tracks.len(), 2);
        assert!((360_000..=420_000).contains(&play.length_ms()), "{}", play.length_ms());
    }
}
