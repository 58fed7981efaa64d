//! Meeting time: how far into a meeting something happened, in milliseconds and in 16 kHz samples.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Samples a second of everything the engine hears, one channel. Whisper, Silero and PocketSphinx were all trained on it.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples in a millisecond.
pub const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1000;

/// A moment of a meeting: milliseconds since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct MeetingTime(u64);

impl MeetingTime {
    /// The moment the meeting began.
    pub const START: Self = Self(0);

    /// The moment `ms` milliseconds in.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// The moment at which the 16 kHz sample `sample` begins, rounded down to a millisecond.
    pub const fn from_sample(sample: u64) -> Self {
        Self(sample / SAMPLES_PER_MS)
    }

    /// Milliseconds since the meeting began.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// Seconds since the meeting began.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The first 16 kHz sample of this millisecond.
    pub const fn as_sample(self) -> u64 {
        self.0 * SAMPLES_PER_MS
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment moved forward by `by`.
    pub const fn plus(self, by: Duration) -> Self {
        Self(self.0 + by.as_millis() as u64)
    }

    /// This moment moved back by `by`, but not before the start.
    pub const fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.as_millis() as u64))
    }
}

/// A stretch of a meeting, `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// When it begins.
    #[serde(rename = "t0_ms")]
    pub start: MeetingTime,
    /// When it ends; never before `start`.
    #[serde(rename = "t1_ms")]
    pub end: MeetingTime,
}

impl Span {
    /// The stretch from `start` to `end`; empty if `end` is not after `start`.
    pub fn new(start: MeetingTime, end: MeetingTime) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// How long it lasts.
    pub const fn duration(self) -> Duration {
        self.end.since(self.start)
    }

    /// Milliseconds that both stretches share.
    pub fn overlap_ms(self, other: Self) -> u64 {
        self.end
            .min(other.end)
            .as_ms()
            .saturating_sub(self.start.max(other.start).as_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_milliseconds_turn_into_each_other_rounded_down() {
        let moment = MeetingTime::from_sample(24_015);
        assert_eq!(
            (moment.as_ms(), moment.as_sample(), moment.as_secs()),
            (1_500, 24_000, 1.5)
        );
    }

    #[test]
    fn time_does_not_run_below_the_start() {
        let early = MeetingTime::from_ms(200);
        assert_eq!(early.minus(Duration::from_secs(1)), MeetingTime::START);
        assert_eq!(MeetingTime::START.since(early), Duration::ZERO);
        assert_eq!(
            early.plus(Duration::from_millis(300)).since(early),
            Duration::from_millis(300)
        );
    }

    #[test]
    fn a_span_never_ends_before_it_begins_and_knows_what_it_shares() {
        let span = |from_ms, to_ms| Span::new(MeetingTime::from_ms(from_ms), MeetingTime::from_ms(to_ms));
        assert_eq!(span(500, 100), span(500, 500));
        assert_eq!(span(100, 500).duration(), Duration::from_millis(400));
        assert_eq!(span(100, 500).overlap_ms(span(300, 900)), 200);
        assert_eq!(span(100, 500).overlap_ms(span(500, 900)), 0);
        assert_eq!(serde_json::to_string(&span(1, 2)).unwrap(), r#"{"t0_ms":1,"t1_ms":2}"#);
    }
}
