//! Audio payloads: 240 ms of Opus in packets of 20 ms, or plain samples for simple clients.

use serde::{Deserialize, Serialize};

/// Audio in a full frame.
pub const FRAME_MS: u32 = 240;

/// Audio in one Opus packet.
pub const OPUS_PACKET_MS: u32 = 20;

/// Opus packets in a full frame.
pub const OPUS_PACKETS_PER_FRAME: usize = (FRAME_MS / OPUS_PACKET_MS) as usize;

/// The longest Opus packet of one frame (RFC 6716, section 3.4).
const MAX_OPUS_PACKET_BYTES: usize = 1275;

/// How a track's audio is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// Opus, one channel, packets of 20 ms.
    Opus,
    /// Signed 16-bit little-endian samples, one channel.
    PcmS16le,
}

impl Codec {
    /// The rates that a track in this codec may declare.
    pub const fn rates_hz(self) -> &'static [u32] {
        match self {
            // libopus decodes to any of its own rates; these are the ones that clients capture at.
            Self::Opus => &[16_000, 24_000, 48_000],
            Self::PcmS16le => &[16_000, 44_100, 48_000],
        }
    }

    /// Samples of `payload` at `rate_hz`, after checking that it is an audio payload of this codec.
    ///
    /// # Errors
    /// When it is not.
    pub fn samples(self, payload: &[u8], rate_hz: u32) -> Result<u64, AudioError> {
        match self {
            Self::Opus => Ok(OpusFrame::parse(payload)?.samples(rate_hz)),
            Self::PcmS16le => Ok(PcmFrame::parse(payload, rate_hz)?.samples()),
        }
    }
}

/// Why bytes are not an audio payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// Ends before what it announces.
    #[error("audio payload is truncated")]
    Truncated,
    /// No packet, or more than a frame holds.
    #[error("audio payload of {0} packets")]
    Packets(usize),
    /// A packet that is empty, too long, or not 20 ms of Opus.
    #[error("packet {0} is not 20 ms of Opus")]
    Packet(usize),
    /// Something other than zeros after the last packet.
    #[error("audio payload has bytes after its packets")]
    Padding,
    /// Plain samples that are none, half a sample, or more than a frame holds.
    #[error("{0} bytes are not a frame of samples")]
    Samples(usize),
}

/// An Opus payload: `packets u8 · packets × (length u16 · bytes) · zeros`. A client pads every frame of a track to one
/// size, so that the size of what is sent does not say what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpusFrame<'a> {
    packets: [&'a [u8]; OPUS_PACKETS_PER_FRAME],
    count: usize,
}

impl<'a> OpusFrame<'a> {
    /// Reads a payload; borrows from it and allocates nothing.
    ///
    /// # Errors
    /// When it is not 1 to 12 packets of 20 ms of Opus followed by zeros.
    pub fn parse(payload: &'a [u8]) -> Result<Self, AudioError> {
        let (&count, mut rest) = payload.split_first().ok_or(AudioError::Truncated)?;
        let count = usize::from(count);
        if count == 0 || count > OPUS_PACKETS_PER_FRAME {
            return Err(AudioError::Packets(count));
        }
        let mut packets: [&[u8]; OPUS_PACKETS_PER_FRAME] = [&[]; OPUS_PACKETS_PER_FRAME];
        for (index, slot) in packets.iter_mut().take(count).enumerate() {
            let (length, after) = rest.split_first_chunk::<2>().ok_or(AudioError::Truncated)?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (packet, after) = after.split_at_checked(length).ok_or(AudioError::Truncated)?;
            if length > MAX_OPUS_PACKET_BYTES || packet_tenths_of_ms(packet) != Some(OPUS_PACKET_MS * 10) {
                return Err(AudioError::Packet(index));
            }
            *slot = packet;
            rest = after;
        }
        if rest.iter().any(|&byte| byte != 0) {
            return Err(AudioError::Padding);
        }
        Ok(Self { packets, count })
    }

    /// The payload that holds `packets`, padded with zeros to `padded_bytes`.
    ///
    /// # Errors
    /// When they are not 1 to 12 packets of 20 ms of Opus.
    pub fn encode(packets: &[impl AsRef<[u8]>], padded_bytes: usize) -> Result<Vec<u8>, AudioError> {
        if packets.is_empty() || packets.len() > OPUS_PACKETS_PER_FRAME {
            return Err(AudioError::Packets(packets.len()));
        }
        let mut payload = vec![packets.len() as u8];
        for (index, packet) in packets.iter().map(AsRef::as_ref).enumerate() {
            if packet.len() > MAX_OPUS_PACKET_BYTES || packet_tenths_of_ms(packet) != Some(OPUS_PACKET_MS * 10) {
                return Err(AudioError::Packet(index));
            }
            payload.extend_from_slice(&(packet.len() as u16).to_be_bytes());
            payload.extend_from_slice(packet);
        }
        payload.resize(payload.len().max(padded_bytes), 0);
        Ok(payload)
    }

    /// Its packets, in order.
    pub fn packets(&self) -> &[&'a [u8]] {
        &self.packets[..self.count]
    }

    /// The samples it stands for, counted at `rate_hz`.
    pub fn samples(&self, rate_hz: u32) -> u64 {
        self.count as u64 * u64::from(rate_hz) * u64::from(OPUS_PACKET_MS) / 1000
    }
}

/// How long an Opus packet plays, in tenths of a millisecond, by its first bytes (RFC 6716, section 3.1).
fn packet_tenths_of_ms(packet: &[u8]) -> Option<u32> {
    let (&toc, rest) = packet.split_first()?;
    let config = toc >> 3;
    let frame = match (config, config % 4) {
        (0..=11, 0) => 100,
        (0..=11, 1) => 200,
        (0..=11, 2) => 400,
        (0..=11, _) => 600,
        (12..=15, size) => 100 << (size % 2),
        (_, size) => 25 << size,
    };
    let frames = match toc & 0b11 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0b11_1111),
    };
    Some(frame * frames)
}

/// A `pcm_s16le` payload: the samples and nothing else, at most 240 ms of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcmFrame<'a>(&'a [u8]);

impl<'a> PcmFrame<'a> {
    /// Reads a payload of a track at `rate_hz`; borrows from it and allocates nothing.
    ///
    /// # Errors
    /// When it is empty, ends within a sample or is longer than a frame.
    pub fn parse(payload: &'a [u8], rate_hz: u32) -> Result<Self, AudioError> {
        let most = rate_hz as usize * FRAME_MS as usize / 1000 * 2;
        if payload.is_empty() || !payload.len().is_multiple_of(2) || payload.len() > most {
            return Err(AudioError::Samples(payload.len()));
        }
        Ok(Self(payload))
    }

    /// The payload that holds `samples`.
    pub fn encode(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    /// How many samples it holds.
    pub fn samples(self) -> u64 {
        self.0.len() as u64 / 2
    }

    /// The samples, in order.
    pub fn iter(self) -> impl Iterator<Item = i16> + 'a {
        self.0
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
    }
}
