//! The sample meeting through everything: encrypted socket, recognizer, measures, nudges, report, as `make demo` runs it.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const TRUTH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample/meeting.json");

/// A data folder that PostgreSQL's user may enter, as it does not run as root.
fn data_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn demo(data: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_attune"))
        .args(["demo", "--recognizer", "sphinx"])
        .env("ATTUNE_DATA", data.join("attune"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The JSON object of the last line, once the demo ended with 0.
fn outcome(mut demo: Child) -> Value {
    let lines: Vec<String> = BufReader::new(demo.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .collect();
    let status = demo.wait().unwrap();
    assert!(status.success(), "{status}: {}", lines.join("\n"));
    serde_json::from_str(lines.last().unwrap()).unwrap()
}

fn truth() -> Value {
    serde_json::from_str(&std::fs::read_to_string(TRUTH).unwrap()).unwrap()
}

/// What holds of the sample, however it was played.
fn assert_true_to_the_sample(outcome: &Value, truth: &Value) {
    let number = |pointer: &str| outcome.pointer(pointer).and_then(Value::as_f64).unwrap();
    assert_eq!(
        outcome["recognizer"].as_str().unwrap().split('/').next(),
        Some("sphinx")
    );
    assert!(number("/wer") <= 0.25, "{outcome}");
    assert_eq!(number("/gaps"), 0.0, "{outcome}");
    assert!(number("/nudges") >= 1.0, "{outcome}");
    let share = truth.pointer("/talk_share/me").and_then(Value::as_f64).unwrap();
    assert!((number("/talk_share/me") - share).abs() <= 0.02, "{outcome}");
    assert!(
        (number("/talk_share/me") + number("/talk_share/them") - 1.0).abs() < 1e-6,
        "{outcome}"
    );
    // Opus ends on a whole frame, so that a little more than the meeting is committed.
    let length_s = truth["duration_ms"].as_f64().unwrap() / 1000.0;
    assert!(
        (length_s - 0.1..length_s + 0.5).contains(&number("/committed_s")),
        "{outcome}"
    );
}

#[test]
fn the_demo_plays_the_sample_and_stops_everything_it_started() {
    let data = data_folder();
    let outcome = outcome(demo(data.path()));
    assert_true_to_the_sample(&outcome, &truth());
    let pid_file = data.path().join("attune/postgres/postmaster.pid");
    assert!(!pid_file.exists(), "PostgreSQL is still running");
}

#[test]
fn a_demo_killed_in_the_middle_commits_the_same_samples_and_as_many_words() {
    if std::env::var_os("ATTUNE_LONG_TESTS").is_none() {
        println!("skipped: it plays the sample twice; `make test-long` runs it");
        return;
    }
    let undisturbed = data_folder();
    let whole = outcome(demo(undisturbed.path()));

    let killed = data_folder();
    let mut first = demo(killed.path());
    // By its twentieth line the transcript is well into the meeting.
    let heard = BufReader::new(first.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .take(20)
        .count();
    assert_eq!(heard, 20);
    first.kill().unwrap();
    first.wait().unwrap();
    let resumed = outcome(demo(killed.path()));

    assert_true_to_the_sample(&resumed, &truth());
    assert_eq!(resumed["committed_s"], whole["committed_s"]);
    // The segment that was open when it was killed may be heard differently; no more than its words can differ.
    let words = |outcome: &Value| outcome["words"].as_i64().unwrap();
    assert!((words(&resumed) - words(&whole)).abs() <= 10, "{resumed} {whole}");
}
