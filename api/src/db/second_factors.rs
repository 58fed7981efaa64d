//! SQL: one-time codes, the recovery codes behind them, and sign-ins that wait for one.

use crate::ids::UserId;
use sqlx::PgExecutor;
use time::Duration;

/// What makes a person's codes.
#[derive(Debug)]
pub struct TotpSecret {
    /// Ciphertext under the person's key in their own space.
    pub sealed: Vec<u8>,
    /// Whether the person has shown a code.
    pub confirmed: bool,
}

/// Stores what makes a person's codes, in place of what they have not confirmed; not if they have confirmed one.
pub async fn put_secret(db: impl PgExecutor<'_>, user: UserId, sealed: &[u8]) -> sqlx::Result<bool> {
    sqlx::query!(
        "INSERT INTO totp_secrets AS totp (user_id, sealed) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT totp_secrets_pk
             DO UPDATE SET sealed = $2, created_at = now(), last_step = 0 WHERE totp.confirmed_at IS NULL",
        user.0,
        sealed
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// What makes a person's codes.
pub async fn find_secret(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<TotpSecret>> {
    sqlx::query_as!(
        TotpSecret,
        r#"SELECT sealed, confirmed_at IS NOT NULL AS "confirmed!" FROM totp_secrets WHERE user_id = $1"#,
        user.0
    )
    .fetch_optional(db)
    .await
}

/// Whether the person is asked for a code.
pub async fn asks_for_code(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM totp_secrets WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS "asks!""#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// From here on the person is asked for codes.
pub async fn confirm_secret(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE totp_secrets SET confirmed_at = now() WHERE user_id = $1 AND confirmed_at IS NULL",
        user.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Takes a code of this step; not one that was taken, nor an older one.
pub async fn take_step(db: impl PgExecutor<'_>, user: UserId, step: i64) -> sqlx::Result<bool> {
    sqlx::query!(
        "UPDATE totp_secrets SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
        user.0,
        step
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// The person is not asked for codes any more.
pub async fn delete_secret(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH codes AS (DELETE FROM recovery_codes WHERE user_id = $1) DELETE FROM totp_secrets WHERE user_id = $1",
        user.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Makes these the person's recovery codes, in place of others.
pub async fn insert_recovery_codes(
    db: impl PgExecutor<'_>,
    user: UserId,
    codes_sha256: &[Vec<u8>],
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH others AS (DELETE FROM recovery_codes WHERE user_id = $1)
         INSERT INTO recovery_codes (user_id, code_sha256) SELECT $1, unnest($2::bytea[])",
        user.0,
        codes_sha256
    )
    .execute(db)
    .await
    .map(drop)
}

/// Uses a recovery code up, if it is one.
pub async fn take_recovery_code(db: impl PgExecutor<'_>, user: UserId, code_sha256: &[u8; 32]) -> sqlx::Result<bool> {
    sqlx::query!(
        "DELETE FROM recovery_codes WHERE user_id = $1 AND code_sha256 = $2",
        user.0,
        code_sha256
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// How many recovery codes are left.
pub async fn count_recovery_codes(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM recovery_codes WHERE user_id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Somebody proved the first of two factors, and forgets those who did so too long ago.
pub async fn insert_half(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8; 32],
    user: UserId,
    client: &str,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH outdated AS (DELETE FROM half_sign_ins WHERE expires_at < now())
         INSERT INTO half_sign_ins (token_sha256, user_id, client, expires_at)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        token_sha256,
        user.0,
        client,
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Who proved the first of two factors.
#[derive(Debug)]
pub struct Half {
    /// Who.
    pub user: UserId,
    /// With what they sign in.
    pub client: String,
}

/// Who proved the first of two factors and got this token for it.
pub async fn find_half(db: impl PgExecutor<'_>, token_sha256: &[u8; 32]) -> sqlx::Result<Option<Half>> {
    sqlx::query_as!(
        Half,
        r#"SELECT user_id AS "user: UserId", client FROM half_sign_ins
           WHERE token_sha256 = $1 AND expires_at > now()"#,
        token_sha256
    )
    .fetch_optional(db)
    .await
}

/// Uses it up; not if somebody else was faster.
pub async fn take_half(db: impl PgExecutor<'_>, token_sha256: &[u8; 32]) -> sqlx::Result<bool> {
    sqlx::query!("DELETE FROM half_sign_ins WHERE token_sha256 = $1", token_sha256)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Makes every such token of the person worthless.
pub async fn forget_halves(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM half_sign_ins WHERE user_id = $1", user.0)
        .execute(db)
        .await
        .map(drop)
}
