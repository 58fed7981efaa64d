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

/// The sign-in that a browser's or a program's token belongs to, if it is in force; that it was used is noted once an hour. An
/// extension's token opens nothing by itself: it is exchanged for another.
pub async fn find_family(db: impl PgExecutor<'_>, token_sha256: &[u8; 32]) -> sqlx::Result<Option<Family>> {
    sqlx::query_as!(
        Family,
        r#"WITH found AS (
               SELECT families.id, families.tenant_id, families.user_id
               FROM refresh_tokens JOIN refresh_families families ON families.id = refresh_tokens.family_id
               JOIN users ON users.id = families.user_id
               WHERE refresh_tokens.token_sha256 = $1 AND families.client IN ('web', 'native')
                 AND families.revoked_at IS NULL AND families.expires_at > now() AND users.disabled_at IS NULL),
           used AS (
               UPDATE refresh_families SET used_at = now() FROM found
               WHERE refresh_families.id = found.id AND used_at < now() - interval '1 hour')
           SELECT id AS "id: FamilyId", tenant_id AS "tenant: TenantId", user_id AS "user: UserId" FROM found"#,
        token_sha256
    )
    .fetch_optional(db)
    .await
}

/// The sign-in of this id, if it is the person's and in force; that it was used is noted once an hour.
pub async fn find_family_of(db: impl PgExecutor<'_>, member: Member, family: FamilyId) -> sqlx::Result<Option<Family>> {
    sqlx::query_as!(
        Family,
        r#"WITH found AS (
               SELECT families.id, families.tenant_id, families.user_id
               FROM refresh_families families JOIN users ON users.id = families.user_id
               WHERE families.id = $1 AND families.tenant_id = $2 AND families.user_id = $3
                 AND families.revoked_at IS NULL AND families.expires_at > now() AND users.disabled_at IS NULL),
           used AS (
               UPDATE refresh_families SET used_at = now() FROM found
               WHERE refresh_families.id = found.id AND used_at < now() - interval '1 hour')
           SELECT id AS "id: FamilyId", tenant_id AS "tenant: TenantId", user_id AS "user: UserId" FROM found"#,
        family.0,
        member.tenant.0,
        member.user.0
    )
    .fetch_optional(db)
    .await
}

/// A token that is being exchanged.
#[derive(Debug)]
pub struct Exchange {
    /// The sign-in it belongs to.
    pub family: Family,
    /// What its successor is derived with: the same for each who asks.
    pub salt: Vec<u8>,
    /// It was exchanged before, and longer ago than an answer can be lost and asked for again.
    pub replayed: bool,
}

/// Exchanges an extension's token, if its sign-in is in force: by `salt`, unless it was exchanged before.
pub async fn exchange_token(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    salt: &[u8; 32],
    grace: Duration,
) -> sqlx::Result<Option<Exchange>> {
    let row = sqlx::query!(
        r#"UPDATE refresh_tokens tokens
           SET exchanged_at = coalesce(exchanged_at, clock_timestamp()), successor_salt = coalesce(successor_salt, $2)
           FROM refresh_families families JOIN users ON users.id = families.user_id
           WHERE tokens.token_sha256 = $1 AND families.id = tokens.family_id AND families.client = 'extension'
             AND families.revoked_at IS NULL AND families.expires_at > now() AND users.disabled_at IS NULL
           RETURNING families.id, families.tenant_id, families.user_id, successor_salt AS "salt!",
               exchanged_at < clock_timestamp() - make_interval(secs => $3) AS "replayed!""#,
        token_sha256,
        salt,
        grace.as_seconds_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Exchange {
        family: Family {
            id: FamilyId(row.id),
            tenant: TenantId(row.tenant_id),
            user: UserId(row.user_id),
        },
        salt: row.salt,
        replayed: row.replayed,
    }))
}

/// Stores what a token was exchanged for, unless it is there: the sign-in lasts on from now. Tokens that were exchanged over a
/// week ago are forgotten: to show one is to show nothing.
pub async fn insert_successor(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    family: FamilyId,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH outdated AS (
             DELETE FROM refresh_tokens WHERE family_id = $2 AND exchanged_at < now() - interval '7 days'),
         lasting AS (
             UPDATE refresh_families SET used_at = now(), expires_at = now() + make_interval(secs => $3) WHERE id = $2)
         INSERT INTO refresh_tokens (token_sha256, family_id) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT refresh_tokens_pk DO NOTHING",
        token_sha256,
        family.0,
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The person of the sign-in has proved just now who they are.
pub async fn mark_proved(db: impl PgExecutor<'_>, family: FamilyId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE refresh_families SET proved_at = now() WHERE id = $1", family.0)
        .execute(db)
        .await
        .map(drop)
}

/// Whether the person of the sign-in proved who they are within `window`.
pub async fn was_proved(db: impl PgExecutor<'_>, family: FamilyId, window: Duration) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM refresh_families
               WHERE id = $1 AND proved_at > now() - make_interval(secs => $2)) AS "proved!""#,
        family.0,
        window.as_seconds_f64()
    )
    .fetch_one(db)
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

/// Ends every sign-in of a person but one, wherever it is to.
pub async fn revoke_families_of(db: impl PgExecutor<'_>, user: UserId, but: Option<FamilyId>) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH ended AS (
             UPDATE refresh_families SET revoked_at = now()
             WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL RETURNING id)
         DELETE FROM refresh_tokens USING ended WHERE family_id = ended.id",
        user.0,
        but.map(|family| family.0)
    )
    .execute(db)
    .await
    .map(drop)
}
