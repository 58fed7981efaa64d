//! A private PostgreSQL for one machine: made from the system's own programs, reachable through a Unix socket in a
//! private folder and nothing else, and gone with the process that started it. With `DATABASE_URL` set none of this runs.

mod account;
mod disk;
mod folders;
mod postmaster;
mod programs;
mod provision;
mod stale;

pub use disk::free_bytes;
pub use programs::{Programs, newest as newest_programs};
pub use provision::{DATABASE, KEYS_DATABASE, Role};

use account::Account;
use folders::Folders;
use postmaster::Postmaster;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The port in the socket's name. No TCP port is ever opened; the number only has to be the same on both sides.
const PORT: u16 = 5432;

/// How long an orderly stop may take before we stop waiting for it. A fast shutdown writes one checkpoint.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Where the cluster lives and how careful it is.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The folder that holds everything: `postgres/`, `run/` (the socket) and `postgres.log`.
    pub data_dir: PathBuf,
    /// What survives a power cut.
    pub durability: Durability,
}

impl ClusterConfig {
    /// A durable cluster in `data_dir`.
    pub fn at(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durability: Durability::Full,
        }
    }
}

/// What survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit.
    Full,
    /// Nothing; several times as fast. For tests.
    Throwaway,
}

/// Why there is no database. Each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No server programs anywhere we looked.
    #[error("PostgreSQL {oldest} or newer is not installed: `apt-get install postgresql` (Debian, Ubuntu), `brew install postgresql@17` (macOS), or set DATABASE_URL", oldest = programs::OLDEST)]
    NotInstalled,
    /// The data was written by a release that is not installed any more.
    #[error("the data in {} was written by PostgreSQL {wrote}, which is not installed: `apt-get install postgresql-{wrote}`, or start afresh with `make clean-data`", dir.display())]
    OtherRelease {
        /// The data folder.
        dir: PathBuf,
        /// The release that wrote it.
        wrote: u32,
    },
    /// We are root, PostgreSQL refuses to be.
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres` to run it as: `useradd --system postgres`"
    )]
    NoAccount,
    /// We are root, and `postgres` may not enter the folder.
    #[error("the user `postgres`, whom the database runs as, cannot enter {}: choose another place, such as ATTUNE_DATA=/var/lib/attune", dir.display())]
    Unreachable {
        /// The folder.
        dir: PathBuf,
    },
    /// A folder could not be made or prepared.
    #[error("cannot prepare {}: {source}; choose another place with ATTUNE_DATA", path.display())]
    Folder {
        /// What we worked on.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder for the socket is somebody else's.
    #[error("{} belongs to another user: remove it, or choose a shorter ATTUNE_DATA", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// No room.
    #[error("no space left for the database in {}: free at least {} MB there, or choose another place with ATTUNE_DATA", path.display(), needed_bytes / 1_000_000)]
    DiskFull {
        /// The folder that is full.
        path: PathBuf,
        /// What it takes.
        needed_bytes: u64,
    },
    /// `initdb` failed.
    #[error("initdb could not make a cluster in {}: {reason}", dir.display())]
    Initdb {
        /// The new cluster.
        dir: PathBuf,
        /// Its last line.
        reason: String,
    },
    /// The server did not come up.
    #[error("PostgreSQL did not start: {reason} (more in {})", log.display())]
    Start {
        /// Its last words.
        reason: String,
        /// Where the rest is.
        log: PathBuf,
    },
    /// A server runs on this folder that does not answer, or that no Attune started.
    #[error("a PostgreSQL with process id {pid} holds {} and is no Attune's to share: `kill -INT {pid}` ends it", dir.display())]
    Held {
        /// Its process.
        pid: u32,
        /// The data folder.
        dir: PathBuf,
    },
    /// Whoever started a server on this folder is still there, and the server is not.
    #[error("the Attune that runs on {} has lost its database: stop it, and start again", dir.display())]
    Lost {
        /// The data folder.
        dir: PathBuf,
    },
    /// Roles or databases could not be made.
    #[error("cannot prepare the roles and databases: {0}")]
    Provision(#[source] sqlx::Error),
}

/// A running private cluster. Dropping it stops the server in the background; [`Cluster::stop`] waits for that.
#[derive(Debug)]
pub struct Cluster {
    socket_dir: PathBuf,
    /// `None` where another process of ours had it running already: it is theirs to stop.
    postmaster: Option<Postmaster>,
}

impl Cluster {
    /// Makes the cluster if it is not there, starts it if it is not running, and sees to its roles and databases.
    /// Calls for one folder wait for each other, in one process or many.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub async fn start(config: ClusterConfig) -> Result<Self, ClusterError> {
        let account = Account::of_server().await?;
        let folders = Folders::prepare(&config.data_dir, account.as_ref()).await?;
        let _one_at_a_time = folders.lock().await?;

        let postmaster = match stale::find_running(&folders).await? {
            stale::Looked::Theirs => None,
            stale::Looked::Ours(owner) => {
                let programs = programs::for_data(&folders.cluster)?;
                disk::check_room(&folders)?;
                if !folders.cluster.exists() {
                    postmaster::initdb(&programs, &folders, account.as_ref()).await?;
                }
                stale::clear(&folders, &owner)?;
                Some(Postmaster::start(&programs, &folders, account.as_ref(), config.durability, owner).await?)
            }
        };
        let cluster = Self {
            socket_dir: folders.socket,
            postmaster,
        };
        provision::roles_and_databases(&cluster).await?;
        Ok(cluster)
    }

    /// The URL of `database` for the cluster's superuser: for tests and tools, never for the server's own pools.
    pub fn url(&self, database: &str) -> String {
        provision::url(&self.socket_dir, Role::Superuser, database)
    }

    /// The URL of `database` for `role`.
    pub fn url_as(&self, role: Role, database: &str) -> String {
        provision::url(&self.socket_dir, role, database)
    }

    /// How to reach the cluster; the role and the database are the caller's to add.
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(PORT)
    }

    /// The folder that holds the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Whether this process started the server, and so ends it.
    pub fn is_ours(&self) -> bool {
        self.postmaster.is_some()
    }

    /// Ends the server in an orderly way, if this process started it, and waits until it is gone.
    pub async fn stop(self) {
        if let Some(postmaster) = self.postmaster {
            postmaster.stop(STOP_WITHIN).await;
        }
    }
}

#[cfg(test)]
mod tests;
