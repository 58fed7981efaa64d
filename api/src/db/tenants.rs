//! SQL: what is settled for everybody in a tenant.

use crate::ids::{Member, TenantId};
use sqlx::PgExecutor;

/// A tenant and what holds in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// `personal` or `organisation`.
    pub kind: String,
    /// Speech of those who agree to it may be recognized elsewhere.
    pub remote_recognition: bool,
}

/// The tenant.
pub async fn find(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Option<TenantRow>> {
    sqlx::query_as!(
        TenantRow,
        "SELECT kind, remote_recognition FROM tenants WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Allows speech to be recognized elsewhere, or forbids it. Says whether that changed anything.
pub async fn allow_remote_recognition(db: impl PgExecutor<'_>, tenant: TenantId, allowed: bool) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "UPDATE tenants SET remote_recognition = $2 WHERE tenant_id = $1 AND remote_recognition <> $2",
        tenant.0,
        allowed
    )
    .execute(db)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Whether a person's audio may leave for a recognizer elsewhere now: they agree to it, and their tenant allows it.
pub async fn audio_may_leave(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<bool> {
    let may_leave = sqlx::query_scalar!(
        r#"SELECT t.remote_recognition AND coalesce((SELECT c.granted FROM consents c
               WHERE c.tenant_id = t.tenant_id AND c.user_id = $2 AND c.kind = 'remote_recognition'
               ORDER BY c.created_at DESC, c.id DESC LIMIT 1), false) AS "may_leave!"
           FROM tenants t WHERE t.tenant_id = $1"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_optional(db)
    .await?;
    Ok(may_leave.unwrap_or(false))
}
