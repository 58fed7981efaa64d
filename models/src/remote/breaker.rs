//! Leaves a server alone that has failed a few times in a row, and then asks it once to see whether it is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row after which nothing is asked for a while: one may be the line, three are the server.
const FAILURES: u32 = 3;

/// How long a server is left alone first: as long as a restart takes.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

/// The pause doubles with every probe that fails, up to this: a server that is back is in use again within minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(240);

/// What tells the time.
pub(super) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Shared by all workers that ask the same server.
pub(super) struct Breaker {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Everything is asked; so many failures in a row.
    Closed { failures: u32 },
    /// Nothing is asked until then.
    Open { until: Instant, pause: Duration },
    /// One attempt is out to see whether the server is back.
    Probing { pause: Duration },
}

/// Leave to ask once. Dropped without a verdict, as where nobody waited for the answer, it says nothing of the server.
pub(super) struct Attempt<'a> {
    breaker: &'a Breaker,
    judged: bool,
}

impl Breaker {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            state: Mutex::new(State::Closed { failures: 0 }),
            clock,
        }
    }

    /// Leave to ask, if the server is not being left alone.
    pub(super) fn attempt(&self) -> Option<Attempt<'_>> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { until, pause } if (self.clock)() >= until => *state = State::Probing { pause },
            State::Open { .. } | State::Probing { .. } => return None,
        }
        Some(Attempt {
            breaker: self,
            judged: false,
        })
    }

    /// Every change of the state is one assignment, so what a panic leaves behind is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It answered. Tells whether it had been left alone before.
    pub(super) fn succeeded(mut self) -> bool {
        self.judged = true;
        let mut state = self.breaker.lock();
        let was_away = matches!(*state, State::Probing { .. });
        // An answer to what was asked before others failed: the server has not been heard since.
        if !matches!(*state, State::Open { .. }) {
            *state = State::Closed { failures: 0 };
        }
        was_away
    }

    /// It did not answer. Tells for how long it is left alone, if that begins now.
    pub(super) fn failed(mut self) -> Option<Duration> {
        self.judged = true;
        let now = (self.breaker.clock)();
        let mut state = self.breaker.lock();
        let pause = match *state {
            State::Closed { failures } if failures + 1 < FAILURES => {
                *state = State::Closed { failures: failures + 1 };
                return None;
            }
            State::Closed { .. } => FIRST_PAUSE,
            State::Probing { pause } => (pause * 2).min(LONGEST_PAUSE),
            State::Open { .. } => return None,
        };
        *state = State::Open {
            until: now + pause,
            pause,
        };
        Some(pause)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.judged {
            return;
        }
        let now = (self.breaker.clock)();
        let mut state = self.breaker.lock();
        if let State::Probing { pause } = *state {
            *state = State::Open { until: now, pause };
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A clock that stands still until it is put forward.
    fn clock() -> (Clock, impl Fn(Duration)) {
        let now = Arc::new(Mutex::new(Instant::now()));
        let read = Arc::clone(&now);
        (Arc::new(move || *read.lock().unwrap()), move |by| {
            *now.lock().unwrap() += by
        })
    }

    fn opened() -> (Breaker, impl Fn(Duration)) {
        let (clock, forward) = clock();
        let breaker = Breaker::new(clock);
        for left_alone in [None, None, Some(FIRST_PAUSE)] {
            assert_eq!(breaker.attempt().unwrap().failed(), left_alone);
        }
        (breaker, forward)
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_starts_the_count_again() {
        let (clock, _) = clock();
        let breaker = Breaker::new(clock);
        for _ in 0..FAILURES {
            assert_eq!(breaker.attempt().unwrap().failed(), None);
            assert_eq!(breaker.attempt().unwrap().failed(), None);
            assert!(!breaker.attempt().unwrap().succeeded());
        }
        assert!(breaker.attempt().is_some());
    }

    #[test]
    fn once_open_it_lets_one_probe_through_after_the_pause() {
        let (breaker, forward) = opened();
        assert!(breaker.attempt().is_none());
        forward(FIRST_PAUSE - Duration::from_millis(1));
        assert!(breaker.attempt().is_none());
        forward(Duration::from_millis(1));
        let probe = breaker.attempt().unwrap();
        assert!(breaker.attempt().is_none(), "a second one while the first is out");
        assert!(probe.succeeded());
        assert!(breaker.attempt().is_some());
    }

    #[test]
    fn the_pause_doubles_with_every_probe_that_fails_up_to_a_limit() {
        let (breaker, forward) = opened();
        let mut pause = FIRST_PAUSE;
        for seconds in [30, 60, 120, 240, 240] {
            forward(pause);
            pause = breaker.attempt().unwrap().failed().unwrap();
            assert_eq!(pause, Duration::from_secs(seconds));
        }
    }

    #[test]
    fn a_probe_that_nobody_waits_for_leaves_the_next_one_free() {
        let (breaker, forward) = opened();
        forward(FIRST_PAUSE);
        drop(breaker.attempt().unwrap());
        assert!(breaker.attempt().unwrap().succeeded());
    }

    #[test]
    fn what_was_asked_before_it_opened_neither_closes_it_nor_prolongs_the_pause() {
        let (clock, forward) = clock();
        let breaker = Breaker::new(clock);
        let late: Vec<Attempt<'_>> = (0..2).map(|_| breaker.attempt().unwrap()).collect();
        for _ in 0..FAILURES {
            breaker.attempt().unwrap().failed();
        }
        let [answered, failed] = <[_; 2]>::try_from(late).ok().unwrap();
        assert!(!answered.succeeded());
        assert!(breaker.attempt().is_none());
        assert_eq!(failed.failed(), None);
        forward(FIRST_PAUSE);
        assert!(breaker.attempt().is_some());
    }
}
