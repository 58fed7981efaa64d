//! Attune on this one machine: the private cluster unless a database is named, the models, and the server on top.

use super::failure::{Failure, chain};
use super::place;
use super::terminal::{Ink, ink, note};
use crate::auth::issue_login_link;
use crate::cluster::{Cluster, ClusterConfig};
use crate::config::{Config, DatabaseNames, Databases, Role, Settings};
use crate::server::{self, Running, StartError};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::voices::TellsVoices;
use attune_ingest::client::private_file;
use attune_ingest::hearing::{Hearing, Worker};
use attune_models::choose::{Choice, Wanted};
use attune_models::remote::RemoteSettings;
use attune_models::store::Store;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Ports after the usual one that are tried where it is taken.
const PORTS_TRIED: u16 = 20;

/// What the person said about the server.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ServerArguments {
    /// Settings, as TOML; the environment wins over them
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:4680
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// auto, whisper, whisper:PATH, sphinx or remote
    #[arg(long, value_name = "NAME", default_value = "auto", env = "ATTUNE_RECOGNIZER")]
    recognizer: Choice,
    /// What this process does; as the settings say where it is nothing. Whoever plays a meeting here does all of it.
    #[arg(skip = Some(Role::All))]
    pub(super) role: Option<Role>,
}

/// What to do where the port is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfTaken {
    /// Say so: other programs were told this address.
    Refuse,
    /// Take the next free one and say which.
    MoveOn,
}

/// A server that runs, with everything under it.
pub(super) struct Machine {
    pub(super) server: Running,
    /// What writes the words, where anybody is heard.
    pub(super) recognizer: Option<RecognizerInfo>,
    cluster: Option<Cluster>,
    address_file: Option<PathBuf>,
}

impl Machine {
    /// Starts everything. The cluster and the models, which both take a second, start side by side.
    pub(super) async fn start(arguments: ServerArguments, if_taken: IfTaken) -> Result<Self, Failure> {
        let settings = settings(arguments.config.as_deref())?;
        let role = arguments.role.or(settings.role).unwrap_or_default();
        let (remote, mail) = (settings.remote()?, settings.mail()?);
        let providers = settings.sign_in.offered()?;
        let hearing = async {
            match role.hears() {
                true => hearing(arguments.recognizer, remote, settings.tells_voices())
                    .await
                    .map(Some),
                false => Ok(None),
            }
        };
        let (hearing, (databases, cluster)) = tokio::try_join!(hearing, databases(&settings))?;
        let (hearing, recognizer_elsewhere) =
            hearing.map_or((None, None), |(hearing, elsewhere)| (Some(hearing), elsewhere));
        let recognizer = hearing.as_ref().map(|hearing| hearing.info().clone());
        let data = place::data();
        if cluster.as_ref().is_some_and(|cluster| !cluster.is_ours()) {
            return Err(taken(&data));
        }
        let config = Config {
            hearing,
            recognizer_elsewhere,
            providers,
            role,
            mail,
            ..settings.over(&data, databases)
        };
        let listen = arguments.listen.unwrap_or(config.listen);
        let server = listen_and_start(config, listen, if_taken).await;
        let server = match server {
            Ok(server) => server,
            Err(failure) => {
                // Not left to the drop: what started in vain is gone when we say that it was in vain.
                if let Some(cluster) = cluster {
                    cluster.stop().await;
                }
                return Err(failure);
            }
        };
        let mut machine = Self {
            server,
            recognizer,
            cluster,
            address_file: None,
        };
        machine.write_address(&data);
        Ok(machine)
    }

    /// The address people reach it at.
    pub(super) fn url(&self) -> &str {
        self.server.public_url()
    }

    /// A fresh link that signs its owner in, once.
    pub(super) async fn sign_in_link(&self) -> Result<String, Failure> {
        Ok(issue_login_link(&self.server.state.db).await?.url(self.url()))
    }

    /// Ends what [`Machine::start`] started, and waits for it.
    pub(super) async fn stop(self) {
        if let Some(path) = &self.address_file {
            let _ = std::fs::remove_file(path);
        }
        self.server.shutdown().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }

    /// Leaves a note of the address for `attune login-link`, which runs in another process.
    fn write_address(&mut self, data: &Path) {
        let path = data.join(ADDRESS_FILE);
        match private_file::replace(&path, self.url().as_bytes()) {
            Ok(()) => self.address_file = Some(path),
            Err(error) => tracing::warn!(%error, "could not note the address for attune login-link"),
        }
    }
}

/// Holds the address of the server that runs here.
pub(super) const ADDRESS_FILE: &str = "server.url";

