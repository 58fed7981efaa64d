//! The one layer between us and anything outside that may not answer: it tries again with growing pauses, and stops
//! asking for a while when nothing gets through, so that a dead service is told about in a moment and not in a minute.

use backon::{ExponentialBuilder, Retryable};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How hard to try before giving up.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Attempts, the first included.
    pub attempts: usize,
    /// The pause after the first failure; each later one is twice as long.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
}

impl Effort {
    /// For a database at start-up, which may itself be starting: about half a minute.
    pub const STARTING: Self = Self {
        attempts: 12,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(4),
        attempt_timeout: Duration::from_secs(5),
    };
}

/// Why a call was given up.
#[derive(Debug, thiserror::Error)]
pub enum GaveUp<E: std::error::Error + 'static> {
    /// It failed too often of late: not even tried.
    #[error("{service} is failing; not asked again for a while")]
    Open {
        /// What was called.
        service: &'static str,
    },
    /// The last attempt failed.
    #[error("calling {service}")]
    Failed {
        /// What was called.
        service: &'static str,
        /// How.
        #[source]
        source: E,
    },
    /// The last attempt did not end in time.
    #[error("{service} did not answer in time")]
    TimedOut {
        /// What was called.
        service: &'static str,
    },
}

/// One outside service: counts its failures, and gives it a rest when there are too many.
#[derive(Debug)]
pub struct Breaker {
    service: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures_in_a_row: u32,
    rests_until: Option<Instant>,
}

/// Calls in a row, each with its retries, that failed and after which a service is given a rest: one is chance, five are not.
const FAILURES_BEFORE_REST: u32 = 5;
/// How long the rest is. One call is let through after it; if that fails too, another rest begins.
const REST: Duration = Duration::from_secs(10);

impl Breaker {
    /// A breaker for the service of this name, closed.
    pub const fn new(service: &'static str) -> Self {
        Self {
            service,
            state: Mutex::new(State {
                failures_in_a_row: 0,
                rests_until: None,
            }),
        }
    }

    /// Calls until an attempt succeeds, an error is not `transient`, or `effort` is spent.
    pub async fn call<T, E, F>(
        &self,
        effort: Effort,
        transient: impl Fn(&E) -> bool,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, GaveUp<E>>
    where
        E: std::error::Error + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(effort.first_pause)
            .with_max_delay(effort.longest_pause)
            .with_max_times(effort.attempts.saturating_sub(1))
            .with_jitter();
        let service = self.service;
        if !self.admit() {
            return Err(GaveUp::Open { service });
        }
        let once = || {
            let call = attempt();
            async move {
                match tokio::time::timeout(effort.attempt_timeout, call).await {
                    Ok(answer) => answer.map_err(|source| GaveUp::Failed { service, source }),
                    Err(_) => Err(GaveUp::TimedOut { service }),
                }
            }
        };
        let answer = once
            .retry(pauses)
            .when(|error| match error {
                GaveUp::Open { .. } => false,
                GaveUp::Failed { source, .. } => transient(source),
                GaveUp::TimedOut { .. } => true,
            })
            .notify(|error, pause| tracing::warn!(service, %error, pause_ms = pause.as_millis(), "trying again"))
            .await;
        // An error that no retry mends is an answer: what is wrong is the call, and the service is there for others.
        let answered = match &answer {
            Ok(_) => true,
            Err(GaveUp::Failed { source, .. }) => !transient(source),
            Err(GaveUp::TimedOut { .. } | GaveUp::Open { .. }) => false,
        };
        self.record(answered);
        answer
    }

    /// Whether a call may be made now. After a rest, the first to ask goes, and the others wait for how it fares.
    fn admit(&self) -> bool {
        let mut state = self
            .state
            .lock()
            .expect("invariant: nothing panics while holding this lock");
        match state.rests_until {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.rests_until = Some(Instant::now() + REST);
                true
            }
            None => true,
        }
    }

    fn record(&self, answered: bool) {
        let mut state = self
            .state
            .lock()
            .expect("invariant: nothing panics while holding this lock");
        if answered {
            *state = State::default();
            return;
        }
        state.failures_in_a_row += 1;
        if state.failures_in_a_row >= FAILURES_BEFORE_REST {
            state.rests_until = Some(Instant::now() + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[derive(Debug, thiserror::Error)]
    #[error("no")]
    struct No;

    const QUICK: Effort = Effort {
        attempts: 3,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(1),
        attempt_timeout: Duration::from_secs(1),
    };

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_at_first_is_tried_again() {
        let breaker = Breaker::new("test");
        let calls = Cell::new(0);
        let answer = breaker
            .call(
                QUICK,
                |_: &No| true,
                || {
                    calls.set(calls.get() + 1);
                    let answer = if calls.get() < 3 { Err(No) } else { Ok(calls.get()) };
                    async move { answer }
                },
            )
            .await;
        assert_eq!(answer.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_no_retry_mends_is_told_at_once() {
        let breaker = Breaker::new("test");
        let calls = Cell::new(0);
        let answer: Result<(), _> = breaker
            .call(
                QUICK,
                |_: &No| false,
                || {
                    calls.set(calls.get() + 1);
                    async { Err(No) }
                },
            )
            .await;
        assert!(matches!(answer, Err(GaveUp::Failed { .. })));
        assert_eq!(calls.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_refused_for_good_does_not_keep_the_others_from_asking() {
        let breaker = Breaker::new("test");
        for _ in 0..2 * FAILURES_BEFORE_REST {
            let answer: Result<(), _> = breaker.call(QUICK, |_: &No| false, || async { Err(No) }).await;
            assert!(matches!(answer, Err(GaveUp::Failed { .. })));
        }
        assert!(breaker.call(QUICK, |_: &No| true, || async { Ok(()) }).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_ends_is_given_up_in_time() {
        let breaker = Breaker::new("test");
        let began = Instant::now();
        let answer: Result<(), GaveUp<No>> = breaker.call(QUICK, |_| true, std::future::pending).await;
        assert!(matches!(answer, Err(GaveUp::TimedOut { .. })));
        // Three attempts of a second, and two pauses of at most 0.2 s and 0.4 s with their jitter.
        assert!(began.elapsed() < Duration::from_millis(3_700), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_keeps_failing_is_left_alone_and_then_asked_once() {
        let breaker = Breaker::new("test");
        let calls = Cell::new(0);
        let once = Effort { attempts: 1, ..QUICK };
        let fail = || {
            calls.set(calls.get() + 1);
            async { Err::<(), _>(No) }
        };
        for _ in 0..FAILURES_BEFORE_REST {
            assert!(matches!(
                breaker.call(once, |_| true, fail).await,
                Err(GaveUp::Failed { .. })
            ));
        }
        assert!(matches!(
            breaker.call(once, |_| true, fail).await,
            Err(GaveUp::Open { .. })
        ));
        assert_eq!(calls.get(), FAILURES_BEFORE_REST);

        tokio::time::advance(REST).await;
        assert!(matches!(
            breaker.call(once, |_| true, fail).await,
            Err(GaveUp::Failed { .. })
        ));
        assert!(matches!(
            breaker.call(once, |_| true, fail).await,
            Err(GaveUp::Open { .. })
        ));

        tokio::time::advance(REST).await;
        assert!(breaker.call(once, |_: &No| true, || async { Ok(()) }).await.is_ok());
        assert!(matches!(
            breaker.call(once, |_| true, fail).await,
            Err(GaveUp::Failed { .. })
        ));
    }
}
