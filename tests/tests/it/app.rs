//! A whole server for one test: its own databases and folder, a free port, the log it wrote. `finish` stops it and
//! asserts that nothing is left; a test that forgets to call it fails.

mod caller;
mod cluster;
mod log;
mod mail_sink;
mod redis;

pub use caller::{Answer, Caller};
pub use cluster::{folder as cluster_folder, new_pair, superuser};
pub use log::Log;
pub use mail_sink::MailSink;
pub use redis::Redis;

use attune::auth::{self, COOKIE};
use attune::config::{Config, DatabaseNames, Databases};
use attune::ids::{Member, TenantId, UserId};
use attune::server::{self, Running};
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A server that runs for one test.
pub struct TestApp {
    running: Option<Running>,
    names: DatabaseNames,
    databases: Databases,
    /// Where its root key is, and whatever else it keeps.
    pub folder: tempfile::TempDir,
    log: Log,
    errors_expected_from: Option<&'static str>,
}

/// The longest that a test waits for anything: on a busy machine everything takes longer, and nothing takes this long.
const AT_MOST: Duration = Duration::from_secs(60);

/// What comes, unless it does not come at all.
#[track_caller]
pub fn within<F: Future>(awaited: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        tokio::time::timeout(AT_MOST, awaited)
            .await
            .unwrap_or_else(|_| panic!("waited for {AT_MOST:?} at {caller}"))
    }
}