/// Reads the settings: a file that was named must be there, the usual one need not.
pub(super) fn settings(file: Option<&Path>) -> Result<Settings, Failure> {
    if let Some(named) = file.filter(|file| !file.exists()) {
        return Err(Failure::new(format!("there is no {}", named.display())));
    }
    let usual = place::config().join("attune.toml");
    Ok(Settings::read(Some(file.unwrap_or(&usual)), std::env::vars_os())?)
}

/// The databases that are named, or those of the private cluster, which is started.
pub(super) async fn databases(settings: &Settings) -> Result<(Databases, Option<Cluster>), Failure> {
    if let Some(databases) = settings.databases()? {
        return Ok((databases, None));
    }
    let cluster = Cluster::start(ClusterConfig::at(place::data())).await?;
    let databases = Databases::private(&cluster.options(), &DatabaseNames::default());
    Ok((databases, Some(cluster)))
}

/// Another process looks after the database of this data: a server of ours would lose it whenever that one stops.
fn taken(data: &Path) -> Failure {
    let at =
        std::fs::read_to_string(data.join(ADDRESS_FILE)).map_or_else(|_| String::new(), |url| format!(" at {url}"));
    Failure::new(format!(
        "Attune runs on {} already{at}: stop it first, or choose another place with ATTUNE_DATA",
        data.display()
    ))
}

/// Loads the models, away from the runtime's own threads, and starts the threads that listen. Says too to which host speech
/// goes that may leave.
async fn hearing(
    choice: Choice,
    remote: Option<RemoteSettings>,
    tells_voices: bool,
) -> Result<(Arc<Hearing>, Option<String>), Failure> {
    let loaded = tokio::task::spawn_blocking(move || {
        let store = Store::open();
        let voice = attune_models::voice_activity(&store)?;
        // One decode takes one core; more workers than cores would only take turns.
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let recognizers = attune_models::recognizers(
            &store,
            &Wanted {
                choice,
                workers,
                partials: true,
                remote,
            },
        )?;
        if let Some(why) = &recognizers.note {
            note(ink(Ink::Yellow, why));
        }
        let voices = voices(&store, tells_voices);
        let workers = recognizers.workers.into_iter().map(|worker| Worker {
            words: worker.full,
            quick: worker.quick,
            voices: voices.clone(),
        });
        Ok::<_, Failure>((Hearing::start(voice, workers)?, recognizers.elsewhere))
    });
    loaded.await?
}

/// What tells the others' voices apart, if it may. A model that does not load costs nobody a word.
pub(super) fn voices(store: &Store, may: bool) -> TellsVoices {
    if !may {
        return TellsVoices::Off;
    }
    attune_models::voices::installed(store).unwrap_or_else(|error| {
        note(ink(
            Ink::Yellow,
            format_args!("voices are not told apart: {}", chain(&error)),
        ));
        TellsVoices::NotInstalled
    })
}

async fn listen_and_start(mut config: Config, listen: SocketAddr, if_taken: IfTaken) -> Result<Running, Failure> {
    let last = match if_taken {
        IfTaken::Refuse => listen.port(),
        IfTaken::MoveOn => listen.port().saturating_add(PORTS_TRIED),
    };
    config.listen = listen;
    loop {
        match server::start(config.clone()).await {
            Err(StartError::Listen { addr, source }) if source.kind() == io::ErrorKind::AddrInUse => {
                if addr.port() >= last {
                    return Err(Failure::new(format!(
                        "{addr} is taken: stop what listens there, or choose another with --listen"
                    )));
                }
                config.listen.set_port(addr.port() + 1);
            }
            Ok(server) => {
                if server.addr.port() != listen.port() && listen.port() != 0 {
                    note(format_args!(
                        "port {} is taken; using {}",
                        listen.port(),
                        server.addr.port()
                    ));
                }
                return Ok(server);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Trips when the person or the system wants an end. A second Ctrl-C does not wait for anything. A hang-up that we were
/// started to ignore, as by `nohup`, is none.
pub(super) fn stop_on_signal() -> Result<CancellationToken, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let tripped = stop.clone();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?;
    tokio::spawn(async move {
        let hung_up = async {
            match &mut hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
        }
        tripped.cancel();
        interrupt.recv().await;
        std::process::exit(130);
    });
    Ok(stop)
}

/// Whether whoever started us wants us to live on when the terminal goes. Asking the system itself would take unsafe
/// code, so this is known where there is a /proc.
fn ignores_hang_up() -> bool {
    const HANG_UP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (HANG_UP - 1) & 1 == 1)
}
