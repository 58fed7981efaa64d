//! The `attune` program as its operators run it, with a PostgreSQL of its own beside it, so that either can be killed alone.

use crate::app::eventually;
use attune::auth;
use attune::cluster::{Cluster, ClusterConfig, DATABASE, KEYS_DATABASE, Role};
use attune::config::{DatabaseNames, Databases};
use attune::db::{self, Db};
use attune::ids::{Member, TenantId, UserId};
use attune::keys::{FileRootKey, Keys};
use attune_benches::fault::{Proxy, Weather};
use attune_ingest::client::Api;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use std::fs::{self, File, OpenOptions, Permissions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A killed database may still have servers of connections that have not noticed; its successor has to wait for them.
const DATABASE_BACK_WITHIN: Duration = Duration::from_secs(60);

/// Variables that say where models lie. All others of the program are a person's own settings.
const ABOUT_MODELS: [&str; 2] = ["ATTUNE_MODELS", "ATTUNE_SPHINX_MODEL"];

/// A server that is there to be killed. Its processes go with it.
pub struct Rig {
    // First, so that nothing of the server is left when its database and folder go.
    server: Child,
    cluster: Option<Cluster>,
    program: PathBuf,
    recognizer: String,
    addr: SocketAddr,
    /// The network in front of it, where it has one that misbehaves.
    pub network: Option<Proxy>,
    pub folder: TempDir,
}

impl Rig {
    /// The program, if `make` has built it beside this one.
    pub fn program() -> PathBuf {
        let named = std::env::var_os("ATTUNE_BIN").filter(|value| !value.is_empty());
        let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("attune"));
        let program = named.map(PathBuf::from).or_else(beside).unwrap();
        assert!(
            program.is_file(),
            "there is no {}: `cargo build --profile ci --bin attune`",
            program.display()
        );
        program
    }

    /// Starts it with the recognizer that `choose` names, given a folder for what that needs.
    pub async fn start(choose: impl FnOnce(&Path) -> String) -> Self {
        Self::start_on(false, choose).await
    }

    /// The same behind a network of its own, which is fair at first; people reach it through that alone.
    pub async fn start_behind_a_network(choose: impl FnOnce(&Path) -> String) -> Self {
        Self::start_on(true, choose).await
    }

    async fn start_on(has_network: bool, choose: impl FnOnce(&Path) -> String) -> Self {
        // Under /tmp, and open to pass through: started by root, PostgreSQL runs as another user.
        let folder = tempfile::Builder::new()
            .prefix("attune-chaos-")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let recognizer = choose(folder.path());
        let cluster = Cluster::start(ClusterConfig::at(folder.path().join("data")))
            .await
            .unwrap();
        let addr = free_address();
        let network = match has_network {
            true => Some(Proxy::start(addr, Weather::FAIR, 11).await.unwrap()),
            false => None,
        };
        let public = network.as_ref().map_or(addr, Proxy::addr);
        let program = Self::program();
        let mut started = command(&program, folder.path(), &cluster, addr, &recognizer);
        let server = started.env("ATTUNE_PUBLIC_URL", address(public)).spawn().unwrap();
        let mut rig = Self {
            server,
            cluster: Some(cluster),
            program,
            recognizer,
            addr,
            network,
            folder,
        };
        rig.until_it_serves().await;
        rig
    }

    /// Where people reach it.
    pub fn base(&self) -> String {
        address(self.network.as_ref().map_or(self.addr, Proxy::addr))
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().expect("it is only ever replaced")
    }

    /// SIGKILL, and a new server at once. Says when it died.
    pub async fn kill_server(&mut self) -> Instant {
        self.server.start_kill().unwrap();
        let died = Instant::now();
        self.server.wait().await.unwrap();
        let mut again = command(
            &self.program,
            self.folder.path(),
            self.cluster(),
            self.addr,
            &self.recognizer,
        );
        self.server = again.env("ATTUNE_PUBLIC_URL", self.base()).spawn().unwrap();
        died
    }

    /// Waits until the server answers.
    pub async fn until_it_serves(&mut self) {
        let http = reqwest::Client::new();
        let health = format!("{}/v1/health", address(self.addr));
        eventually(async || {
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}\n{}", self.log());
            let answer = http.get(&health).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// SIGKILL to the database's first process, and a new one at once. Says when it died, and when it was there again.
    pub async fn kill_database(&mut self) -> (Instant, Instant) {
        let data = self.folder.path().join("data");
        let postmaster = fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
        let process = postmaster.lines().next().unwrap().trim().to_owned();
        // The shell's own `kill`: the system call is unsafe.
        let killed = Command::new("sh")
            .args(["-c", "kill -KILL \"$1\"", "sh", &process])
            .status()
            .await;
        assert!(killed.unwrap().success());
        let died = Instant::now();
        self.cluster.take().expect("it is only ever replaced").stop().await;
        let again = loop {
            match Cluster::start(ClusterConfig::at(&data)).await {
                Ok(again) => break again,
                Err(error) => {
                    println!("  the database did not start yet: {error}");
                    assert!(died.elapsed() < DATABASE_BACK_WITHIN, "{error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        self.cluster = Some(again);
        (died, Instant::now())
    }

    /// So many people, each in a space of their own: nobody has two hundred meetings at once.
    pub async fn people(&self, count: usize) -> Vec<Api> {
        let databases = Databases::private(&self.cluster().options(), &DatabaseNames::default());
        let db = Db::connect(&databases.app, 2).await.unwrap();
        let store = db::connect_keystore(&databases, 2).await.unwrap();
        let root = FileRootKey::read(&self.folder.path().join("data/root.key")).unwrap();
        let keys = Keys::open(Box::new(root), Box::new(store)).await.unwrap();
        let mut people = Vec::with_capacity(count);
        for _ in 0..count {
            let member = Member {
                tenant: TenantId::new(),
                user: UserId::new(),
            };
            auth::create_account(&db, &keys, member, "chaos", &member.user.to_string())
                .await
                .unwrap();
            let token = auth::sign_in(&db, member, auth::Client::Native).await.unwrap();
            people.push(Api::new(&self.base(), &token.reveal()).unwrap());
        }
        db.close().await;
        people
    }

    /// A look into the data, past row-level security.
    pub async fn look(&self) -> PgConnection {
        let options = self.cluster().options().username("postgres").database(DATABASE);
        options.connect().await.unwrap()
    }

    /// Everything that the servers wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(log_of(self.folder.path())).unwrap_or_default()
    }

    /// Stops it the way a service manager does, and says what it had to complain of.
    pub async fn finish(mut self) -> Vec<String> {
        let process = self.server.id().expect("it runs").to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "sh", &process])
            .status()
            .await;
        assert!(asked.unwrap().success());
        let ended = crate::app::within(self.server.wait()).await.unwrap();
        assert!(ended.success(), "{ended}\n{}", self.log());
        self.cluster.take().expect("it is only ever replaced").stop().await;
        let log = self.log();
        assert!(!log.contains("panicked"), "{log}");
        let complaints = log.lines().filter(|line| line.contains(" ERROR "));
        complaints.map(str::to_owned).collect()
    }
}

/// Where nobody listens, and where the system puts nobody by itself: a client that calls a server which is away may be given
/// the server's own port to call from, and then has it.
fn free_address() -> SocketAddr {
    const PORTS: std::ops::Range<u16> = 20_000..30_000;
    let first = PORTS.start + (std::process::id() % u32::from(PORTS.end - PORTS.start)) as u16;
    let ports = (first..PORTS.end).chain(PORTS.start..first);
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses
        .find(|addr| TcpListener::bind(addr).is_ok())
        .expect("one of ten thousand ports is free")
}

fn address(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// The server on its database, with nobody's settings.
fn command(program: &Path, folder: &Path, cluster: &Cluster, addr: SocketAddr, recognizer: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_setting = name == "DATABASE_URL" || text.starts_with("ATTUNE_") || text.starts_with("STT_");
        if is_setting && !ABOUT_MODELS.iter().any(|about| name == *about) {
            command.env_remove(name);
        }
    }
    for (variable, role, database) in [
        ("DATABASE_URL", Role::App, DATABASE),
        ("ATTUNE_WORKER_DATABASE_URL", Role::Worker, DATABASE),
        ("ATTUNE_OWNER_DATABASE_URL", Role::Owner, DATABASE),
        ("ATTUNE_KEYS_DATABASE_URL", Role::Keys, KEYS_DATABASE),
        ("ATTUNE_KEYS_OWNER_DATABASE_URL", Role::Owner, KEYS_DATABASE),
    ] {
        command.env(variable, cluster.url_as(role, database));
    }
    let log: File = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_of(folder))
        .unwrap();
    command
        .args(["serve", "--listen", &addr.to_string(), "--recognizer", recognizer])
        .env("ATTUNE_DATA", folder.join("data"))
        .env("ATTUNE_CONFIG", folder.join("config"))
        // Whether a nudge is shown is no matter of chance here.
        .env("ATTUNE_NUDGE_HOLD_OUT", "0")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true);
    command
}
