//! How much the level of a segment moves: syllables make a voice rise and fall, and little else that lasts does.

use crate::clock::SAMPLES_PER_MS;
use crate::listener::Segment;

/// Long enough for a period of the lowest voice, short enough for a consonant.
const FRAME: usize = 20 * SAMPLES_PER_MS as usize;

/// Less than this, 0.5 s, may be a single vowel, which is steady.
const FRAMES: usize = 25;

/// A mean square of this (-100 dBFS) is added, so that digital silence has a level.
const SILENCE: f64 = 1e-10;

/// Decibels between the tenth and the ninetieth percentile of the levels from where a voice was first heard to where it
/// was heard last, pauses included; none where that is too short to say.
pub(super) fn range_db(segment: &Segment) -> Option<f32> {
    let ((from, _), (_, to)) = (segment.voiced.first()?, segment.voiced.last()?);
    let at = |sample: u64| sample.saturating_sub(segment.audio_from_sample) as usize;
    let heard = segment.audio.get(at(*from)..at(*to).min(segment.audio.len()))?;
    let mut levels: Vec<f64> = heard.chunks_exact(FRAME).map(decibels).collect();
    if levels.len() < FRAMES {
        return None;
    }
    levels.sort_by(f64::total_cmp);
    let percentile = |percent: usize| levels[levels.len() * percent / 100];
    Some((percentile(90) - percentile(10)) as f32)
}

fn decibels(frame: &[i16]) -> f64 {
    let energy = frame
        .iter()
        .map(|&sample| (f64::from(sample) / 32_768.0).powi(2))
        .sum::<f64>();
    10.0 * (energy / frame.len() as f64 + SILENCE).log10()
}
