//! What the server tells: the JSON of stream 0, downwards, and of `/v1/live`.

use super::{Account, Limits, Malformed, Stream, Trouble, from_json};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The step of the overload ladder at which a server takes no audio until it has caught up.
pub const DEFERRED_STEP: u8 = 7;

/// An event on its way: the same on the ingest socket and on `/v1/live`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its number in the meeting, if it has one: given by the transaction that holds it, and the cursor of `/v1/live`.
    pub number: Option<u64>,
    /// The connection it belongs to. A reader drops what comes from a lower one than it has seen.
    pub epoch: u64,
    /// The event.
    pub event: ServerEvent,
}

/// What the server tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerEvent {
    /// The connection is live: where each stream goes on.
    Welcome(Welcome),
    /// Frames up to `seq` have arrived. Flow control only: nothing is safe yet.
    Received {
        /// The stream.
        stream: Stream,
        /// Its last frame that arrived.
        seq: u64,
    },
    /// A frame came too early.
    Expected {
        /// The stream.
        stream: Stream,
        /// The frame that must come next.
        seq: u64,
    },
    /// Everything before `sample` is decided and durable.
    Committed {
        /// The stream.
        stream: Stream,
        /// In 16 kHz samples of the track; for a stream without audio, zero.
        sample: u64,
        /// The client may delete frames below this one.
        release_seq: u64,
    },
    /// A voice began or ended.
    Speech {
        /// On which track.
        track: Track,
        /// Which of the two.
        state: SpeechState,
        /// When.
        at_ms: u64,
    },
    /// What the open segment says so far.
    Partial(Partial),
    /// A decided segment. Numbered.
    Final(Final),
    /// How it is going, each second.
    Measures {
        /// When in the meeting.
        at_ms: u64,
        /// The engine's live measures, as it writes them.
        measures: serde_json::Value,
    },
    /// One thing to do now. Numbered.
    Nudge(Nudge),
    /// Samples that are lost. Numbered.
    Gap(GapNotice),
    /// Sound that was taken for speech and is not: no words, and no hole. Numbered.
    Suppressed(SuppressedNotice),
    /// Events that no longer exist: the person went off the record. Numbered.
    Retracted {
        /// Segments and nudges by their ids.
        ids: Vec<String>,
    },
    /// How the server keeps up.
    Status {
        /// In a word.
        level: Level,
        /// How far deciding is behind hearing.
        lag_ms: u64,
        /// Audio per track that it takes beyond the last frame it has acknowledged.
        credit_ms: u32,
        /// What the server has given up because words come late, 0 (nothing) to [`DEFERRED_STEP`]; told at once when it
        /// changes.
        #[serde(default, skip_serializing_if = "is_zero")]
        step: u8,
        /// What became of every sample that is committed.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        samples: BTreeMap<Track, Account>,
        /// As in [`Welcome::sink`].
        #[serde(default, skip_serializing_if = "is_false")]
        sink: bool,
    },
    /// What stands against the tracks now, all of it; none once all is well again.
    Troubles {
        /// In the order of the tracks.
        troubles: Vec<Trouble>,
    },
    /// A mark is kept. Numbered.
    Marked {
        /// The moment marked.
        at_ms: u64,
        /// Why, in the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The end was heard; final when all before it is decided.
    Ending {
        /// Audio still to decide.
        left_ms: u64,
    },
    /// The meeting has a report.
    ReportReady {
        /// Its version, from 1.
        version: u32,
    },
    /// Something went wrong; a Close may follow.
    Error(ErrorNotice),
    /// An event of a later version: to be ignored.
    #[serde(other)]
    Unknown,
}

/// The first event of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// Where each stream goes on. A stream that is not named begins at frame 0, sample 0.
    pub streams: BTreeMap<Stream, StreamPosition>,
    /// Audio per track that the server takes beyond each stream's `resume_seq`.
    pub credit_ms: u32,
    /// What the connection may cost.
    pub limits: Limits,
    /// `end` is already decided: there is nothing left to send.
    #[serde(default)]
    pub ended: bool,
    /// The server is one that is measured: it checks every frame and keeps its digest, and hears nothing of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sink: bool,
}

/// Where a stream goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPosition {
    /// The frame to send next.
    pub resume_seq: u64,
    /// Audio: the `first_sample` expected of that frame, at the track's declared rate. Else zero.
    #[serde(default)]
    pub resume_sample: u64,
    /// Audio: the 16 kHz sample below which everything is decided; what is sent below it only warms up. Else zero.
    #[serde(default)]
    pub decided_sample: u64,
}

/// Whether a voice began or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechState {
    /// It began.
    Start,
    /// It ended.
    End,
}

/// What an open segment says so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// The segment.
    pub segment: SegmentId,
    /// Who speaks.
    pub speaker: Speaker,
    /// Counts up; a lower one is stale.
    pub revision: u32,
    /// Where the segment begins.
    pub t0_ms: u64,
    /// How far it has been heard.
    pub t1_ms: u64,
    /// The words so far.
    pub text: String,
    /// How much of `text` will not change any more, in UTF-16 code units.
    pub stable_len: u32,
}

/// One thing to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// A hash of session, rule and trigger: the same after a resume.
    pub id: String,
    /// The rule, such as `N1`.
    pub rule: String,
    /// What to do, in a few words.
    pub headline: String,
    /// Why, with the number.
    pub evidence: String,
    /// When in the meeting.
    pub at_ms: u64,
    /// When it is no longer worth showing.
    pub expires_at_ms: u64,
}

/// Samples that are lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapNotice {
    /// On which track.
    pub track: Track,
    /// From when.
    pub t0_ms: u64,
    /// To when.
    pub t1_ms: u64,
    /// Why, such as `buffer_full`.
    pub reason: String,
}

/// Sound that was taken for speech and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressedNotice {
    /// On which track.
    pub track: Track,
    /// From when.
    pub t0_ms: u64,
    /// To when.
    pub t1_ms: u64,
    /// Why, such as `noise`.
    pub reason: String,
}

/// How the server keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It does.
    Normal,
    /// Words come late.
    Lagging,
    /// The client has to hold audio back.
    Overloaded,
}

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorNotice {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// When to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks it.
const fn is_zero(step: &u8) -> bool {
    *step == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks it.
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Envelope {
    /// An event without a number.
    pub const fn unnumbered(epoch: u64, event: ServerEvent) -> Self {
        Self {
            number: None,
            epoch,
            event,
        }
    }

    /// Reads the payload of a frame on stream 0 from the server. Unknown events and fields are let through, so that a
    /// client outlives its server's next version.
    ///
    /// # Errors
    /// When it is too long or not an event.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        from_json("event", json, Limits::MESSAGE_BYTES)
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: an event has string keys and finite numbers")
    }
}
