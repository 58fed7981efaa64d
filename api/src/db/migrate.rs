//! Migrations: append-only SQL, compiled in, run as the owner before anything serves.

use crate::config::Databases;
use crate::retry::{Breaker, Effort, GaveUp};
use sqlx::ConnectOptions as _;
use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;

static DATA: Migrator = sqlx::migrate!("../migrations/attune");
static KEYS: Migrator = sqlx::migrate!("../migrations/attune_keys");

/// Why the databases could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A database does not answer.
    #[error("reaching the database as its owner")]
    Unreachable(#[source] Box<GaveUp<sqlx::Error>>),
    /// A migration failed, or one that ran has changed since.
    #[error("migrating the {0} database")]
    Failed(&'static str, #[source] MigrateError),
}

/// Brings both databases up to date, where their owner's address is known. Servers that start together wait for each
/// other on a lock in the database.
pub async fn migrate(databases: &Databases) -> Result<(), MigrationError> {
    if let Some(owner) = &databases.owner {
        run(owner, &DATA, "data").await?;
    }
    if let Some(owner) = &databases.keys_owner {
        run(owner, &KEYS, "keys").await?;
    }
    Ok(())
}

async fn run(owner: &PgConnectOptions, migrator: &Migrator, name: &'static str) -> Result<(), MigrationError> {
    let mut connection = Breaker::new("postgres")
        .call(Effort::STARTING, super::is_transient, || owner.connect())
        .await
        .map_err(|error| MigrationError::Unreachable(Box::new(error)))?;
    migrator
        .run(&mut connection)
        .await
        .map_err(|error| MigrationError::Failed(name, error))?;
    // Closing is a courtesy to the server; the work is done.
    let _ = connection.close().await;
    Ok(())
}
