//! SQL: the batches that what was done is sealed in.

use crate::audit::{Batch, Entry};
use crate::ids::TenantId;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

/// No other transaction seals this tenant's entries until this one ends.
pub async fn hold(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('attune audit ' || $1::text, 0))",
        tenant.to_string()
    )
    .fetch_one(db)
    .await
    .map(drop)
}

/// The newest batch's number and digest; none before the first.
pub async fn head(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    let newest = sqlx::query!(
        "SELECT number, digest FROM audit_batches WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(newest.map(|row| (row.number, row.digest)))
}

/// What is not sealed yet. A transaction that wrote an entry may have been under way when the newest batch was sealed, and no
/// transaction lasts an hour: an entry that is older and in no batch was put there by somebody else, and is left for who verifies.
pub async fn unsealed(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"WITH newest AS (SELECT max(sealed_at) - interval '1 hour' AS settled FROM audit_batches WHERE tenant_id = $1)
           SELECT id, user_id, action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log a
           WHERE a.tenant_id = $1 AND a.created_at > coalesce((SELECT settled FROM newest), '-infinity')
             AND NOT EXISTS (SELECT FROM audit_batches b WHERE b.tenant_id = $1
                             AND b.sealed_at > (SELECT settled FROM newest) AND a.id = ANY (b.entries))
           ORDER BY a.id"#,
        tenant.0
    )
    .fetch_all(db)
    .await
}

/// Adds a batch.
pub async fn insert(db: impl PgExecutor<'_>, tenant: TenantId, batch: &Batch) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit_batches (tenant_id, number, entries, digest, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        batch.number,
        &batch.entries,
        batch.digest,
        batch.key_id,
        batch.signature
    )
    .execute(db)
    .await
    .map(drop)
}

/// The batch after this one, with those of its entries that are there.
pub async fn next(db: &mut PgConnection, tenant: TenantId, after: i64) -> sqlx::Result<Option<(Batch, Vec<Entry>)>> {
    let batch = sqlx::query_as!(
        Batch,
        "SELECT number, entries, digest, key_id, signature FROM audit_batches
         WHERE tenant_id = $1 AND number > $2 ORDER BY number LIMIT 1",
        tenant.0,
        after
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(batch) = batch else { return Ok(None) };
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT id, user_id, action, object_id, created_at AS "created_at: OffsetDateTime" FROM audit_log
           WHERE tenant_id = $1 AND id = ANY ($2)"#,
        tenant.0,
        &batch.entries
    )
    .fetch_all(db)
    .await?;
    Ok(Some((batch, entries)))
}

/// An entry that no batch has and that is too old to be waiting for one.
pub async fn added(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM audit_log a
         WHERE tenant_id = $1 AND created_at <= (SELECT max(sealed_at) - interval '1 hour' FROM audit_batches WHERE tenant_id = $1)
           AND NOT EXISTS (SELECT FROM audit_batches b WHERE b.tenant_id = $1 AND a.id = ANY (b.entries))
         ORDER BY id LIMIT 1",
        tenant.0
    )
    .fetch_optional(db)
    .await
}
