//! The ledger of a connection and what it is doing: one thing at a time, tried again while storage does not answer.

use super::{Boxed, PORT_TIMEOUT};
use crate::ports::{Committed, Ledger, LedgerError};
use crate::protocol::ServerEvent;
use crate::session::ToLedger;
use std::time::Duration;
use tokio::time::{Instant, error::Elapsed, timeout};
use tracing::warn;

/// How long a ledger may fail before the client is sent elsewhere; its audio waits with it.
const LEDGER_GIVES_UP: Duration = Duration::from_secs(60);

/// The longest pause between two tries at the ledger.
const LEDGER_RETRY_MOST: Duration = Duration::from_secs(5);

/// How long an ended connection waits for its report. Later, a client asks for it.
const REPORT_WITHIN: Duration = Duration::from_secs(60);

/// The ledger, or what it is doing.
pub(super) enum Desk<L> {
    Free(L),
    Busy(Boxed<(L, Done)>),
    Gone,
}

/// What the ledger has done.
pub(super) enum Done {
    Committed(Result<Committed, LedgerError>),
    Ended(Result<Committed, LedgerError>),
    Reported(Option<ServerEvent>),
}

impl<L: Ledger + 'static> Desk<L> {
    /// Has the ledger do its work; without any, waits for the report.
    pub(super) fn begin(mut ledger: L, work: Option<ToLedger>) -> Self {
        Self::Busy(match work {
            Some(ToLedger::Commit(batch)) => Box::pin(async move {
                let mut tries = Tries::start();
                loop {
                    let tried = timeout(PORT_TIMEOUT, ledger.commit((*batch).clone())).await;
                    if let Some(done) = tries.settle(tried).await {
                        return (ledger, Done::Committed(done));
                    }
                }
            }),
            Some(ToLedger::End) => Box::pin(async move {
                let mut tries = Tries::start();
                loop {
                    let tried = timeout(PORT_TIMEOUT, ledger.end()).await;
                    if let Some(done) = tries.settle(tried).await {
                        return (ledger, Done::Ended(done));
                    }
                }
            }),
            None => Box::pin(async move {
                let ready = timeout(REPORT_WITHIN, ledger.report_ready()).await.unwrap_or_default();
                (ledger, Done::Reported(ready))
            }),
        })
    }

    /// What the ledger has done, once it has; never, while it has nothing to do.
    pub(super) async fn done(&mut self) -> (L, Done) {
        match self {
            Self::Busy(doing) => {
                let done = doing.as_mut().await;
                *self = Self::Gone;
                done
            }
            Self::Free(_) | Self::Gone => std::future::pending().await,
        }
    }
}

/// Tries at the ledger, further and further apart.
struct Tries {
    give_up_at: Instant,
    pause: Duration,
}

impl Tries {
    fn start() -> Self {
        Self {
            give_up_at: Instant::now() + LEDGER_GIVES_UP,
            pause: Duration::from_millis(100),
        }
    }

    /// The outcome, if there is nothing more to try; else comes back after a pause.
    async fn settle(
        &mut self,
        tried: Result<Result<Committed, LedgerError>, Elapsed>,
    ) -> Option<Result<Committed, LedgerError>> {
        let error = match tried {
            Ok(Err(LedgerError::Unavailable(cause))) => LedgerError::Unavailable(cause),
            Err(elapsed) => LedgerError::Unavailable(elapsed.into()),
            Ok(settled) => return Some(settled),
        };
        if Instant::now() >= self.give_up_at {
            return Some(Err(error));
        }
        warn!(error = %error, "the ledger did not answer, trying again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LEDGER_RETRY_MOST);
        None
    }
}
