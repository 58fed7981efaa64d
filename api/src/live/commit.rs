//! A batch on its way into the database: sealed into rows first, then written in one transaction that the live epoch
//! fences. A transaction whose answer was lost is recognised by its id and not made twice.

mod kept;
mod prepared;
mod withdrawal;

pub(super) use prepared::Prepared;
pub(super) use withdrawal::withdraw;

use crate::db::{self, Db};
use crate::live::fold::Setup;
use crate::record::{Capture, kept_audio, sessions};
use crate::retry::{Breaker, Effort};
use attune_ingest::ports::LedgerError;
use std::time::Duration;
use time::OffsetDateTime;

/// What fits into the ten seconds that a connection waits for any one call.
const EFFORT: Effort = Effort {
    attempts: 2,
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(1),
    attempt_timeout: Duration::from_secs(4),
};

/// Who commits: a session, by the connection of one epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer {
    pub(super) at: Capture,
    pub(super) epoch: i64,
    /// The audio is kept, until then.
    pub(super) keep_audio_until: Option<OffsetDateTime>,
}

/// Why a transaction changed nothing.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error("refused: {0:?}")]
    Refused(Refused),
}

/// Why a transaction must not be written, however often it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("a later connection is live")]
    Fenced,
    #[error("the session or its meeting is over")]
    Closed,
    #[error("consent is withdrawn")]
    Withdrawn,
    #[error("a stream would run backwards")]
    Backwards,
}

impl From<Refused> for LedgerError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fenced => Self::Fenced,
            Refused::Closed => Self::Closed,
            Refused::Withdrawn => Self::Withdrawn,
            Refused::Backwards => Self::Unavailable(Box::new(refused)),
        }
    }
}

/// Keeps what the fold starts from.
pub(super) async fn set_up(db: &Db, breaker: &Breaker, writer: Writer, setup: &Setup) -> Result<(), LedgerError> {
    let Writer { at, epoch, .. } = writer;
    let stored = setup.to_stored();
    attempt(breaker, || async {
        db.with_tenant(at.tenant, async |tx| {
            hold(tx, at, epoch).await?;
            Ok(sessions::set_up(tx, at, &stored).await?)
        })
        .await
    })
    .await
}

/// Ends the session and its meeting, and has the report made. Nothing happens if it has ended before.
pub(super) async fn end(db: &Db, breaker: &Breaker, writer: Writer) -> Result<(), LedgerError> {
    attempt(breaker, || async {
        let Writer { at, epoch, .. } = writer;
        db.with_tenant(at.tenant, async |tx| {
            match hold(tx, at, epoch).await {
                Err(NotWritten::Refused(Refused::Closed)) => return Ok(()),
                held => held?,
            };
            sessions::end(&mut *tx, at).await?;
            crate::record::meetings::mark_ended(&mut *tx, at.tenant, at.meeting).await?;
            crate::jobs::queue::make_report(&mut *tx, at.tenant, at.meeting).await?;
            if kept_audio::extent(&mut *tx, at.tenant, at.meeting).await?.is_some() {
                crate::jobs::queue::store_audio(&mut *tx, at.tenant, at.meeting).await?;
            }
            Ok(())
        })
        .await
    })
    .await
}

/// The session, locked, if this connection may still write to it.
async fn hold(tx: &mut sqlx::PgConnection, at: Capture, epoch: i64) -> Result<sessions::Held, NotWritten> {
    let held = sessions::hold(tx, at)
        .await?
        .ok_or(NotWritten::Refused(Refused::Closed))?;
    if held.live_epoch != epoch {
        return Err(NotWritten::Refused(Refused::Fenced));
    }
    if held.ended_at.is_some() {
        return Err(NotWritten::Refused(Refused::Closed));
    }
    Ok(held)
}

/// A few tries. A connection offers the same batch again, for longer: the client keeps every frame meanwhile.
async fn attempt<T, F>(breaker: &Breaker, mut once: impl FnMut() -> F) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, NotWritten>>,
{
    let told = breaker.call(EFFORT, db::is_transient, || {
        let once = once();
        async {
            // A refusal is an answer of the database, not a failure of it.
            match once.await {
                Ok(written) => Ok(Ok(written)),
                Err(NotWritten::Refused(refused)) => Ok(Err(refused)),
                Err(NotWritten::Db(error)) => Err(error),
            }
        }
    });
    match told.await {
        Ok(written) => Ok(written?),
        Err(down) => Err(LedgerError::Unavailable(Box::new(down))),
    }
}
