//! How much anybody may ask for, counted over all nodes: so many requests in a window that begins with the first of them.
//! A window and no leaking bucket, so that the limit is exact and a page that loads is not slowed down.
//!
//! Without the others a node counts for itself, and gives out its share alone: however many nodes there were when they were
//! last heard of, together they give out no more than the limit.

use super::{Nodes, lock};
use crate::error::ApiError;
use crate::ids::{TenantId, UserId};
use crate::server::Hop;
use redis::{RedisError, Script};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, error::Elapsed, timeout};

/// How long a limit of requests lasts.
const MINUTE: Duration = Duration::from_secs(60);
/// How long a limit of tries to sign in lasts.
const QUARTER: Duration = Duration::from_secs(15 * 60);
/// How long a request waits for the common count before it is counted here: longer would be felt.
const COUNTED_WITHIN: Duration = Duration::from_millis(250);
/// Windows that are kept here before those that are over are looked for the first time.
const WINDOWS: usize = 4_096;

const TAKE: &str = "local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}";

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Requests of an organisation's people.
    Tenant(TenantId),
    /// Tries to prove who one is that come from one place.
    From(Hop),
    /// Guesses of one account's password from one place: whoever is elsewhere, its owner among them, is not kept out by them.
    Password([u8; 32], Hop),
    /// Guesses of a person's one-time code, by somebody who knows the rest.
    Code(UserId),
    /// Mails to one address.
    Mail([u8; 32]),
}

/// Counts requests. What it says holds over all nodes that hear each other.
#[derive(Debug)]
pub(crate) struct Rates {
    nodes: Nodes,
    take: Script,
    here: Mutex<Here>,
}

/// What this node counts by itself.
#[derive(Debug)]
struct Here {
    windows: HashMap<Subject, Window>,
    /// How many there are before those that are over are looked for: twice as many as were left the last time, so that a crowd
    /// is not gone through for each who comes.
    swept_at: usize,
}

/// What may still be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// In each window.
    pub(crate) most: u32,
    /// In this one.
    pub(crate) left: u32,
    /// When the next begins.
    pub(crate) renewed_in: Duration,
}

