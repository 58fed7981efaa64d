//! The server as a server: half-open sockets, a full house, an orderly stop, the web app, powers it refuses to have.

use crate::app::{TestApp, new_pair, superuser, within};
use attune::config::Config;
use attune::db::{DbError, RoleRefused};
use attune::server::{self, StartError};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn half_open_sockets_die_and_leave_room_for_others() {
    let app = TestApp::start_with(|config| {
        config.limits.header_read_timeout = Duration::from_millis(300);
        config.limits.connections = 60;
    })
    .await;
    let addr = app.running().addr;
    let mut silent = Vec::new();
    for number in 0..50 {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        // Some say nothing, some begin and never finish.
        if number % 2 == 0 {
            socket
                .write_all(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n")
                .await
                .unwrap();
        }
        silent.push(socket);
    }
    app.nobody().get("/v1/health").await.expect(200);
    for mut socket in silent {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut rest)).await;
        // An end or a reset: either way it is gone.
        assert!(read.is_ok(), "a half-open socket was kept");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_full_server_answers_newcomers_when_there_is_room() {
    let app = TestApp::start_with(|config| config.limits.connections = 1).await;
    let holds_the_place = answered(app.running().addr).await;
    let newcomer = app.nobody();
    let mut waiting = Box::pin(newcomer.get("/v1/health"));
    let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "somebody was let in where there was no room");
    drop(holds_the_place);
    within(waiting).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_an_orderly_stop() {
    // Long enough that a stop which waits for the connection to end cannot be taken for a slow one.
    const DRAIN: Duration = Duration::from_secs(60);
    let app = TestApp::start_with(|config| config.limits.drain = DRAIN).await;
    let mut socket = answered(app.running().addr).await;
    let took = app.finish().await;
    assert!(took < DRAIN / 2, "{took:?}");
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap();
}

/// A connection that is kept open after its first answer.
async fn answered(addr: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET /v1/health HTTP/1.1\r\nHost: {addr}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    socket.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    socket
}

#[tokio::test]
async fn a_taken_port_is_told_plainly() {
    let app = TestApp::start().await;
    let (_, databases) = new_pair().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::on_this_machine(folder.path(), databases);
    config.listen = app.running().addr;
    let error = server::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    app.finish().await;
}

#[tokio::test]
async fn the_app_s_page_is_served_for_every_address_of_the_app() {
    let app = TestApp::start().await;
    for path in ["/", "/sign-in", "/meetings/01890000-0000-7000-8000-000000000000/report"] {
        let answer = app.nobody().get(path).await.expect(200);
        assert!(
            answer.header("content-type").unwrap().starts_with("text/html"),
            "{path}"
        );
        assert!(answer.text.contains("Attune"), "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_built_app_s_files_are_kept_for_good_and_its_page_is_asked_for_again() {
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/web/dist");
    let Ok(page) = std::fs::read_to_string(format!("{dist}/index.html")) else {
        println!("skipped: the web app is not built (make web)");
        return;
    };
    let app = TestApp::start().await;
    let script = page
        .split('"')
        .find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    let script = app
        .nobody()
        .get(script.expect("the page has a script"))
        .await
        .expect(200);
    assert_eq!(
        script.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert!(script.header("content-type").unwrap().starts_with("text/javascript"));

    let first = app.nobody().get("/meetings").await.expect(200);
    assert_eq!(first.text, page);
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let again = app
        .nobody()
        .with("if-none-match", first.header("etag").unwrap())
        .get("/meetings")
        .await
        .expect(304);
    assert!(again.text.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_role_that_could_step_around_row_level_security_is_refused() {
    let (_, databases) = new_pair().await;
    let refused = async |user: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut databases = databases.clone();
        databases.app = databases.app.username(user);
        let mut config = Config::on_this_machine(folder.path(), databases);
        config.listen.set_port(0);
        match server::start(config).await {
            Err(StartError::Db(DbError::Role(refused))) => refused,
            other => panic!("{user} was let in: {other:?}"),
        }
    };
    assert!(matches!(refused("postgres").await, RoleRefused::Bypasses(_)));
    assert!(matches!(refused("attune_owner").await, RoleRefused::Owns(_)));

    let mut admin = superuser("postgres").await;
    for statement in [
        "CREATE ROLE bypasses LOGIN BYPASSRLS",
        "CREATE ROLE inherits LOGIN IN ROLE attune_owner",
    ] {
        sqlx::query(statement).execute(&mut admin).await.unwrap();
    }
    let mut owner = superuser(databases.app.get_database().unwrap()).await;
    let grant = "GRANT CONNECT ON DATABASE";
    let name = databases.app.get_database().unwrap();
    let grant = sqlx::AssertSqlSafe(format!("{grant} {name} TO bypasses, inherits"));
    sqlx::query(grant).execute(&mut owner).await.unwrap();
    assert!(matches!(refused("bypasses").await, RoleRefused::Bypasses(_)));
    assert!(matches!(refused("inherits").await, RoleRefused::Owns(_)));
}