/// Waits until something holds that nobody tells of; it is asked again and again.
pub async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    const PAUSE: Duration = Duration::from_millis(20);
    within(async {
        while !holds().await {
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
}

impl TestApp {
    /// A fresh server.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A fresh server whose settings the test changed.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let log = Log::keep();
        let (names, databases) = cluster::new_pair().await;
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut app = Self {
            running: None,
            names,
            databases,
            folder,
            log,
            errors_expected_from: None,
        };
        app.running = Some(server::start(app.config(change)).await.expect("the server starts"));
        app
    }

    /// Stops the server and starts it again on the same data, with the same settings.
    pub async fn restart(&mut self) {
        let running = self.running.take().expect("invariant: it runs until finish");
        let config = running.state.config.as_ref().clone();
        running.shutdown().await;
        self.running = Some(server::start(config).await.expect("the server starts again"));
    }

    fn config(&self, change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::on_this_machine(self.folder.path(), self.databases.clone());
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.limits.drain = Duration::from_secs(5);
        config.limits.database_connections = 4;
        // Whether a nudge is shown is no matter of chance in a test.
        config.nudge_hold_out = 0.0;
        change(&mut config);
        config
    }

    /// Another node on the same data. Whoever starts it stops it, before the test finishes.
    pub async fn another(&self, change: impl FnOnce(&mut Config)) -> Running {
        server::start(self.config(change)).await.expect("another node starts")
    }

    /// The server itself.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("invariant: it runs until finish")
    }

    /// Where it is reached, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://{}", self.running().addr)
    }

    /// The same for sockets.
    pub fn socket_base(&self) -> String {
        format!("ws://{}", self.running().addr)
    }

    /// Someone who is not signed in.
    pub fn nobody(&self) -> Caller {
        Caller::nobody(&self.base())
    }

    /// The owner, as a program with a bearer token.
    pub async fn owner(&self) -> Caller {
        let token = self.owner_token().await;
        self.nobody().with("authorization", &format!("Bearer {token}"))
    }

    /// A bearer token of the owner's.
    pub async fn owner_token(&self) -> String {
        let link = self.login_link().await;
        let answer = self
            .nobody()
            .post(
                "/v1/auth/login-links/redeem",
                json!({"token": link, "client": "native"}),
            )
            .await;
        answer.expect(200).body["access_token"]
            .as_str()
            .expect("a native client gets its token")
            .to_owned()
    }

    /// The owner in a browser, on a page of ours.
    pub async fn browser(&self) -> Caller {
        let page = self
            .nobody()
            .with("sec-fetch-site", "same-origin")
            .with("origin", &self.base());
        let link = self.login_link().await;
        let answer = page
            .post("/v1/auth/login-links/redeem", json!({"token": link}))
            .await
            .expect(200);
        let set = answer.header("set-cookie").expect("a browser gets a cookie");
        let value = set
            .split(';')
            .next()
            .and_then(|pair| pair.strip_prefix(&format!("{COOKIE}=")));
        page.with(
            "cookie",
            &format!("{COOKIE}={}", value.expect("the cookie has a value")),
        )
    }

    /// The secret of a fresh sign-in link.
    pub async fn login_link(&self) -> String {
        let link = auth::issue_login_link(&self.running().state.db)
            .await
            .expect("a link can be made");
        link.token.reveal().to_string()
    }

    /// Another person with a tenant of their own, as a program with a bearer token.
    pub async fn stranger(&self) -> (Member, Caller) {
        let state = &self.running().state;
        let member = Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        };
        auth::create_account(&state.db, &state.keys, member, "test", &member.user.to_string())
            .await
            .expect("an account can be made");
        let token = auth::sign_in(&state.db, member, auth::Client::Native)
            .await
            .expect("they can sign in");
        (
            member,
            self.nobody()
                .with("authorization", &format!("Bearer {}", *token.reveal())),
        )
    }

    /// A look into the data, past row-level security.
    pub async fn look(&self) -> PgConnection {
        superuser(&self.names.data).await
    }

    /// A look into the key store.
    pub async fn look_at_keys(&self) -> PgConnection {
        superuser(&self.names.keys).await
    }

    /// How each role reaches this test's databases.
    pub fn databases(&self) -> &Databases {
        &self.databases
    }

    /// Everything the server logged, and the threads of models.
    pub fn log(&self) -> String {
        self.log.text() + &log::of_nobody()
    }

    /// For a server on another thread.
    pub fn lend_log(&self) -> Log {
        self.log.clone()
    }

    /// Takes the data away: nobody gets in, and whoever was in is gone.
    pub async fn cut_database(&self) {
        let name = &self.names.data;
        let mut admin = superuser("postgres").await;
        let closed = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        admin
            .execute(AssertSqlSafe(closed))
            .await
            .expect("a database can be closed");
        // Asked to go they are not gone yet; so it is waited for.
        let gone: Vec<bool> =
            sqlx::query_scalar("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1")
                .bind(name)
                .fetch_all(&mut admin)
                .await
                .expect("connections can be ended");
        assert!(gone.into_iter().all(|gone| gone), "somebody holds on to the database");
    }

    /// Gives it back.
    pub async fn restore_database(&self) {
        let open = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.names.data);
        let opened = superuser("postgres").await.execute(AssertSqlSafe(open)).await;
        opened.expect("a database can be opened");
    }

    /// This test makes this part of the server fail on purpose; `part` is a module's path, as the log names it.
    pub fn expect_errors_from(&mut self, part: &'static str) {
        self.errors_expected_from = Some(part);
    }

    /// Stops the server: no task, no connection and no error in the log may be left. Says how long it took to stop.
    pub async fn finish(mut self) -> Duration {
        let running = self.running.take().expect("invariant: it runs until finish");
        let tasks = running.state.tasks.clone();
        let began = Instant::now();
        running.shutdown().await;
        let took = began.elapsed();
        assert_eq!(tasks.len(), 0, "tasks outlived the server");
        let unexpected: Vec<String> = self
            .log
            .errors()
            .into_iter()
            .filter(|line| {
                !self
                    .errors_expected_from
                    .is_some_and(|part| line.contains(&format!(" {part}")))
            })
            .collect();
        assert_eq!(unexpected, [""; 0], "the server logged errors");
        cluster::drop_pair(&self.names).await;
        took
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        assert!(
            self.running.is_none() || std::thread::panicking(),
            "a test must end with `finish`"
        );
    }
}
