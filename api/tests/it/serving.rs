//! The program as it serves on one machine: how it starts, how it ends, and what its client keeps.

use crate::machine::{Machine, PROGRAM, Running};
use crate::sound::{sides, write_wav};
use attune_ingest::client::Api;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

const SERVE: [&str; 6] = [
    "run",
    "--no-sample",
    "--recognizer",
    "sphinx",
    "--listen",
    "127.0.0.1:0",
];

/// As fast as it can be sent: the server sets the pace.
const PLAY: [&str; 7] = [
    "run",
    "--recognizer",
    "sphinx",
    "--listen",
    "127.0.0.1:0",
    "--speed",
    "100",
];

#[tokio::test]
async fn a_taken_port_is_left_to_its_owner_and_the_end_is_an_orderly_one() {
    let machine = Machine::new();
    let owner = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = owner.local_addr().unwrap();
    let mut server = machine.start(&[
        "run",
        "--no-sample",
        "--recognizer",
        "sphinx",
        "--listen",
        &taken.to_string(),
    ]);
    let url = url(&mut server).await;
    assert!(!url.ends_with(&format!(":{}", taken.port())), "{url}");
    server.line_with("Serving").await;
    server.signal("TERM").await;
    let ended = server.ended().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.said.contains(&format!("port {} is taken", taken.port())),
        "{}",
        ended.said
    );
    assert!(machine.database_has_stopped());

    // Other programs were told this address: serving at another would not help them.
    let refused = machine
        .run(&["serve", "--recognizer", "sphinx", "--listen", &taken.to_string()])
        .await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(machine.database_has_stopped());
}

#[tokio::test]
async fn a_server_that_was_told_to_ignore_a_hang_up_does() {
    let machine = Machine::new();
    // As `nohup` does.
    let mut shell = machine.at_home("sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", PROGRAM])
        .args(SERVE);
    let mut server = Running::from(shell);
    server.line_with("Serving").await;
    server.signal("HUP").await;
    let status = Path::new("/proc").join(server.process().to_string()).join("status");
    if let Ok(status) = std::fs::read_to_string(status) {
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        assert_eq!(u64::from_str_radix(ignored.trim(), 16).unwrap() & 1, 1, "{status}");
        server.signal("TERM").await;
    }
    assert_eq!(server.ended().await.code, Some(0));
}

#[tokio::test]
async fn the_device_is_enrolled_again_when_the_server_forgot_it_and_not_when_a_meeting_is_missing() {
    let machine = Machine::new();
    let mut server = machine.start(&SERVE);
    let url = url(&mut server).await;
    let api = sign_in(&machine, &mut server, &url).await;
    let me: Value = api.get("asking who we are", "/v1/me").await.unwrap();
    let device_file = servers(&machine).join(me["id"].as_str().unwrap()).join("device.json");
    let device = || std::fs::read(&device_file).unwrap();
    let enrolled = device();

    let wav = write_wav(machine.folder().join("me.wav"), &[sides(1)[0]]);
    let replay = ["replay", "--server", &url, "--mic", &wav, "--speed", "10"];
    let nowhere = ["--meeting", "01890000-0000-7000-8000-000000000000"];
    let missing = machine.run(&[&replay as &[_], &nowhere].concat()).await;
    assert_eq!(missing.status.code(), Some(1));
    let told = String::from_utf8(missing.stderr).unwrap();
    assert!(told.contains("there is no such meeting"), "{told}");
    assert_eq!(device(), enrolled);

    let played = machine.run(&replay).await;
    assert!(played.status.success(), "{played:?}");
    assert_eq!(device(), enrolled);

    // The server knows this device as little as one that was revoked.
    let mut forgotten: Value = serde_json::from_slice(&enrolled).unwrap();
    forgotten["device_id"] = "01890000-0000-7000-8000-000000000000".into();
    std::fs::write(&device_file, forgotten.to_string()).unwrap();
    let played = machine.run(&replay).await;
    assert!(played.status.success(), "{played:?}");
    let again: Value = serde_json::from_slice(&device()).unwrap();
    assert_ne!(again["device_id"], forgotten["device_id"]);

    server.signal("TERM").await;
    assert_eq!(server.ended().await.code, Some(0));
}

#[tokio::test]
async fn ctrl_c_in_the_middle_of_the_sample_is_an_end_and_a_sample_that_was_deleted_leaves_nothing() {
    let machine = Machine::new();
    let first = stopped_in_the_middle(&machine).await;

    let mut server = machine.start(&SERVE);
    server.line_with("Serving").await;
    machine.api().delete_meeting(first.parse().unwrap()).await.unwrap();
    server.signal("INT").await;
    assert_eq!(server.ended().await.code, Some(0));

    assert_ne!(stopped_in_the_middle(&machine).await, first);
    let people = std::fs::read_dir(machine.data().join("client")).unwrap();
    let recordings: Vec<PathBuf> = people
        .filter_map(|entry| std::fs::read_dir(entry.unwrap().path().join("recordings")).ok())
        .flat_map(|folder| folder.map(|entry| entry.unwrap().path()))
        .collect();
    assert_eq!(recordings.len(), 1, "{recordings:?}");
}

/// The meeting of a sample that was stopped when its first words were there.
async fn stopped_in_the_middle(machine: &Machine) -> String {
    let mut run = machine.start(&PLAY);
    let address = run.line_with("/live").await;
    let meeting = address.split('/').rev().nth(1).unwrap().to_owned();
    run.line_with("  me  ").await;
    run.signal("INT").await;
    let ended = run.ended().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(machine.database_has_stopped());
    meeting
}

/// Where the program serves, as it says.
async fn url(server: &mut Running) -> String {
    let line = server.line_with("Attune").await;
    line.split_whitespace().last().unwrap().to_owned()
}

/// Signs this machine's person in, as they would, with the link that the server prints.
async fn sign_in(machine: &Machine, server: &mut Running, url: &str) -> Api {
    let line = server.line_with("Sign in").await;
    let mut login = machine.command(&["login", "--server", url]);
    let mut login = login.stdin(Stdio::piped()).spawn().unwrap();
    let mut typed = login.stdin.take().unwrap();
    typed
        .write_all(line.split_whitespace().last().unwrap().as_bytes())
        .await
        .unwrap();
    drop(typed);
    assert!(login.wait_with_output().await.unwrap().status.success());
    let token = std::fs::read_to_string(servers(machine).join("token")).unwrap();
    Api::new(url, &token).unwrap()
}

/// The folder of the one server that was signed in to.
fn servers(machine: &Machine) -> PathBuf {
    let mut servers = std::fs::read_dir(machine.config().join("servers")).unwrap();
    servers.next().unwrap().unwrap().path()
}
