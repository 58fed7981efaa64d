//! SQL: who did what to which object, by id.

use crate::ids::Member;
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
        r#"SELECT action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log
           WHERE tenant_id = $1 AND user_id = $2 ORDER BY id"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}
