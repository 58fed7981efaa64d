//! The durable side of a server that is measured: digests of what thousands of connections checked, written together. A
//! transaction for each of them every five seconds would be a thousand a second; gathered for a moment it is one for each
//! tenant.

use crate::db::Db;
use crate::ids::TenantId;
use crate::live::Live;
use crate::live::commit::Writer;
use crate::live::opening::{capture, member};
use crate::live::seats::Seat;
use crate::live::socket::Verdict;
use crate::record::sessions::Redeemed;
use crate::record::sink::Checks;
use crate::record::{self, meetings, sessions, to_column};
use attune_ingest::ports::{Batch, Checked, Committed, Ledger, LedgerError, Position, Reservation, Resumption};
use attune_ingest::protocol::{ServerEvent, Stream};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Commits that wait to be written: every connection of a full node has one at most.
const WAITING: usize = 8_192;

/// How long commits gather. Nobody waits for one: an ack does not, and a client keeps its frames for minutes.
const GATHER: Duration = Duration::from_millis(250);

/// Written in one go at most: a few hundred kilobytes of digests.
const TOGETHER: usize = 512;

/// How often the writer looks whether the server stops and nobody commits any more.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Writes digests until the server stops and the last ledger is closed.
#[derive(Debug)]
pub(super) struct Sink {
    queue: mpsc::Sender<Asked>,
}

/// One connection's commit.
#[derive(Debug)]
struct Asked {
    writer: Writer,
    batch: Batch,
    done: oneshot::Sender<Result<(), LedgerError>>,
}

/// The ledger of a connection whose frames are checked.
#[derive(Debug)]
pub(super) struct SinkLedger {
    live: Live,
    /// Its own: who writes knows by it that this ledger is open.
    queue: mpsc::Sender<Asked>,
    writer: Writer,
    _seat: Seat,
}

impl Sink {
    /// Starts what writes.
    pub(super) fn start(db: &Db, tasks: &TaskTracker, stopping: &CancellationToken) -> Self {
        let (queue, asked) = mpsc::channel(WAITING);
        tasks.spawn(write(db.clone(), asked, stopping.clone()));
        Self { queue }
    }
}

/// Where a session goes on whose ticket was used up when its streams stood at `positions`.
pub(super) fn stood(redeemed: &Redeemed, positions: Vec<Position>) -> Resumption {
    let positions = positions.into_iter().map(|position| (position.stream, position));
    Resumption {
        streams: positions.collect(),
        ended: redeemed.ended_at.is_some(),
        sink: true,
        ..Resumption::default()
    }
}

/// Opens the ledger of a session whose ticket was used up. One that was overtaken meanwhile learns it from its seat.
pub(super) fn open(live: &Live, sink: &Sink, verdict: &Verdict, reservation: &Reservation) -> SinkLedger {
    let writer = Writer {
        at: capture(reservation),
        epoch: to_column(reservation.epoch),
        keep_audio_until: None,
    };
    let seat = live
        .seats
        .take(&live.db, &live.tasks, member(reservation), writer, verdict.clone());
    live.metrics.meetings.opened(reservation.epoch > 1);
    SinkLedger {
        live: live.clone(),
        queue: sink.queue.clone(),
        writer,
        _seat: seat,
    }
}

impl Ledger for SinkLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        let began = Instant::now();
        let (done, settled) = oneshot::channel();
        let asked = Asked {
            writer: self.writer,
            batch,
            done,
        };
        self.queue.send(asked).await.map_err(|_| unavailable(NotWritten))?;
        settled.await.map_err(unavailable)??;
        self.live.metrics.meetings.committed(&[], &[], began.elapsed());
        Ok(Committed::default())
    }

    fn measures(&self) -> Option<ServerEvent> {
        None
    }

    /// Nobody follows what says nothing.
    fn tell(&mut self, _: &ServerEvent) {}

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        let Writer { at, epoch, .. } = self.writer;
        let ended: sqlx::Result<_> = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| {
                let held = sessions::hold(&mut *tx, at).await?;
                if held.is_none_or(|held| held.live_epoch != epoch) {
                    return Ok(false);
                }
                sessions::end(&mut *tx, at).await?;
                meetings::mark_ended(&mut *tx, at.tenant, at.meeting).await?;
                Ok(true)
            })
            .await;
        match ended.map_err(unavailable)? {
            true => Ok(Committed::default()),
            false => Err(LedgerError::Fenced),
        }
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        None
    }
}

