//! Filled pauses by their sound alone: um, uh, hm, however a recognizer writes them, if it does.
//!
//! What they have in common (Goto, Itou & Hayamizu 1999; Shriberg 2001): the mouth rests, so that vowel and pitch hardly move,
//! and they stand apart from the words around them. So: a stretch of sound between two pauses that is voiced, neutral or
//! nasal throughout, the vowel before the murmur, on a nearly level pitch. Rules rather than weights: of real filled pauses
//! there were six to look at. What runs into a word without a pause is missed, by design: there its sound is that of the
//! middle of a hundred words. `docs/measured.md` says how much is found; it is not enough to count with, so that C6 does not.

use super::envelope::{Mouth, mouth};
use super::pitch::{self, Halved, Pitch};
use serde::{Deserialize, Serialize};

/// Frames of 10 ms of quiet that part it from what is around it: the closure of a stop inside a word is shorter.
const PAUSE_FRAMES: usize = 12;
/// Quieter than the voice by this is quiet; a fricative is not.
const QUIET_DB: f32 = 25.0;
/// Which of the voiced frames, by level, stands for the voice.
const VOICE_QUANTILE: f32 = 0.8;
/// An "uh" is no shorter than this, in frames, and nobody hums for longer than this.
const LENGTH_FRAMES: std::ops::RangeInclusive<usize> = 12..=120;
/// So much of it has a pitch: its edges may be breath or creak.
const VOICED: f32 = 0.6;
/// So much of it is the vowel or the murmur: the way from one to the other is neither.
const RESTING: f32 = 0.7;
/// So much of it may be a murmur before the vowel: else it is a syllable like "no".
const MURMUR_FIRST: f32 = 0.15;
/// Its pitch moves no more, the tenth at each end left out: it may sink, as an "um" does, but not rise and fall.
const PITCH_RANGE_ST: f32 = 4.0;

/// Something that sounds like um, uh or hm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilledPause {
    /// When it begins, in milliseconds from the segment's first sample.
    pub from_ms: u32,
    /// When it ends, likewise.
    pub to_ms: u32,
}

/// The filled pauses in `samples` (16 kHz, full scale 1), whose pitch is `pitches`. Silence of any length at either end counts
/// as a pause, sound that reaches the end does not.
pub(super) fn find(samples: &[f32], halved: &Halved, pitches: &[Pitch]) -> Vec<FilledPause> {
    let levels: Vec<f32> = (0..pitches.len()).map(|frame| level_db(samples, frame)).collect();
    let Some(voice) = voice_level(&levels, pitches) else {
        return Vec::new();
    };
    islands(&levels, voice - QUIET_DB)
        .into_iter()
        .filter(|&(first, last)| first > 0 && last + 1 < pitches.len())
        .filter(|&(first, last)| LENGTH_FRAMES.contains(&(last + 1 - first)))
        .filter(|&(first, last)| is_level(&pitches[first..=last]))
        .filter(|&(first, last)| {
            let mouths: Vec<Mouth> = (first..=last)
                .map(|frame| mouth(halved.around(frame), pitch::RATE_HZ))
                .collect();
            rests(&mouths)
        })
        .map(|(first, last)| FilledPause {
            from_ms: frame_ms(first),
            to_ms: frame_ms(last + 1),
        })
        .collect()
}

/// Level of the 15 ms around the middle of a frame, dBFS.
fn level_db(samples: &[f32], frame: usize) -> f32 {
    const HALF: usize = 120;
    let middle = pitch::middle(frame);
    let around = &samples[middle.saturating_sub(HALF)..(middle + HALF).min(samples.len())];
    let energy = around.iter().map(|sample| sample * sample).sum::<f32>() / around.len().max(1) as f32;
    10.0 * (energy + 1e-10).log10()
}

fn voice_level(levels: &[f32], pitches: &[Pitch]) -> Option<f32> {
    let voiced = levels.iter().zip(pitches).filter(|(_, pitch)| pitch.hz.is_some());
    let mut voiced: Vec<f32> = voiced.map(|(level, _)| *level).collect();
    voiced.sort_by(f32::total_cmp);
    voiced.get((voiced.len() as f32 * VOICE_QUANTILE) as usize).copied()
}

/// First and last frame of each stretch above `quiet`, where shorter silences than a pause are part of it.
fn islands(levels: &[f32], quiet: f32) -> Vec<(usize, usize)> {
    let mut islands: Vec<(usize, usize)> = Vec::new();
    for frame in (0..levels.len()).filter(|&frame| levels[frame] >= quiet) {
        match islands.last_mut() {
            Some((_, last)) if frame - *last <= PAUSE_FRAMES => *last = frame,
            _ => islands.push((frame, frame)),
        }
    }
    islands
}

/// Voiced, on a pitch that hardly moves.
fn is_level(pitches: &[Pitch]) -> bool {
    let mut semitones: Vec<f32> = pitches
        .iter()
        .filter_map(|pitch| pitch.hz)
        .map(|hz| 12.0 * hz.log2())
        .collect();
    if (semitones.len() as f32) < VOICED * pitches.len() as f32 {
        return false;
    }
    semitones.sort_by(f32::total_cmp);
    let tenth = semitones.len() / 10;
    semitones[semitones.len() - 1 - tenth] - semitones[tenth] <= PITCH_RANGE_ST
}

/// Vowel, murmur, or the one and then the other.
fn rests(mouths: &[Mouth]) -> bool {
    let length = mouths.len() as f32;
    let resting = mouths.iter().filter(|mouth| **mouth != Mouth::Other).count() as f32;
    let last_vowel = mouths.iter().rposition(|mouth| *mouth == Mouth::Neutral).unwrap_or(0);
    let early = mouths[..last_vowel]
        .iter()
        .filter(|mouth| **mouth == Mouth::Closed)
        .count() as f32;
    resting >= RESTING * length && early <= MURMUR_FIRST * length
}

fn frame_ms(frame: usize) -> u32 {
    (pitch::middle(frame) as u64 / crate::clock::SAMPLES_PER_MS) as u32
}
