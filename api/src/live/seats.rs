//! Who captures which meeting on this node. A newer connection is told to the older one at once; on other nodes, and
//! after a revocation, a look at the database tells it within seconds.

use crate::db::Db;
use crate::ids::MeetingId;
use crate::live::commit::Writer;
use crate::live::socket::Verdict;
use crate::record::sessions;
use attune_ingest::protocol::CloseCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How often a connection's standing is looked up: a revocation bites within this.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The newest connection of each meeting on this node.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<HashMap<MeetingId, (i64, Verdict)>>);

/// A connection's place. Given up when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    meeting: MeetingId,
    epoch: i64,
    _watched: DropGuard,
}

impl Seats {
    /// Takes the meeting's seat, and has whoever holds it now closed.
    pub(super) fn take(self: &Arc<Self>, db: &Db, tasks: &TaskTracker, writer: Writer, verdict: Verdict) -> Seat {
        let (meeting, epoch) = (writer.at.meeting, writer.epoch);
        if let Some((_, older)) = self.held().insert(meeting, (epoch, verdict.clone())) {
            older.close(CloseCode::TakenOver);
        }
        let left = CancellationToken::new();
        let look = watch(db.clone(), writer, verdict);
        let until = left.clone();
        tasks.spawn(async move { until.run_until_cancelled(look).await });
        Seat {
            seats: Arc::clone(self),
            meeting,
            epoch,
            _watched: left.drop_guard(),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<MeetingId, (i64, Verdict)>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.seats.held();
        if held.get(&self.meeting).is_some_and(|(epoch, _)| *epoch == self.epoch) {
            held.remove(&self.meeting);
        }
    }
}

/// Looks up the connection's standing until it has none.
async fn watch(db: Db, writer: Writer, verdict: Verdict) {
    let Writer { at, epoch } = writer;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let standing: sqlx::Result<_> = db
            .with_tenant(at.tenant, async |tx| sessions::stand(tx, at, epoch).await)
            .await;
        let code = match standing {
            // Erased: there is nothing left to capture into.
            Ok(None) => CloseCode::NotAuthenticated,
            Ok(Some(standing)) if standing.live_epoch != epoch => CloseCode::TakenOver,
            Ok(Some(standing)) if !standing.authorised => CloseCode::NotAuthenticated,
            Ok(Some(standing)) if !standing.consent => CloseCode::Consent,
            // Nothing is wrong, or nothing can be said: commits wait for the database too.
            Ok(Some(_)) | Err(_) => continue,
        };
        return verdict.close(code);
    }
}
