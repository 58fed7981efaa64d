//! The durable side of one live connection: the meeting's fold, moved on only by what was committed, and the numbers of
//! what came of it.

use crate::ids::{DeviceId, MeetingId, Member, TenantId, UserId};
use crate::jobs;
use crate::keys::MeetingKey;
use crate::live::Live;
use crate::live::commit::{self, Prepared, Writer};
use crate::live::fold::{Fold, Setup};
use crate::live::load::{self, LoadError};
use crate::live::seats::Seat;
use crate::live::socket::Verdict;
use crate::record::{Capture, analyses, from_column, meetings, sessions, streams, to_column};
use attune_engine::clock::MeetingTime;
use attune_ingest::ports::{
    Batch, Committed, Ledger, LedgerError, Numbered, Position, Reservation, Resumption, Withdrawal,
};
use attune_ingest::protocol::{Hello, ServerEvent};
use std::time::Duration;

/// How often the database is asked for a report that another node may have made.
const REPORT_POLL: Duration = Duration::from_secs(1);

/// The ledger of one connection, on PostgreSQL.
#[derive(Debug)]
pub(super) struct PostgresLedger {
    live: Live,
    writer: Writer,
    key: MeetingKey,
    setup: Setup,
    fold: Fold,
    decided_to: MeetingTime,
    /// What is being committed: a batch that is offered again is the same transaction again.
    pending: Option<Pending>,
    /// Others learn that this connection is there, and it learns of them.
    _seat: Seat,
}

/// A batch whose transaction may or may not have been made.
#[derive(Debug)]
struct Pending {
    batch: Batch,
    prepared: Prepared,
    fold: Fold,
}

/// Why a ledger did not open.
#[derive(Debug, thiserror::Error)]
enum NotOpened {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error("reading what was committed")]
    Load(#[from] LoadError),
    #[error("a later connection is live")]
    Fenced,
    #[error("the session is closed")]
    Closed,
}

impl From<NotOpened> for LedgerError {
    fn from(error: NotOpened) -> Self {
        match error {
            NotOpened::Fenced => Self::Fenced,
            NotOpened::Closed => Self::Closed,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

/// Which session a reservation is about.
pub(super) fn capture(reservation: &Reservation) -> Capture {
    Capture {
        tenant: TenantId(reservation.tenant),
        meeting: MeetingId(reservation.meeting),
        session: reservation.session,
    }
}

/// Whose it is.
pub(super) fn member(reservation: &Reservation) -> Member {
    Member {
        tenant: TenantId(reservation.tenant),
        user: UserId(reservation.user),
    }
}

/// Which device captures.
pub(super) fn device(reservation: &Reservation) -> DeviceId {
    DeviceId(reservation.device)
}

/// Opens the ledger of a session whose ticket was redeemed, and says where it stands: the fold over what is committed.
pub(super) async fn open(
    live: &Live,
    verdict: &Verdict,
    reservation: &Reservation,
    hello: &Hello,
) -> Result<(PostgresLedger, Resumption), LedgerError> {
    let writer = Writer {
        at: capture(reservation),
        epoch: to_column(reservation.epoch),
    };
    let unavailable = |error| LedgerError::Unavailable(Box::new(error));
    let key = live
        .keys
        .meeting(member(reservation), writer.at.meeting)
        .await
        .map_err(unavailable)?;
    let (setup, fold, decided_to, resumption) = read(live, writer, &key, hello).await?;
    let seat = live.seats.take(&live.db, &live.tasks, writer, verdict.clone());
    let live = live.clone();
    let ledger = PostgresLedger {
        live,
        writer,
        key,
        setup,
        fold,
        decided_to,
        pending: None,
        _seat: seat,
    };
    Ok((ledger, resumption))
}

async fn read(
    live: &Live,
    writer: Writer,
    key: &MeetingKey,
    hello: &Hello,
) -> Result<(Setup, Fold, MeetingTime, Resumption), NotOpened> {
    let at = writer.at;
    live.db
        .with_tenant(at.tenant, async |tx| {
            let held = sessions::hold(&mut *tx, at).await?.ok_or(NotOpened::Closed)?;
            if held.live_epoch != writer.epoch {
                return Err(NotOpened::Fenced);
            }
            let streams = streams::positions(&mut *tx, at).await?;
            let streams = streams
                .into_iter()
                .map(|position| (position.stream, position))
                .collect();
            let running = meetings::mark_live(&mut *tx, at.tenant, at.meeting).await?;
            let setup = match (held.setup, &running) {
                (Some(stored), _) => Setup::from_stored(stored).ok_or(LoadError::Setup)?,
                (None, Some(running)) => Setup::new(running, hello, live.recognizer().ok_or(NotOpened::Closed)?),
                (None, None) => return Err(NotOpened::Closed),
            };
            let mut fold = Fold::new(&setup, at.session);
            let Some(running) = running.filter(|_| held.ended_at.is_none()) else {
                // It ended with this session: its client learns that, and sends nothing more. Any other is too late.
                let ended = held.ended_at.is_some();
                let over = (setup, fold, MeetingTime::START, Resumption { streams, ended });
                return if ended { Ok(over) } else { Err(NotOpened::Closed) };
            };
            sessions::set_up(&mut *tx, at, &setup.to_stored()).await?;
            sessions::fence_others(&mut *tx, at).await?;
            jobs::queue::watch_meeting(&mut *tx, at.tenant, at.meeting, jobs::SUSPEND_AFTER).await?;
            let decided_to = MeetingTime::from_ms(from_column(running.committed_ms));
            load::fold(&mut *tx, at, key, &mut fold, decided_to).await?;
            Ok((setup, fold, decided_to, Resumption { streams, ended: false }))
        })
        .await
}

impl PostgresLedger {
    /// Gives `events` the numbers up to `last`, shows them to the meeting's other readers, and hands them on.
    fn number(&self, last: i64, events: Vec<ServerEvent>) -> Vec<Numbered> {
        let before = from_column(last) - events.len() as u64;
        let numbered = |(index, event)| Numbered {
            number: before + 1 + index as u64,
            event,
        };
        let events: Vec<_> = events.into_iter().enumerate().map(numbered).collect();
        for Numbered { number, event } in &events {
            self.live.hub.tell(
                self.writer.at.meeting,
                Some(*number),
                from_column(self.writer.epoch),
                event,
            );
        }
        events
    }

    /// Forgets what the person took back, and everything the fold made of it.
    async fn withdraw(&mut self, withdrawals: &[Withdrawal]) -> Result<Vec<Numbered>, LedgerError> {
        if withdrawals.is_empty() {
            return Ok(Vec::new());
        }
        let (db, breaker) = (&self.live.db, &self.live.breaker);
        let told = commit::withdraw(db, breaker, self.writer, &self.key, withdrawals).await?;
        self.refold().await?;
        Ok(told
            .map(|(number, event)| self.number(number, vec![event]))
            .unwrap_or_default())
    }

    /// The fold over what is left once something was forgotten.
    async fn refold(&mut self) -> Result<(), LedgerError> {
        let mut fold = Fold::new(&self.setup, self.writer.at.session);
        let (at, key, to) = (self.writer.at, &self.key, self.decided_to);
        let read = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| load::fold(tx, at, key, &mut fold, to).await)
            .await;
        read.map_err(|error: LoadError| LedgerError::Unavailable(Box::new(error)))?;
        self.fold = fold;
        Ok(())
    }
}

impl Ledger for PostgresLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        let mut events = Vec::new();
        if self.pending.as_ref().is_none_or(|pending| pending.batch != batch) {
            events.extend(self.withdraw(&batch.withdrawals).await?);
            // The fold moves on only if the transaction does: a copy sees the batch first.
            let mut fold = self.fold.clone();
            let prepared = Prepared::new(batch.clone(), &mut fold, &self.key, self.decided_to);
            self.pending = Some(Pending { batch, prepared, fold });
        }
        let pending = self.pending.as_ref().expect("invariant: set above");
        let last = pending
            .prepared
            .write(&self.live.db, &self.live.breaker, self.writer)
            .await?;
        let Pending { batch, prepared, fold } = self.pending.take().expect("invariant: written just now");
        self.fold = fold;
        self.decided_to = prepared.decided_to();
        events.extend(self.number(last, prepared.into_events()));
        for position in batch
            .positions
            .iter()
            .filter(|position| position.stream.track().is_some())
        {
            let Position {
                stream,
                decided_sample: sample,
                release_seq,
                ..
            } = *position;
            self.tell(&ServerEvent::Committed {
                stream,
                sample,
                release_seq,
            });
        }
        Ok(Committed { events })
    }

