//! SQL: who did what to which object, by id.

use crate::ids::Member;
use sqlx::PgExecutor;
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
