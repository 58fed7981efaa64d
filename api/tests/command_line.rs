//! The program as a person runs it: what it prints where, and how it ends.

#![allow(clippy::unwrap_used)]

use attune_ingest::media;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample");

fn attune(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attune"))
        .args(arguments)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Both sides of the sample meeting at 16 kHz, decoded once for all tests.
static SIDES: LazyLock<[Vec<i16>; 2]> = LazyLock::new(|| {
    ["mic", "tab"].map(|side| {
        let opus = Path::new(SAMPLE).join(format!("meeting.{side}.opus"));
        media::decode(&opus, &mut |_| {}).unwrap().channels.swap_remove(0)
    })
});

/// The first `seconds` of what I say and of what they say.
fn sides(seconds: usize) -> [&'static [i16]; 2] {
    [&SIDES[0][..seconds * 16_000], &SIDES[1][..seconds * 16_000]]
}

/// A 16-bit wave file of interleaved channels.
fn write_wav(path: PathBuf, channels: &[&[i16]]) -> String {
    let frames = channels[0].len();
    let bytes = u32::try_from(frames * channels.len() * 2).unwrap();
    let count = u16::try_from(channels.len()).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(count.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend((16_000 * u32::from(count) * 2).to_le_bytes());
    wav.extend((count * 2).to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    for frame in 0..frames {
        for channel in channels {
            wav.extend(channel[frame].to_le_bytes());
        }
    }
    std::fs::write(&path, wav).unwrap();
    path.to_str().unwrap().to_owned()
}

fn analyzed(arguments: &[&str]) -> Value {
    let output = attune(&[&["analyze", "--recognizer", "sphinx", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", err(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_command_has_help_and_none_needs_anything_for_it() {
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
    for command in commands {
        let output = attune(&[command, "--help"]);
        assert!(output.status.success(), "{command}: {}", err(&output));
        assert!(out(&output).contains(&format!("attune {command}")), "{command}");
    }
}

#[test]
fn a_mistyped_command_ends_with_2_and_a_failed_one_with_1() {
    assert_eq!(attune(&["analyse"]).status.code(), Some(2));
    assert_eq!(attune(&["analyze", "a.wav", "b.wav", "c.wav"]).status.code(), Some(2));
    let failed = attune(&["analyze", "/nowhere/meeting.wav"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(failed.stdout.is_empty());
    let told = err(&failed);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("/nowhere/meeting.wav") && told.contains("No such file"),
        "{told}"
    );
}

#[test]
fn two_channels_are_me_and_them_and_every_second_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let [mic, tab] = sides(13);
    let wav = write_wav(folder.path().join("call.wav"), &[mic, tab]);
    let report = analyzed(&[&wav]);

    assert_eq!(report["recognizer"]["name"], "sphinx");
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
    assert_eq!(report["talk"].as_array().unwrap().len(), 2);
    assert!(report["gaps"].as_array().unwrap().is_empty());
    for track in report["coverage"].as_array().unwrap() {
        let classes = ["decoded_s", "non_speech_s", "suppressed_s", "withheld_s", "gap_s"];
        let seconds: f64 = classes.iter().map(|class| track[class].as_f64().unwrap()).sum();
        assert!((seconds - 13.0).abs() < 0.001, "{track}");
    }
}

#[test]
fn two_files_say_the_same_as_one_with_two_channels() {
    let folder = tempfile::tempdir().unwrap();
    let [mic, tab] = sides(13);
    let both = write_wav(folder.path().join("call.wav"), &[mic, tab]);
    let me = write_wav(folder.path().join("me.wav"), &[mic]);
    let them = write_wav(folder.path().join("them.wav"), &[tab]);
    assert_eq!(analyzed(&[&me, &them])["words"], analyzed(&[&both])["words"]);
}

#[test]
fn one_channel_is_one_unknown_speaker_and_has_no_talk_share() {
    let folder = tempfile::tempdir().unwrap();
    let wav = write_wav(folder.path().join("note.wav"), &[sides(9)[0]]);
    let report = analyzed(&[&wav]);
    assert!(
        report["words"]
            .as_array()
            .unwrap()
            .iter()
            .all(|word| word["speaker"] == "unknown")
    );
    assert_eq!(report["talk"][0]["share"], Value::Null);
    let talk_share = &report["measures"][0];
    assert_eq!(
        (talk_share["id"].as_str(), talk_share["state"].as_str()),
        (Some("C1"), Some("not_covered"))
    );
}

#[test]
fn the_format_follows_the_name_of_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let wav = write_wav(folder.path().join("note.wav"), &[sides(9)[0]]);
    let page = folder.path().join("note.html");
    let output = attune(&["analyze", "--recognizer", "sphinx", &wav, "-o", page.to_str().unwrap()]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(output.stdout.is_empty());
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("note.wav"));
}

#[test]
fn doctor_says_what_is_missing_and_the_command_that_fixes_it() {
    let nothing = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_attune"))
        .arg("doctor")
        .env("ATTUNE_MODELS", nothing.path())
        .env("ATTUNE_DATA", nothing.path().join("data"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = out(&output);
    assert!(
        told.contains("silero") && told.contains("attune models fetch"),
        "{told}"
    );
}

#[test]
fn a_root_key_that_others_can_read_is_named_with_its_remedy() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let key = data.path().join("root.key");
    std::fs::write(&key, "x").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_attune"))
        .arg("doctor")
        .env("ATTUNE_DATA", data.path())
        .output();
    let told = out(&output.unwrap());
    assert!(told.contains(&format!("chmod 600 {}", key.display())), "{told}");
}

#[test]
fn replay_without_signing_in_says_how_to() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_attune"))
        .args(["replay", "--server", "https://attune.example", "--mic", "me.wav"])
        .env("ATTUNE_CONFIG", nowhere.path())
        .env_remove("ATTUNE_TOKEN")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("attune login --server https://attune.example"),
        "{}",
        err(&output)
    );
}

#[test]
fn a_token_is_not_sent_to_a_server_without_tls() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_attune"))
        .args(["replay", "--server", "http://attune.example", "--mic", "me.wav"])
        .env("ATTUNE_CONFIG", nowhere.path())
        .env("ATTUNE_TOKEN", "secret")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("https"), "{}", err(&output));
}
