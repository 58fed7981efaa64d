//! SQL: what a person agreed to, and took back.

use crate::ids::{ConsentId, Member};
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// The newest word on one kind of consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Which kind.
    pub kind: String,
    /// Given, or taken back.
    pub granted: bool,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Records that consent was given or taken back.
pub async fn insert(
    db: impl PgExecutor<'_>,
    member: Member,
    id: ConsentId,
    kind: &str,
    granted: bool,
) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar!(
        r#"INSERT INTO consents (tenant_id, id, user_id, kind, granted) VALUES ($1, $2, $3, $4, $5)
           RETURNING created_at AS "created_at: OffsetDateTime""#,
        member.tenant.0,
        id.0,
        member.user.0,
        kind,
        granted
    )
    .fetch_one(db)
    .await
}

/// The newest word on each kind.
pub async fn list_newest(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<Consent>> {
    sqlx::query_as!(
        Consent,
        r#"SELECT DISTINCT ON (kind) kind, granted, created_at AS "created_at: OffsetDateTime" FROM consents
           WHERE tenant_id = $1 AND user_id = $2 ORDER BY kind, created_at DESC, id DESC"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Every word that there was, the oldest first.
pub async fn history(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<Consent>> {
    sqlx::query_as!(
        Consent,
        r#"SELECT kind, granted, created_at AS "created_at: OffsetDateTime" FROM consents
           WHERE tenant_id = $1 AND user_id = $2 ORDER BY created_at, id"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Whether consent of a kind is given now.
pub async fn is_granted(db: impl PgExecutor<'_>, member: Member, kind: &str) -> sqlx::Result<bool> {
    let newest = sqlx::query_scalar!(
        "SELECT granted FROM consents WHERE tenant_id = $1 AND user_id = $2 AND kind = $3
         ORDER BY created_at DESC, id DESC LIMIT 1",
        member.tenant.0,
        member.user.0,
        kind
    )
    .fetch_optional(db)
    .await?;
    Ok(newest.unwrap_or(false))
}
