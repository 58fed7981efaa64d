//! What a segment of mine sounded like, in the few numbers that rules need: they are joined over as many segments as a rule looks
//! at.

use crate::clock::MeetingTime;
use crate::sound::{PitchSecond, Sound};

/// The sound of one segment of mine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundHeard {
    /// When the segment began.
    pub start: MeetingTime,
    /// When it ended.
    pub at: MeetingTime,
    /// The median of its momentary loudness, LUFS (C25); absent without voice.
    pub loudness_lufs: Option<f32>,
    /// Tenths of a second that the median is of.
    pub loudness_values: u32,
    /// Samples cut off at full scale.
    pub clipped_samples: u32,
    /// Samples looked at.
    pub samples: u32,
    /// Level where no voice is, dBFS.
    pub floor_dbfs: Option<f32>,
    /// Level where a voice is, dBFS.
    pub voice_dbfs: Option<f32>,
    /// Its pitch (C24); absent without a voiced frame.
    pub pitch: Option<PitchHeard>,
}

/// Voiced frames of one or more segments, in semitones: can be joined with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PitchHeard {
    /// Voiced frames of 10 ms.
    pub frames: u32,
    /// Their mean.
    pub mean_st: f32,
    /// Their variance, over `frames`.
    pub variance_st2: f32,
}

impl SoundHeard {
    pub(crate) fn of(start: MeetingTime, at: MeetingTime, sound: &Sound) -> Self {
        let mut loudness = sound.loudness_lufs.clone();
        loudness.sort_by(f32::total_cmp);
        Self {
            start,
            at,
            loudness_lufs: loudness.get(loudness.len() / 2).copied(),
            loudness_values: loudness.len() as u32,
            clipped_samples: sound.clipped_samples,
            samples: sound.samples,
            floor_dbfs: sound.floor_dbfs,
            voice_dbfs: sound.voice_dbfs,
            pitch: PitchHeard::joined(sound.pitch.iter().map(PitchHeard::from)),
        }
    }
}

impl From<&PitchSecond> for PitchHeard {
    fn from(second: &PitchSecond) -> Self {
        Self {
            frames: u32::from(second.frames),
            mean_st: second.mean_st,
            variance_st2: second.variance_st2,
        }
    }
}

impl PitchHeard {
    /// All of them together: the variance within them and that of their means. `None` of none.
    pub fn joined(parts: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let frames: u32 = parts.clone().map(|part| part.frames).sum();
        if frames == 0 {
            return None;
        }
        let mean_of = |value: &dyn Fn(&Self) -> f64| {
            let weighed = parts.clone().map(|part| f64::from(part.frames) * value(&part));
            weighed.sum::<f64>() / f64::from(frames)
        };
        let mean = mean_of(&|part| f64::from(part.mean_st));
        let variance = mean_of(&|part| f64::from(part.variance_st2) + (f64::from(part.mean_st) - mean).powi(2));
        Some(Self {
            frames,
            mean_st: mean as f32,
            variance_st2: variance as f32,
        })
    }

    /// The standard deviation, semitones.
    pub fn spread_st(&self) -> f32 {
        self.variance_st2.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_flat_stretches_at_different_heights_are_not_flat_together() {
        let flat = |mean_st| PitchHeard {
            frames: 100,
            mean_st,
            variance_st2: 0.0,
        };
        let joined = PitchHeard::joined([flat(0.0), flat(4.0)].into_iter()).unwrap();
        assert_eq!((joined.frames, joined.mean_st, joined.spread_st()), (200, 2.0, 2.0));
        assert_eq!(PitchHeard::joined(std::iter::empty()), None);
    }

    #[test]
    fn loudness_is_the_median() {
        let sound = Sound {
            loudness_lufs: vec![-20.0, -40.0, -22.0],
            ..Sound::default()
        };
        let heard = SoundHeard::of(MeetingTime::START, MeetingTime::from_ms(300), &sound);
        assert_eq!((heard.loudness_lufs, heard.loudness_values), (Some(-22.0), 3));
        assert_eq!(heard.pitch, None);
    }
}