impl Drop for SinkLedger {
    fn drop(&mut self) {
        self.live.connection_closed(self.writer);
    }
}

/// Gathers what is asked for, writes it, and answers everybody.
async fn write(db: Db, mut asked: mpsc::Receiver<Asked>, stopping: CancellationToken) {
    let mut together = Vec::with_capacity(TOGETHER);
    loop {
        match timeout(LOOK_UP, asked.recv_many(&mut together, TOGETHER)).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) if stopping.is_cancelled() && asked.sender_strong_count() <= 1 => return,
            Err(_) => continue,
        }
        let next = tokio::time::Instant::now() + GATHER;
        let mut by_tenant: BTreeMap<TenantId, Vec<Asked>> = BTreeMap::new();
        for asked in together.drain(..) {
            by_tenant.entry(asked.writer.at.tenant).or_default().push(asked);
        }
        for (tenant, asked) in by_tenant {
            settle(&db, tenant, asked).await;
        }
        tokio::time::sleep_until(next).await;
    }
}

async fn settle(db: &Db, tenant: TenantId, asked: Vec<Asked>) {
    let checks = checks(&asked);
    let written: sqlx::Result<HashSet<Uuid>> = db
        .with_tenant(tenant, async |tx| record::sink::commit(tx, tenant, &checks).await)
        .await;
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            tracing::warn!(%error, commits = asked.len(), "digests could not be written");
            // Each offers them again, for as long as a connection waits for storage.
            for asked in asked {
                let _ = asked.done.send(Err(unavailable(NotWritten)));
            }
            return;
        }
    };
    for asked in asked {
        let is_written = written.contains(&asked.writer.at.session);
        let settled = is_written.then_some(()).ok_or(LedgerError::Fenced);
        // One that does not wait any more reads what is durable when it comes again.
        let _ = asked.done.send(settled);
    }
}

/// The cause is logged once for all.
#[derive(Debug, thiserror::Error)]
#[error("writing digests")]
struct NotWritten;

fn checks(asked: &[Asked]) -> Checks {
    let mut checks = Checks::default();
    for Asked { writer, batch, .. } in asked {
        let session = writer.at.session;
        checks.sessions.push(session);
        checks.epochs.push(writer.epoch);
        for stretch in stretches(&batch.checked) {
            let frames = &mut checks.frames;
            frames.sessions.push(session);
            frames.streams.push(i16::from(stretch.stream.byte()));
            frames.from_seqs.push(to_column(stretch.from_seq));
            frames.digests.push(stretch.digests);
        }
        for position in &batch.positions {
            let Position {
                stream,
                decided_sample,
                release_seq,
                release_first_sample,
                ..
            } = *position;
            let places = &mut checks.places;
            places.sessions.push(session);
            places.streams.push(i16::from(stream.byte()));
            places.decided_samples.push(to_column(decided_sample));
            places.release_seqs.push(to_column(release_seq));
            places.release_first_samples.push(to_column(release_first_sample));
        }
    }
    checks
}

/// Frames of one stream, one after the other.
struct Stretch {
    stream: Stream,
    from_seq: u64,
    digests: Vec<u8>,
}

/// The frames of each stream: a connection takes them in their order, so each stream's are one stretch.
fn stretches(checked: &[Checked]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for Checked { stream, seq, sha256 } in checked {
        match stretches.iter_mut().find(|stretch| stretch.stream == *stream) {
            Some(stretch) => stretch.digests.extend_from_slice(sha256),
            None => stretches.push(Stretch {
                stream: *stream,
                from_seq: *seq,
                digests: sha256.to_vec(),
            }),
        }
    }
    stretches
}

fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::Unavailable(Box::new(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_of_each_stream_are_one_stretch() {
        let checked = |stream, seq, byte| Checked {
            stream,
            seq,
            sha256: [byte; 32],
        };
        let stretches = stretches(&[
            checked(Stream::Mic, 7, 1),
            checked(Stream::Tab, 3, 2),
            checked(Stream::Mic, 8, 3),
        ]);
        let told: Vec<_> = stretches
            .iter()
            .map(|stretch| {
                (
                    stretch.stream,
                    stretch.from_seq,
                    stretch.digests[0],
                    stretch.digests.len(),
                )
            })
            .collect();
        assert_eq!(told, [(Stream::Mic, 7, 1, 64), (Stream::Tab, 3, 2, 32)]);
        assert_eq!(stretches[0].digests[32], 3);
    }
}
