//! The program as a person runs it: what it prints where, and how it ends.

use crate::machine::{Machine, ended};
use crate::sound::{sides, write_wav};
use serde_json::Value;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

async fn analyzed(machine: &Machine, arguments: &[&str]) -> Value {
    let analyze = ["analyze", "--recognizer", "sphinx", "--format", "json"];
    let output = machine.run(&[&analyze, arguments].concat()).await;
    assert!(output.status.success(), "{}", err(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn every_command_has_help_and_none_needs_anything_for_it() {
    let commands = [
        "run",
        "demo",
        "analyze",
        "serve",
        "replay",
        "login",
        "login-link",
        "models",
        "doctor",
    ];
    let machine = Machine::new();
    for command in commands {
        let output = machine.run(&[command, "--help"]).await;
        assert!(output.status.success(), "{command}: {}", err(&output));
        assert!(out(&output).contains(&format!("attune {command}")), "{command}");
    }
}

#[tokio::test]
async fn a_mistyped_command_ends_with_2_and_a_failed_one_with_1() {
    let machine = Machine::new();
    for mistyped in [&["analyse"] as &[_], &["analyze", "a.wav", "b.wav", "c.wav"]] {
        assert_eq!(machine.run(mistyped).await.status.code(), Some(2), "{mistyped:?}");
    }
    let failed = machine.run(&["analyze", "/nowhere/meeting.wav"]).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(failed.stdout.is_empty());
    let told = err(&failed);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("/nowhere/meeting.wav") && told.contains("No such file"),
        "{told}"
    );
}

#[tokio::test]
async fn a_result_that_nobody_reads_is_no_failure_and_one_that_is_lost_is() {
    let machine = Machine::new();
    let mut unread = machine.command(&["models", "list"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(ended(unread.stdout(writer)).await.status.code(), Some(0));

    // Only Linux has a disk that is always full.
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let mut lost = machine.command(&["models", "list"]);
    let output = ended(lost.stdout(full)).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("writing the result: No space left"),
        "{}",
        err(&output)
    );
}

#[tokio::test]
async fn two_channels_are_me_and_them_and_every_second_is_accounted_for() {
    let machine = Machine::new();
    let [mic, tab] = sides(13);
    let wav = write_wav(machine.folder().join("call.wav"), &[mic, tab]);
    let report = analyzed(&machine, &[&wav]).await;

    assert_eq!(report["record"]["recognizer"]["name"], "sphinx");
    let words = report["words"].as_array().unwrap();
    let said_by = |who: &str| words.iter().filter(|word| word["speaker"] == who).count();
    // 17 words of mine and 8 of theirs were said.
    assert!(
        (12..=22).contains(&said_by("me")) && (4..=12).contains(&said_by("them")),
        "{words:?}"
    );
    for word in words {
        assert!(
            word["t0_ms"].as_u64().unwrap() < word["t1_ms"].as_u64().unwrap(),
            "{word}"
        );
        assert!((0.0..=1.0).contains(&word["confidence"].as_f64().unwrap()), "{word}");
    }
    assert_eq!(report["coaching"]["talk"].as_array().unwrap().len(), 2);
    assert!(report["record"]["gaps"].as_array().unwrap().is_empty());
    for track in report["record"]["coverage"].as_array().unwrap() {
        let classes = ["decoded_s", "non_speech_s", "suppressed_s", "withheld_s", "gap_s"];
        let seconds: f64 = classes.iter().map(|class| track[class].as_f64().unwrap()).sum();
        assert!((seconds - 13.0).abs() < 0.001, "{track}");
    }
}

#[tokio::test]
async fn two_files_say_the_same_as_one_with_two_channels() {
    let machine = Machine::new();
    let [mic, tab] = sides(13);
    let both = write_wav(machine.folder().join("call.wav"), &[mic, tab]);
    let me = write_wav(machine.folder().join("me.wav"), &[mic]);
    let them = write_wav(machine.folder().join("them.wav"), &[tab]);
    let apart = analyzed(&machine, &[&me, &them]).await;
    assert_eq!(apart["words"], analyzed(&machine, &[&both]).await["words"]);
}

#[tokio::test]
async fn one_channel_is_one_unknown_speaker_and_has_no_talk_share() {
    let machine = Machine::new();
    let wav = write_wav(machine.folder().join("note.wav"), &[sides(9)[0]]);
    let report = analyzed(&machine, &[&wav]).await;
    assert!(
        report["words"]
            .as_array()
            .unwrap()
            .iter()
            .all(|word| word["speaker"] == "unknown")
    );
    assert_eq!(report["coaching"]["talk"][0]["share"], Value::Null);
    let talk_share = &report["coaching"]["measures"][0];
    assert_eq!(
        (talk_share["id"].as_str(), talk_share["state"].as_str()),
        (Some("C1"), Some("not_covered"))
    );
}

#[tokio::test]
async fn the_format_follows_the_name_of_the_output() {
    let machine = Machine::new();
    let wav = write_wav(machine.folder().join("note.wav"), &[sides(9)[0]]);
    let page = machine.folder().join("note.html");
    let output = machine
        .run(&["analyze", "--recognizer", "sphinx", &wav, "-o", page.to_str().unwrap()])
        .await;
    assert!(output.status.success(), "{}", err(&output));
    assert!(output.stdout.is_empty());
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("note.wav"));
}

#[tokio::test]
async fn an_output_that_cannot_be_written_is_told_of_before_the_work() {
    let machine = Machine::new();
    let wav = write_wav(machine.folder().join("note.wav"), &[sides(1)[0]]);
    let sound = std::fs::read(&wav).unwrap();
    let itself = machine.run(&["analyze", &wav, "-o", &wav]).await;
    assert_eq!(itself.status.code(), Some(1));
    assert!(err(&itself).contains("is the recording itself"), "{}", err(&itself));
    assert_eq!(std::fs::read(&wav).unwrap(), sound);
    // The recording is no recording: nobody has looked at it yet.
    let nowhere = machine.run(&["analyze", "/dev/null", "-o", "/nowhere/note.html"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(
        err(&nowhere).starts_with("attune: /nowhere/note.html"),
        "{}",
        err(&nowhere)
    );
}

/// A transcription server that hears "over there" in everything, and how often it was asked.
async fn over_there() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                // Read until the form ends: its boundary, two dashes, a line's end.
                let mut request = Vec::new();
                while !request.ends_with(b"--\r\n") {
                    if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let body = r#"{"text":"over there"}"#;
                let length = body.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                let _ = socket.write_all(answer.as_bytes()).await;
            });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_recording_is_sent_elsewhere_only_where_that_is_asked_for_by_name() {
    let machine = Machine::new();
    let [mic, _] = sides(13);
    let wav = write_wav(machine.folder().join("note.wav"), &[mic]);
    let (address, asked) = over_there().await;
    let analyze = async |recognizer: &str| {
        let mut command = machine.command(&["analyze", "--recognizer", recognizer, "--format", "json", &wav]);
        let output = ended(command.env("STT_BASE_URL", &address)).await;
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report, err(&output))
    };
    let (report, _) = analyze("auto").await;
    assert_ne!(report["record"]["recognizer"]["name"], "remote");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "a recording left that nobody sent");

    let (report, told) = analyze("remote").await;
    assert_eq!(report["record"]["recognizer"]["name"], "remote");
    assert!(asked.load(Ordering::SeqCst) > 0);
    assert!(told.contains("127.0.0.1") && told.contains("not encrypted"), "{told}");
    let words = report["words"].as_array().unwrap();
    assert!(
        words
            .iter()
            .all(|word| ["over", "there"].contains(&word["text"].as_str().unwrap())),
        "{words:?}"
    );

    let unset = machine.run(&["analyze", "--recognizer", "remote", &wav]).await;
    assert_eq!(unset.status.code(), Some(1));
    assert!(err(&unset).contains("STT_BASE_URL"), "{}", err(&unset));
}

#[tokio::test]
async fn doctor_says_what_is_missing_and_the_command_that_fixes_it() {
    let machine = Machine::new();
    let mut doctor = machine.command(&["doctor"]);
    let output = ended(doctor.env("ATTUNE_MODELS", machine.folder())).await;
    assert_eq!(output.status.code(), Some(1));
    let told = out(&output);
    assert!(
        told.contains("silero") && told.contains("attune models fetch"),
        "{told}"
    );
}

#[tokio::test]
async fn doctor_looks_at_what_the_settings_name() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    let key = machine.folder().join("elsewhere.key");
    std::fs::write(&key, "x").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::create_dir(machine.config()).unwrap();
    let file = machine.config().join("attune.toml");
    std::fs::write(
        &file,
        format!(
            "root_key_file = {key:?}\n\
             database_url = \"postgres://attune_app@db.example/attune\"\n\
             worker_database_url = \"postgres://attune_worker@db.example/attune\"\n\
             keys_database_url = \"postgres://attune_keys@db.example/attune_keys\"\n"
        ),
    )
    .unwrap();
    let told = out(&machine.run(&["doctor"]).await);
    assert!(told.contains(&format!("chmod 600 {}", key.display())), "{told}");
    assert!(told.contains("db.example"), "{told}");

    std::fs::write(&file, "listem = \"127.0.0.1:1\"\n").unwrap();
    let output = machine.run(&["doctor"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("listem"), "{}", out(&output));
}

#[tokio::test]
async fn doctor_asks_the_recognizer_elsewhere_and_does_not_show_its_key() {
    let machine = Machine::new();
    let doctor = async |address: &str| {
        let mut command = machine.command(&["doctor"]);
        let output = ended(
            command
                .env("STT_BASE_URL", address)
                .env("STT_API_KEY", "sk-never-shown"),
        )
        .await;
        format!("{}{}", out(&output), err(&output))
    };
    let nobody = doctor("http://127.0.0.1:9/v1").await;
    assert!(nobody.contains("127.0.0.1:9: it cannot be reached"), "{nobody}");
    let no_address = doctor("https://me:never-shown@a.example/v1").await;
    assert!(no_address.contains("stt_base_url"), "{no_address}");
    for told in [nobody, no_address] {
        assert!(!told.contains("never-shown"), "{told}");
    }
    let none = out(&machine.run(&["doctor"]).await);
    assert!(none.contains("speech never leaves this machine"), "{none}");
}

#[tokio::test]
async fn models_are_listed_verified_and_fetched_by_name() {
    let machine = Machine::new();
    let store = machine.folder().join("models");
    let models = async |arguments: &[&str]| {
        let mut command = machine.command(&[&["models"], arguments].concat());
        // Nothing that this test asks for may come from elsewhere.
        ended(command.env("ATTUNE_MODELS", &store).env("ATTUNE_OFFLINE", "1")).await
    };
    let listed = out(&models(&["list"]).await);
    let silero = listed.lines().find(|line| line.contains("silero")).unwrap();
    assert!(silero.contains("missing") && silero.contains("needed"), "{listed}");

    let verified = models(&["verify"]).await;
    assert_eq!(verified.status.code(), Some(1));
    assert!(
        out(&verified).contains("attune models fetch silero"),
        "{}",
        out(&verified)
    );

    let unknown = models(&["fetch", "whistle"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("no model called whistle"), "{}", err(&unknown));
    let unreachable = models(&["fetch", "whisper-tiny.en"]).await;
    assert_eq!(unreachable.status.code(), Some(1));
    assert!(err(&unreachable).contains("ATTUNE_OFFLINE"), "{}", err(&unreachable));
}

#[tokio::test]
async fn the_models_that_are_here_are_good_and_are_not_fetched_again() {
    let machine = Machine::new();
    let verified = machine.run(&["models", "verify"]).await;
    assert!(verified.status.success(), "{}", out(&verified));
    assert!(out(&verified).contains("good"), "{}", out(&verified));
    let mut fetch = machine.command(&["models", "fetch", "--required"]);
    let fetched = ended(fetch.env("ATTUNE_OFFLINE", "1")).await;
    assert!(
        fetched.status.success() && fetched.stderr.is_empty(),
        "{}",
        err(&fetched)
    );
}

#[tokio::test]
async fn replay_without_signing_in_says_how_to() {
    let machine = Machine::new();
    let output = machine
        .run(&["replay", "--server", "https://attune.example", "--mic", "me.wav"])
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("attune login --server https://attune.example"),
        "{}",
        err(&output)
    );
}

#[tokio::test]
async fn a_token_is_not_sent_to_a_server_without_tls() {
    let machine = Machine::new();
    let mut replay = machine.command(&["replay", "--server", "http://attune.example", "--mic", "me.wav"]);
    let output = ended(replay.env("ATTUNE_TOKEN", "secret")).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("https"), "{}", err(&output));
}
