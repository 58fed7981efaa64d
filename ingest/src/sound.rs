//! From a frame's payload to 16 kHz samples: libopus straight at 16 kHz, or plain samples through the resampler.

use crate::protocol::{AudioError, Codec, OpusFrame, PcmFrame};
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::resample::{RateRefused, Resampler};

/// 16 kHz samples in 120 ms, the longest that one Opus packet may last.
const LONGEST_PACKET_SAMPLES: usize = 1920;

/// Why a payload is not sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// Not a payload of the codec.
    #[error(transparent)]
    Payload(#[from] AudioError),
    /// A rate that no track has.
    #[error(transparent)]
    Rate(#[from] RateRefused),
    /// libopus refused.
    #[error("decoding opus")]
    Opus(#[source] opus::Error),
}

/// The 16 kHz sample that the sample `sample` at `rate_hz` falls into. Both are below 2^53.
pub fn at_16_khz(sample: u64, rate_hz: u32) -> u64 {
    (u128::from(sample) * u128::from(SAMPLE_RATE_HZ) / u128::from(rate_hz)) as u64
}

/// The last sample at `rate_hz` that falls into the 16 kHz sample `sample`, or before it. That is below 2^53.
pub fn last_at_16_khz(sample: u64, rate_hz: u32) -> u64 {
    let next = (u128::from(sample) + 1) * u128::from(rate_hz);
    (next.div_ceil(u128::from(SAMPLE_RATE_HZ)) - 1) as u64
}

/// Decodes one track. What it hands out from one [`SoundDecoder::jump`] to the next is exactly the 16 kHz samples
/// between the two places.
pub struct SoundDecoder {
    codec: CodecState,
    rate_hz: u32,
    /// The next sample to come in, at the declared rate.
    at: u64,
    /// The next sample to go out, at 16 kHz.
    out: u64,
    /// What a resampler that rounds up gave ahead of the samples that came in.
    ahead: Vec<i16>,
}

enum CodecState {
    Opus(opus::Decoder),
    Plain,
    Resampled(Box<Resampler>),
}

impl std::fmt::Debug for SoundDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundDecoder")
            .field("rate_hz", &self.rate_hz)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl SoundDecoder {
    /// For a track in `codec` whose next sample is `at`, counted at `rate_hz`.
    ///
    /// # Errors
    /// When libopus has no memory, or no resampler takes the rate.
    pub fn new(codec: Codec, rate_hz: u32, at: u64) -> Result<Self, SoundError> {
        let state = match codec {
            Codec::Opus => {
                CodecState::Opus(opus::Decoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono).map_err(SoundError::Opus)?)
            }
            Codec::PcmS16le if rate_hz == SAMPLE_RATE_HZ => CodecState::Plain,
            Codec::PcmS16le => CodecState::Resampled(Box::new(Resampler::new(rate_hz)?)),
        };
        Ok(Self {
            codec: state,
            rate_hz,
            at,
            out: at_16_khz(at, rate_hz),
            ahead: Vec::new(),
        })
    }

    /// The next sample that it expects, at the declared rate.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// The 16 kHz sample that [`SoundDecoder::at`] falls into.
    pub fn at_16_khz(&self) -> u64 {
        at_16_khz(self.at, self.rate_hz)
    }

    /// How many samples `payload` holds, at the declared rate: what it costs, before it is decoded.
    ///
    /// # Errors
    /// When it is not a payload of the codec.
    pub fn samples(&self, payload: &[u8]) -> Result<u64, SoundError> {
        let codec = match self.codec {
            CodecState::Opus(_) => Codec::Opus,
            CodecState::Plain | CodecState::Resampled(_) => Codec::PcmS16le,
        };
        Ok(codec.samples(payload, self.rate_hz)?)
    }

    /// The sound that becomes ready with the next payload. A resampler holds a little back until more comes.
    ///
    /// # Errors
    /// When it is not a payload of the codec.
    pub fn decode(&mut self, payload: &[u8]) -> Result<Vec<i16>, SoundError> {
        let samples = self.samples(payload)?;
        let decoded = match &mut self.codec {
            CodecState::Opus(decoder) => decode_opus(decoder, &OpusFrame::parse(payload)?)?,
            CodecState::Plain => PcmFrame::parse(payload, self.rate_hz)?.iter().collect(),
            CodecState::Resampled(resampler) => {
                let input: Vec<f32> = PcmFrame::parse(payload, self.rate_hz)?
                    .iter()
                    .map(|sample| f32::from(sample) / 32_768.0)
                    .collect();
                resampler.push(&input)
            }
        };
        self.at += samples;
        Ok(self.hand_out(decoded))
    }

    /// Goes on at `to`, which is not before [`SoundDecoder::at`]; what was held back comes out. The decoder's memory
    /// stays: where a microphone was muted, the encoder's did too.
    pub fn jump(&mut self, to: u64) -> Vec<i16> {
        let end = self.at_16_khz();
        let mut held_back = match &mut self.codec {
            CodecState::Opus(_) | CodecState::Plain => Vec::new(),
            CodecState::Resampled(resampler) => {
                let tail = resampler.finish();
                **resampler = Resampler::new(self.rate_hz).expect("invariant: it was made at this rate before");
                tail
            }
        };
        let mut last = std::mem::take(&mut self.ahead);
        last.append(&mut held_back);
        last.resize((end - self.out) as usize, 0);
        self.at = to;
        self.out = self.at_16_khz();
        last
    }

    /// Counts what goes out: never more than the samples that came in stand for.
    fn hand_out(&mut self, mut decoded: Vec<i16>) -> Vec<i16> {
        let most = (self.at_16_khz() - self.out) as usize;
        if !self.ahead.is_empty() {
            self.ahead.append(&mut decoded);
            std::mem::swap(&mut self.ahead, &mut decoded);
        }
        if decoded.len() > most {
            self.ahead = decoded.split_off(most);
        }
        self.out += decoded.len() as u64;
        decoded
    }
}

fn decode_opus(decoder: &mut opus::Decoder, frame: &OpusFrame<'_>) -> Result<Vec<i16>, SoundError> {
    let mut samples = Vec::with_capacity(frame.samples(SAMPLE_RATE_HZ) as usize);
    let mut packet_samples = [0; LONGEST_PACKET_SAMPLES];
    for packet in frame.packets() {
        let decoded = decoder
            .decode(packet, &mut packet_samples, false)
            .map_err(SoundError::Opus)?;
        samples.extend_from_slice(&packet_samples[..decoded]);
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sample_that_falls_into_one_of_16_khz_is_followed_by_one_that_does_not() {
        for rate_hz in [8_000, 16_000, 44_100, 48_000] {
            for sample in [0, 1, 2, 3_839, 3_840, 64_001, (1 << 53) - 2] {
                let last = last_at_16_khz(sample, rate_hz);
                assert!(at_16_khz(last, rate_hz) <= sample, "{sample} at {rate_hz}");
                assert!(at_16_khz(last + 1, rate_hz) > sample, "{sample} at {rate_hz}");
            }
        }
    }
}