impl Allowance {
    /// What an answer of [`Rates::admit`] leaves.
    pub(crate) fn of(admitted: &Result<Self, ApiError>, most: u32) -> Option<Self> {
        match admitted {
            Ok(allowance) => Some(*allowance),
            Err(ApiError::TooMany { retry_after }) => Some(Self {
                most,
                left: 0,
                renewed_in: *retry_after,
            }),
            Err(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Window {
    count: u32,
    until: Instant,
}

/// Why the common count could not be had.
#[derive(Debug, thiserror::Error)]
enum NotCounted {
    #[error("counting in Redis")]
    Redis(#[from] RedisError),
    #[error("waiting for Redis to count")]
    Late(#[from] Elapsed),
}

impl Rates {
    /// Over these nodes.
    pub(crate) fn new(nodes: Nodes) -> Self {
        Self {
            nodes,
            take: Script::new(TAKE),
            here: Mutex::new(Here {
                windows: HashMap::new(),
                swept_at: WINDOWS,
            }),
        }
    }

    /// One more request of `subject`, of which there may be `most` in its window: what is left of it.
    ///
    /// # Errors
    /// [`ApiError::TooMany`], and when to ask again.
    pub(crate) async fn admit(&self, subject: Subject, most: u32) -> Result<Allowance, ApiError> {
        let (count, left, most) = match self.count_together(subject).await {
            Ok(Some((count, left))) => (count, left, most),
            alone => {
                if let Err(error) = alone {
                    tracing::debug!(%error, "counted a request on this node alone");
                }
                let (count, left) = self.count_here(subject, Instant::now());
                // Of the nodes that there were, this one gives out its share.
                (count, left, (most / self.nodes.count()).max(1))
            }
        };
        match count <= most {
            true => Ok(Allowance {
                most,
                left: most - count,
                renewed_in: left,
            }),
            false => Err(ApiError::TooMany { retry_after: left }),
        }
    }

    /// The count over all nodes, and how long the window lasts on; nothing where there are no others.
    async fn count_together(&self, subject: Subject) -> Result<Option<(u32, Duration)>, NotCounted> {
        let Some(mut commands) = self.nodes.commands() else {
            return Ok(None);
        };
        let mut take = self.take.key(subject.key());
        take.arg(u64::try_from(subject.window().as_millis()).expect("invariant: minutes"));
        let (count, left_ms): (u32, i64) = timeout(COUNTED_WITHIN, take.invoke_async(&mut commands)).await??;
        Ok(Some((
            count,
            Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)),
        )))
    }

    fn count_here(&self, subject: Subject, now: Instant) -> (u32, Duration) {
        let mut here = lock(&self.here);
        if here.windows.len() >= here.swept_at {
            here.windows.retain(|_, window| now < window.until);
            here.swept_at = WINDOWS.max(2 * here.windows.len());
        }
        let fresh = Window {
            count: 0,
            until: now + subject.window(),
        };
        let window = here.windows.entry(subject).or_insert(fresh);
        if now >= window.until {
            *window = fresh;
        }
        window.count = window.count.saturating_add(1);
        (window.count, window.until.saturating_duration_since(now))
    }
}

impl Subject {
    fn key(self) -> String {
        match self {
            Self::Tenant(tenant) => format!("attune:rate:{tenant}"),
            Self::From(hop) => format!("attune:rate:from:{hop}"),
            Self::Password(account, hop) => format!("attune:rate:password:{}:{hop}", hex::encode(account)),
            Self::Code(user) => format!("attune:rate:code:{user}"),
            Self::Mail(address) => format!("attune:rate:mail:{}", hex::encode(address)),
        }
    }

    const fn window(self) -> Duration {
        match self {
            Self::Tenant(_) => MINUTE,
            Self::From(_) | Self::Password(..) | Self::Code(_) | Self::Mail(_) => QUARTER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_node_alone_lets_so_many_pass_in_a_minute_and_says_when_it_is_over() {
        let rates = Rates::new(Nodes::alone());
        let [one, other] = [(); 2].map(|()| Subject::Tenant(TenantId::new()));
        for number in 1..=5 {
            let allowance = rates.admit(one, 5).await.unwrap();
            assert_eq!((allowance.most, allowance.left), (5, 5 - number));
        }
        tokio::time::advance(Duration::from_secs(20)).await;
        let refused = rates.admit(one, 5).await;
        assert!(
            matches!(refused, Err(ApiError::TooMany { retry_after }) if retry_after == Duration::from_secs(40)),
            "{refused:?}"
        );
        rates.admit(other, 5).await.unwrap();
        tokio::time::advance(Duration::from_secs(40)).await;
        rates.admit(one, 5).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn windows_that_are_over_take_no_room() {
        let rates = Rates::new(Nodes::alone());
        for _ in 0..WINDOWS {
            rates.admit(Subject::Tenant(TenantId::new()), 5).await.unwrap();
        }
        tokio::time::advance(MINUTE).await;
        rates.admit(Subject::Code(UserId::new()), 5).await.unwrap();
        assert_eq!(lock(&rates.here).windows.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_gone_through_as_often_as_it_doubles_and_no_more() {
        let rates = Rates::new(Nodes::alone());
        let mut swept = 0;
        for _ in 0..5 * WINDOWS {
            let before = lock(&rates.here).swept_at;
            rates.admit(Subject::Code(UserId::new()), 5).await.unwrap();
            swept += usize::from(lock(&rates.here).swept_at != before);
        }
        assert_eq!((swept, lock(&rates.here).windows.len()), (3, 5 * WINDOWS));
        tokio::time::advance(QUARTER).await;
        for _ in 0..5 * WINDOWS {
            rates.admit(Subject::Code(UserId::new()), 5).await.unwrap();
        }
        assert_eq!(
            lock(&rates.here).windows.len(),
            5 * WINDOWS,
            "those that were over are gone"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_from_one_place_keep_nobody_out_who_is_elsewhere() {
        let rates = Rates::new(Nodes::alone());
        let [attacker, owner] = ["192.0.2.7", "192.0.2.8"].map(|text| Hop::of(text.parse().unwrap()));
        for _ in 0..10 {
            rates.admit(Subject::Password([1; 32], attacker), 10).await.unwrap();
        }
        tokio::time::advance(MINUTE).await;
        assert!(rates.admit(Subject::Password([1; 32], attacker), 10).await.is_err());
        rates.admit(Subject::Password([1; 32], owner), 10).await.unwrap();
    }
}
