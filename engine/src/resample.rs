//! Files at any rate become 16 kHz. The live path never comes here: libopus decodes straight to 16 kHz.

use crate::clock::SAMPLE_RATE_HZ;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Input frames per block, at least: 21 ms at 48 kHz, a good size for its FFT.
const BLOCK_FRAMES: u32 = 1024;
/// A block is one FFT: parts of it would not be whole on both sides.
const WHOLE_BLOCKS: usize = 1;
/// Rates that are taken: below telephone speech, or above studio rates, the number is a mistake.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// A rate that no recording has.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a sample rate of {0} Hz is outside 8 to 192 kHz")]
pub struct RateRefused(pub u32);

/// Resamples one channel to 16 kHz, sample-aligned: output sample `n` is the sound at `n / 16000` s, and the output is
/// as long as the input, rounded up. How the input is cut into pushes makes no difference.
pub struct Resampler {
    rate_hz: u32,
    /// Absent at 16 kHz, where samples pass as they are.
    inner: Option<Fft<f32>>,
    waiting: Vec<f32>,
    /// Output samples that are still the filter's delay, to be dropped.
    delay: usize,
    frames_in: u64,
    samples_out: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("rate_hz", &self.rate_hz)
            .field("frames_in", &self.frames_in)
            .finish()
    }
}

impl Resampler {
    /// From `rate_hz` to 16 kHz.
    ///
    /// # Errors
    /// A rate outside 8 to 192 kHz.
    pub fn new(rate_hz: u32) -> Result<Self, RateRefused> {
        if !RATES_HZ.contains(&rate_hz) {
            return Err(RateRefused(rate_hz));
        }
        let inner = (rate_hz != SAMPLE_RATE_HZ)
            .then(|| {
                Fft::new_custom(
                    rate_hz as usize,
                    SAMPLE_RATE_HZ as usize,
                    block_frames(rate_hz),
                    WHOLE_BLOCKS,
                    1,
                    WindowFunction::BlackmanHarris2,
                    FixedSync::Input,
                )
            })
            .transpose()
            .map_err(|_| RateRefused(rate_hz))?;
        let delay = inner.as_ref().map_or(0, |inner| inner.output_delay());
        Ok(Self {
            rate_hz,
            inner,
            waiting: Vec::new(),
            delay,
            frames_in: 0,
            samples_out: 0,
        })
    }

    /// Takes frames of the channel, -1 to 1, and returns the 16 kHz samples that are complete. Allocates.
    pub fn push(&mut self, frames: &[f32]) -> Vec<i16> {
        self.frames_in += frames.len() as u64;
        if self.inner.is_none() {
            self.samples_out += frames.len() as u64;
            return frames.iter().copied().map(to_i16).collect();
        }
        self.waiting.extend_from_slice(frames);
        let mut out = Vec::new();
        let mut used = 0;
        while let Some(needed) = self.inner.as_ref().map(|inner| inner.input_frames_next())
            && self.waiting.len() - used >= needed
        {
            let block = self.waiting[used..used + needed].to_vec();
            used += needed;
            self.resample(&block, &mut out);
        }
        self.waiting.drain(..used);
        out
    }

    /// Ends the channel: the samples that were still inside the filter.
    pub fn finish(&mut self) -> Vec<i16> {
        let total = (self.frames_in * u64::from(SAMPLE_RATE_HZ)).div_ceil(u64::from(self.rate_hz));
        let mut out = Vec::new();
        let mut tail = std::mem::take(&mut self.waiting);
        while let Some(needed) = self.inner.as_ref().map(|inner| inner.input_frames_next())
            && self.samples_out < total
        {
            tail.resize(needed, 0.0);
            self.resample(&tail, &mut out);
            tail.clear();
        }
        let surplus = (self.samples_out.saturating_sub(total) as usize).min(out.len());
        out.truncate(out.len() - surplus);
        self.samples_out = total;
        out
    }

    fn resample(&mut self, block: &[f32], out: &mut Vec<i16>) {
        let Some(inner) = &mut self.inner else { return };
        let input = InterleavedSlice::new(block, 1, block.len()).expect("invariant: one channel of this length");
        let resampled = inner
            .process(&input, None)
            .expect("invariant: the block has the length that was asked for");
        let samples = resampled.take_data();
        let dropped = self.delay.min(samples.len());
        self.delay -= dropped;
        self.samples_out += (samples.len() - dropped) as u64;
        out.extend(samples[dropped..].iter().copied().map(to_i16));
    }
}

/// A block of which one half is a whole number of frames on both sides: the filter delays by half a block, and only then
/// is that a whole number of samples to drop.
fn block_frames(rate_hz: u32) -> usize {
    let unit = rate_hz / gcd(rate_hz, SAMPLE_RATE_HZ);
    (unit * BLOCK_FRAMES.div_ceil(unit).next_multiple_of(2)) as usize
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests;
