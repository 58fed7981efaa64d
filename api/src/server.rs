//! The server: opens what it stands on, answers until it is told to stop, and lets what is under way finish.

mod accept;
mod descriptors;
mod envelope;
mod hop;
mod panic;

pub use crate::nodes::NodesError;
pub use descriptors::raise_descriptor_limit;
pub use panic::keep_words_out_of_panics;
pub(crate) use panic::panics;

pub(crate) use accept::Place;
pub(crate) use envelope::Told;
pub(crate) use hop::Hop;

use crate::audio::{AudioStore, PlaceError};
use crate::auth::{self, AccessTokens, AccountError, OpenError, Origins, Passwords, Providers};
use crate::config::Config;
use crate::db::{self, Db, DbError, MigrationError};
use crate::jobs;
use crate::keys::{FileRootKey, KeyError, Keys, RootKeyError};
use crate::keystore::KeyStoreError;
use crate::live::{self, Live};
use crate::mail::{MailError, Mailer};
use crate::metrics::{self, Metrics};
use crate::nodes::{Heard, Line, Nodes, Rates};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Newcomers that wait in the kernel until they are accepted: a node's whole house, which comes back at once when it starts
/// again. The kernel has a limit of its own, 4,096 by default.
const BACKLOG: u32 = 8_192;

/// How often keys whose time is over are wiped; see `keys::cache`.
const KEY_SWEEP: Duration = Duration::from_secs(10);