    fn measures(&self) -> Option<ServerEvent> {
        (self.decided_to > MeetingTime::START).then(|| ServerEvent::Measures {
            at_ms: self.decided_to.as_ms(),
            measures: self.fold.measures(),
        })
    }

    fn tell(&mut self, event: &ServerEvent) {
        self.live
            .hub
            .tell(self.writer.at.meeting, None, from_column(self.writer.epoch), event);
    }

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        commit::end(&self.live.db, &self.live.breaker, self.writer).await?;
        Ok(Committed::default())
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        let at = self.writer.at;
        let mut told = self.live.hub.follow(at.meeting);
        loop {
            let newest = self
                .live
                .db
                .with_tenant(at.tenant, async |tx| analyses::newest(tx, at.tenant, at.meeting).await)
                .await;
            match newest {
                Ok(Some(report)) if !report.incomplete => {
                    return Some(ServerEvent::ReportReady {
                        version: u32::try_from(report.version).ok()?,
                    });
                }
                Ok(_) => {}
                // The report is made all the same; this client reads of it later.
                Err(error) => tracing::debug!(%error, "could not look for the report"),
            }
            // Told by a job on this node, or found by the next look; a closed or lagging hub is just another look.
            let _ = tokio::time::timeout(REPORT_POLL, told.recv()).await;
        }
    }
}

impl Drop for PostgresLedger {
    /// Says that the connection is gone, so that another may open without a gesture. Best effort: a node that dies
    /// says nothing, and its sign of life fades instead.
    fn drop(&mut self) {
        let (db, Writer { at, epoch }) = (self.live.db.clone(), self.writer);
        self.live.tasks.spawn(async move {
            let closed = db
                .with_tenant(at.tenant, async |tx| sessions::closed(tx, at, epoch).await)
                .await;
            if let Err(error) = closed {
                let error: sqlx::Error = error;
                tracing::warn!(session.id = %at.session, %error, "could not note that a connection closed");
            }
        });
    }
}
