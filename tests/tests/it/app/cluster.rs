//! One private PostgreSQL for the whole test binary, and a pair of databases for each test, cloned from a pair that
//! was migrated once.

use attune::cluster::{Cluster, ClusterConfig, DATABASE, Durability, KEYS_DATABASE};
use attune::config::{DatabaseNames, Databases};
use attune::{db, jobs};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// How to reach the cluster, as any role.
static SERVER: OnceCell<PgConnectOptions> = OnceCell::const_new();
static NEXT_PAIR: AtomicU32 = AtomicU32::new(1);

/// How to reach the cluster as its superuser, to look into `database`.
pub async fn superuser(database: &str) -> PgConnection {
    let options = server()
        .await
        .clone()
        .username("postgres")
        .database(database)
        .application_name(LOOK);
    options.connect().await.expect("the cluster's superuser can connect")
}

/// A fresh, migrated pair of databases.
pub async fn new_pair() -> (DatabaseNames, Databases) {
    let server = server().await;
    let number = NEXT_PAIR.fetch_add(1, Ordering::Relaxed);
    let names = DatabaseNames {
        data: format!("test_{number}"),
        keys: format!("test_{number}_keys"),
    };
    let mut admin = superuser("postgres").await;
    for (name, template, roles) in [
        (&names.data, DATABASE, "attune_app, attune_worker"),
        (&names.keys, KEYS_DATABASE, "attune_keys"),
    ] {
        for statement in [
            format!("CREATE DATABASE {name} TEMPLATE {template} OWNER attune_owner"),
            format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC"),
            format!("GRANT CONNECT ON DATABASE {name} TO {roles}"),
        ] {
            admin
                .execute(AssertSqlSafe(statement))
                .await
                .expect("a database can be cloned");
        }
    }
    admin.close().await.expect("the superuser can leave");
    let databases = Databases::private(server, &names);
    (names, databases)
}

/// Drops a pair that no server uses any more; panics if one still does. The database waits for those that are leaving.
pub async fn drop_pair(names: &DatabaseNames) {
    let mut admin = superuser("postgres").await;
    for name in [&names.data, &names.keys] {
        let looks =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2";
        sqlx::query(looks)
            .bind(name)
            .bind(LOOK)
            .execute(&mut admin)
            .await
            .expect("a test's looks can be ended");
        let drop = AssertSqlSafe(format!("DROP DATABASE {name}"));
        let dropped = admin.execute(drop).await;
        dropped.unwrap_or_else(|error| panic!("someone is still connected to {name}: {error}"));
    }
}

/// What a test's own connections are called.
const LOOK: &str = "a test looks";

async fn server() -> &'static PgConnectOptions {
    SERVER
        .get_or_init(async || {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            // A thread of its own: each test has a runtime that ends with it, the cluster outlives them all. When the
            // process ends, so does the cluster.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime can be made").block_on(async {
                    let cluster = start().await;
                    let options = cluster.options();
                    sender.send(options).expect("a test waits for the cluster");
                    std::future::pending::<()>().await;
                    drop(cluster);
                });
            });
            receiver.await.expect("the cluster starts")
        })
        .await
}

async fn start() -> Cluster {
    let base = std::env::temp_dir();
    remove_leftovers(&base);
    let config = ClusterConfig {
        data_dir: folder(),
        durability: Durability::Throwaway,
    };
    let cluster = Cluster::start(config).await.expect("a private cluster starts");
    // The pair that every test's is cloned from.
    let databases = Databases::private(&cluster.options(), &DatabaseNames::default());
    db::migrate(&databases).await.expect("the migrations run");
    jobs::install(&databases).await.expect("the job queue is installed");
    cluster
}

const FOLDER: &str = "attune-tests-";

/// Where the cluster of this test binary keeps its files.
pub fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id()))
}

/// A test binary that ended could not remove its folder while the server was still writing to it.
fn remove_leftovers(base: &Path) {
    let entries = std::fs::read_dir(base).into_iter().flatten().flatten();
    let left = entries.map(|entry| entry.path()).filter(|path| is_left(path.as_path()));
    left.for_each(|path| drop(std::fs::remove_dir_all(path)));
}

fn is_left(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let pid = name.strip_prefix(FOLDER).and_then(|pid| pid.parse::<u32>().ok());
    pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}
