//! The sample meeting through everything: encrypted socket, recognizer, measures, nudges, report, as `make demo` runs it.

use crate::machine::{Ended, Machine};
use serde_json::Value;
use std::collections::BTreeMap;

const TRUTH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample/meeting.json");

const DEMO: [&str; 3] = ["demo", "--recognizer", "sphinx"];

/// The JSON object of the last line, once the demo ended with 0.
fn outcome(demo: &Ended) -> Value {
    assert_eq!(demo.code, Some(0), "{demo:?}");
    serde_json::from_str(demo.lines.last().unwrap()).unwrap()
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

#[tokio::test]
async fn the_demo_plays_the_sample_stops_everything_and_a_start_after_it_adds_nothing() {
    let machine = Machine::new();
    let outcome = outcome(&machine.start(&DEMO).ended().await);
    assert_true_to_the_sample(&outcome, &truth());
    assert!(machine.database_has_stopped());

    let mut again = machine.start(&["run", "--recognizer", "sphinx", "--listen", "127.0.0.1:0"]);
    let report = again.line_with("Report").await;
    let meeting = outcome["meeting_id"].as_str().unwrap();
    assert!(report.contains(meeting), "{report}");
    again.line_with("Serving").await;
    let meetings: Value = machine.api().get("asking for meetings", "/v1/meetings").await.unwrap();
    assert_eq!(meetings["meetings"].as_array().unwrap().len(), 1, "{meetings}");
    again.signal("INT").await;
    assert_eq!(again.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_demo_killed_in_the_middle_commits_the_same_samples_and_loses_and_doubles_nothing() {
    if std::env::var_os("ATTUNE_LONG_TESTS").is_none() {
        println!("skipped: it plays the sample twice; `make test-long` runs it");
        return;
    }
    let undisturbed = Machine::new();
    let whole = outcome(&undisturbed.start(&DEMO).ended().await);

    let killed = Machine::new();
    let mut first = killed.start(&DEMO);
    // By its twentieth line of speech the transcript is well into the meeting.
    let mut shown = Vec::new();
    while shown.len() < 20 {
        shown.extend(spoken(&first.line().await.expect("the demo goes on")));
    }
    first.signal("KILL").await;
    first.ended().await;
    let resumed = outcome(&killed.start(&DEMO).ended().await);

    assert_true_to_the_sample(&resumed, &truth());
    assert_eq!(resumed["committed_s"], whole["committed_s"]);

    let (whole, resumed) = (said(&undisturbed, &whole).await, said(&killed, &resumed).await);
    // What was shown was committed, and so is all of its speaker's before it.
    let kept: BTreeMap<&str, u64> = shown.iter().map(|(who, at_s)| (*who, *at_s)).collect();
    for (who, at_s) in kept {
        let before = |said: &[Said]| -> Vec<Said> {
            let theirs = said.iter().filter(|said| said.who == who && said.t0_ms / 1000 < at_s);
            theirs.cloned().collect()
        };
        assert!(!before(&whole).is_empty(), "{who} spoke before {at_s} s");
        assert_eq!(before(&resumed), before(&whole), "{who} before {at_s} s");
    }
    for who in ["me", "them"] {
        let theirs: Vec<_> = resumed.iter().filter(|said| said.who == who).collect();
        for pair in theirs.windows(2) {
            assert!(pair[0].t1_ms <= pair[1].t0_ms, "said twice or at once: {pair:?}");
        }
    }
}

/// One utterance of a report.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    who: String,
    t0_ms: u64,
    t1_ms: u64,
    text: String,
}

/// What the report of the demo on `machine` says was said, by start.
async fn said(machine: &Machine, outcome: &Value) -> Vec<Said> {
    let mut server = machine.start(&[
        "run",
        "--no-sample",
        "--recognizer",
        "sphinx",
        "--listen",
        "127.0.0.1:0",
    ]);
    server.line_with("Serving").await;
    let path = format!("/v1/meetings/{}/report", outcome["meeting_id"].as_str().unwrap());
    let report: Value = machine.api().get("asking for the report", &path).await.unwrap();
    server.signal("TERM").await;
    server.ended().await;
    let utterances = report["record"]["utterances"].as_array().unwrap().iter();
    utterances
        .map(|utterance| Said {
            who: utterance["speaker"].as_str().unwrap().to_owned(),
            t0_ms: utterance["t0_ms"].as_u64().unwrap(),
            t1_ms: utterance["t1_ms"].as_u64().unwrap(),
            text: utterance["text"].as_str().unwrap().to_owned(),
        })
        .collect()
}

/// Who spoke in a line of the transcript, and from which second: `   2:03  me    So we begin`.
fn spoken(line: &str) -> Option<(&'static str, u64)> {
    let mut words = line.split_whitespace();
    let (minutes, seconds) = words.next()?.split_once(':')?;
    let at_s = minutes.parse::<u64>().ok()? * 60 + seconds.parse::<u64>().ok()?;
    let who = ["me", "them"]
        .into_iter()
        .find(|who| words.clone().next() == Some(*who))?;
    Some((who, at_s))
}
