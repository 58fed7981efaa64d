//! SQL: who vouches for a person, as the person links, sees and unlinks it.

use crate::ids::{Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// A person that an issuer vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vouched {
    /// Their own space.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// Whether the account may be used.
    pub is_disabled: bool,
}

/// Whom an issuer means by a subject.
pub async fn find(db: impl PgExecutor<'_>, iss: &str, sub: &str) -> sqlx::Result<Option<Vouched>> {
    sqlx::query_as!(
        Vouched,
        r#"SELECT users.home_tenant_id AS "tenant: TenantId", users.id AS "user: UserId",
                  users.disabled_at IS NOT NULL AS "is_disabled!"
           FROM identities JOIN users ON users.id = identities.user_id
           WHERE identities.iss = $1 AND identities.sub = $2"#,
        iss,
        sub
    )
    .fetch_optional(db)
    .await
}

/// Links what an issuer calls a person, unless it is linked already: its id, if it is new.
pub async fn link(db: impl PgExecutor<'_>, user: UserId, iss: &str, sub: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "INSERT INTO identities (id, iss, sub, user_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT identities_pk DO NOTHING RETURNING id",
        Uuid::now_v7(),
        iss,
        sub,
        user.0
    )
    .fetch_optional(db)
    .await
}

/// An identity as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIdentity {
    /// Which.
    pub id: Uuid,
    /// Who vouches.
    pub iss: String,
    /// Since when.
    pub created_at: OffsetDateTime,
}

/// Who vouches for a person, the first to do so first.
pub async fn list(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<ListedIdentity>> {
    sqlx::query_as!(
        ListedIdentity,
        r#"SELECT id, iss, created_at AS "created_at: OffsetDateTime" FROM identities
           WHERE user_id = $1 ORDER BY created_at, id"#,
        user.0
    )
    .fetch_all(db)
    .await
}

/// Whether a person can prove themselves here, without anyone who vouches for them.
pub async fn has_credentials(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM credentials WHERE user_id = $1 AND kind IN ('password', 'passkey')) AS "has!""#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Until its end no other transaction changes how this person signs in.
pub async fn lock(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM users WHERE id = $1 FOR UPDATE", user.0)
        .fetch_optional(db)
        .await
        .map(drop)
}

/// Unlinks an identity of a person.
pub async fn unlink(db: impl PgExecutor<'_>, member: Member, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM identities WHERE id = $1 AND user_id = $2",
        id,
        member.user.0
    )
    .execute(db)
    .await
    .map(drop)
}
