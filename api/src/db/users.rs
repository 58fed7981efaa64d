//! SQL: people, tenants and who belongs where.

use crate::ids::{Member, TenantId, UserId};
use sqlx::PgExecutor;

/// The person that an issuer vouches for, in their own space.
pub async fn find_by_identity(db: impl PgExecutor<'_>, iss: &str, sub: &str) -> sqlx::Result<Option<Member>> {
    sqlx::query_as!(
        Member,
        r#"SELECT users.home_tenant_id AS "tenant: TenantId", users.id AS "user: UserId"
           FROM identities JOIN users ON users.id = identities.user_id
           WHERE identities.iss = $1 AND identities.sub = $2 AND users.disabled_at IS NULL"#,
        iss,
        sub
    )
    .fetch_optional(db)
    .await
}

/// The person, in their own space, unless they may not sign in.
pub async fn find_home(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<Member>> {
    sqlx::query_as!(
        Member,
        r#"SELECT home_tenant_id AS "tenant: TenantId", id AS "user: UserId" FROM users
           WHERE id = $1 AND disabled_at IS NULL"#,
        user.0
    )
    .fetch_optional(db)
    .await
}

/// Waits until no other transaction is making the first account.
pub async fn lock_first_account(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('attune first account'))")
        .fetch_one(db)
        .await
        .map(drop)
}

/// A person's own space. Needs a transaction with that tenant.
pub async fn insert_personal_tenant(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO tenants (tenant_id, kind) VALUES ($1, 'personal')",
        tenant.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// A person whose own space is there already.
pub async fn insert(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, home_tenant_id) VALUES ($1, $2)",
        member.user.0,
        member.tenant.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Who vouches for them.
pub async fn insert_identity(db: impl PgExecutor<'_>, user: UserId, iss: &str, sub: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO identities (iss, sub, user_id) VALUES ($1, $2, $3)",
        iss,
        sub,
        user.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Makes them the owner of a tenant.
pub async fn insert_owner(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, 'owner')",
        member.tenant.0,
        member.user.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// What they are in a tenant.
pub async fn find_role(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT role FROM memberships WHERE tenant_id = $1 AND user_id = $2",
        member.tenant.0,
        member.user.0
    )
    .fetch_optional(db)
    .await
}

/// Removes a person from a tenant, with everything there that is theirs.
pub async fn delete_membership(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2",
        member.tenant.0,
        member.user.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

/// Forgets a person whose own space this is: who vouches for them, and how they signed in.
pub async fn delete(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM users WHERE id = $2 AND home_tenant_id = $1",
        member.tenant.0,
        member.user.0
    )
    .execute(db)
    .await
    .map(drop)
}
