//! Who captures which meeting on this node. A newer connection is told to the older one at once, and to all of a
//! person's that they took their consent back; on other nodes a notice has them look at the database, and without one, or
//! after a revocation, so does the time.

use crate::db::Db;
use crate::ids::{MeetingId, Member};
use crate::live::commit::Writer;
use crate::live::socket::Verdict;
use crate::record::sessions;
use attune_ingest::protocol::CloseCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How often a connection's standing is looked up: a revocation bites within this, and so does a consent that was taken
/// back on another node, or leave that an organisation gives or takes back.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The newest connection of each meeting on this node.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<HashMap<MeetingId, Holder>>);

/// Whose connection holds a seat. An epoch is a number within its session.
#[derive(Debug)]
struct Holder {
    member: Member,
    session: Uuid,
    epoch: i64,
    verdict: Verdict,
    /// Has it look its standing up now.
    look: Arc<Notify>,
}

/// A connection's place. Given up when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    writer: Writer,
    _watched: DropGuard,
}

impl Seats {
    /// Takes the meeting's seat, and has whoever holds it now closed.
    pub(super) fn take(
        self: &Arc<Self>,
        db: &Db,
        tasks: &TaskTracker,
        member: Member,
        writer: Writer,
        verdict: Verdict,
    ) -> Seat {
        let look = Arc::new(Notify::new());
        let holder = Holder {
            member,
            session: writer.at.session,
            epoch: writer.epoch,
            verdict: verdict.clone(),
            look: Arc::clone(&look),
        };
        if let Some(older) = self.held().insert(writer.at.meeting, holder) {
            older.verdict.close(CloseCode::TakenOver);
        }
        let left = CancellationToken::new();
        let watched = watch(db.clone(), writer, verdict, look);
        let until = left.clone();
        tasks.spawn(async move { until.run_until_cancelled(watched).await });
        Seat {
            seats: Arc::clone(self),
            writer,
            _watched: left.drop_guard(),
        }
    }

    /// Has every connection of this person look up whether they still agree to be recorded.
    pub(crate) fn consent_changed(&self, member: Member) {
        for holder in self.held().values().filter(|holder| holder.member == member) {
            holder.verdict.doubt_consent();
        }
    }

    /// Whether this person's meeting is captured on this node.
    pub(super) fn holds(&self, member: Member, meeting: MeetingId) -> bool {
        self.held().get(&meeting).is_some_and(|holder| holder.member == member)
    }

    /// Has whoever captures this person's meeting here look whether they still do: a connection opened elsewhere.
    pub(super) fn look(&self, member: Member, meeting: MeetingId) {
        if let Some(holder) = self.held().get(&meeting).filter(|holder| holder.member == member) {
            holder.look.notify_one();
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<MeetingId, Holder>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Writer { at, epoch, .. } = self.writer;
        let mut held = self.seats.held();
        let holder = held.get(&at.meeting);
        if holder.is_some_and(|holder| (holder.session, holder.epoch) == (at.session, epoch)) {
            held.remove(&at.meeting);
        }
    }
}

/// Looks up the connection's standing until it has none.
async fn watch(db: Db, writer: Writer, verdict: Verdict, look: Arc<Notify>) {
    let Writer { at, epoch, .. } = writer;
    loop {
        // Told to look, or in time.
        let _ = timeout(LOOK_EVERY, look.notified()).await;
        let standing: sqlx::Result<_> = db
            .with_tenant(at.tenant, async |tx| sessions::stand(tx, at, epoch).await)
            .await;
        let code = match standing {
            // Erased: there is nothing left to capture into.
            Ok(None) => CloseCode::NotAuthenticated,
            Ok(Some(standing)) if standing.live_epoch != epoch => CloseCode::TakenOver,
            Ok(Some(standing)) if !standing.authorised => CloseCode::NotAuthenticated,
            Ok(Some(standing)) if !standing.consent => {
                verdict.doubt_consent();
                continue;
            }
            Ok(Some(standing)) => {
                verdict.expect_may_leave(standing.audio_may_leave);
                continue;
            }
            // Nothing can be said: commits wait for the database too.
            Err(_) => continue,
        };
        return verdict.close(code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TenantId, UserId};
    use crate::record::Capture;

    #[tokio::test]
    async fn a_connection_that_leaves_late_keeps_no_other_session_from_its_seat() {
        let (seats, tasks) = (Arc::new(Seats::default()), TaskTracker::new());
        let db = Db::unreachable();
        let member = Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        };
        let meeting = MeetingId::new();
        let take = || {
            let at = Capture {
                tenant: member.tenant,
                meeting,
                session: Uuid::now_v7(),
            };
            seats.take(
                &db,
                &tasks,
                member,
                Writer {
                    at,
                    epoch: 1,
                    keep_audio_until: None,
                },
                Verdict::new(),
            )
        };
        let (older, newer) = (take(), take());
        drop(older);
        assert!(seats.holds(member, meeting));
        drop(newer);
        assert!(seats.held().is_empty());
    }
}
