//! SQL: who did what to which object, by id.

use crate::ids::{Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// Records an action, such as `meeting.deleted`.
pub async fn insert(db: impl PgExecutor<'_>, member: Member, action: &'static str, object: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit_log (tenant_id, id, user_id, action, object_id) VALUES ($1, $2, $3, $4, $5)",
        member.tenant.0,
        Uuid::now_v7(),
        member.user.0,
        action,
        object
    )
    .execute(db)
    .await
    .map(drop)
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its own id.
    pub id: Uuid,
    /// Who did it, or had it done.
    pub user_id: UserId,
    /// What, such as `meeting.deleted`.
    pub action: String,
    /// To which object.
    pub object_id: Uuid,
    /// When.
    pub created_at: OffsetDateTime,
}

/// What a person did, or had done, the oldest first.
pub async fn of_person(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<Act>> {
    sqlx::query_as!(
        Act,
        r#"SELECT id, user_id AS "user_id: UserId", action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log
           WHERE tenant_id = $1 AND user_id = $2 ORDER BY id"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// What a person did, or had done, and what was done to them: the newest first, those before `before`.
pub async fn page_of_person(
    db: impl PgExecutor<'_>,
    member: Member,
    before: Option<Uuid>,
    most: i64,
) -> sqlx::Result<Vec<Act>> {
    sqlx::query_as!(
        Act,
        r#"SELECT id, user_id AS "user_id: UserId", action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log
           WHERE tenant_id = $1 AND (user_id = $2 OR object_id = $2) AND ($3::uuid IS NULL OR id < $3)
           ORDER BY id DESC LIMIT $4"#,
        member.tenant.0,
        member.user.0,
        before,
        most
    )
    .fetch_all(db)
    .await
}

/// What was done in a tenant's administration: the newest first, those before `before`.
pub async fn page_of_administration(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    before: Option<Uuid>,
    most: i64,
) -> sqlx::Result<Vec<Act>> {
    sqlx::query_as!(
        Act,
        r#"SELECT id, user_id AS "user_id: UserId", action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log
           WHERE tenant_id = $1 AND starts_with(action, 'organisation.') AND ($2::uuid IS NULL OR id < $2)
           ORDER BY id DESC LIMIT $3"#,
        tenant.0,
        before,
        most
    )
    .fetch_all(db)
    .await
}
