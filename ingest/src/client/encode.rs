//! From samples to audio payloads, one track.

use crate::protocol::{Codec, FRAME_MS, OPUS_PACKET_MS, OPUS_PACKETS_PER_FRAME, OpusFrame, PcmFrame};

/// What speech needs to be recognised as well as from the original.
const OPUS_BITS_PER_S: i32 = 24_000;

/// Bytes of a packet at a constant rate: 24 kbit/s for 20 ms.
const OPUS_PACKET_BYTES: usize = OPUS_BITS_PER_S as usize / 8 * OPUS_PACKET_MS as usize / 1000;

/// Bytes of every Opus payload, so that its size says nothing.
const OPUS_PAYLOAD_BYTES: usize = 1 + OPUS_PACKETS_PER_FRAME * (2 + OPUS_PACKET_BYTES);

/// Encodes one track. What it remembers of the frames before is in it, so frames go in in order.
pub struct TrackEncoder {
    opus: Option<opus::Encoder>,
    rate_hz: u32,
}

/// Why a track cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The codec does not have the rate.
    #[error("{codec:?} has no rate of {rate_hz} Hz")]
    Rate {
        /// The codec.
        codec: Codec,
        /// The rate.
        rate_hz: u32,
    },
    /// libopus refused.
    #[error("encoding to Opus")]
    Opus(#[from] opus::Error),
}

impl TrackEncoder {
    /// An encoder for a track of `codec` at `rate_hz`.
    ///
    /// # Errors
    /// When the codec does not have the rate, or libopus refuses.
    pub fn new(codec: Codec, rate_hz: u32) -> Result<Self, EncodeError> {
        if !codec.rates_hz().contains(&rate_hz) {
            return Err(EncodeError::Rate { codec, rate_hz });
        }
        let opus = match codec {
            Codec::PcmS16le => None,
            Codec::Opus => {
                let mut encoder = opus::Encoder::new(rate_hz, opus::Channels::Mono, opus::Application::Voip)?;
                encoder.set_vbr(false)?;
                encoder.set_bitrate(opus::Bitrate::Bits(OPUS_BITS_PER_S))?;
                Some(encoder)
            }
        };
        Ok(Self { opus, rate_hz })
    }

    /// Samples of a full frame.
    pub const fn frame_samples(&self) -> usize {
        self.rate_hz as usize * FRAME_MS as usize / 1000
    }

    /// The payload of `samples`, at most a frame of them, and how many samples it stands for: a last packet of Opus that
    /// is not full is filled up with silence.
    ///
    /// # Errors
    /// When libopus refuses.
    pub fn encode(&mut self, samples: &[i16]) -> Result<(Vec<u8>, u64), EncodeError> {
        let Some(opus) = &mut self.opus else {
            return Ok((PcmFrame::encode(samples), samples.len() as u64));
        };
        let packet_samples = self.rate_hz as usize * OPUS_PACKET_MS as usize / 1000;
        let mut packets = Vec::with_capacity(OPUS_PACKETS_PER_FRAME);
        let mut padded = vec![0; packet_samples];
        for chunk in samples.chunks(packet_samples) {
            let chunk = if chunk.len() == packet_samples {
                chunk
            } else {
                padded[..chunk.len()].copy_from_slice(chunk);
                &padded
            };
            packets.push(opus.encode_vec(chunk, OPUS_PACKET_BYTES)?);
        }
        let payload = OpusFrame::encode(&packets, OPUS_PAYLOAD_BYTES)
            .expect("invariant: libopus makes packets of the length asked for, and a frame has at most 12");
        Ok((payload, (packets.len() * packet_samples) as u64))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_opus_payload_has_the_same_size_whatever_is_said() {
        for rate_hz in [16_000, 24_000, 48_000] {
            let mut encoder = TrackEncoder::new(Codec::Opus, rate_hz).unwrap();
            let frame = encoder.frame_samples();
            let silence = vec![0; frame];
            let noise: Vec<i16> = (0..frame as u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as i16)
                .collect();
            let short = &noise[..frame / 3];
            for samples in [&silence[..], &noise[..], short] {
                let (payload, counted) = encoder.encode(samples).unwrap();
                assert_eq!(payload.len(), OPUS_PAYLOAD_BYTES);
                assert_eq!(Codec::Opus.samples(&payload, rate_hz).unwrap(), counted);
                assert!(counted >= samples.len() as u64);
                assert!(counted < samples.len() as u64 + u64::from(rate_hz) / 50);
            }
        }
    }

    #[test]
    fn what_is_encoded_is_heard_again() {
        let mut encoder = TrackEncoder::new(Codec::Opus, 16_000).unwrap();
        let tone = |n: usize| ((n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() * 8_000.0) as i16;
        let samples: Vec<i16> = (0..encoder.frame_samples() * 4).map(tone).collect();
        let mut decoder = opus::Decoder::new(16_000, opus::Channels::Mono).unwrap();
        let mut heard = Vec::new();
        for frame in samples.chunks(encoder.frame_samples()) {
            let (payload, _) = encoder.encode(frame).unwrap();
            for packet in OpusFrame::parse(&payload).unwrap().packets() {
                let mut pcm = [0; 320];
                assert_eq!(decoder.decode(packet, &mut pcm, false).unwrap(), 320);
                heard.extend_from_slice(&pcm);
            }
        }
        let rms = |samples: &[i16]| {
            let power: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
            (power / samples.len() as f64).sqrt()
        };
        let (before, after) = (rms(&samples[3_840..]), rms(&heard[3_840..]));
        assert!((after / before - 1.0).abs() < 0.1, "{before} became {after}");
    }

    #[test]
    fn a_rate_that_the_codec_lacks_is_refused() {
        assert!(matches!(
            TrackEncoder::new(Codec::Opus, 44_100),
            Err(EncodeError::Rate { .. })
        ));
    }
}
