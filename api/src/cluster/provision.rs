//! The roles and databases that the rest of the server expects, made as often as they are missing.
//!
//! `attune_owner` owns both databases and runs the migrations; `attune_app` and `attune_worker` own nothing and cannot
//! step around row-level security; `attune_keys` is the only one of the three that can enter the database of keys.

use super::{Cluster, ClusterError, PORT};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// The database of everything but keys.
pub const DATABASE: &str = "attune";

/// The database of wrapped keys.
pub const KEYS_DATABASE: &str = "attune_keys";

/// A socket on the same machine answers at once or not at all.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The cluster's own superuser: provisioning, tests and tools.
    Superuser,
    /// Owns the databases; runs migrations.
    Owner,
    /// Serves requests.
    App,
    /// Runs jobs.
    Worker,
    /// Reads and writes wrapped keys.
    Keys,
}

impl Role {
    /// Its name in PostgreSQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Superuser => "postgres",
            Self::Owner => "attune_owner",
            Self::App => "attune_app",
            Self::Worker => "attune_worker",
            Self::Keys => "attune_keys",
        }
    }
}

/// The roles, as any cluster gets them.
const ROLES: &str = include_str!("../../../migrations/roles.sql");

/// The databases, then who may enter them.
const DATABASES: [(&str, &str, &[&str]); 2] = [
    (
        DATABASE,
        "CREATE DATABASE attune OWNER attune_owner",
        &[
            "REVOKE ALL ON DATABASE attune FROM PUBLIC",
            "GRANT CONNECT ON DATABASE attune TO attune_app, attune_worker",
        ],
    ),
    (
        KEYS_DATABASE,
        "CREATE DATABASE attune_keys OWNER attune_owner",
        &[
            "REVOKE ALL ON DATABASE attune_keys FROM PUBLIC",
            "GRANT CONNECT ON DATABASE attune_keys TO attune_keys",
        ],
    ),
];

/// Makes what is missing.
pub(super) async fn roles_and_databases(cluster: &Cluster) -> Result<(), ClusterError> {
    let mut db = connect_to_itself(&cluster.socket_dir)
        .await
        .map_err(ClusterError::Provision)?;
    ensure(&mut db).await.map_err(ClusterError::Provision)?;
    db.close().await.map_err(ClusterError::Provision)
}

async fn ensure(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(ROLES).execute(&mut *db).await?;
    for (name, create, grants) in DATABASES {
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut *db)
            .await?;
        if !there {
            sqlx::query(create).execute(&mut *db).await?;
        }
        // Also where it was there: an earlier start may have died between the database and its grants.
        for &grant in grants {
            sqlx::query(grant).execute(&mut *db).await?;
        }
    }
    Ok(())
}

/// A connection to the database that every cluster has.
pub(super) async fn connect_to_itself(socket_dir: &Path) -> sqlx::Result<PgConnection> {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(PORT)
        .username(Role::Superuser.as_str())
        .database("postgres");
    tokio::time::timeout(CONNECT_WITHIN, options.connect())
        .await
        .unwrap_or_else(|_elapsed| Err(sqlx::Error::PoolTimedOut))
}

/// A URL that sqlx and psql both understand.
pub(super) fn url(socket_dir: &Path, role: Role, database: &str) -> String {
    let mut host = String::new();
    for byte in socket_dir.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => host.push(char::from(*byte)),
            other => {
                let _ = write!(host, "%{other:02X}");
            }
        }
    }
    format!("postgres://{}@localhost:{PORT}/{database}?host={host}", role.as_str())
}
