//! How much a client may send: frames and bytes a second, with room for what waited while there was no connection.

use crate::protocol::Limits;
use tokio::time::Instant;

/// Bytes of burst for each frame of burst: a full frame of `pcm_s16le` at 16 kHz is 7.7 kB.
const BURST_BYTES_PER_FRAME: u32 = 8 * 1024;

/// Two token buckets, full at the start.
#[derive(Debug)]
pub(super) struct Rate {
    frames: Bucket,
    bytes: Bucket,
    last: Instant,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    most: f64,
    per_s: f64,
}

impl Rate {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        let burst_bytes = limits.burst_frames.saturating_mul(BURST_BYTES_PER_FRAME);
        Self {
            frames: Bucket::new(limits.burst_frames, limits.frames_per_s),
            bytes: Bucket::new(burst_bytes, limits.bytes_per_s),
            last: now,
        }
    }

    /// Takes a message of `bytes`; false where it is too much.
    pub(super) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let passed_s = now.saturating_duration_since(self.last).as_secs_f64();
        self.last = now;
        // Both are charged: a client over one limit does not save up on the other.
        let frames = self.frames.take(1.0, passed_s);
        self.bytes.take(bytes as f64, passed_s) && frames
    }
}

impl Bucket {
    fn new(most: u32, per_s: u32) -> Self {
        Self {
            tokens: f64::from(most),
            most: f64::from(most),
            per_s: f64::from(per_s),
        }
    }

    fn take(&mut self, wanted: f64, passed_s: f64) -> bool {
        self.tokens = (self.tokens + passed_s * self.per_s).min(self.most);
        let has_it = self.tokens >= wanted;
        if has_it {
            self.tokens -= wanted;
        }
        has_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_then_the_sustained_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(&Limits::default(), start);
        assert!((0..2_000).all(|_| rate.take(400, start)));
        assert!(!rate.take(400, start));
        let later = start + Duration::from_secs(1);
        assert_eq!((0..200).filter(|_| rate.take(400, later)).count(), 100);
    }

    #[test]
    fn bytes_run_out_by_themselves() {
        let start = Instant::now();
        let mut rate = Rate::new(&Limits::default(), start);
        let large = Limits::MESSAGE_BYTES;
        let passed = (0..2_000).filter(|_| rate.take(large, start)).count();
        assert_eq!(passed, 2_000 * 8 * 1024 / large);
    }
}
