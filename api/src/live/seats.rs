//! Who captures which meeting on this node. A newer connection is told to the older one at once, and to all of a
//! person's that they took their consent back; on other nodes a notice has them look at the database, and without one, or
//! after a revocation, so does the time.

use crate::db::Db;
use crate::ids::{MeetingId, Member, TenantId};
use crate::live::commit::Writer;
use crate::live::socket::Verdict;
use crate::record::sessions::{self, Standing};
use attune_ingest::protocol::CloseCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How often a connection's standing is looked up: a revocation bites within this, and so does a consent that was taken
/// back on another node, or leave that an organisation gives or takes back.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who captures on this node.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    /// The newest connection of each meeting.
    newest: HashMap<MeetingId, Holder>,
    /// Every connection by its tenant, whose standings are looked up together.
    watched: HashMap<TenantId, Watched>,
}

/// The connections of a tenant, by session and epoch.
#[derive(Debug)]
struct Watched {
    connections: HashMap<(Uuid, i64), Verdict>,
    /// Has them looked up now.
    look: Arc<Notify>,
    _watch: DropGuard,
}

/// Whose connection holds a seat. An epoch is a number within its session.
#[derive(Debug)]
struct Holder {
    member: Member,
    session: Uuid,
    epoch: i64,
    verdict: Verdict,
}

/// A connection's place. Given up when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    writer: Writer,
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
        let holder = Holder {
            member,
            session: writer.at.session,
            epoch: writer.epoch,
            verdict: verdict.clone(),
        };
        let tenant = writer.at.tenant;
        let mut taken = self.taken();
        let overtaken = taken.newest.get(&writer.at.meeting).is_some_and(|newer| {
            // Two of one session may open at once, and the later ticket is the one that holds.
            newer.session == writer.at.session && newer.epoch > writer.epoch
        });
        if overtaken {
            verdict.close(CloseCode::TakenOver);
        } else if let Some(older) = taken.newest.insert(writer.at.meeting, holder) {
            older.verdict.close(CloseCode::TakenOver);
        }
        let watched = taken.watched.entry(tenant).or_insert_with(|| {
            let (left, look) = (CancellationToken::new(), Arc::new(Notify::new()));
            let watched = watch(Arc::clone(self), db.clone(), tenant, Arc::clone(&look));
            let until = left.clone();
            tasks.spawn(async move { until.run_until_cancelled(watched).await });
            Watched {
                connections: HashMap::new(),
                look,
                _watch: left.drop_guard(),
            }
        });
        let connection = (writer.at.session, writer.epoch);
        watched.connections.insert(connection, verdict);
        drop(taken);
        Seat {
            seats: Arc::clone(self),
            writer,
        }
    }

    /// Has every connection of this person look up whether they still agree to be recorded.
    pub(crate) fn consent_changed(&self, member: Member) {
        let taken = self.taken();
        for holder in taken.newest.values().filter(|holder| holder.member == member) {
            holder.verdict.doubt_consent();
        }
    }

    /// Whether this person's meeting is captured on this node.
    pub(super) fn holds(&self, member: Member, meeting: MeetingId) -> bool {
        let taken = self.taken();
        taken.newest.get(&meeting).is_some_and(|holder| holder.member == member)
    }

    /// Has whoever captures this person's meeting here look whether they still do: a connection opened elsewhere.
    pub(super) fn look(&self, member: Member, meeting: MeetingId) {
        let taken = self.taken();
        let holder = taken.newest.get(&meeting).filter(|holder| holder.member == member);
        if let Some(watched) = holder.and_then(|_| taken.watched.get(&member.tenant)) {
            watched.look.notify_one();
        }
    }

    /// The connections of a tenant.
    fn watched(&self, tenant: TenantId) -> Vec<((Uuid, i64), Verdict)> {
        let taken = self.taken();
        let watched = taken.watched.get(&tenant).into_iter();
        watched
            .flat_map(|watched| &watched.connections)
            .map(|(of, verdict)| (*of, verdict.clone()))
            .collect()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Writer { at, epoch, .. } = self.writer;
        let mut taken = self.seats.taken();
        let holder = taken.newest.get(&at.meeting);
        if holder.is_some_and(|holder| (holder.session, holder.epoch) == (at.session, epoch)) {
            taken.newest.remove(&at.meeting);
        }
        if let Some(watched) = taken.watched.get_mut(&at.tenant) {
            watched.connections.remove(&(at.session, epoch));
            if watched.connections.is_empty() {
                taken.watched.remove(&at.tenant);
            }
        }
    }
}

/// Looks up the standing of a tenant's connections again and again, all with one question.
async fn watch(seats: Arc<Seats>, db: Db, tenant: TenantId, look: Arc<Notify>) {
    loop {
        // Told to look, or in time.
        let _ = timeout(LOOK_EVERY, look.notified()).await;
        let watched = seats.watched(tenant);
        let (sessions, epochs): (Vec<Uuid>, Vec<i64>) = watched.iter().map(|(of, _)| *of).unzip();
        let standings: sqlx::Result<_> = db
            .with_tenant(tenant, async |tx| {
                sessions::stand_all(tx, tenant, &sessions, &epochs).await
            })
            .await;
        // Nothing can be said: commits wait for the database too.
        let Ok(standings) = standings else { continue };
        let standings: HashMap<Uuid, Standing> = standings.into_iter().map(|at| (at.session, at)).collect();
        for ((session, epoch), verdict) in &watched {
            judge(*epoch, standings.get(session), verdict);
        }
    }
}

/// Tells a connection what its standing means for it.
fn judge(epoch: i64, standing: Option<&Standing>, verdict: &Verdict) {
    match standing {
        // Erased: there is nothing left to capture into.
        None => verdict.close(CloseCode::NotAuthenticated),
        Some(standing) if standing.live_epoch != epoch => verdict.close(CloseCode::TakenOver),
        Some(standing) if !standing.authorised => verdict.close(CloseCode::NotAuthenticated),
        Some(standing) if !standing.consent => verdict.doubt_consent(),
        Some(standing) => verdict.expect_may_leave(standing.audio_may_leave),
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
        assert!(seats.taken().newest.is_empty());
        assert!(seats.taken().watched.is_empty(), "nobody is watched who is not there");
        tasks.close();
        tasks.wait().await;
    }
}
