//! What a recording tells the one who started it.

use crate::protocol::{Envelope, Welcome};
use attune_engine::clock::MeetingTime;
use attune_engine::speaker::Track;
use std::time::{Duration, Instant};

/// Something happened.
#[derive(Debug, Clone)]
pub enum ClientEvent {
    /// A connection is live.
    Connected {
        /// Its number.
        epoch: u64,
        /// What the server said.
        welcome: Box<Welcome>,
    },
    /// The connection is gone; frames are kept, and another is tried.
    Disconnected {
        /// Why, for people.
        reason: String,
        /// When the next one is tried.
        retry_in: Duration,
    },
    /// The server is too far behind to take audio: what is captured is kept, sealed, until it does again.
    Deferred,
    /// It takes audio again: what was kept leaves.
    Draining,
    /// An event of the server's, stale and repeated ones taken out.
    Server(Box<Envelope>),
    /// Audio left for the server.
    Sent {
        /// Of which track.
        track: Track,
        /// The meeting time of its end.
        to: MeetingTime,
        /// When it left.
        at: Instant,
    },
}

/// How a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// The version of the report, if the server said before it closed that there is one.
    pub report_version: Option<u32>,
    /// Connections that it took.
    pub connections: u32,
}
