//! Whether and when to try another connection.

use super::RetryCause;
use crate::client::link::{LinkEnd, LinkError};
use crate::protocol::CloseCode;
use std::time::Duration;
use tokio::time::Instant;

/// The wait after the first loss; doubled after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The longest wait that a server can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// A connection that lasted this long was a good one: the next loss is a first loss.
const GOOD_CONNECTION: Duration = Duration::from_secs(30);

/// A ticket may have expired on its way; a device whose tickets are refused this often is not welcome.
const REFUSALS: u32 = 3;

/// What a loss means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything is decided.
    Ended,
    /// Another connection may go better.
    Retry,
    /// No other connection will.
    Fatal,
}

/// Counts losses.
pub(super) struct Retry {
    give_up_after: Duration,
    attempts: u32,
    refusals: u32,
    connections: u32,
    connected_at: Option<Instant>,
    /// Since when there has been no good connection.
    without_since: Option<Instant>,
    asked: Option<Duration>,
}

impl Retry {
    pub(super) fn new(give_up_after: Duration) -> Self {
        Self {
            give_up_after,
            attempts: 0,
            refusals: 0,
            connections: 0,
            connected_at: None,
            without_since: None,
            asked: None,
        }
    }

    /// A connection is live.
    pub(super) fn connected(&mut self, now: Instant) {
        self.connections += 1;
        self.connected_at = Some(now);
    }

    /// Something was committed: the connection is a good one.
    pub(super) fn progressed(&mut self) {
        self.attempts = 0;
        self.refusals = 0;
        self.without_since = None;
    }

    /// The server asks for a wait before the next connection.
    pub(super) fn wait_at_least(&mut self, seconds: Option<u32>) {
        self.asked = seconds.map(|seconds| Duration::from_secs(seconds.into()));
    }

    /// Connections that came about.
    pub(super) const fn connections(&self) -> u32 {
        self.connections
    }

    /// What the loss for `cause` means.
    pub(super) fn verdict(&self, cause: &RetryCause) -> Verdict {
        match cause {
            RetryCause::Api(failure) if failure.is_transient() => Verdict::Retry,
            RetryCause::Api(_) => Verdict::Fatal,
            RetryCause::LostCount => Verdict::Retry,
            RetryCause::End(end) | RetryCause::Link(LinkError::Ended(end)) => self.verdict_on_end(end),
            RetryCause::Link(LinkError::Upgrade(401 | 403)) => self.verdict_on_refusal(),
            RetryCause::Link(LinkError::Upgrade(408 | 429 | 500..) | LinkError::Connect(_) | LinkError::Timeout(_)) => {
                Verdict::Retry
            }
            RetryCause::Link(
                LinkError::Upgrade(_)
                | LinkError::Ticket
                | LinkError::Offer(_)
                | LinkError::Hello(_)
                | LinkError::NoWelcome,
            ) => Verdict::Fatal,
        }
    }

    fn verdict_on_end(&self, end: &LinkEnd) -> Verdict {
        match end.close_code() {
            Some(CloseCode::Ended) => Verdict::Ended,
            Some(CloseCode::NotAuthenticated) => self.verdict_on_refusal(),
            Some(code) if code.invites_resume() => Verdict::Retry,
            Some(_) => Verdict::Fatal,
            // A broken or garbled way, or a code of something in between: a new connection has new keys.
            None => Verdict::Retry,
        }
    }

    const fn verdict_on_refusal(&self) -> Verdict {
        if self.refusals + 1 < REFUSALS {
            Verdict::Retry
        } else {
            Verdict::Fatal
        }
    }

