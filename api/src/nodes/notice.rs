//! What one node says to the others of a person, and how it travels: version ‖ sender ‖ number ‖ sealed.

use crate::ids::MeetingId;
use crate::keys::{FanOutKey, NodeName};
use serde::{Deserialize, Serialize};

/// The first byte of every packet.
const VERSION: u8 = 1;

/// What one node says to the others of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// Something happened in a meeting: an event for its readers.
    Told {
        /// Which meeting.
        meeting: MeetingId,
        /// The event's number, if it has one.
        number: Option<u64>,
        /// It is the report's.
        report_ready: bool,
        /// The envelope as JSON.
        json: String,
    },
    /// Somebody follows the meeting on the sender's node.
    Followed {
        /// Which meeting.
        meeting: MeetingId,
    },
    /// The sender's node holds the meeting's connection, and tells of it from here on.
    Held {
        /// Which meeting.
        meeting: MeetingId,
    },
    /// A connection of the meeting opened on the sender's node: whoever held it looks whether it still does.
    Taken {
        /// Which meeting.
        meeting: MeetingId,
    },
    /// The person took a consent back: whoever is recording them looks which.
    ConsentChanged,
}

/// A packet, before anybody has looked whether it may be believed.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    pub(super) sender: NodeName,
    pub(super) count: u64,
    sealed: &'a [u8],
}

/// Why a packet says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notice of another node cannot be read")]
pub(super) struct Unreadable;

impl Notice {
    /// As message `count` of `sender`, for those who have the key.
    pub(super) fn seal(&self, key: &FanOutKey, sender: &NodeName, count: u64) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("invariant: a notice has string keys");
        let mut packet = vec![VERSION];
        packet.extend_from_slice(sender);
        packet.extend_from_slice(&count.to_be_bytes());
        packet.extend(key.seal(sender, count, &json));
        packet
    }
}

impl<'a> Packet<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let (version, rest) = bytes.split_first().ok_or(Unreadable)?;
        let (sender, rest) = rest.split_first_chunk().ok_or(Unreadable)?;
        let (count, sealed) = rest.split_first_chunk().ok_or(Unreadable)?;
        if *version != VERSION {
            return Err(Unreadable);
        }
        Ok(Self {
            sender: *sender,
            count: u64::from_be_bytes(*count),
            sealed,
        })
    }

    pub(super) fn open(&self, key: &FanOutKey) -> Result<Notice, Unreadable> {
        let json = key
            .open(&self.sender, self.count, self.sealed)
            .map_err(|_| Unreadable)?;
        serde_json::from_slice(&json).map_err(|_| Unreadable)
    }
}
