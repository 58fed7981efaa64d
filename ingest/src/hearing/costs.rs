//! What a recognition will probably cost: learnt from those before it, per purpose and length.

use super::job::Purpose;
use std::time::Duration;

/// Lengths are told apart in steps of this: what Whisper's encoder costs grows faster than its audio.
const BUCKET: Duration = Duration::from_secs(2);
/// The longest that comes live: 14 s, its context and what follows it. What is heard again is longer; that is the last.
const BUCKETS: usize = 10;
/// How much the newest cost counts.
const NEWEST: f64 = 0.2;
/// Before anything is known, as a part of the audio's length: a slow recognizer, so that a first partial does not promise
/// itself too much.
const UNKNOWN: f64 = 0.25;

/// Mean costs so far.
#[derive(Debug, Default)]
pub(super) struct Costs {
    finals: [Option<f64>; BUCKETS],
    partials: [Option<f64>; BUCKETS],
    again: [Option<f64>; BUCKETS],
}

impl Costs {
    /// What recognising so much audio will take.
    pub(super) fn predict(&self, purpose: Purpose, audio: Duration) -> Duration {
        let known = match purpose {
            Purpose::Final | Purpose::Likely => &self.finals,
            Purpose::Partial => &self.partials,
            Purpose::Again => &self.again,
        };
        // Of its own length, else of the nearest length that is known.
        let bucket = bucket(audio);
        let nearest = (0..BUCKETS).filter_map(|other| known[other].map(|part| (other.abs_diff(bucket), part)));
        let part = nearest
            .min_by_key(|(distance, _)| *distance)
            .map_or(UNKNOWN, |(_, part)| part);
        audio.mul_f64(part)
    }

    /// Recognising so much audio took `took`.
    pub(super) fn learn(&mut self, purpose: Purpose, audio: Duration, took: Duration) {
        if audio.is_zero() {
            return;
        }
        let part = took.as_secs_f64() / audio.as_secs_f64();
        let known = match purpose {
            Purpose::Final | Purpose::Likely => &mut self.finals,
            Purpose::Partial => &mut self.partials,
            Purpose::Again => &mut self.again,
        };
        let mean = &mut known[bucket(audio)];
        *mean = Some(mean.map_or(part, |mean| mean + NEWEST * (part - mean)));
    }
}

fn bucket(audio: Duration) -> usize {
    ((audio.as_millis() / BUCKET.as_millis()) as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_cost_is_predicted_from_the_nearest_length_that_is_known() {
        let mut costs = Costs::default();
        assert_eq!(costs.predict(Purpose::Final, s(4)), s(1));
        costs.learn(Purpose::Final, s(4), s(2));
        assert_eq!(costs.predict(Purpose::Final, s(4)), s(2));
        assert_eq!(costs.predict(Purpose::Likely, s(12)), s(6));
        assert_eq!(costs.predict(Purpose::Partial, s(4)), s(1));
        costs.learn(Purpose::Final, s(12), s(12));
        assert_eq!(costs.predict(Purpose::Final, s(14)), s(14));
        // A fifth of the way from a half to one.
        costs.learn(Purpose::Final, s(4), s(4));
        assert_eq!(costs.predict(Purpose::Final, s(4)), Duration::from_millis(2_400));
        costs.learn(Purpose::Final, Duration::ZERO, s(4));
        assert_eq!(costs.predict(Purpose::Final, Duration::ZERO), Duration::ZERO);
    }
}
