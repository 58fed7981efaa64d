//! The server that is measured: a process of its own, which this program starts, with its PostgreSQL, durable to the last
//! commit. It ends when its standard input does, so also when this program ends in any way.

use crate::Failure;
use attune::auth;
use attune::cluster::{Cluster, ClusterConfig, DATABASE};
use attune::config::{Config, DatabaseNames, Databases};
use attune::ids::{Member, TenantId, UserId};
use attune::server;
use attune_benches::cpu::{time_of_family, time_of_process};
use attune_benches::live::{Instant as Recognizes, Models};
use attune_benches::load::{Kept, People};
use attune_benches::memory::resident_of;
use attune_engine::recognize::Recognizer;
use attune_ingest::hearing::{Ahead, Hearing};
use attune_ingest::protocol::Stream;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Builder;

/// What this program is asked for in such a process.
const NODE: &str = "node-alone";

/// A thread for each core.
const THREADS: usize = 2;

/// What a node is to be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// It keeps digests alone.
    pub(crate) sink: bool,
    /// People who are signed in, each in a space of their own.
    pub(crate) people: usize,
}

/// What it says once it serves.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    address: String,
    /// For its cluster's superuser, who sees every row.
    database: String,
    postmaster: u32,
    tokens: Vec<String>,
}

/// A running node.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    told: Told,
}

/// Processor time of everything on the server's side so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    /// The server's process.
    pub(crate) server: Duration,
    /// PostgreSQL's.
    pub(crate) database: Duration,
    /// This one: the load generator.
    pub(crate) generator: Duration,
}

/// What the node's database has done so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worked {
    /// Time in which it executed statements.
    pub(crate) active: Duration,
    pub(crate) transactions: u64,
}

impl Worked {
    /// What it did since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            active: self.active.saturating_sub(before.active),
            transactions: self.transactions.saturating_sub(before.transactions).max(1),
        }
    }
}

impl Spent {
    /// What was spent since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            server: self.server.saturating_sub(before.server),
            database: self.database.saturating_sub(before.database),
            generator: self.generator.saturating_sub(before.generator),
        }
    }
}

impl Node {
    /// Starts one, and waits until it serves.
    pub(crate) fn start(ask: Ask) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([NODE, &serde_json::to_string(&ask)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let printed = child.stdout.take().ok_or("the node has no output")?;
        BufReader::new(printed).read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(told) => Ok(Self { child, told }),
            Err(_) => {
                let _ = child.wait();
                Err("the node did not start: it says why above".into())
            }
        }
    }

    /// Its host and port.
    pub(crate) fn address(&self) -> &str {
        &self.told.address
    }

    /// The people on it, each with a device.
    pub(crate) async fn people(&self) -> Result<People, Failure> {
        Ok(People::enrol(&self.told.address, &self.told.tokens).await?)
    }

    /// What each of them is signed in with.
    pub(crate) fn tokens(&self) -> &[String] {
        &self.told.tokens
    }

    /// Bytes of its memory that are resident.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        Ok(resident_of(self.child.id()).ok_or("the node is gone")?)
    }

    /// What it has spent.
    pub(crate) fn spent(&self) -> Result<Spent, Failure> {
        Ok(Spent {
            server: time_of_process(self.child.id()).ok_or("the node is gone")?,
            database: time_of_family(self.told.postmaster),
            generator: time_of_process(std::process::id()).ok_or("the kernel tells nothing of this process")?,
        })
    }

    /// What its database has done.
    pub(crate) async fn worked(&self) -> Result<Worked, Failure> {
        let mut database = PgConnection::connect(&self.told.database).await?;
        let row = sqlx::query(
            "SELECT active_time AS active_ms, xact_commit + xact_rollback AS transactions
             FROM pg_stat_database WHERE datname = current_database()",
        )
        .fetch_one(&mut database)
        .await?;
        Ok(Worked {
            active: Duration::from_secs_f64(row.try_get::<f64, _>("active_ms")? / 1000.0),
            transactions: u64::try_from(row.try_get::<i64, _>("transactions")?)?,
        })
    }

    /// Every digest that is durable, read behind the server's back.
    pub(crate) async fn kept(&self) -> Result<Vec<Kept>, Failure> {
        let mut database = PgConnection::connect(&self.told.database).await?;
        let rows = sqlx::query("SELECT session_id, stream, from_seq, digests FROM sink_frames")
            .fetch_all(&mut database)
            .await?;
        let kept = rows.into_iter().map(|row| {
            let stream = u8::try_from(row.try_get::<i16, _>("stream")?)?;
            Ok::<_, Failure>(Kept {
                session: row.try_get("session_id")?,
                stream: Stream::from_byte(stream).ok_or("a stream that there is not")?,
                from_seq: u64::try_from(row.try_get::<i64, _>("from_seq")?)?,
                digests: row.try_get("digests")?,
            })
        });
        kept.collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Serves until the standard input ends, where this is such a process.
pub(crate) fn serves(asked: &[String]) -> Option<Result<(), Failure>> {
    match asked {
        [name, ask] if name == NODE => Some(serve(ask)),
        _ => None,
    }
}

fn serve(ask: &str) -> Result<(), Failure> {
    let ask: Ask = serde_json::from_str(ask)?;
    // Under /tmp, and open to pass through: started by root, PostgreSQL runs as another user.
    let folder = tempfile::Builder::new().prefix("attune-bench-").tempdir_in("/tmp")?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    runtime.block_on(run(ask, &folder))
}

#[allow(clippy::print_stdout)]
async fn run(ask: Ask, folder: &TempDir) -> Result<(), Failure> {
    let data = folder.path().join("data");
    let cluster = Cluster::start(ClusterConfig::at(&data)).await?;
    let databases = Databases::private(&cluster.options(), &DatabaseNames::default());
    let mut config = Config::on_this_machine(&data, databases);
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.sink = ask.sink;
    // A person is an organisation here, and asks for all that is measured.
    config.limits.requests_per_minute = u32::MAX;
    let recognizer: [Box<dyn Recognizer>; 1] = [Box::new(Recognizes::default())];
    config.hearing = Some(Hearing::start_ahead(Models::voice(), recognizer, Ahead::Ends)?);
    let running = server::start(config).await?;
    let (state, mut tokens) = (&running.state, Vec::with_capacity(ask.people));
    for _ in 0..ask.people {
        let member = Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        };
        auth::create_account(&state.db, &state.keys, member, "bench", &member.user.to_string()).await?;
        let token = auth::sign_in(&state.db, member, auth::Client::Native).await?;
        tokens.push(token.reveal().to_string());
    }
    let noted = fs::read_to_string(data.join("postgres/postmaster.pid"))?;
    let told = Told {
        address: running.addr.to_string(),
        database: cluster.url(DATABASE),
        postmaster: noted.lines().next().unwrap_or_default().trim().parse()?,
        tokens,
    };
    println!("{}", serde_json::to_string(&told)?);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    running.shutdown().await;
    cluster.stop().await;
    Ok(())
}
