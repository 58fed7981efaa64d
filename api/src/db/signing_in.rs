//! SQL: sign-in links, sign-ins and their tokens. Secrets come here as SHA-256 digests only.

use crate::ids::{FamilyId, Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};

/// A sign-in that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Which.
    pub id: FamilyId,
    /// The tenant signed in to.
    pub tenant: TenantId,
    /// Who signed in.
    pub user: UserId,
}

/// Stores a link and forgets those that ran out; when this one does. Its time is the database's, like every look at it.
pub async fn insert_link(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    member: Member,
    lifetime: Duration,
) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar!(
        r#"WITH outdated AS (DELETE FROM login_links WHERE expires_at < now())
           INSERT INTO login_links (token_sha256, tenant_id, user_id, expires_at)
           VALUES ($1, $2, $3, now() + make_interval(secs => $4))
           RETURNING expires_at AS "expires_at: OffsetDateTime""#,
        token_sha256,
        member.tenant.0,
        member.user.0,
        lifetime.as_seconds_f64()
    )
    .fetch_one(db)
    .await
}

/// Uses a link up: whose it was, if it was good.
pub async fn take_link(db: impl PgExecutor<'_>, token_sha256: &[u8; 32]) -> sqlx::Result<Option<Member>> {
    sqlx::query_as!(
        Member,
        r#"DELETE FROM login_links
           WHERE token_sha256 = $1 AND expires_at > now()
             AND EXISTS (SELECT FROM users WHERE users.id = user_id AND disabled_at IS NULL)
           RETURNING tenant_id AS "tenant: TenantId", user_id AS "user: UserId""#,
        token_sha256
    )
    .fetch_optional(db)
    .await
}

/// A new sign-in.
pub async fn insert_family(
    db: impl PgExecutor<'_>,
    id: FamilyId,
    member: Member,
    client: &str,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_families (id, tenant_id, user_id, client, expires_at)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        id.0,
        member.tenant.0,
        member.user.0,
        client,
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// A token of a sign-in.
pub async fn insert_token(db: impl PgExecutor<'_>, token_sha256: &[u8; 32], family: FamilyId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (token_sha256, family_id) VALUES ($1, $2)",
        token_sha256,
        family.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// The sign-in that a token belongs to, if it is in force; that it was used is noted once an hour.
pub async fn find_family(db: impl PgExecutor<'_>, token_sha256: &[u8; 32]) -> sqlx::Result<Option<Family>> {
    sqlx::query_as!(
        Family,
        r#"WITH found AS (
               SELECT families.id, families.tenant_id, families.user_id
               FROM refresh_tokens JOIN refresh_families families ON families.id = refresh_tokens.family_id
               JOIN users ON users.id = families.user_id
               WHERE refresh_tokens.token_sha256 = $1 AND families.revoked_at IS NULL AND families.expires_at > now()
                 AND users.disabled_at IS NULL),
           used AS (
               UPDATE refresh_families SET used_at = now() FROM found
               WHERE refresh_families.id = found.id AND used_at < now() - interval '1 hour')
           SELECT id AS "id: FamilyId", tenant_id AS "tenant: TenantId", user_id AS "user: UserId" FROM found"#,
        token_sha256
    )
    .fetch_optional(db)
    .await
}

/// A sign-in as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFamily {
    /// Which.
    pub id: FamilyId,
    /// `web`, `native` or `extension`.
    pub client: String,
    /// When the person signed in.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the hour.
    pub used_at: OffsetDateTime,
    /// When it ends by itself.
    pub expires_at: OffsetDateTime,
}

/// The sign-ins of a person that are in force, the last used first.
pub async fn list_families(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<ListedFamily>> {
    sqlx::query_as!(
        ListedFamily,
        r#"SELECT id AS "id: FamilyId", client, created_at AS "created_at: OffsetDateTime",
                  used_at AS "used_at: OffsetDateTime", expires_at AS "expires_at: OffsetDateTime"
           FROM refresh_families
           WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > now()
           ORDER BY used_at DESC, id DESC"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Whether the sign-in is the person's own, and in force.
pub async fn owns_family(db: impl PgExecutor<'_>, member: Member, family: FamilyId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM refresh_families
               WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND expires_at > now()) AS "owns!""#,
        member.tenant.0,
        member.user.0,
        family.0
    )
    .fetch_one(db)
    .await
}

/// Ends a sign-in, and forgets its tokens.
pub async fn revoke_family(db: impl PgExecutor<'_>, family: FamilyId) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH tokens AS (DELETE FROM refresh_tokens WHERE family_id = $1)
         UPDATE refresh_families SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL",
        family.0
    )
    .execute(db)
    .await
    .map(drop)
}
