//! The cluster on this machine's own PostgreSQL, as whoever runs the tests.

use super::*;
use sqlx::Connection;
use std::process::{Command, Stdio};

/// The data folder of each test: under /tmp, because the user `postgres` must be able to pass through.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let mut permissions = std::fs::metadata(folder.path()).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(folder.path(), permissions).unwrap();
    folder
}

fn throwaway(data_dir: &Path) -> ClusterConfig {
    ClusterConfig {
        data_dir: data_dir.to_owned(),
        durability: Durability::Throwaway,
    }
}

async fn answer(url: &str) -> sqlx::Result<String> {
    let mut db = sqlx::PgConnection::connect(url).await?;
    sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut db).await
}

#[tokio::test]
async fn a_cluster_starts_serves_its_roles_stops_and_starts_again() {
    let folder = folder();
    let cluster = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert!(cluster.is_ours());
    for (role, database) in [
        (Role::Owner, DATABASE),
        (Role::App, DATABASE),
        (Role::Keys, KEYS_DATABASE),
    ] {
        assert_eq!(answer(&cluster.url_as(role, database)).await.unwrap(), role.as_str());
    }
    assert!(
        answer(&cluster.url_as(Role::App, KEYS_DATABASE)).await.is_err(),
        "the app entered the database of keys"
    );
    let url = cluster.url(DATABASE);
    cluster.stop().await;
    assert!(answer(&url).await.is_err(), "it still answers after it was stopped");

    let again = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert_eq!(answer(&again.url(DATABASE)).await.unwrap(), "postgres");
    again.stop().await;
}

#[tokio::test]
async fn a_running_cluster_is_shared_and_left_running_by_the_second() {
    let folder = folder();
    let first = Cluster::start(throwaway(folder.path())).await.unwrap();
    let second = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert!(!second.is_ours());
    second.stop().await;
    assert!(answer(&first.url(DATABASE)).await.is_ok());
    first.stop().await;
}

#[tokio::test]
async fn a_pid_file_that_names_a_living_stranger_does_not_stop_the_start() {
    let folder = folder();
    Cluster::start(throwaway(folder.path())).await.unwrap().stop().await;
    // Alive for sure, and no PostgreSQL: this test itself.
    let stranger = format!("{}\n{}\n", std::process::id(), folder.path().join("postgres").display());
    std::fs::write(folder.path().join("postgres/postmaster.pid"), &stranger).unwrap();
    std::fs::write(folder.path().join("run/.s.PGSQL.5432.lock"), &stranger).unwrap();
    let cluster = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert!(answer(&cluster.url(DATABASE)).await.is_ok());
    cluster.stop().await;
}

#[tokio::test]
async fn a_folder_too_deep_for_a_socket_name_gets_a_short_one() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(120));
    let cluster = Cluster::start(throwaway(&deep)).await.unwrap();
    assert!(cluster.socket_dir().starts_with("/tmp"));
    assert!(answer(&cluster.url(DATABASE)).await.is_ok());
    let socket_dir = cluster.socket_dir().to_owned();
    cluster.stop().await;
    std::fs::remove_dir_all(socket_dir).unwrap();
}

#[tokio::test]
async fn data_of_a_release_that_is_gone_is_named_and_not_touched() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("postgres")).unwrap();
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(throwaway(folder.path())).await.unwrap_err();
    assert!(
        matches!(refused, ClusterError::OtherRelease { wrote: 9, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_full_disk_is_one_line_that_says_what_to_do() {
    let error = folders::on(Path::new("/data"))(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let line = error.to_string();
    assert!(
        line.contains("no space left") && line.contains("/data") && !line.contains('\n'),
        "{line}"
    );
}

#[tokio::test]
async fn a_server_that_has_lost_its_owner_is_waited_for_and_not_shared() {
    let folder = folder();
    let mut first = Cluster::start(throwaway(folder.path())).await.unwrap();
    let url = first.url(DATABASE);
    let lifeline = first.postmaster.take().unwrap().lose_owner();
    let second = Cluster::start(throwaway(folder.path()));
    let dying = async {
        for _ in 0..20 {
            answer(&url).await.unwrap();
        }
        drop(lifeline);
    };
    let (second, ()) = tokio::join!(second, dying);
    let second = second.unwrap();
    assert!(second.is_ours());
    second.stop().await;
}

#[tokio::test]
async fn rights_that_were_lost_in_the_middle_of_a_first_start_are_granted_by_the_next() {
    let folder = folder();
    let first = Cluster::start(throwaway(folder.path())).await.unwrap();
    let mut db = sqlx::PgConnection::connect(&first.url(DATABASE)).await.unwrap();
    for undo in [
        "GRANT CONNECT ON DATABASE attune_keys TO PUBLIC",
        "REVOKE CONNECT ON DATABASE attune_keys FROM attune_keys",
    ] {
        sqlx::query(undo).execute(&mut db).await.unwrap();
    }
    let second = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert!(answer(&second.url_as(Role::Keys, KEYS_DATABASE)).await.is_ok());
    assert!(answer(&second.url_as(Role::App, KEYS_DATABASE)).await.is_err());
    first.stop().await;
}

/// The other half of this test runs in a process of its own, which starts a cluster and then waits to be killed.
#[tokio::test]
async fn a_cluster_dies_with_the_process_that_started_it_even_by_sigkill() {
    if let Some(dir) = std::env::var_os("ATTUNE_TEST_DIES_HERE") {
        let cluster = Cluster::start(throwaway(Path::new(&dir))).await.unwrap();
        println!("started {}", cluster.url(DATABASE));
        std::future::pending::<()>().await;
    }
    let folder = folder();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args([
            "a_cluster_dies_with_the_process_that_started_it_even_by_sigkill",
            "--nocapture",
        ])
        .env("ATTUNE_TEST_DIES_HERE", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = std::io::BufReader::new(other.stdout.take().unwrap());
    let started = std::io::BufRead::lines(said)
        .map_while(Result::ok)
        .any(|line| line.contains("started postgres://"));
    assert!(started, "the other process did not start its cluster");
    other.kill().unwrap();
    other.wait().unwrap();
    // Whoever starts next waits for the one that is going, and then finds none.
    let cluster = Cluster::start(throwaway(folder.path())).await.unwrap();
    assert!(cluster.is_ours());
    cluster.stop().await;
}
