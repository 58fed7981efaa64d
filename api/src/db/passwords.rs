//! SQL: addresses that people sign in with, their passwords, and links that were mailed to them. Addresses come here as
//! keyed hashes and ciphertext only, secrets as digests.

use crate::ids::{Member, TenantId, UserId};
use sqlx::PgExecutor;
use time::Duration;

/// Whoever an address is of.
#[derive(Debug)]
pub struct Account {
    /// The person, in their own space.
    pub member: Member,
    /// Their password as a PHC string, if they have one.
    pub password: Option<String>,
}

/// Whose address it is.
pub async fn find_by_address(db: impl PgExecutor<'_>, address_hmac: &[u8; 32]) -> sqlx::Result<Option<Account>> {
    let row = sqlx::query!(
        r#"SELECT users.home_tenant_id, users.id,
                  (SELECT verifier FROM credentials WHERE user_id = users.id AND kind = 'password') AS "verifier?"
           FROM addresses JOIN users ON users.id = addresses.user_id
           WHERE addresses.address_hmac = $1 AND users.disabled_at IS NULL"#,
        address_hmac
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Account {
        member: Member {
            tenant: TenantId(row.home_tenant_id),
            user: UserId(row.id),
        },
        password: row.verifier.and_then(|verifier| String::from_utf8(verifier).ok()),
    }))
}

/// Makes it the person's address, in place of another they had; not if it is somebody's already.
pub async fn put_address(
    db: impl PgExecutor<'_>,
    user: UserId,
    address_hmac: &[u8; 32],
    sealed: &[u8],
) -> sqlx::Result<bool> {
    let put = sqlx::query!(
        "INSERT INTO addresses (address_hmac, user_id, sealed)
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM addresses WHERE address_hmac = $1 AND user_id <> $2)
         ON CONFLICT ON CONSTRAINT addresses_one_each DO UPDATE SET address_hmac = $1, sealed = $3, created_at = now()",
        address_hmac,
        user.0,
        sealed
    )
    .execute(db)
    .await;
    match put {
        Ok(done) => Ok(done.rows_affected() == 1),
        // Somebody was faster.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The person's address, sealed under their key in their own space.
pub async fn sealed_address(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT sealed FROM addresses WHERE user_id = $1", user.0)
        .fetch_optional(db)
        .await
}

/// Makes it the person's password, in place of another.
pub async fn put_password(db: impl PgExecutor<'_>, user: UserId, password: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO credentials (id, user_id, kind, verifier) VALUES (gen_random_uuid(), $1, 'password', $2)
         ON CONFLICT (user_id) WHERE kind = 'password' DO UPDATE SET verifier = $2, created_at = now(), used_at = NULL",
        user.0,
        password.as_bytes()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The person's password as a PHC string, if they have one.
pub async fn find_password(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<String>> {
    let verifier = sqlx::query_scalar!(
        "SELECT verifier FROM credentials WHERE user_id = $1 AND kind = 'password'",
        user.0
    )
    .fetch_optional(db)
    .await?;
    Ok(verifier.and_then(|verifier| String::from_utf8(verifier).ok()))
}

/// A link that was mailed.
#[derive(Debug)]
pub struct MailedLink {
    /// The address it was sent to.
    pub address_hmac: Vec<u8>,
    /// The same, sealed by the link's secret.
    pub sealed: Vec<u8>,
    /// Whose it is; nobody's yet where it makes an account.
    pub user: Option<UserId>,
}

/// Stores a link, in place of any that was sent to the same address for the same purpose, and forgets those that ran out.
pub async fn put_link(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    purpose: &str,
    link: &MailedLink,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH outdated AS (
             DELETE FROM mail_links WHERE expires_at < now() OR purpose = $2 AND address_hmac = $3)
         INSERT INTO mail_links (token_sha256, purpose, address_hmac, sealed, user_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))",
        token_sha256,
        purpose,
        link.address_hmac,
        link.sealed,
        link.user.map(|user| user.0),
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Uses a link up, if it is good.
pub async fn take_link(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    purpose: &str,
) -> sqlx::Result<Option<MailedLink>> {
    sqlx::query_as!(
        MailedLink,
        r#"DELETE FROM mail_links
           WHERE token_sha256 = $1 AND purpose = $2 AND expires_at > now()
             AND (user_id IS NULL OR EXISTS (SELECT FROM users WHERE users.id = user_id AND disabled_at IS NULL))
           RETURNING address_hmac, sealed, user_id AS "user: UserId""#,
        token_sha256,
        purpose
    )
    .fetch_optional(db)
    .await
}

/// Makes every link worthless that was mailed to the person.
pub async fn forget_links(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM mail_links WHERE user_id = $1", user.0)
        .execute(db)
        .await
        .map(drop)
}
