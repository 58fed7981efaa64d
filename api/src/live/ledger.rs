//! The durable side of one live connection: the meeting's fold, moved on only by what was committed, and the numbers of
//! what came of it.

use crate::keys::MeetingKey;
use crate::live::Live;
use crate::live::commit::{self, Prepared, Writer};
use crate::live::fold::{Fold, Setup};
use crate::live::load::{self, LoadError};
use crate::live::seats::Seat;
use crate::nodes::Attendance;
use crate::record::{analyses, from_column, spans};
use attune_engine::clock::MeetingTime;
use attune_engine::measures::Profile;
use attune_engine::speaker::Track;
use attune_ingest::ports::{Batch, Committed, Ledger, LedgerError, Numbered, Position, Withdrawal};
use attune_ingest::protocol::{Account, ServerEvent};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the database is asked for a report that another node may have made.
const REPORT_POLL: Duration = Duration::from_secs(1);

/// The ledger of one connection, on PostgreSQL.
#[derive(Debug)]
pub(super) struct PostgresLedger {
    pub(super) live: Live,
    pub(super) writer: Writer,
    pub(super) key: MeetingKey,
    pub(super) setup: Setup,
    /// What the person said of their speech when the connection opened.
    pub(super) profile: Arc<Profile>,
    pub(super) fold: Fold,
    pub(super) decided_to: MeetingTime,
    /// What became of every sample that is committed.
    pub(super) samples: BTreeMap<Track, Account>,
    /// The other nodes that attend to the person.
    pub(super) attendance: Attendance,
    /// What is being committed: a batch that is offered again is the same transaction again.
    pub(super) pending: Option<Pending>,
    /// Others learn that this connection is there, and it learns of them.
    pub(super) _seat: Seat,
}

/// A batch whose transaction may or may not have been made.
#[derive(Debug)]
pub(super) struct Pending {
    batch: Batch,
    prepared: Prepared,
    fold: Fold,
    /// What was retracted before it.
    told: Vec<Numbered>,
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
            self.show(Some(*number), event);
        }
        events
    }

    /// Shows an event to the meeting's other readers, wherever they are.
    fn show(&self, number: Option<u64>, event: &ServerEvent) {
        let (meeting, epoch) = (self.writer.at.meeting, from_column(self.writer.epoch));
        self.live.show(&self.attendance, meeting, number, epoch, event);
    }

    /// Forgets what the person took back, and everything the fold made of it.
    async fn withdraw(&mut self, withdrawals: &[Withdrawal]) -> Result<Vec<Numbered>, LedgerError> {
        if withdrawals.is_empty() {
            return Ok(Vec::new());
        }
        let (db, breaker) = (&self.live.db, &self.live.breaker);
        let told = commit::withdraw(db, breaker, self.writer, &self.key, withdrawals).await?;
        self.fold = self.refolded(&self.setup).await?;
        self.samples = self.recounted().await?;
        Ok(told
            .map(|(number, event)| self.number(number, vec![event]))
            .unwrap_or_default())
    }

    /// A track that speaks for the first time and was not there when the session began: what could not be told apart
    /// can be from here on, so the fold starts again with it.
    async fn hear(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        let speaking = batch.decided.iter().filter(|decided| decided.outcome.is_some());
        let tracks: BTreeSet<_> = speaking.map(|decided| decided.track).collect();
        let mut setup = self.setup.clone();
        if tracks.into_iter().filter(|track| setup.hear(*track)).count() == 0 {
            return Ok(());
        }
        commit::set_up(&self.live.db, &self.live.breaker, self.writer, &setup).await?;
        let fold = self.refolded(&setup).await?;
        // Last: a batch that is offered again after a failure finds the track as new as it was.
        (self.setup, self.fold) = (setup, fold);
        Ok(())
    }

    /// What became of the samples, once some of it was taken back.
    async fn recounted(&self) -> Result<BTreeMap<Track, Account>, LedgerError> {
        let at = self.writer.at;
        let read = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| spans::accounts(tx, at).await)
            .await;
        read.map_err(|error: sqlx::Error| LedgerError::Unavailable(Box::new(error)))
    }

    /// The fold over what is left once something was forgotten, or over what is there once it is heard otherwise.
    async fn refolded(&self, setup: &Setup) -> Result<Fold, LedgerError> {
        let mut fold = Fold::new(setup, &self.profile, self.writer.at.session);
        let (at, key, to) = (self.writer.at, &self.key, self.decided_to);
        let read = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| load::fold(tx, at, key, &mut fold, to).await)
            .await;
        read.map_err(|error: LoadError| LedgerError::Unavailable(Box::new(error)))?;
        Ok(fold)
    }
}

impl Ledger for PostgresLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        if self.pending.as_ref().is_none_or(|pending| pending.batch != batch) {
            let told = self.withdraw(&batch.withdrawals).await?;
            self.hear(&batch).await?;
            // The fold moves on only if the transaction does: a copy sees the batch first.
            let mut fold = self.fold.clone();
            let prepared = Prepared::new(batch.clone(), &mut fold, &self.key, self.decided_to);
            self.pending = Some(Pending {
                batch,
                prepared,
                fold,
                told,
            });
        }
        let pending = self.pending.as_ref().expect("invariant: set above");
        let began = Instant::now();
        let last = pending
            .prepared
            .write(&self.live.db, &self.live.breaker, self.writer)
            .await?;
        let Pending {
            batch,
            prepared,
            fold,
            told: mut events,
        } = self.pending.take().expect("invariant: written just now");
        self.fold = fold;
        self.decided_to = prepared.decided_to();
        for decided in &batch.decided {
            decided.count_in(&mut self.samples);
        }
        let made = prepared.into_events();
        let meetings = &self.live.metrics.meetings;
        meetings.committed(&batch.decided, &made, began.elapsed());
        events.extend(self.number(last, made));
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
        Ok(Committed {
            events,
            samples: self.samples.clone(),
        })
    }

    fn measures(&self) -> Option<ServerEvent> {
        (self.decided_to > MeetingTime::START).then(|| ServerEvent::Measures {
            at_ms: self.decided_to.as_ms(),
            measures: self.fold.measures(),
        })
    }

    fn tell(&mut self, event: &ServerEvent) {
        self.live.metrics.meetings.told(event);
        self.show(None, event);
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
    fn drop(&mut self) {
        self.live.connection_closed(self.writer);
    }
}
