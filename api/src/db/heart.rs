//! SQL: heart recordings.

use crate::ids::{HeartRecordingId, Member};
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// A recording as it is stored.
#[derive(Debug, Clone)]
pub struct HeartRow {
    /// Its id.
    pub id: HeartRecordingId,
    /// When its first interval ended.
    pub started_at: OffsetDateTime,
    /// Sealed under the member key.
    pub body: Vec<u8>,
}

/// The id of the person's recording that began then.
pub async fn named(
    db: impl PgExecutor<'_>,
    member: Member,
    started_at: OffsetDateTime,
) -> sqlx::Result<Option<HeartRecordingId>> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id: HeartRecordingId" FROM heart_recordings
           WHERE tenant_id = $1 AND user_id = $2 AND started_at = $3"#,
        member.tenant.0,
        member.user.0,
        started_at as OffsetDateTime
    );
    id.fetch_optional(db).await
}

/// Stores a recording; one that began at the same time makes way.
pub async fn put(db: impl PgExecutor<'_>, member: Member, row: &HeartRow) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO heart_recordings (tenant_id, id, user_id, started_at, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT heart_recordings_once DO UPDATE SET id = $2, body = $5",
        member.tenant.0,
        row.id.0,
        member.user.0,
        row.started_at as OffsetDateTime,
        row.body.as_slice()
    )
    .execute(db)
    .await
    .map(drop)
}

/// How many a person has.
pub async fn count(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM heart_recordings WHERE tenant_id = $1 AND user_id = $2"#,
        member.tenant.0,
        member.user.0
    );
    count.fetch_one(db).await
}

/// A person's recordings up to a time, newest first.
pub async fn list_until(
    db: impl PgExecutor<'_>,
    member: Member,
    until: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<HeartRow>> {
    sqlx::query_as!(
        HeartRow,
        r#"SELECT id AS "id: HeartRecordingId", started_at AS "started_at: OffsetDateTime", body FROM heart_recordings
           WHERE tenant_id = $1 AND user_id = $2 AND started_at <= $3 ORDER BY started_at DESC LIMIT $4"#,
        member.tenant.0,
        member.user.0,
        until as OffsetDateTime,
        limit
    )
    .fetch_all(db)
    .await
}

/// Deletes a person's recording.
pub async fn delete(db: impl PgExecutor<'_>, member: Member, id: HeartRecordingId) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM heart_recordings WHERE tenant_id = $1 AND user_id = $2 AND id = $3",
        member.tenant.0,
        member.user.0,
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}
