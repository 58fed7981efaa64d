//! PostgreSQL: the only way to a connection. A tenant's data is reached inside [`Db::with_tenant`] and nowhere else;
//! the pools are private to this module.

pub mod attempts;
pub mod audit;
pub mod audit_chain;
pub mod consents;
pub mod devices;
pub mod exports;
pub mod heart;
pub mod identities;
pub mod meetings;
mod migrate;
pub mod passwords;
pub mod profiles;
pub mod retention;
mod role;
pub mod second_factors;
pub mod signing_in;
pub mod tenants;
pub mod users;

pub use migrate::{MigrationError, migrate};
pub use role::RoleRefused;

use crate::config::Databases;
use crate::ids::TenantId;
use crate::keystore::PostgresKeyStore;
use crate::retry::{Breaker, Effort, GaveUp};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use std::time::Duration;

/// How long a request waits for a connection before it is told to come back: an answer within a second, even when the
/// database is gone.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(900);
/// No statement of ours takes a tenth of it; one that does is stuck.
const STATEMENT_TIMEOUT_MS: &str = "10000";
/// Our statements find rows by their keys: one plan serves every value, and is made once for a connection. By itself
/// PostgreSQL would plan anew each time where it holds that cheaper, as it does for lists of values.
const PLANS: &str = "force_generic_plan";
/// A transaction that waits on us holds locks; a handler that hangs must not.
const IDLE_IN_TRANSACTION_TIMEOUT_MS: &str = "15000";

/// Why the databases could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A database does not answer.
    #[error("reaching the database")]
    Unreachable(#[source] Box<GaveUp<sqlx::Error>>),
    /// The role could bypass row-level security.
    #[error("the database role may not serve")]
    Role(#[from] RoleRefused),
    /// A statement failed.
    #[error("asking the database")]
    Statement(#[from] sqlx::Error),
    /// The key store could not be read.
    #[error("reading the key store")]
    KeyStore(#[from] crate::keystore::KeyStoreError),
}

/// The data, as one role sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
}

/// The connections of one role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    /// That there are.
    pub(crate) open: u32,
    /// That somebody works with.
    pub(crate) busy: u32,
    /// That there may be.
    pub(crate) most: u32,
}

/// How the job queue stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueState {
    /// How long the oldest job that could be done has waited.
    pub(crate) oldest_due: Duration,
    /// Jobs that could be done.
    pub(crate) due: i64,
    /// Jobs that nobody tries again.
    pub(crate) dead: i64,
}

impl Db {
    /// Connects, and refuses a role that could step around row-level security.
    pub async fn connect(options: &PgConnectOptions, connections: u32) -> Result<Self, DbError> {
        let db = Self {
            pool: open(options, connections).await?,
        };
        role::refuse_powerful(&db.pool).await?;
        Ok(db)
    }

    /// Runs `work` in a transaction that sees and writes the data of `tenant`, and no other's. Commits if it is `Ok`.
    pub async fn with_tenant<T, E: From<sqlx::Error>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        // In one go: half of our transactions are two statements long. The tenant is a UUID, written as one.
        let begin = format!("BEGIN; SELECT set_config('app.tenant_id', '{}', true)", tenant.0);
        let mut tx = self.pool.begin_with(AssertSqlSafe(begin)).await?;
        let answer = work(&mut tx).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Runs `work` in a transaction with no tenant: global tables as they are, every tenant's table empty.
    pub async fn without_tenant<T, E: From<sqlx::Error>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = self.pool.begin().await?;
        let answer = work(&mut tx).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Runs one statement on global tables: a transaction of its own, in one round trip.
    pub(crate) async fn ask<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let mut connection = self.pool.acquire().await?;
        statement(&mut connection).await
    }

    /// One that nobody answers, for tests of what needs none.
    #[cfg(test)]
    pub(crate) fn unreachable() -> Self {
        Self {
            pool: PgPoolOptions::new().connect_lazy_with(PgConnectOptions::new_without_pgpass().host("invalid")),
        }
    }

    /// The pool, for the job queue's own schema, which its library reads and writes by itself. Never for a tenant's data.
    pub(crate) fn queue_pool(&self) -> &PgPool {
        &self.pool
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> Connections {
        let open = self.pool.size();
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        Connections {
            open,
            busy: open.saturating_sub(idle),
            most: self.pool.options().get_max_connections(),
        }
    }

    /// How the job queue stands, to the worker's role.
    pub(crate) async fn queue_state(&self) -> sqlx::Result<QueueState> {
        let state = sqlx::query!(
            r#"SELECT oldest_due_s AS "oldest_due_s!", due AS "due!", dead AS "dead!" FROM queue_state()"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(QueueState {
            oldest_due: Duration::try_from_secs_f64(state.oldest_due_s).unwrap_or_default(),
            due: state.due,
            dead: state.dead,
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query!("SELECT 1 AS one").fetch_one(&self.pool).await.map(drop)
    }

    /// Waits until every connection is back, and closes them.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// From here to its end the transaction sees and writes the data of `tenant`: for one that has to learn first whose it is.
pub(crate) async fn enter(tx: &mut PgConnection, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!("SELECT set_config('app.tenant_id', $1, true)", tenant.to_string())
        .fetch_one(tx)
        .await
        .map(drop)
}

/// Until its end the transaction may take long: all that a person has goes in one.
pub(crate) async fn take_time(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT set_config('statement_timeout', '300000', true)")
        .fetch_one(tx)
        .await
        .map(drop)
}

/// Connects to the key store, as its own role.
pub async fn connect_keystore(databases: &Databases, connections: u32) -> Result<PostgresKeyStore, DbError> {
    let pool = open(&databases.keys, connections).await?;
    role::refuse_powerful(&pool).await?;
    Ok(PostgresKeyStore::new(pool))
}

async fn open(options: &PgConnectOptions, connections: u32) -> Result<PgPool, DbError> {
    let options = options.clone().application_name("attune").options([
        ("statement_timeout", STATEMENT_TIMEOUT_MS),
        ("plan_cache_mode", PLANS),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT_MS),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options);
    Breaker::new("postgres")
        .call(Effort::STARTING, is_transient, || async {
            pool.acquire().await.map(drop)
        })
        .await
        .map_err(|error| DbError::Unreachable(Box::new(error)))?;
    Ok(pool)
}

/// Whether the same statement may succeed in a moment: the server was unreachable, shutting down, out of room, or chose
/// this transaction as the one to give way.
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions, insufficient resources, what is closed or locked for now, operator intervention, and the
            // two ways to lose a race.
            ["08", "53", "55", "57"].iter().any(|class| code.starts_with(class)) || code == "40001" || code == "40P01"
        }),
        _ => false,
    }
}
