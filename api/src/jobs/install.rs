//! The queue's own schema: made by its library's migrations as the databases' owner, then opened to the worker alone.
//!
//! The library's tables have row-level security and no policy, so that only their owner sees rows. The worker owns
//! nothing, so it gets a policy of its own on each; the app reaches the queue through `enqueue_job` and not otherwise.

use crate::config::Databases;
use graphile_worker::{Schema, WorkerUtils};
use sqlx::postgres::PgPoolOptions;

/// Why the queue could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The owner's connection failed.
    #[error("opening the job queue to its worker")]
    Db(#[from] sqlx::Error),
    /// The library's own migrations failed.
    #[error("installing the job queue: {0}")]
    Queue(String),
}

/// Everything here may run again: after an update of the library there may be tables that are new.
const OPEN_TO_WORKER: &str = "
DO $install$
DECLARE
    queue_table record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('attune queue'));
    GRANT USAGE ON SCHEMA graphile_worker TO attune_worker;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graphile_worker TO attune_worker;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA graphile_worker TO attune_worker;
    FOR queue_table IN
        SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'graphile_worker'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'worker')
    LOOP
        EXECUTE format('CREATE POLICY worker ON %s TO attune_worker USING (true) WITH CHECK (true)', queue_table.name);
    END LOOP;
END
$install$";

/// Brings the queue's schema up to date, where the owner's address is known.
pub async fn install(databases: &Databases) -> Result<(), InstallError> {
    let Some(owner) = &databases.owner else { return Ok(()) };
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(owner.clone())
        .await?;
    let utils = WorkerUtils::new(pool.clone(), Schema::default());
    utils
        .migrate()
        .await
        .map_err(|error| InstallError::Queue(error.to_string()))?;
    sqlx::raw_sql(OPEN_TO_WORKER).execute(&pool).await?;
    pool.close().await;
    Ok(())
}
