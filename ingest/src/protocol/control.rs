//! What a client asks for: the JSON of stream 0, upwards.

use super::{
    Coaching, Codec, Limits, MAX_WHOLE, Malformed, SkipClass, SkipReason, TrackDeclaration, TroubleKind, from_json,
    require,
};
use attune_engine::speaker::Track;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One control message. Its place among the frames of the other streams counts: a skip comes before the audio that
/// jumps over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientControl {
    /// The person marked this moment.
    Mark(Mark),
    /// A track comes or goes.
    Track(TrackControl),
    /// Samples that will not be sent.
    Skip(Skip),
    /// The person goes off the record, or back on it.
    OffTheRecord(OffTheRecord),
    /// The person pauses the coaching, or goes on.
    Pause(Pause),
    /// Something is wrong with a track.
    Trouble(TrackTrouble),
    /// Something for the coach.
    Coaching(Coaching),
    /// The person changed a consent: the server looks it up.
    ConsentChanged {},
    /// The meeting is over: everything before this frame is all there is.
    End {},
}

/// A moment that the person marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// When, on the session's clock.
    pub at_ms: u64,
    /// Why, in the person's words; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A track that comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackControl {
    /// Which track.
    pub track: Track,
    /// What happens to it.
    pub change: TrackChange,
}

/// What happens to a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TrackChange {
    /// It is captured from here on; a skip says what came before.
    Added {
        /// How its audio is coded.
        codec: Codec,
        /// The rate that `first_sample` counts at.
        rate_hz: u32,
    },
    /// Its last frame has been sent.
    Removed {},
}

/// Samples that will not be sent, in the track's declared rate, `from_sample` inclusive, `to_sample` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Which track.
    pub track: Track,
    /// The first that is missing: the one expected next.
    pub from_sample: u64,
    /// The first that is there again.
    pub to_sample: u64,
    /// Whether it is a loss.
    pub class: SkipClass,
    /// Why; decides the class.
    pub reason: SkipReason,
}

/// Off the record, or back on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffTheRecord {
    /// Off (`true`), or back on.
    pub on: bool,
    /// From which sample of each track, in its declared rate; up to 60 s back. Empty when going back on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub from_sample: BTreeMap<Track, u64>,
}

/// A pause, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Paused (`true`), or going on.
    pub on: bool,
}

/// Something that a client sees to be wrong with a track; all but silence, which is the server's to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackTrouble {
    /// Which track.
    pub track: Track,
    /// What is wrong with it.
    pub kind: TroubleKind,
    /// Since when, on the session's clock.
    pub at_ms: u64,
}

impl ClientControl {
    /// Reads the payload of a frame on stream 0.
    ///
    /// # Errors
    /// When it is too long, does not parse, or breaks a rule.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        let control: Self = from_json("control", json, Limits::CONTROL_BYTES)?;
        control.check()?;
        Ok(control)
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: control has string keys and whole numbers")
    }

    fn check(&self) -> Result<(), Malformed> {
        match self {
            Self::Mark(mark) => {
                let note = mark.note.as_deref().map_or(0, |note| note.chars().count());
                require(mark.at_ms <= MAX_WHOLE, "mark", "at_ms is below 2^53")?;
                require(note <= 200, "mark", "a note has at most 200 characters")
            }
            Self::Track(TrackControl { track, change }) => match *change {
                TrackChange::Added { codec, rate_hz } => TrackDeclaration {
                    track: *track,
                    codec,
                    rate_hz,
                }
                .check("track"),
                TrackChange::Removed {} => Ok(()),
            },
            Self::Skip(skip) => {
                require(skip.to_sample <= MAX_WHOLE, "skip", "samples are below 2^53")?;
                require(
                    skip.from_sample < skip.to_sample,
                    "skip",
                    "from_sample is below to_sample",
                )?;
                require(
                    skip.class == skip.reason.class(),
                    "skip",
                    "the class is that of the reason",
                )
            }
            Self::OffTheRecord(off) => {
                let in_range = off.from_sample.values().all(|&sample| sample <= MAX_WHOLE);
                require(in_range, "off_the_record", "samples are below 2^53")?;
                let named = off.on != off.from_sample.is_empty();
                require(
                    named,
                    "off_the_record",
                    "from_sample is given when going off, and only then",
                )
            }
            Self::Trouble(trouble) => {
                require(trouble.at_ms <= MAX_WHOLE, "trouble", "at_ms is below 2^53")?;
                require(
                    trouble.kind != TroubleKind::Silent,
                    "trouble",
                    "silence is heard by the server",
                )
            }
            Self::Coaching(coaching) => coaching.check(),
            Self::Pause(_) | Self::ConsentChanged {} | Self::End {} => Ok(()),
        }
    }
}
