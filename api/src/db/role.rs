//! Row-level security holds for a role only if it cannot step around it, so a server refuses to start as one that can.

use sqlx::PgPool;

/// Why a role may not serve.
#[derive(Debug, thiserror::Error)]
pub enum RoleRefused {
    /// It is a superuser, or bypasses row-level security.
    #[error(
        "role {0} is a superuser or bypasses row-level security: connect as attune_app, attune_worker or attune_keys"
    )]
    Bypasses(String),
    /// It owns a table, or may act as a role that does.
    #[error("role {0} owns tables, and so could switch their row-level security off")]
    Owns(String),
    /// The catalogue could not be read.
    #[error("reading what the role may do")]
    Unread(#[from] sqlx::Error),
}

pub(super) async fn refuse_powerful(pool: &PgPool) -> Result<(), RoleRefused> {
    let role = sqlx::query!(
        r#"SELECT rolname::text AS "name!",
                  rolsuper OR rolbypassrls AS "bypasses!",
                  EXISTS (
                      SELECT FROM pg_class
                      JOIN pg_namespace ON pg_namespace.oid = relnamespace
                      WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
                        AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
                        AND pg_has_role(current_user, relowner, 'MEMBER')
                  ) AS "owns!"
           FROM pg_roles WHERE rolname = current_user"#
    )
    .fetch_one(pool)
    .await?;
    if role.bypasses {
        return Err(RoleRefused::Bypasses(role.name));
    }
    if role.owns {
        return Err(RoleRefused::Owns(role.name));
    }
    Ok(())
}