    /// How long to wait before the next connection; nothing when it is time to give up.
    pub(super) fn next(&mut self, cause: &RetryCause, now: Instant) -> Option<Duration> {
        let lasted = self
            .connected_at
            .take()
            .map(|since| now.saturating_duration_since(since));
        if lasted.is_some_and(|lasted| lasted >= GOOD_CONNECTION) {
            self.progressed();
        }
        let without = now.saturating_duration_since(*self.without_since.get_or_insert(now));
        if without >= self.give_up_after {
            return None;
        }
        if is_refusal(cause) {
            self.refusals += 1;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.attempts.min(8)).min(LONGEST_WAIT);
        self.attempts += 1;
        let asked = match cause {
            RetryCause::Api(failure) => failure.retry_after(),
            _ => self.asked.take(),
        };
        let jittered = wait.mul_f64(0.5 + random_share() / 2.0);
        Some(jittered.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
    }
}

fn is_refusal(cause: &RetryCause) -> bool {
    match cause {
        RetryCause::End(end) | RetryCause::Link(LinkError::Ended(end)) => {
            end.close_code() == Some(CloseCode::NotAuthenticated)
        }
        RetryCause::Link(LinkError::Upgrade(401 | 403)) => true,
        _ => false,
    }
}

/// 0 to 1: clients that a server's restart cut off together must not come back together.
fn random_share() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn closed(code: CloseCode) -> RetryCause {
        let reason = String::new();
        RetryCause::End(LinkEnd::Closed {
            code: code.as_u16(),
            reason,
        })
    }

    #[test]
    fn each_close_code_means_one_thing() {
        let retry = Retry::new(Duration::from_secs(60));
        for (code, verdict) in [
            (CloseCode::Ended, Verdict::Ended),
            (CloseCode::Resume, Verdict::Retry),
            (CloseCode::Overloaded, Verdict::Retry),
            (CloseCode::HelloLate, Verdict::Retry),
            (CloseCode::NotAuthenticated, Verdict::Retry),
            (CloseCode::Malformed, Verdict::Fatal),
            (CloseCode::Consent, Verdict::Fatal),
            (CloseCode::TakenOver, Verdict::Fatal),
            (CloseCode::TooLarge, Verdict::Fatal),
            (CloseCode::RawBiometrics, Verdict::Fatal),
        ] {
            assert_eq!(retry.verdict(&closed(code)), verdict, "{code:?}");
        }
        assert_eq!(retry.verdict(&RetryCause::End(LinkEnd::Broken(None))), Verdict::Retry);
    }

    #[tokio::test]
    async fn a_device_that_is_refused_again_and_again_stops_asking() {
        let mut retry = Retry::new(Duration::from_secs(60));
        let refused = closed(CloseCode::NotAuthenticated);
        for _ in 1..REFUSALS {
            assert_eq!(retry.verdict(&refused), Verdict::Retry);
            retry.next(&refused, Instant::now()).unwrap();
        }
        assert_eq!(retry.verdict(&refused), Verdict::Fatal);
    }

    #[tokio::test]
    async fn waits_grow_to_a_limit_and_end_with_patience() {
        let mut retry = Retry::new(Duration::from_secs(60));
        let start = Instant::now();
        let mut longest = Duration::ZERO;
        for attempt in 0..20 {
            let wait = retry.next(&RetryCause::LostCount, start).unwrap();
            assert!(wait <= LONGEST_WAIT);
            assert!(attempt > 0 || wait <= FIRST_WAIT);
            longest = longest.max(wait);
        }
        assert!(longest >= LONGEST_WAIT / 2);
        assert!(
            retry
                .next(&RetryCause::LostCount, start + Duration::from_secs(60))
                .is_none()
        );
    }

    #[tokio::test]
    async fn the_server_decides_how_long_an_overload_lasts() {
        let mut retry = Retry::new(Duration::from_secs(60));
        retry.wait_at_least(Some(30));
        let overloaded = closed(CloseCode::Overloaded);
        assert_eq!(retry.next(&overloaded, Instant::now()), Some(Duration::from_secs(30)));
        assert!(retry.next(&overloaded, Instant::now()).unwrap() < Duration::from_secs(1));
    }
}
