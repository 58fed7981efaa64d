//! SQL: archives of everything that is a person's.

use crate::ids::{ExportId, Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An archive as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Its id.
    pub id: ExportId,
    /// `waiting`, `running` or `ready`.
    pub state: String,
    /// Meetings that go into it.
    pub meetings: i32,
    /// Of these, the ones that are in it.
    pub meetings_done: i32,
    /// The archive's length, in the clear.
    pub bytes: i64,
    /// Its objects, in order.
    pub parts: Vec<Uuid>,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
    /// When it is destroyed.
    pub expires_at: OffsetDateTime,
}

/// Asks for an archive; none where one is under way.
pub async fn insert(
    db: impl PgExecutor<'_>,
    member: Member,
    id: ExportId,
    lifetime: Duration,
) -> sqlx::Result<Option<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        r#"INSERT INTO exports (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))
           ON CONFLICT (tenant_id, user_id) WHERE state IN ('waiting', 'running') DO NOTHING
           RETURNING id AS "id: ExportId", state, meetings, meetings_done, bytes, parts,
                     created_at AS "created_at: OffsetDateTime", expires_at AS "expires_at: OffsetDateTime""#,
        member.tenant.0,
        id.0,
        member.user.0,
        lifetime.as_seconds_f64()
    )
    .fetch_optional(db)
    .await
}

/// A person's archives, the newest first.
pub async fn list(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        r#"SELECT id AS "id: ExportId", state, meetings, meetings_done, bytes, parts,
                  created_at AS "created_at: OffsetDateTime", expires_at AS "expires_at: OffsetDateTime"
           FROM exports WHERE tenant_id = $1 AND user_id = $2 AND expires_at > now() ORDER BY id DESC"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// A person's archive.
pub async fn find(db: impl PgExecutor<'_>, member: Member, id: ExportId) -> sqlx::Result<Option<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        r#"SELECT id AS "id: ExportId", state, meetings, meetings_done, bytes, parts,
                  created_at AS "created_at: OffsetDateTime", expires_at AS "expires_at: OffsetDateTime"
           FROM exports WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND expires_at > now()"#,
        member.tenant.0,
        member.user.0,
        id.0
    )
    .fetch_optional(db)
    .await
}

/// Forgets a person's archive. How many there were.
pub async fn delete(db: impl PgExecutor<'_>, member: Member, id: ExportId) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM exports WHERE tenant_id = $1 AND user_id = $2 AND id = $3",
        member.tenant.0,
        member.user.0,
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

/// A try to make an archive, of which only the newest counts.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Whose tenant.
    pub tenant: TenantId,
    /// Which archive.
    pub export: ExportId,
    /// Which try.
    pub id: Uuid,
}

/// An archive is being made, from its beginning: whose it is. None where it is done, or gone.
pub async fn begin(db: impl PgExecutor<'_>, run: Run) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"UPDATE exports SET state = 'running', run = $3, parts = '{}', bytes = 0, meetings_done = 0,
                  meetings = (SELECT count(*) FROM meetings m WHERE m.tenant_id = $1 AND m.user_id = exports.user_id)::integer
           WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'running') AND expires_at > now()
           RETURNING user_id AS "user_id: UserId""#,
        run.tenant.0,
        run.export.0,
        run.id
    )
    .fetch_optional(db)
    .await
}

/// A part is about to be stored. False where the archive is gone, or made by another try.
pub async fn add_part(db: impl PgExecutor<'_>, run: Run, part: Uuid, bytes: usize) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE exports SET parts = parts || $4::uuid, bytes = bytes + $5
         WHERE tenant_id = $1 AND id = $2 AND run = $3 AND state = 'running'",
        run.tenant.0,
        run.export.0,
        run.id,
        part,
        i64::try_from(bytes).unwrap_or(i64::MAX)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Another meeting is in it.
pub async fn count_meeting(db: impl PgExecutor<'_>, run: Run) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE exports SET meetings_done = meetings_done + 1, meetings = greatest(meetings, meetings_done + 1)
         WHERE tenant_id = $1 AND id = $2 AND run = $3 AND state = 'running'",
        run.tenant.0,
        run.export.0,
        run.id
    )
    .execute(db)
    .await
    .map(drop)
}

/// It is whole.
pub async fn finish(db: impl PgExecutor<'_>, run: Run) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE exports SET state = 'ready' WHERE tenant_id = $1 AND id = $2 AND run = $3 AND state = 'running'",
        run.tenant.0,
        run.export.0,
        run.id
    )
    .execute(db)
    .await
    .map(drop)
}

/// The objects of an archive that is not past its time; none where it is gone.
pub async fn parts(db: impl PgExecutor<'_>, tenant: TenantId, id: ExportId) -> sqlx::Result<Vec<Uuid>> {
    let parts = sqlx::query_scalar!(
        "SELECT parts FROM exports WHERE tenant_id = $1 AND id = $2 AND expires_at > now()",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(parts.unwrap_or_default())
}

/// Forgets an archive that is past its time.
pub async fn forget_expired(db: impl PgExecutor<'_>, tenant: TenantId, id: ExportId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM exports WHERE tenant_id = $1 AND id = $2 AND expires_at <= now()",
        tenant.0,
        id.0
    )
    .execute(db)
    .await
    .map(drop)
}
