//! N17, the microphone: over 10 s of my segments more than 1 % of samples are clipped, or the room is above −40 dBFS. Re-arms once
//! ten seconds are fine; cooldown 10 min (numbers `[D]`). A rule of safety: Focus keeps it.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::clock::{MeetingTime, SAMPLE_RATE_HZ};
use attune_engine::signal::{Signal, SoundHeard};
use std::collections::VecDeque;
use std::time::Duration;

/// More than this share of samples at full scale is heard by everybody.
const CLIPPED: f32 = 0.01;
/// A room louder than this covers quiet words.
const NOISY_DBFS: f32 = -40.0;
/// Samples that are judged together: 10 s.
const SAMPLES: u32 = 10 * SAMPLE_RATE_HZ;
/// Sound of two minutes ago says nothing of now.
const APART: Duration = Duration::from_secs(120);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct BadSound {
    recent: VecDeque<SoundHeard>,
    latch: Latch,
}

impl Default for BadSound {
    fn default() -> Self {
        Self {
            recent: VecDeque::new(),
            latch: Latch::new(Duration::ZERO, Duration::ZERO, APART),
        }
    }
}

/// What is wrong over the last 10 s.
struct Judged {
    clipped: f32,
    /// The lowest floor of them: a noise that comes and goes is no room.
    floor_dbfs: Option<f32>,
}

impl BadSound {
    fn judge(&mut self, sound: SoundHeard) -> Option<Judged> {
        self.recent.push_back(sound);
        self.recent.retain(|earlier| sound.at.since(earlier.at) <= APART);
        let samples = |recent: &VecDeque<SoundHeard>| recent.iter().map(|sound| sound.samples).sum::<u32>();
        while self
            .recent
            .front()
            .is_some_and(|first| samples(&self.recent) - first.samples >= SAMPLES)
        {
            self.recent.pop_front();
        }
        let all = samples(&self.recent);
        let clipped: u32 = self.recent.iter().map(|sound| sound.clipped_samples).sum();
        (all >= SAMPLES).then(|| Judged {
            clipped: clipped as f32 / all as f32,
            floor_dbfs: self
                .recent
                .iter()
                .filter_map(|sound| sound.floor_dbfs)
                .min_by(f32::total_cmp),
        })
    }

    fn moment(since: MeetingTime, at: MeetingTime, judged: &Judged) -> Moment {
        if judged.clipped > CLIPPED {
            let evidence = format!(
                "{:.0} % of your sound is cut off at full scale.",
                (100.0 * judged.clipped).max(1.0)
            );
            Moment::new(Rule::BadSound, since, at, evidence)
        } else {
            let floor = judged.floor_dbfs.unwrap_or(NOISY_DBFS);
            let evidence = format!("The room is at {floor:.0} dBFS beside your voice.");
            Moment::new(Rule::BadSound, since, at, evidence).saying("Mic noisy")
        }
    }
}

impl Watch for BadSound {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Sound(sound) = *signal else {
            return None;
        };
        let judged = self.judge(sound)?;
        let bad = judged.clipped > CLIPPED || judged.floor_dbfs.is_some_and(|floor| floor > NOISY_DBFS);
        let since = self.latch.feed(sound.at, bad, !bad)?;
        Some(Self::moment(since, sound.at, &judged))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::sound};
    use rstest::rstest;

    /// Segments of 5 s each.
    fn segments(from: u64, count: u64, clipped_samples: u32, floor_dbfs: f32) -> Vec<Signal> {
        let segment = |index| {
            Signal::Sound(SoundHeard {
                clipped_samples,
                floor_dbfs: Some(floor_dbfs),
                ..sound(from + 6 * index)
            })
        };
        (1..=count).map(segment).collect()
    }

    #[rstest]
    #[case::fine(0, -60.0, None)]
    #[case::a_little_clipping(800, -60.0, None)]
    #[case::clipping(801, -60.0, Some("Mic too hot"))]
    #[case::noise(0, -39.0, Some("Mic noisy"))]
    #[case::at_the_limit(0, -40.0, None)]
    fn ten_bad_seconds_are_told(#[case] clipped: u32, #[case] floor: f32, #[case] says: Option<&str>) {
        let mut rule = BadSound::default();
        let seen = segments(100, 2, clipped, floor)
            .iter()
            .find_map(|signal| rule.observe(signal));
        assert_eq!(seen.as_ref().map(Moment::headline), says);
        assert!(seen.is_none_or(|moment| moment.true_at.as_ms() == 112_000));
    }

    #[test]
    fn it_speaks_again_only_once_it_was_fixed() {
        let heard = [
            segments(100, 6, 900, -60.0),
            segments(200, 4, 0, -60.0),
            segments(300, 4, 900, -60.0),
        ]
        .concat();
        let spoke = spoke_at(&mut BadSound::default(), &heard);
        assert_eq!((spoke.len(), spoke[0]), (2, 112), "{spoke:?}");
    }
}
