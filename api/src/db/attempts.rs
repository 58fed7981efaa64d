//! SQL: people who were sent to a provider and are not back yet. Secrets come here as SHA-256 digests only.

use crate::ids::{FamilyId, Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::Duration;

/// Somebody who is sent away.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// Of what the provider sends back.
    pub state_sha256: &'a [u8; 32],
    /// Of what the browser keeps.
    pub browser_sha256: &'a [u8; 32],
    /// To whom.
    pub provider: &'static str,
    /// The sign-in that asked to have the identity linked.
    pub family: Option<FamilyId>,
}

/// Somebody who came back.
#[derive(Debug, Clone)]
pub struct TakenAttempt {
    /// Of what their browser must have.
    pub browser_sha256: Vec<u8>,
    /// From whom.
    pub provider: String,
    /// The sign-in that asked to have the identity linked.
    pub family: Option<FamilyId>,
}

/// Stores an attempt and forgets those that ran out.
pub async fn insert(db: impl PgExecutor<'_>, attempt: NewAttempt<'_>, lifetime: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH outdated AS (DELETE FROM sign_in_attempts WHERE expires_at < now())
         INSERT INTO sign_in_attempts (state_sha256, browser_sha256, provider, family_id, expires_at)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        attempt.state_sha256,
        attempt.browser_sha256,
        attempt.provider,
        attempt.family.map(|family| family.0),
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Uses an attempt up, if it was good.
pub async fn take(db: impl PgExecutor<'_>, state_sha256: &[u8; 32]) -> sqlx::Result<Option<TakenAttempt>> {
    sqlx::query_as!(
        TakenAttempt,
        r#"DELETE FROM sign_in_attempts WHERE state_sha256 = $1 AND expires_at > now()
           RETURNING browser_sha256, provider, family_id AS "family: FamilyId""#,
        state_sha256
    )
    .fetch_optional(db)
    .await
}

/// Whose sign-in it is, if it is still in force.
pub async fn member_of(db: impl PgExecutor<'_>, family: FamilyId) -> sqlx::Result<Option<Member>> {
    sqlx::query_as!(
        Member,
        r#"SELECT families.tenant_id AS "tenant: TenantId", families.user_id AS "user: UserId"
           FROM refresh_families families JOIN users ON users.id = families.user_id
           WHERE families.id = $1 AND families.revoked_at IS NULL AND families.expires_at > now()
             AND users.disabled_at IS NULL"#,
        family.0
    )
    .fetch_optional(db)
    .await
}
