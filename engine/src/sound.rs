//! What a segment sounded like: pitch, loudness, clipping, noise. Numbers of a voice's sound, never of a feeling.
//!
//! Computed once, where the words are made, from the samples that the segment decides; kept with the decided segment, so
//! that a resume needs no audio. Each number is a count, a mean with its variance or a list, so that it can be joined with
//! those of other segments.

mod envelope;
mod filled_pause;
mod loudness;
mod pitch;

use crate::clock::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use crate::listener::Segment;
use pitch::{Halved, Pitch};
use serde::{Deserialize, Serialize};

pub use filled_pause::FilledPause;

/// The sound of a decided segment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sound {
    /// The pitch in each second of the segment that has a voiced frame, in order.
    pub pitch: Vec<PitchSecond>,
    /// Momentary loudness (ITU-R BS.1770, 400 ms), every 100 ms where at least half of it is voice; LUFS, to a tenth.
    pub loudness_lufs: Vec<f32>,
    /// Samples at full scale, three or more in a row.
    pub clipped_samples: u32,
    /// Samples looked at.
    pub samples: u32,
    /// Level where no voice is, as the tenth percentile of frames of 10 ms: dBFS, to a tenth. Absent where less than 100 ms is
    /// without voice, or where that is digital silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_dbfs: Option<f32>,
    /// Level where a voice is: dBFS, to a tenth. Absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice_dbfs: Option<f32>,
    /// What sounds like um, uh or hm, in order: by sound alone, whatever words were recognised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled_pauses: Vec<FilledPause>,
}

/// The voiced frames of one second, in semitones above 100 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PitchSecond {
    /// Which second of the segment, from 0.
    pub second: u32,
    /// Voiced frames of 10 ms.
    pub frames: u16,
    /// Their mean.
    pub mean_st: f32,
    /// Their variance, over `frames`.
    pub variance_st2: f32,
}

/// A frame of 10 ms, as pitch has it.
const FRAME: usize = SAMPLES_PER_MS as usize * pitch::HOP_MS as usize;
/// A quiet part shorter than this says nothing of the room.
const FLOOR_FRAMES: usize = 10;
/// Samples of this size are at full scale, as codecs leave it.
const FULL_SCALE: u16 = 32_700;
/// One sample at full scale is a peak; this many in a row were cut off.
const CLIPPED_RUN: u32 = 3;

/// The sound of what `segment` decides; its context is not part of it.
pub fn sound_of(segment: &Segment) -> Sound {
    let heard = &segment.audio[segment.context.min(segment.audio.len())..];
    let length = segment.to_sample.saturating_sub(segment.from_sample) as usize;
    let decided = &heard[..length.min(heard.len())];
    let samples: Vec<f32> = decided.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    let voice = Voice {
        from: segment.from_sample,
        spans: &segment.voiced,
    };
    let halved = Halved::of(&samples);
    let pitches = pitch::track(&halved);
    let (voice_dbfs, floor_dbfs) = levels(&samples, &voice);
    Sound {
        pitch: seconds(&pitches, &voice),
        loudness_lufs: loudness_of(&samples, &voice),
        clipped_samples: clipped(decided),
        samples: decided.len() as u32,
        floor_dbfs,
        voice_dbfs,
        filled_pauses: filled_pause::find(&samples, &halved, &pitches)
            .into_iter()
            .filter(|pause| voice.share(sample(pause.from_ms), sample(pause.to_ms)) >= 0.5)
            .collect(),
    }
}

const fn sample(ms: u32) -> usize {
    ms as usize * SAMPLES_PER_MS as usize
}

/// Where voice activity heard a voice, asked for in samples of the decided part.
struct Voice<'a> {
    from: u64,
    spans: &'a [(u64, u64)],
}

impl Voice<'_> {
    /// The share of these samples that is voice, 0 to 1.
    fn share(&self, from: usize, to: usize) -> f64 {
        let (from, to) = (self.from + from as u64, self.from + to as u64);
        let voiced: u64 = self
            .spans
            .iter()
            .map(|&(start, end)| end.min(to).saturating_sub(start.max(from)))
            .sum();
        voiced as f64 / (to - from).max(1) as f64
    }
}

fn seconds(pitches: &[Pitch], voice: &Voice<'_>) -> Vec<PitchSecond> {
    let mut seconds: Vec<(u32, Vec<f64>)> = Vec::new();
    for (index, frame) in pitches.iter().enumerate() {
        let middle = pitch::middle(index);
        let Some(hz) = frame.hz.filter(|_| voice.share(middle, middle + 1) > 0.0) else {
            continue;
        };
        let second = (middle / SAMPLE_RATE_HZ as usize) as u32;
        let semitones = 12.0 * f64::from(hz / 100.0).log2();
        match seconds.last_mut() {
            Some((last, frames)) if *last == second => frames.push(semitones),
            _ => seconds.push((second, vec![semitones])),
        }
    }
    seconds
        .into_iter()
        .map(|(second, frames)| PitchSecond::of(second, &frames))
        .collect()
}

impl PitchSecond {
    fn of(second: u32, semitones: &[f64]) -> Self {
        let count = semitones.len() as f64;
        let mean = semitones.iter().sum::<f64>() / count;
        let variance = semitones.iter().map(|st| (st - mean).powi(2)).sum::<f64>() / count;
        Self {
            second,
            frames: semitones.len() as u16,
            mean_st: rounded(mean, 1_000.0),
            variance_st2: rounded(variance, 1_000.0),
        }
    }
}

fn loudness_of(samples: &[f32], voice: &Voice<'_>) -> Vec<f32> {
    loudness::momentary(samples)
        .into_iter()
        .enumerate()
        .map(|(block, loudness)| (block * loudness::BLOCK_HOP, loudness))
        .filter(|&(at, loudness)| loudness.is_finite() && voice.share(at, at + loudness::BLOCK) >= 0.5)
        .map(|(_, loudness)| rounded(loudness, 10.0))
        .collect()
}

/// The level of the voice, and of what is there without one.
fn levels(samples: &[f32], voice: &Voice<'_>) -> (Option<f32>, Option<f32>) {
    let (mut voiced, mut quiet) = (Vec::new(), Vec::new());
    for (index, frame) in samples.chunks_exact(FRAME).enumerate() {
        let energy = frame.iter().map(|&sample| f64::from(sample * sample)).sum::<f64>() / FRAME as f64;
        let share = voice.share(index * FRAME, (index + 1) * FRAME);
        if share >= 1.0 {
            voiced.push(energy);
        } else if share <= 0.0 && energy > 0.0 {
            quiet.push(energy);
        }
    }
    let mean = voiced.iter().sum::<f64>() / voiced.len().max(1) as f64;
    quiet.sort_by(f64::total_cmp);
    let floor = (quiet.len() >= FLOOR_FRAMES).then(|| quiet[quiet.len() / 10]);
    ((mean > 0.0).then(|| decibels(mean)), floor.map(decibels))
}

fn decibels(energy: f64) -> f32 {
    rounded(10.0 * energy.log10(), 10.0)
}

fn clipped(samples: &[i16]) -> u32 {
    let (mut clipped, mut run) = (0, 0);
    for sample in samples {
        if sample.unsigned_abs() >= FULL_SCALE {
            run += 1;
            continue;
        }
        clipped += if run >= CLIPPED_RUN { run } else { 0 };
        run = 0;
    }
    clipped + if run >= CLIPPED_RUN { run } else { 0 }
}

fn rounded(value: f64, steps: f64) -> f32 {
    ((value * steps).round() / steps) as f32
}

#[cfg(test)]
mod tests;
