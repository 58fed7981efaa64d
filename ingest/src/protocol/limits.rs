//! What a connection may cost. The server states its limits in `welcome`; the constants are those it ships with.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The limits of a connection, as the server states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest WebSocket message.
    pub message_bytes: u32,
    /// Frames a second that may be sustained, over all streams.
    pub frames_per_s: u32,
    /// Bytes a second that may be sustained.
    pub bytes_per_s: u32,
    /// Frames above the sustained rate that may come at once: what waited while there was no connection.
    pub burst_frames: u32,
    /// Undecided audio that the server holds for one track.
    pub undecided_ms: u32,
    /// Audio beyond its credit that the server still takes before it closes with 1013.
    pub over_credit_ms: u32,
}

impl Limits {
    /// A 240 ms frame of `pcm_s16le` at 48 kHz is 23 kB; ten times that leaves room for captions.
    pub const MESSAGE_BYTES: usize = 256 * 1024;
    /// Two audio tracks need 8.4 frames a second; the rest is for a replay at ten times the speed.
    pub const FRAMES_PER_S: u32 = 100;
    /// `pcm_s16le` at 48 kHz on two tracks is 192 kB a second; the rest is for catching up.
    pub const BYTES_PER_S: u32 = 1024 * 1024;
    /// Eight minutes of one track: what a client holds back after a long outage.
    pub const BURST_FRAMES: u32 = 2_000;
    /// One minute of one track is 1.9 MB once decoded.
    pub const UNDECIDED_MS: u32 = 60_000;
    /// What may be in flight when the credit runs out.
    pub const OVER_CREDIT_MS: u32 = 2_000;
    /// How long after the offer a hello may take.
    pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
    /// How often each side pings.
    pub const PING_EVERY: Duration = Duration::from_secs(20);
    /// Silence after which a socket is dead.
    pub const DEAD_AFTER: Duration = Duration::from_secs(60);
    /// Age at which a connection asks its client to resume: that is the rekey.
    pub const REKEY_AFTER: Duration = Duration::from_secs(60 * 60);
    /// How far `release_seq` stays behind `committed.sample`: what warms decoder and voice activity up after a resume.
    pub const RELEASE_LAG_MS: u32 = 4_000;
    /// How far back `off_the_record` may reach.
    pub const OFF_THE_RECORD_REACH_MS: u32 = 60_000;
    /// How long acks may wait to be sent as one.
    pub const ACK_COALESCE: Duration = Duration::from_millis(20);
    /// Longest control message: the largest is an off-the-record with both tracks.
    pub const CONTROL_BYTES: usize = 4 * 1024;
    /// Longest insight: all fields at full length are 700 bytes.
    pub const INSIGHT_BYTES: usize = 1024;
    /// Longest caption message: 2,000 characters of text, or 100 participants.
    pub const CAPTION_BYTES: usize = 16 * 1024;
    /// Longest plaintext of a hello.
    pub const HELLO_BYTES: usize = 4 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: Self::MESSAGE_BYTES as u32,
            frames_per_s: Self::FRAMES_PER_S,
            bytes_per_s: Self::BYTES_PER_S,
            burst_frames: Self::BURST_FRAMES,
            undecided_ms: Self::UNDECIDED_MS,
            over_credit_ms: Self::OVER_CREDIT_MS,
        }
    }
}
