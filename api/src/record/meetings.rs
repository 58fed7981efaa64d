//! What capturing changes of a meeting's own row; the rest of it is `db::meetings`.

use crate::ids::{MeetingId, TenantId};
use sqlx::PgExecutor;

/// What the fold over a meeting starts from, and where the meeting stands.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) meeting_type: String,
    pub(crate) mode: String,
    pub(crate) goal: Option<String>,
    pub(crate) committed_ms: i64,
}

/// The meeting is being captured from now on. None if it has ended, or is gone.
pub(crate) async fn mark_live(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Running>> {
    sqlx::query_as!(
        Running,
        "UPDATE meetings SET state = 'live', started_at = coalesce(started_at, now()), updated_at = now()
         WHERE tenant_id = $1 AND id = $2 AND state <> 'ended'
         RETURNING meeting_type, mode, goal, committed_ms",
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// Nobody captures it just now.
pub(crate) async fn mark_suspended(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE meetings SET state = 'suspended', updated_at = now() WHERE tenant_id = $1 AND id = $2 AND state = 'live'",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It is over.
pub(crate) async fn mark_ended(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET state = 'ended', ended_at = coalesce(ended_at, now()), updated_at = now()
         WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Where a reader of a meeting stands.
#[derive(Debug)]
pub(crate) struct Progress {
    /// It has ended, and its report is of all of it.
    pub(crate) reported: bool,
    pub(crate) last_event_number: i64,
}

/// How far the meeting has come. None once it is gone.
pub(crate) async fn progress(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Progress>> {
    sqlx::query_as!(
        Progress,
        r#"SELECT m.last_event_number, m.state = 'ended' AND coalesce((SELECT NOT a.incomplete FROM meeting_analyses a
                      WHERE a.tenant_id = m.tenant_id AND a.meeting_id = m.id
                      ORDER BY a.version DESC LIMIT 1), false) AS "reported!"
           FROM meetings m WHERE m.tenant_id = $1 AND m.id = $2"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}
