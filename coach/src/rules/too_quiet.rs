//! N16, too quiet: over 10 s of voice I am more than 8 LU below my calibrated level (C25), and the room is quiet enough to tell.
//! Re-arms above −4 LU; cooldown 6 min (volume as a live cue: Rhema `[V]`; numbers `[D]`). Without a calibrated level it is my own
//! level over the first minute of voice in this meeting.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// So far below is hard to hear, LU.
const QUIET_LU: f32 = -8.0;
/// From here on it is fine again, LU.
const FINE_LU: f32 = -4.0;
/// Tenths of a second of voice that a level is of: 10 s.
const VALUES: u32 = 100;
/// Tenths of a second of voice that calibrate: C25's minimum, a minute.
const CALIBRATES: u32 = 600;
/// Voice this far above the room, or the level is not the voice's, dB.
const SNR_DB: f32 = 10.0;
/// Sound of two minutes ago says nothing of now.
const APART: Duration = Duration::from_secs(120);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct TooQuiet {
    calibrated_lufs: Option<f32>,
    /// What calibrates where nothing is known yet: sum of values, and how many.
    own: (f32, u32),
    /// The latest segments that make up 10 s: when, their level, and of how many values.
    recent: VecDeque<(MeetingTime, f32, u32)>,
    latch: Latch,
}

impl TooQuiet {
    pub(crate) const fn new(calibrated_lufs: Option<f32>) -> Self {
        Self {
            calibrated_lufs,
            own: (0.0, 0),
            recent: VecDeque::new(),
            latch: Latch::new(Duration::ZERO, Duration::ZERO, APART),
        }
    }

    fn calibrate(&mut self, lufs: f32, values: u32) {
        if self.calibrated_lufs.is_none() {
            self.own = (self.own.0 + lufs * values as f32, self.own.1 + values);
            self.calibrated_lufs = (self.own.1 >= CALIBRATES).then(|| self.own.0 / self.own.1 as f32);
        }
    }

    /// My level over the last 10 s of voice.
    fn level(&mut self, at: MeetingTime, lufs: f32, values: u32) -> Option<f32> {
        self.recent.push_back((at, lufs, values));
        self.recent.retain(|(earlier, ..)| at.since(*earlier) <= APART);
        let count = |recent: &VecDeque<(MeetingTime, f32, u32)>| recent.iter().map(|(.., values)| values).sum::<u32>();
        while self
            .recent
            .front()
            .is_some_and(|(.., first)| count(&self.recent) - first >= VALUES)
        {
            self.recent.pop_front();
        }
        let values = count(&self.recent);
        let sum: f32 = self.recent.iter().map(|(_, lufs, values)| lufs * *values as f32).sum();
        (values >= VALUES).then(|| sum / values as f32)
    }
}

impl Watch for TooQuiet {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Sound(sound) = *signal else {
            return None;
        };
        let above_room = sound
            .voice_dbfs
            .zip(sound.floor_dbfs)
            .map(|(voice, floor)| voice - floor);
        let lufs = sound
            .loudness_lufs
            .filter(|_| above_room.is_some_and(|above| above >= SNR_DB))?;
        self.calibrate(lufs, sound.loudness_values);
        let level = self.level(sound.at, lufs, sound.loudness_values)?;
        let below = level - self.calibrated_lufs?;
        let since = self.latch.feed(sound.at, below < QUIET_LU, below > FINE_LU)?;
        let evidence = format!("Your voice is {:.0} dB below its usual level.", -below);
        Some(Moment::new(Rule::TooQuiet, since, sound.at, evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::sound};
    use attune_engine::signal::SoundHeard;
    use rstest::rstest;

    /// Segments of 5 s of voice each at this level.
    fn at_level(from: u64, segments: u64, lufs: f32) -> Vec<Signal> {
        let segment = |index| {
            Signal::Sound(SoundHeard {
                loudness_lufs: Some(lufs),
                loudness_values: 50,
                ..sound(from + 6 * index)
            })
        };
        (1..=segments).map(segment).collect()
    }

    #[rstest]
    #[case::far_below(-31.0, &[218])]
    #[case::within_eight(-29.9, &[])]
    fn ten_seconds_below_the_own_level_are_told(#[case] lufs: f32, #[case] expected: &[u64]) {
        let heard = [at_level(100, 15, -22.0), at_level(200, 3, lufs)].concat();
        let spoke = spoke_at(&mut TooQuiet::new(None), &heard);
        assert_eq!(spoke.len(), expected.len(), "{spoke:?}");
        assert!(spoke.iter().all(|second| (206..=218).contains(second)));
    }

    #[test]
    fn a_calibrated_level_needs_no_first_minute_and_once_is_enough() {
        let heard = [
            at_level(100, 6, -32.0),
            at_level(140, 3, -27.0),
            at_level(160, 3, -32.0),
            at_level(180, 3, -20.0),
            at_level(200, 3, -32.0),
        ]
        .concat();
        let spoke = spoke_at(&mut TooQuiet::new(Some(-22.0)), &heard);
        assert_eq!(spoke.len(), 2, "{spoke:?}");
        assert_eq!(spoke[0], 112);
        assert!(spoke[1] > 200);
    }

    #[test]
    fn in_a_noisy_room_a_level_says_nothing() {
        let noisy = |signal: Signal| match signal {
            Signal::Sound(sound) => Signal::Sound(SoundHeard {
                floor_dbfs: Some(-32.0),
                ..sound
            }),
            other => other,
        };
        let heard: Vec<Signal> = at_level(100, 6, -32.0).into_iter().map(noisy).collect();
        assert_eq!(spoke_at(&mut TooQuiet::new(Some(-20.0)), &heard), [0; 0]);
    }
}
