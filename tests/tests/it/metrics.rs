//! What Prometheus is told: on a listener of its own, of a real meeting, and nothing about anyone.

use crate::app::TestApp;
use crate::live::{Script, Stage, hearing};
use attune_ingest::protocol::ServerEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

const ALERTS: &str = include_str!("../../../docs/ops/alerts.yml");
const DASHBOARD: &str = include_str!("../../../docs/ops/dashboard.json");

/// This meeting moves none of them, and the last is of nodes that meet (`nodes.rs`).
const ONLY_IN_OTHER_TESTS: [&str; 3] = [
    "attune_nudges",
    "attune_database_statement_seconds",
    "attune_redis_connected",
];

/// The metrics that alerts and dashboard ask for, by the names that their types are told under.
fn metrics_of_operators() -> BTreeSet<&'static str> {
    let names = [ALERTS, DASHBOARD]
        .into_iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_'));
    names
        .filter(|name| name.starts_with("attune_"))
        .map(|name| {
            let ends = ["_bucket", "_count", "_sum", "_total"];
            ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
        })
        .collect()
}

/// The samples of a scrape by their name and labels.
async fn scrape(app: &TestApp) -> (String, BTreeMap<String, f64>) {
    let addr = app.running().metrics_addr.expect("it is named");
    let answer = reqwest::get(format!("http://{addr}/metrics")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text().await.unwrap();
    let samples = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
    (text.clone(), samples.collect())
}

#[tokio::test]
async fn a_meeting_moves_the_counters_and_no_label_names_anyone() {
    let script = Script::talk("the marker is a zebra");
    let heard_by = hearing(&script);
    let app = TestApp::start_with(|config| {
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.hearing = Some(heard_by);
    })
    .await;
    let (_, before) = scrape(&app).await;
    assert_eq!(before["attune_sessions_live"], 0.0);
    assert!(!before.keys().any(|name| name.starts_with("attune_audio_seconds")));

    let stage = Stage::set(&app, &app.base()).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.finished().await.unwrap();
    let told = heard.envelopes.iter().rev().find_map(|envelope| match &envelope.event {
        ServerEvent::Status { samples, .. } if !samples.is_empty() => Some(samples),
        _ => None,
    });
    assert!(told.is_some(), "the client is told what became of its sound");

    let (text, after) = scrape(&app).await;
    for track in ["mic", "tab"] {
        let of_track = after.iter().filter(|(name, _)| {
            name.starts_with("attune_audio_seconds_total") && name.contains(&format!("track=\"{track}\""))
        });
        let seconds: f64 = of_track.map(|(_, seconds)| seconds).sum();
        assert!((seconds - 30.0).abs() < 1e-6, "{seconds} s of {track}\n{text}");
        assert!(after[&format!("attune_finals_total{{track=\"{track}\"}}")] > 0.0);
    }
    assert!(after["attune_commit_duration_seconds_count"] > 0.0);
    assert!(after["attune_decode_lag_seconds_count"] > 0.0);
    assert_eq!(after["attune_segments_waiting"], 0.0);
    assert_eq!(after["attune_overload_step"], 0.0);
    let room = after["attune_undecided_audio_room_bytes"];
    assert!(after["attune_undecided_audio_bytes"] < room, "{text}");
    assert!(after["attune_voice_frames_total"] >= after["attune_voice_batches_total"]);
    for name in ["final_latency", "partial_latency"] {
        assert!(after[&format!("attune_{name}_seconds_count")] > 0.0, "{name}\n{text}");
    }
    assert!(
        after["attune_final_latency_seconds_count"]
            <= after["attune_finals_total{track=\"mic\"}"] + after["attune_finals_total{track=\"tab\"}"]
    );
    let cost = after
        .keys()
        .find(|name| name.starts_with("attune_recognition_cost_ratio_count"));
    assert!(cost.is_some_and(|name| name.contains("model=\"")), "{text}");
    let recognized = |purpose| after[&format!("attune_recognized_audio_seconds_total{{purpose=\"{purpose}\"}}")];
    assert!(recognized("final") + recognized("likely") > 5.0, "{text}");
    for line in [
        "# TYPE attune_audio_seconds counter",
        "# TYPE attune_sessions_live gauge",
        "# TYPE attune_overload_step gauge",
        "# TYPE attune_partials_aborted counter",
        "# TYPE attune_recognition_time_seconds counter",
        "# TYPE attune_voice_batches counter",
        "# TYPE attune_decode_lag_seconds histogram",
        "# TYPE attune_commit_duration_seconds histogram",
        "# TYPE attune_http_request_duration_seconds histogram",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
    for id in [stage.meeting.to_string(), "zebra".to_owned()] {
        assert!(!text.contains(&id), "{text}");
    }
    assert_eq!(after["attune_sessions_opened_total{how=\"new\"}"], 1.0);
    assert!(after["attune_frame_ack_seconds_count"] > 0.0);
    assert!(after["attune_process_cpu_seconds_total"] > before["attune_process_cpu_seconds_total"]);
    assert!(
        after["attune_database_connections{pool=\"app\"}"] >= after["attune_database_connections_busy{pool=\"app\"}"]
    );
    assert_eq!(after["attune_jobs_dead"], 0.0);
    let unknown: Vec<&str> = metrics_of_operators()
        .into_iter()
        .filter(|name| !ONLY_IN_OTHER_TESTS.contains(name) && !text.contains(&format!("# TYPE {name} ")))
        .collect();
    assert!(
        unknown.is_empty(),
        "docs/ops asks for {unknown:?}, which nobody tells\n{text}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_node_is_ready_while_its_database_answers() {
    let app = TestApp::start_with(|config| config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)))).await;
    let ready = format!("http://{}/ready", app.running().metrics_addr.expect("it is named"));
    let answer = reqwest::get(&ready).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["ready"], true);
    app.running().state.db.close().await;
    let answer = reqwest::get(&ready).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["because"], "database");
    app.finish().await;
}

#[tokio::test]
async fn the_public_listener_tells_no_metrics() {
    let app = TestApp::start().await;
    assert_eq!(app.running().metrics_addr, None);
    let page = app.nobody().get("/metrics").await;
    assert!(!page.text.contains("attune_http_request"));
    app.finish().await;
}
