//! Hysteresis: a condition counts once it has lasted, and once told it must be over for a while before it counts again. A value
//! at the edge never flickers.

use attune_engine::clock::MeetingTime;
use std::time::Duration;

/// One condition with its way in and its way out.
#[derive(Debug, Clone)]
pub(crate) struct Latch {
    /// How long the condition must last.
    on_for: Duration,
    /// How long it must be over.
    off_for: Duration,
    /// Two values further apart than this share nothing: a run of the condition is broken.
    apart: Duration,
    state: State,
    heard_at: MeetingTime,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Armed,
    OnSince(MeetingTime),
    /// It was told.
    Told,
    OffSince(MeetingTime),
}

impl Latch {
    pub(crate) const fn new(on_for: Duration, off_for: Duration, apart: Duration) -> Self {
        Self {
            on_for,
            off_for,
            apart,
            state: State::Armed,
            heard_at: MeetingTime::START,
        }
    }

    /// Takes the next value: whether the condition is entered (`on`) and whether it is clearly over (`off`). Since when it has
    /// held, once it has held long enough.
    pub(crate) fn feed(&mut self, at: MeetingTime, on: bool, off: bool) -> Option<MeetingTime> {
        let apart = at.since(self.heard_at) > self.apart;
        self.heard_at = at;
        self.state = match self.state {
            State::Armed if on => State::OnSince(at),
            State::OnSince(_) if on && apart => State::OnSince(at),
            State::OnSince(_) if !on => State::Armed,
            State::Told if off && self.off_for.is_zero() => State::Armed,
            State::Told if off => State::OffSince(at),
            State::OffSince(_) if !off => State::Told,
            State::OffSince(since) if at.since(since) >= self.off_for => State::Armed,
            unchanged => unchanged,
        };
        match self.state {
            State::OnSince(since) if at.since(since) >= self.on_for => Some(since),
            _ => None,
        }
    }

    /// It counts as told.
    pub(crate) const fn told(&mut self) {
        self.state = State::Told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_never_chatters(values in proptest::collection::vec((0u64..20, 0f32..100.0), 0..300)) {
            let seconds = Duration::from_secs;
            let mut latch = Latch::new(seconds(15), seconds(20), seconds(30));
            let (mut now, mut told_at, mut calm_since, mut calm) = (0, None::<u64>, None::<u64>, true);
            for (after, value) in values {
                now += after;
                let (on, off) = (value > 70.0, value < 40.0);
                calm_since = if off { calm_since.or(Some(now)) } else { None };
                calm |= calm_since.is_some_and(|since| now - since >= 20);
                if let Some(since) = latch.feed(MeetingTime::from_ms(now * 1000), on, off) {
                    prop_assert!(on && now * 1000 - since.as_ms() >= 15_000);
                    prop_assert!(calm, "told at {told_at:?} and {now} without calm between");
                    latch.told();
                    (told_at, calm, calm_since) = (Some(now), false, None);
                }
            }
        }
    }
}
