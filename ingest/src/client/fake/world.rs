//! What survives a connection, and with it a kill of the server.

use super::Fault;
use crate::protocol::{Hello, Insight, Limits, Mark, Skip, SkipReason, Stream, StreamPosition, Welcome};
use attune_engine::speaker::Track;
use ed25519_dalek::SigningKey;
use std::collections::{BTreeMap, HashMap, VecDeque};
use uuid::Uuid;

/// What survives a connection.
pub(crate) struct World {
    pub(super) identity: SigningKey,
    pub(super) psk: [u8; 32],
    pub(crate) device: Uuid,
    pub(crate) session: Uuid,
    pub(super) tenant: Uuid,
    pub(super) user: Uuid,
    last_epoch: u64,
    pub(super) tickets: HashMap<[u8; 32], u64>,
    pub(crate) faults: VecDeque<Fault>,
    pub(super) unavailable: u32,
    pub(super) withdrawn: bool,
    pub(crate) credit_ms: u32,
    /// After so many frames of audio it takes no more, until the next mark.
    pub(crate) defer_after: Option<u32>,
    /// Broken rules of the protocol, for the test to find.
    pub(crate) violations: Vec<String>,
    pub(crate) hellos: Vec<Hello>,
    pub(crate) durable: Durable,
    /// Numbers the durable events.
    number: u64,
    pub(crate) connections: u32,
}

/// What is committed.
#[derive(Default)]
pub(crate) struct Durable {
    pub(crate) tracks: BTreeMap<Stream, DurableTrack>,
    pub(crate) skips: Vec<Skip>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) insights: Vec<Insight>,
    /// Per stream without audio, the first frame that is not durable.
    pub(super) next: BTreeMap<Stream, u64>,
    pub(crate) ended: bool,
}

#[derive(Default, Clone)]
pub(crate) struct DurableTrack {
    /// What was decided, from sample 0; nothing where a skip says so.
    pub(crate) samples: Vec<Option<i16>>,
    pub(super) release_seq: u64,
    pub(super) release_sample: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            identity: SigningKey::from_bytes(&[9; 32]),
            psk: [7; 32],
            device: Uuid::from_u128(0xD),
            session: Uuid::from_u128(0x5),
            tenant: Uuid::from_u128(0x7),
            user: Uuid::from_u128(0x0),
            last_epoch: 0,
            tickets: HashMap::new(),
            faults: VecDeque::new(),
            unavailable: 0,
            withdrawn: false,
            credit_ms: 60_000,
            defer_after: None,
            violations: Vec::new(),
            hellos: Vec::new(),
            durable: Durable::default(),
            number: 0,
            connections: 0,
        }
    }

    pub(super) fn next_epoch(&mut self) -> u64 {
        self.last_epoch += 1;
        self.last_epoch
    }

    /// The number of the next durable event.
    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    pub(super) fn welcome(&self) -> Welcome {
        let json = self.durable.next.iter().map(|(stream, seq)| {
            let position = StreamPosition {
                resume_seq: *seq,
                ..Default::default()
            };
            (*stream, position)
        });
        let audio = self.durable.tracks.iter().map(|(stream, track)| {
            let position = StreamPosition {
                resume_seq: track.release_seq,
                resume_sample: track.release_sample,
                decided_sample: track.samples.len() as u64,
            };
            (*stream, position)
        });
        Welcome {
            streams: json.chain(audio).collect(),
            credit_ms: self.credit_ms,
            limits: Limits::default(),
            ended: self.durable.ended,
            sink: false,
        }
    }
}

/// What `reason` did to the samples of `track`, as `(from, to)`.
pub(crate) fn skipped(durable: &Durable, track: Track, reason: SkipReason) -> Vec<(u64, u64)> {
    let matching = durable
        .skips
        .iter()
        .filter(|skip| skip.track == track && skip.reason == reason);
    matching.map(|skip| (skip.from_sample, skip.to_sample)).collect()
}
