//! A stretch of one track's frames as bytes, and sealed. What says which track and where it lies is inside the seal: a
//! row of the index that was changed finds no audio.
//!
//! `version u8 · track u8 · (codec u8 · rate_hz u32 · first_sample u64 · length u32 · payload)*`, big-endian.

use crate::keys::{MeetingKey, OpenError, Place};
use attune_engine::speaker::Track;
use attune_ingest::ports::KeptFrame;
use attune_ingest::protocol::Codec;
use attune_ingest::sound::at_16_khz;
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// Bytes of a frame before its payload.
const FRAME_HEAD: usize = 1 + 4 + 8 + 4;

/// Why stored bytes are no audio.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAudio {
    #[error("kept audio does not open")]
    Sealed(#[from] OpenError),
    #[error("kept audio is not of this version, or not the stretch that the index names")]
    Shape,
}

const fn place(id: Uuid) -> Place {
    Place {
        table: "kept_audio",
        column: "audio",
        object: id,
    }
}

/// Seals frames of one track, in order, as the stretch `id`.
pub(crate) fn seal(key: &MeetingKey, id: Uuid, frames: &[KeptFrame]) -> Vec<u8> {
    let length: usize = frames.iter().map(|frame| FRAME_HEAD + frame.payload.len()).sum();
    // Never grown, so that no copy of it is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + length));
    if let Some(first) = frames.first() {
        bytes.extend([VERSION, track_byte(first.track)]);
    }
    for frame in frames {
        bytes.push(codec_byte(frame.codec));
        bytes.extend(frame.rate_hz.to_be_bytes());
        bytes.extend(frame.first_sample.to_be_bytes());
        bytes.extend((frame.payload.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&frame.payload);
    }
    key.seal(place(id), &bytes)
}

/// Opens the stretch `id` of `track`.
pub(crate) fn open(key: &MeetingKey, id: Uuid, track: Track, sealed: &[u8]) -> Result<Vec<KeptFrame>, NotAudio> {
    let bytes = key.open(place(id), sealed)?;
    read(&bytes, track).ok_or(NotAudio::Shape)
}

fn read(bytes: &[u8], track: Track) -> Option<Vec<KeptFrame>> {
    let (&[version, of], mut rest) = bytes.split_first_chunk()?;
    if version != VERSION || of != track_byte(track) {
        return None;
    }
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (&[codec], after) = rest.split_first_chunk()?;
        let (rate_hz, after) = after.split_first_chunk()?;
        let (rate_hz, codec) = (u32::from_be_bytes(*rate_hz), codec_of(codec)?);
        let (first_sample, after) = after.split_first_chunk()?;
        let (length, after) = after.split_first_chunk()?;
        let (payload, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let first_sample = u64::from_be_bytes(*first_sample);
        let samples = codec.samples(payload, rate_hz).ok()?;
        frames.push(KeptFrame {
            track,
            codec,
            rate_hz,
            first_sample,
            from_sample: at_16_khz(first_sample, rate_hz),
            to_sample: at_16_khz(first_sample + samples, rate_hz),
            payload: Zeroizing::new(payload.to_vec()),
        });
        rest = after;
    }
    Some(frames)
}

const fn track_byte(track: Track) -> u8 {
    match track {
        Track::Mic => 1,
        Track::Tab => 2,
    }
}

const fn codec_byte(codec: Codec) -> u8 {
    match codec {
        Codec::Opus => 1,
        Codec::PcmS16le => 2,
    }
}

const fn codec_of(byte: u8) -> Option<Codec> {
    match byte {
        1 => Some(Codec::Opus),
        2 => Some(Codec::PcmS16le),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first_sample: u64, samples: usize) -> KeptFrame {
        KeptFrame {
            track: Track::Tab,
            codec: Codec::PcmS16le,
            rate_hz: 48_000,
            first_sample,
            from_sample: first_sample / 3,
            to_sample: (first_sample + samples as u64) / 3,
            payload: Zeroizing::new((0..samples).flat_map(|sample| (sample as i16).to_le_bytes()).collect()),
        }
    }

    #[test]
    fn frames_come_back_as_they_were_and_only_for_their_stretch_and_track() {
        let key = MeetingKey::of_a_test();
        let (id, frames) = (Uuid::now_v7(), vec![frame(0, 960), frame(960, 480)]);
        let sealed = seal(&key, id, &frames);
        assert_eq!(open(&key, id, Track::Tab, &sealed).unwrap(), frames);
        assert!(matches!(open(&key, id, Track::Mic, &sealed), Err(NotAudio::Shape)));
        assert!(matches!(
            open(&key, Uuid::now_v7(), Track::Tab, &sealed),
            Err(NotAudio::Sealed(_))
        ));
    }

    #[test]
    fn bytes_that_are_cut_are_no_audio() {
        let mut bytes = vec![VERSION, 1, 2];
        bytes.extend(16_000u32.to_be_bytes());
        bytes.extend(0u64.to_be_bytes());
        bytes.extend(4u32.to_be_bytes());
        bytes.extend([1, 2, 3, 4]);
        assert_eq!(read(&bytes, Track::Mic).unwrap().len(), 1);
        for length in (0..bytes.len()).filter(|length| *length != 2) {
            assert!(read(&bytes[..length], Track::Mic).is_none(), "{length}");
        }
    }
}