/// What every handler can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// What the server was told.
    pub config: Arc<Config>,
    /// The data, as `attune_app`.
    pub db: Db,
    /// The key tree.
    pub keys: Keys,
    /// Whose pages may talk to us.
    pub origins: Arc<Origins>,
    /// What looks at passwords.
    pub(crate) passwords: Arc<Passwords>,
    /// What makes and reads access tokens.
    pub(crate) access_tokens: Arc<AccessTokens>,
    /// How mail leaves, where it does.
    pub(crate) mailer: Option<Arc<Mailer>>,
    /// Who else may vouch for people who sign in.
    pub providers: Arc<Providers>,
    /// What live meetings stand on.
    pub live: Live,
    /// The other nodes.
    pub(crate) nodes: Nodes,
    /// How much anybody may ask for.
    pub(crate) rates: Arc<Rates>,
    /// What this node counts about itself.
    pub(crate) metrics: Arc<Metrics>,
    /// Every task that outlives its request.
    pub tasks: TaskTracker,
    /// Tripped when the server is told to stop.
    pub stopping: CancellationToken,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {addr}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The schema could not be brought up to date.
    #[error("preparing the database")]
    Migration(#[from] MigrationError),
    /// A database could not be used.
    #[error("opening the database")]
    Db(#[from] DbError),
    /// The key store could not be read.
    #[error("opening the key store")]
    KeyStore(#[from] KeyStoreError),
    /// The root key could not be had.
    #[error("opening the root key")]
    RootKey(#[from] RootKeyError),
    /// The key tree could not be opened.
    #[error("opening the keys")]
    Keys(#[from] KeyError),
    /// The first account could not be made.
    #[error("making the owner's account")]
    Owner(#[from] AccountError),
    /// The place of kept audio cannot be used.
    #[error("opening the place of kept audio")]
    Audio(#[from] PlaceError),
    /// Those who may vouch for people cannot be asked.
    #[error("making sign-in providers ready")]
    Providers(#[from] OpenError),
    /// The other nodes cannot be reached.
    #[error("finding the other nodes")]
    Nodes(#[from] NodesError),
    /// Mail cannot leave by the settings.
    #[error("preparing mail")]
    Mail(#[from] MailError),
    /// A password could not be hashed.
    #[error("preparing to look at passwords")]
    Passwords(#[from] argon2::password_hash::Error),
    /// The job queue could not be installed.
    #[error("installing the job queue")]
    Queue(#[from] jobs::InstallError),
    /// The job worker could not be started.
    #[error("starting the job worker")]
    Worker(#[from] jobs::WorkerError),
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where Prometheus may scrape.
    pub metrics_addr: Option<SocketAddr>,
    /// What it stands on, for links and for tests.
    pub state: AppState,
    accepting: JoinHandle<()>,
    line: Option<JoinHandle<()>>,
    hang_up: CancellationToken,
}

impl Running {
    /// The address people reach it at.
    pub fn public_url(&self) -> &str {
        self.state.origins.public_url()
    }

    /// Tells it to stop; requests under way have `limits.drain` to finish. Returns when nothing is left.
    pub async fn shutdown(self) {
        self.state.stopping.cancel();
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the accept loop did not end by itself");
        }
        self.state.tasks.close();
        let (line, hang_up) = (self.line, self.hang_up);
        let rest = async {
            self.state.tasks.wait().await;
            // Last: until then the others hear what the meetings here still tell.
            hang_up.cancel();
            if let Some(line) = line {
                let _ = line.await;
            }
            self.state.db.close().await;
        };
        if tokio::time::timeout(self.state.config.limits.drain, rest)
            .await
            .is_err()
        {
            let tasks = self.state.tasks.len();
            tracing::error!(tasks, "something was still running when the server stopped");
        }
    }
}

/// Starts a server: migrates, opens databases and keys, makes the owner's account on first start, and listens.
pub async fn start(config: Config) -> Result<Running, StartError> {
    raise_descriptor_limit();
    let listener = listen(config.listen)?;
    let addr = address_of(&listener, config.listen)?;
    let scraped = match config.metrics_listen {
        Some(addr) => Some(listen(addr)?),
        None => None,
    };
    let providers = Arc::new(Providers::open(&config.providers)?);
    db::migrate(&config.databases).await?;
    jobs::install(&config.databases).await?;
    let db = Db::connect(&config.databases.app, config.limits.database_connections).await?;
    let keys = open_keys(&config).await?;
    auth::ensure_owner(&db, &keys).await?;

    let audio = (AudioStore::open(&config.audio.place)?, config.audio.kept_for);
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let jobs_db = Db::connect(&config.databases.worker, jobs::DATABASE_CONNECTIONS).await?;
    let pools = vec![("app", db.clone()), ("worker", jobs_db.clone())];
    let (hang_up, (nodes, line)) = (CancellationToken::new(), reach_nodes(&config)?);
    let metrics = Arc::new(Metrics::new(config.hearing.clone(), pools, nodes.clone()));
    let role = config.role;
    if let Some(hearing) = &config.hearing {
        hearing.room().resize(config.limits.undecided_audio_bytes);
    }
    let live = Live::new(&db, &keys, config.hearing.clone(), audio, &metrics, &tasks, &stopping)
        .holding_out(config.nudge_hold_out)
        .with_turns(config.limits.database_connections)
        .among(nodes.clone());
    let live = if config.sink {
        tracing::warn!("this server is measured: it keeps digests of what comes in, and hears nobody");
        live.sinking()
    } else {
        live
    };
    let mailer = config.mail.as_ref().map(Mailer::new).transpose()?.map(Arc::new);
    let state = AppState {
        passwords: Arc::new(Passwords::new()?),
        access_tokens: Arc::new(AccessTokens::new(&keys)),
        mailer,
        live,
        rates: Arc::new(Rates::new(nodes.clone())),
        nodes,
        origins: Arc::new(Origins::new(&config, addr)),
        providers,
        config: Arc::new(config),
        db,
        keys,
        metrics,
        tasks,
        stopping,
    };
    let line = line.map(|(line, heard)| {
        let (live, hang_up) = (state.live.clone(), hang_up.clone());
        tokio::spawn(async move {
            tokio::join!(line.run(hang_up.clone()), live::listen(live, heard, hang_up));
        })
    });
    if role.does_jobs() {
        jobs::start(jobs_db.clone(), state.live.clone()).await?;
    } else {
        let (jobs_db, stopping) = (jobs_db.clone(), state.stopping.clone());
        state.tasks.spawn(async move {
            stopping.cancelled().await;
            jobs_db.close().await;
        });
    }
    state
        .tasks
        .spawn(sweep_keys(state.keys.clone(), state.stopping.clone()));
    let service = envelope::wrap(crate::routes::router(role), &state);
    let accepting = tokio::spawn(accept::serve(
        listener,
        service,
        state.config.limits,
        state.stopping.clone(),
    ));
    let metrics_addr = match scraped {
        Some(listener) => Some(serve_metrics(listener, &state, jobs_db)?),
        None => None,
    };
    tracing::info!(%addr, ?role, "serving");
    Ok(Running {
        addr,
        metrics_addr,
        state,
        accepting,
        line,
        hang_up,
    })
}

/// The way to the other nodes, and the line that has to run for it where there are any.
type WayToNodes = (Nodes, Option<(Line, mpsc::Receiver<Heard>)>);

fn reach_nodes(config: &Config) -> Result<WayToNodes, NodesError> {
    let Some(redis_url) = &config.redis_url else {
        return Ok((Nodes::alone(), None));
    };
    let (nodes, line, heard) = Nodes::at(redis_url)?;
    Ok((nodes, Some((line, heard))))
}

/// Answers Prometheus until the server stops.
fn serve_metrics(listener: TcpListener, state: &AppState, jobs_db: Db) -> Result<SocketAddr, StartError> {
    let addr = address_of(&listener, state.config.listen)?;
    let service = metrics::serve(state.clone());
    let limits = state.config.limits;
    state
        .tasks
        .spawn(accept::serve(listener, service, limits, state.stopping.clone()));
    let (metrics, stopping) = (Arc::clone(&state.metrics), state.stopping.clone());
    state
        .tasks
        .spawn(async move { metrics.watch_queue(&jobs_db, &stopping).await });
    tracing::info!(%addr, "telling metrics");
    Ok(addr)
}

fn address_of(listener: &TcpListener, addr: SocketAddr) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|source| StartError::Listen { addr, source })
}

fn listen(addr: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = || {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // A server that starts again takes its port although old connections of it linger.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    };
    bound().map_err(|source| StartError::Listen { addr, source })
}

/// Opens the key tree. A missing root key is made only where nothing was ever wrapped by one.
async fn open_keys(config: &Config) -> Result<Keys, StartError> {
    let store = db::connect_keystore(&config.databases, config.limits.database_connections).await?;
    let root = match FileRootKey::read(&config.root_key_file) {
        Err(RootKeyError::Missing(path)) if store.is_empty().await? => {
            tracing::info!(path = %path.display(), "making a root key: keep a copy offline, losing it loses everything");
            FileRootKey::create(&path)?
        }
        read => read?,
    };
    Ok(Keys::open(Box::new(root), Box::new(store)).await?)
}

async fn sweep_keys(keys: Keys, stopping: CancellationToken) {
    while stopping
        .run_until_cancelled(tokio::time::sleep(KEY_SWEEP))
        .await
        .is_some()
    {
        keys.sweep();
    }
}
