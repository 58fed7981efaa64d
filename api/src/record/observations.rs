//! What the device read off its camera, and what the meeting's own page showed.

use crate::ids::{MeetingId, TenantId};
use crate::record::events::Body;
use crate::record::{Capture, to_column};
use sqlx::PgExecutor;
use uuid::Uuid;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Insights,
    Captions,
}

impl Kind {
    /// Its name in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Insights => "insights",
            Self::Captions => "captions",
        }
    }
}

/// Those of one commit.
#[derive(Debug)]
pub(crate) struct NewObservations {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) count: usize,
    pub(crate) t0_ms: u64,
    pub(crate) t1_ms: u64,
    pub(crate) body: Vec<u8>,
}

/// Adds those of one commit.
pub(crate) async fn insert(db: impl PgExecutor<'_>, at: Capture, new: &NewObservations) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO meeting_observations (tenant_id, id, meeting_id, session_id, kind, count, t0_ms, t1_ms, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        at.tenant.0,
        new.id,
        at.meeting.0,
        at.session,
        new.kind.as_str(),
        i32::try_from(new.count).unwrap_or(i32::MAX),
        to_column(new.t0_ms),
        to_column(new.t1_ms),
        new.body
    )
    .execute(db)
    .await
    .map(drop)
}

/// The observations of one kind, in order of the commits that hold them.
pub(crate) async fn of_kind(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    kind: Kind,
) -> sqlx::Result<Vec<Body>> {
    sqlx::query_as!(
        Body,
        "SELECT id, body FROM meeting_observations
         WHERE tenant_id = $1 AND meeting_id = $2 AND kind = $3 ORDER BY t0_ms, id",
        tenant.0,
        meeting.0,
        kind.as_str()
    )
    .fetch_all(db)
    .await
}

/// Forgets what was observed from a time on, by the commit: one holds at most a few seconds of it.
pub(crate) async fn forget(db: impl PgExecutor<'_>, at: Capture, from_ms: u64) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM meeting_observations
         WHERE tenant_id = $1 AND meeting_id = $2 AND t1_ms >= $3",
        at.tenant.0,
        at.meeting.0,
        to_column(from_ms)
    )
    .execute(db)
    .await
    .map(drop)
}
