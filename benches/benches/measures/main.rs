//! How well Attune tells what people do in meetings: `attune measure` over the annotated meetings in `../shared/data/bench`, scored
//! by the bench's own `score.py` against its goals; what each speaker would be told of it, beside the labels; and what it costs.
//!
//! Two sets. `AMI`: 18 meetings, punctuated, of the corpus that the weights were trained on, though none of them was. `MRDA`: 8
//! meetings of another corpus, without punctuation, which nothing was trained on. Neither is there on every machine; without them
//! that is said, and nothing is scored.

#![allow(clippy::print_stdout)]

mod served;

use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Where the annotated meetings are, where they are.
const BENCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/bench");

/// A figure of a set: what it is, where in the score it is, what it should be.
type Figure = (&'static str, &'static str, Option<Goal>);

const AMI: &[Figure] = &[
    (
        "talk time, largest error, s",
        "/talk_time/max_abs_err_s",
        Some(Goal::AtMost(0.05)),
    ),
    ("words, speakers with a wrong count", "/words/wrong", None),
    ("fillers F1", "/events/fillers/f1", Some(Goal::AtLeast(0.96))),
    (
        "discourse markers F1",
        "/events/discourse_markers/f1",
        Some(Goal::AtLeast(0.55)),
    ),
    ("questions F1", "/events/questions/f1", Some(Goal::AtLeast(0.76))),
    ("backchannels F1", "/events/backchannels/f1", Some(Goal::AtLeast(0.70))),
    ("suggestions F1", "/events/suggestions/f1", None),
    ("offers F1", "/events/offers/f1", None),
    (
        "actions, recall",
        "/items/actions/item_recall",
        Some(Goal::AtLeast(0.60)),
    ),
    (
        "actions, precision",
        "/items/actions/precision",
        Some(Goal::AtLeast(0.16)),
    ),
    (
        "actions a meeting",
        "/items/actions/predicted_per_meeting",
        Some(Goal::AtMost(8.0)),
    ),
    (
        "decisions, recall",
        "/items/decisions/item_recall",
        Some(Goal::AtLeast(0.35)),
    ),
    (
        "decisions, precision",
        "/items/decisions/precision",
        Some(Goal::AtLeast(0.20)),
    ),
    (
        "decisions a meeting",
        "/items/decisions/predicted_per_meeting",
        Some(Goal::AtMost(10.0)),
    ),
];

const MRDA: &[Figure] = &[
    ("questions F1", "/events/questions/f1", Some(Goal::AtLeast(0.56))),
    ("backchannels F1", "/events/backchannels/f1", Some(Goal::AtLeast(0.74))),
    (
        "interruptions F1",
        "/events/interruptions/f1",
        Some(Goal::AtLeast(0.36)),
    ),
    (
        "interruptions, count per speaker, r",
        "/events/interruptions/count_r",
        Some(Goal::AtLeast(0.84)),
    ),
    ("commitments F1", "/events/commitments/f1", Some(Goal::AtLeast(0.42))),
    ("suggestions F1", "/events/suggestions/f1", None),
];

fn main() {
    let mut table = Table::new("measures");
    let bench = PathBuf::from(BENCH);
    if !bench.join("score.py").is_file() {
        println!("nothing is scored: the annotated meetings are not on this machine (../shared/data/bench)");
        return;
    }
    for (name, folder, figures) in [("AMI", "ami", AMI), ("MRDA", "mrda", MRDA)] {
        let truth = bench.join(folder);
        let metrics = tempfile::tempdir().expect("a folder for the metrics");
        let began = Instant::now();
        measure(&truth, metrics.path());
        let wall_s = began.elapsed().as_secs_f64();
        let hours = hours(&truth);
        let score = score(&bench, &truth, metrics.path());
        for (what, at, goal) in figures {
            let value = score.pointer(at).and_then(Value::as_f64);
            let value = value.unwrap_or_else(|| panic!("score.py says nothing of {at}"));
            let row = table.add(&format!("{name}: {what}"), value, "").goal(*goal);
            if let Some(told) = at.strip_suffix("/f1").and_then(|event| score.pointer(event)) {
                row.how(format!(
                    "precision {}, recall {}; {} found, {} wrong, {} missed",
                    told["p"], told["r"], told["tp"], told["fp"], told["fn"]
                ));
            }
        }
        table
            .add(&format!("{name}: an hour of meeting"), wall_s / hours, "s")
            .goal(Goal::AtMost(2.0))
            .how(format!(
                "attune measure, {hours:.1} h of meetings in {wall_s:.2} s, reading and writing files included"
            ));
        add_served(&mut table, name, &truth);
    }
    table.finish();
}

/// What each speaker of a folder's meetings would be told live and in the report.
fn add_served(table: &mut Table, name: &str, folder: &Path) {
    let served = served::serve(folder);
    for (label, pairs) in &served.counts {
        let (told, labelled) = pairs
            .iter()
            .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        table
            .add(
                &format!("{name}: report, {label} of a speaker, r"),
                served::correlation(pairs),
                "",
            )
            .how(format!("{} speakers: {told} told, {labelled} labelled", pairs.len()));
    }
    let most = |share| 1000.0 * ms(quantile(&served.segments, share));
    table
        .add(&format!("{name}: live, a segment taken in, p50"), most(0.5), "µs")
        .how(format!("{} segments", served.segments.len()));
    table.add(&format!("{name}: live, a segment taken in, p95"), most(0.95), "µs");
    table
        .add(
            &format!("{name}: report, an hour of meeting"),
            served.reports.as_secs_f64() / served.hours,
            "s",
        )
        .goal(Goal::AtMost(2.0));
}

/// Runs the program itself over a folder.
fn measure(transcripts: &Path, metrics: &Path) {
    let done = Command::new(program())
        .arg("measure")
        .arg(transcripts)
        .arg("-o")
        .arg(metrics)
        .status()
        .expect("attune starts");
    assert!(done.success(), "attune measure failed on {}", transcripts.display());
}

/// `ATTUNE_BIN` names the program; else it is the one beside this bench.
fn program() -> PathBuf {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("attune"));
    let named = std::env::var_os("ATTUNE_BIN").map(PathBuf::from).or_else(beside);
    named
        .filter(|program| program.is_file())
        .expect("attune is built: make bench-measures")
}

fn score(bench: &Path, truth: &Path, metrics: &Path) -> Value {
    let scored = Command::new("python3")
        .arg(bench.join("score.py"))
        .args([truth, metrics])
        .output()
        .expect("python3 starts");
    assert!(scored.status.success(), "{}", String::from_utf8_lossy(&scored.stderr));
    serde_json::from_slice(&scored.stdout).expect("score.py prints JSON")
}

/// How long the meetings of a folder last together.
fn hours(transcripts: &Path) -> f64 {
    let files = std::fs::read_dir(transcripts).expect("a folder of transcripts");
    let mut seconds = 0.0;
    for file in files {
        let path = file.expect("a file").path();
        if path.to_string_lossy().ends_with(".input.json") {
            let text = std::fs::read(&path).expect("a transcript");
            let input: Value = serde_json::from_slice(&text).expect("JSON");
            seconds += input["duration_s"].as_f64().expect("a duration");
        }
    }
    seconds / 3600.0
}
