//! The time that partials may take: half of what finals leave idle.

use std::time::Duration;
use tokio::time::Instant;

/// Part of the idle time that partials get: what is left keeps a worker at hand for the next final.
const PARTIALS_GET: f64 = 0.5;
/// Over how long the finals' share of the workers is averaged: a few turns of a conversation.
const AVERAGED_S: f64 = 10.0;
/// What may be saved up: a burst of partials after a silence.
const SAVED_S: f64 = 1.5;

/// A bucket that idle time flows into.
#[derive(Debug)]
pub(super) struct Spare {
    workers: f64,
    /// Workers that finals keep busy, on average.
    busy: f64,
    /// Seconds of a worker that partials may take.
    saved_s: f64,
    at: Instant,
}

impl Spare {
    pub(super) fn new(workers: usize, now: Instant) -> Self {
        Self {
            workers: workers as f64,
            busy: 0.0,
            saved_s: SAVED_S,
            at: now,
        }
    }

    /// Whether there is time for a partial that takes so long; one that is longer than can ever be saved needs all of it.
    pub(super) fn allows(&mut self, predicted: Duration, now: Instant) -> bool {
        self.flow(now);
        self.saved_s >= predicted.as_secs_f64().min(SAVED_S * 0.9)
    }

    /// A partial took so long.
    pub(super) fn spend(&mut self, took: Duration, now: Instant) {
        self.flow(now);
        self.saved_s -= took.as_secs_f64();
    }

    /// A final took so long.
    pub(super) fn busy(&mut self, took: Duration, now: Instant) {
        self.flow(now);
        self.busy += took.as_secs_f64() / AVERAGED_S;
    }

    fn flow(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.busy *= (-passed / AVERAGED_S).exp();
        let idle = (self.workers - self.busy).max(0.0);
        self.saved_s = (self.saved_s + PARTIALS_GET * idle * passed).min(SAVED_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_get_half_of_what_finals_leave() {
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut idle = Spare::new(2, begin);
        idle.spend(Duration::from_secs(2), begin);
        assert!(!idle.allows(Duration::from_millis(100), begin));
        // Half of two workers' second brings half a second over the debt.
        assert!(idle.allows(Duration::from_millis(499), at(1_000)));
        assert!(!idle.allows(Duration::from_millis(501), at(1_000)));

        let mut busy = Spare::new(2, begin);
        busy.spend(Duration::from_millis(1_500), begin);
        busy.busy(Duration::from_secs(20), begin);
        assert!(!busy.allows(Duration::from_millis(1), begin));
        assert!(
            !busy.allows(Duration::from_millis(100), at(1_000)),
            "finals take nearly all"
        );
        // Never more than is saved, and what needs more than that needs all.
        assert!(busy.allows(Duration::from_secs(60), at(600_000)));
    }
}
