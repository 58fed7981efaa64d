//! The outside of a frame: a clear prefix of 23 bytes, then SFrame. The prefix is authenticated with the frame.

use super::{MAX_WHOLE, Stream};
use attune_engine::speaker::Track;

/// What a frame's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FrameKind {
    /// Audio of the stream's track, in its declared codec.
    Audio = 1,
    /// One JSON object.
    Json = 2,
}

/// The clear part of a frame. Big-endian on the wire:
/// `type u8 · flags u8 · stream u8 · seq u64 · first_sample u64 · capture_ms u32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// What the payload is; follows from the stream.
    pub kind: FrameKind,
    /// None is defined: always zero, anything else is refused.
    pub flags: u8,
    /// The stream it belongs to.
    pub stream: Stream,
    /// Its place in that stream, from zero.
    pub seq: u64,
    /// Audio: its first sample at the track's declared rate, from the session's start. Else zero.
    pub first_sample: u64,
    /// Milliseconds from the session's start to its capture, on the client's monotonic clock; zero from the server.
    pub capture_ms: u32,
}

/// Why bytes are not the prefix of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Fewer bytes than a prefix has.
    #[error("frame of {0} bytes is shorter than its prefix")]
    Truncated(usize),
    /// A stream that the protocol does not have.
    #[error("stream {0} is unknown")]
    Stream(u8),
    /// A type that is not the stream's.
    #[error("type {kind} does not belong on stream {stream}")]
    Kind {
        /// The type byte.
        kind: u8,
        /// The stream's byte.
        stream: u8,
    },
    /// A flag that the protocol does not define.
    #[error("flags {0:#04x} are unknown")]
    Flags(u8),
    /// A number above 2^53 - 1, or a first sample where there is no audio.
    #[error("{0} is out of range")]
    Range(&'static str),
}

impl Prefix {
    /// Bytes of a prefix.
    pub const LEN: usize = 23;

    /// The prefix of an audio frame of `track`.
    pub fn audio(track: Track, seq: u64, first_sample: u64, capture_ms: u32) -> Self {
        Self {
            kind: FrameKind::Audio,
            flags: 0,
            stream: track.into(),
            seq,
            first_sample,
            capture_ms,
        }
    }

    /// The prefix of a JSON frame on `stream`, which must not be an audio stream.
    pub const fn json(stream: Stream, seq: u64, capture_ms: u32) -> Self {
        Self {
            kind: FrameKind::Json,
            flags: 0,
            stream,
            seq,
            first_sample: 0,
            capture_ms,
        }
    }

    /// Its bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.kind as u8;
        bytes[1] = self.flags;
        bytes[2] = self.stream.byte();
        bytes[3..11].copy_from_slice(&self.seq.to_be_bytes());
        bytes[11..19].copy_from_slice(&self.first_sample.to_be_bytes());
        bytes[19..23].copy_from_slice(&self.capture_ms.to_be_bytes());
        bytes
    }

    /// The prefix that `bytes` begin with.
    ///
    /// # Errors
    /// When they are too few, or name a type, flag, stream or number that the protocol does not have.
    pub fn parse(bytes: &[u8]) -> Result<Self, PrefixError> {
        let Some((&bytes, _)) = bytes.split_first_chunk::<{ Self::LEN }>() else {
            return Err(PrefixError::Truncated(bytes.len()));
        };
        let [kind, flags, stream, ..] = bytes;
        let known = Stream::from_byte(stream).ok_or(PrefixError::Stream(stream))?;
        let expected = match known.track() {
            Some(_) => FrameKind::Audio,
            None => FrameKind::Json,
        };
        if kind != expected as u8 {
            return Err(PrefixError::Kind { kind, stream });
        }
        if flags != 0 {
            return Err(PrefixError::Flags(flags));
        }
        let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |n, &byte| n << 8 | u64::from(byte));
        let (seq, first_sample, capture_ms) = (number(3..11), number(11..19), number(19..23));
        if seq > MAX_WHOLE {
            return Err(PrefixError::Range("seq"));
        }
        if first_sample > MAX_WHOLE || (first_sample != 0 && expected == FrameKind::Json) {
            return Err(PrefixError::Range("first_sample"));
        }
        Ok(Self {
            kind: expected,
            flags,
            stream: known,
            seq,
            first_sample,
            capture_ms: capture_ms as u32,
        })
    }
}

/// A frame in the clear: only ever in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What and where it is.
    pub prefix: Prefix,
    /// Audio in the track's codec, or JSON.
    pub payload: Vec<u8>,
}
