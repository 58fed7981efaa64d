//! What happens to a meeting when something breaks: a server that is killed, a database that goes away, a client that
//! leaves, a job that is done twice.

use crate::app::{TestApp, eventually};
use crate::live::{Reader, Script, Stage, Victim, breaks, classes, said, staged};
use attune_engine::speaker::Track;
use attune_ingest::protocol::ServerEvent;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use std::net::SocketAddr;

/// The decided spans of a stage's session.
async fn spans(db: &mut PgConnection, stage: &Stage) -> Vec<(String, i64, i64, String)> {
    sqlx::query_as(
        "SELECT track, min(from_sample), max(to_sample), class FROM (
             SELECT *, sum(turn) OVER (PARTITION BY track ORDER BY from_sample) AS run FROM (
                 SELECT *, (class IS DISTINCT FROM lag(class) OVER (PARTITION BY track ORDER BY from_sample)
                            OR class = 'decoded')::int AS turn
                 FROM sample_spans WHERE session_id = $1) turns) runs
         GROUP BY track, run, class ORDER BY 1, 2",
    )
    .bind(stage.session)
    .fetch_all(db)
    .await
    .unwrap()
}

/// The measures of a report but for their intervals, which are drawn by the meeting's own name.
fn without_intervals(report: &serde_json::Value) -> Vec<serde_json::Value> {
    let mut measures = report["coaching"]["measures"]
        .as_array()
        .expect("a report has measures")
        .clone();
    for measure in &mut measures {
        measure
            .as_object_mut()
            .expect("a measure is an object")
            .remove("interval");
    }
    measures
}

#[tokio::test]
async fn a_server_killed_in_the_middle_costs_no_sample_and_doubles_no_word() {
    let script = Script::hasty_talk("said around the fall");
    let app = TestApp::start().await;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut first = Victim::start(&app, &script, nowhere).await;
    let base = format!("http://{}", first.addr);
    let undisturbed = Stage::set(&app, &base).await;
    undisturbed.record(&script, Vec::new()).finished().await.unwrap();

    let stage = undisturbed.again().await;
    // Somebody reads along on another node, which hears of this meeting through the database alone.
    let elsewhere = tokio::spawn(Reader::follow(&stage, &app.socket_base(), 0).await.rest());
    let mut heard = stage.record(&script, Vec::new());
    // In the middle of what I am told about later.
    heard
        .until_words(Track::Mic, script.words(Track::Mic).len() - 100)
        .await;
    first.kill();
    let mut second = Victim::start(&app, &script, first.addr).await;
    let finished = heard.finished().await.unwrap();
    assert!(finished.connections >= 2, "{finished:?}");

    let mut db = app.look().await;
    assert_eq!(breaks(&mut db, &stage).await, 0);
    assert_eq!(classes(&mut db, &stage).await, classes(&mut db, &undisturbed).await);
    assert_eq!(spans(&mut db, &stage).await, spans(&mut db, &undisturbed).await);
    let (report, model) = (stage.get("/report").await, undisturbed.get("/report").await);
    assert_eq!(report["record"], model["record"]);
    assert_eq!(report["hashes"]["record"], model["hashes"]["record"]);
    for part in [
        "turns",
        "talk",
        "pace",
        "turn_taking",
        "questions",
        "charts",
        "strengths",
        "growth",
    ] {
        assert_eq!(report["coaching"][part], model["coaching"][part], "{part}");
    }
    assert_eq!(without_intervals(&report), without_intervals(&model));
    let nudges = |report: &serde_json::Value| -> Vec<_> {
        let nudges = report["coaching"]["nudges"].as_array().unwrap().iter();
        nudges
            .map(|nudge| (nudge["rule"].to_string(), nudge["at_ms"].as_u64()))
            .collect()
    };
    assert_eq!(nudges(&report), nudges(&model));
    assert!(!nudges(&model).is_empty(), "there was something to say");
    let (read, code) = elsewhere.await.unwrap();
    let numbers: Vec<_> = read.iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert_eq!((numbers, code), ((1..=read.len() as u64).collect(), 1000));
    let told = read.iter().filter(|event| event["event"]["type"] == "final").count();
    assert_eq!(told, report["record"]["utterances"].as_array().unwrap().len());
    second.kill();
    app.finish().await;
}

#[tokio::test]
async fn what_is_held_out_is_not_shown_by_the_node_that_takes_over_either() {
    let script = Script::hasty_talk("nobody is told of this");
    let app = TestApp::start().await;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut first = Victim::holding_out(&app, &script, nowhere, 1.0).await;
    let stage = Stage::set(&app, &format!("http://{}", first.addr)).await;
    let elsewhere = tokio::spawn(Reader::follow(&stage, &app.socket_base(), 0).await.rest());
    let mut heard = stage.record(&script, Vec::new());
    let mut db = app.look().await;
    eventually(async || !moments(&mut db, &stage).await.is_empty()).await;
    assert_eq!(stage.get("/nudges").await["moments"], serde_json::json!([]));
    first.kill();
    // The next node holds nothing out of itself: what was drawn is kept with the session.
    let mut second = Victim::start(&app, &script, first.addr).await;
    let finished = heard.finished().await.unwrap();
    assert!(finished.connections >= 2, "{finished:?}");

    let is_nudge = |kind: &serde_json::Value| kind == "nudge";
    let (read, _) = elsewhere.await.unwrap();
    assert!(!read.iter().any(|event| is_nudge(&event["event"]["type"])));
    let told = heard.envelopes.iter().map(|envelope| &envelope.event);
    assert!(!told.into_iter().any(|event| matches!(event, ServerEvent::Nudge(_))));
    let late = Reader::follow(&stage, &app.socket_base(), 0).await.rest().await.0;
    assert!(!late.iter().any(|event| is_nudge(&event["event"]["type"])));
    assert_eq!(stage.get("/report").await["coaching"]["nudges"], serde_json::json!([]));
    let held_out = moments(&mut db, &stage).await;
    assert!(
        !held_out.is_empty() && held_out.iter().all(|held_out| *held_out),
        "{held_out:?}"
    );
    second.kill();
    app.finish().await;
}

/// Whether each moment of a stage's meeting was held out.
async fn moments(db: &mut PgConnection, stage: &Stage) -> Vec<bool> {
    sqlx::query_scalar("SELECT held_out FROM nudge_moments WHERE meeting_id = $1")
        .bind(stage.meeting)
        .fetch_all(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_server_that_is_stopped_sends_its_meetings_to_the_next() {
    let script = Script::talk("said around the change");
    let app = TestApp::start().await;
    let first = Victim::start(&app, &script, SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let addr = first.addr;
    let stage = Stage::set(&app, &format!("http://{addr}")).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 9).await;
    first.stop().await;
    let mut second = Victim::start(&app, &script, addr).await;
    let finished = heard.finished().await.unwrap();
    assert_eq!((finished.connections, finished.report_version), (2, Some(1)));
    for track in [Track::Mic, Track::Tab] {
        assert_eq!(heard.words(track), script.words(track), "{track:?}");
    }
    assert_eq!(breaks(&mut app.look().await, &stage).await, 0);
    second.kill();
    app.finish().await;
}

#[tokio::test]
async fn a_database_that_goes_away_for_a_while_costs_nothing() {
    let (script, mut app, stage) = staged("the database sleeps now").await;
    // The queue says so loudly when it loses its database, and is replaced.
    app.expect_errors_from("graphile_worker");
    let mut gate = app.look().await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 9).await;

    // From here on no commit gets through, so that the rest of the recording cannot be over before the database is gone.
    gate.execute("BEGIN; LOCK TABLE meetings IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    app.cut_database().await;
    // Until a commit has found nobody there.
    eventually(async || app.log().contains("the ledger did not answer, trying again")).await;
    app.restore_database().await;

    assert_eq!(heard.finished().await.unwrap().report_version, Some(1));
    for track in [Track::Mic, Track::Tab] {
        assert_eq!(heard.words(track), script.words(track), "{track:?}");
    }
    let mut db = app.look().await;
    assert_eq!(breaks(&mut db, &stage).await, 0);
    assert!(classes(&mut db, &stage).await.keys().all(|(_, class)| class != "gap"));
    app.finish().await;
}

#[tokio::test]
async fn a_meeting_that_is_left_gets_an_incomplete_report_and_goes_on_later() {
    let (script, app, stage) = left_in_the_middle("after the break").await;

    // A quarter of an hour passes.
    let mut db = app.look().await;
    db.execute("UPDATE meeting_sessions SET last_seen_at = last_seen_at - interval '16 minutes'")
        .await
        .unwrap();
    db.execute("UPDATE graphile_worker._private_jobs SET run_at = now()")
        .await
        .unwrap();
    let report = ready(&app, &stage, 1).await;
    assert_eq!(report["record"]["incomplete"], true);
    assert_eq!(stage.get("").await["state"], "suspended");

    let mut heard = stage.record(&script, Vec::new());
    let finished = heard.finished().await.unwrap();
    assert_eq!(finished.report_version, Some(2));
    let report = ready(&app, &stage, 2).await;
    assert_eq!(report["record"]["incomplete"], false);
    assert_eq!(said(&report, "me"), script.words(Track::Mic));
    assert_eq!(
        stage.get("/report?version=1").await["record"]["incomplete"],
        true,
        "the first version stays"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_meeting_left_for_longer_than_a_week_is_closed() {
    let (_, app, stage) = left_in_the_middle("too late for this").await;
    app.look()
        .await
        .execute("UPDATE meeting_sessions SET last_seen_at = now() - interval '8 days'")
        .await
        .unwrap();
    let path = format!("/v1/sessions/{}/connections", stage.session);
    let answer = stage
        .owner
        .post(&path, serde_json::json!({"take_over": true}))
        .await
        .expect(409);
    assert_eq!(answer.error_code(), "session_closed");
    app.finish().await;
}

#[tokio::test]
async fn a_report_that_is_asked_for_twice_is_made_once() {
    let (script, app, stage) = staged("once is enough").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let mut db = app.look().await;
    let tenant: uuid::Uuid = sqlx::query_scalar("SELECT tenant_id FROM meetings")
        .fetch_one(&mut db)
        .await
        .unwrap();
    for key in ["a", "b", "c"] {
        sqlx::query("SELECT enqueue_job('make_report', $1, $2, $3, now())")
            .bind(tenant)
            .bind(stage.meeting)
            .bind(key)
            .execute(&mut db)
            .await
            .unwrap();
    }
    done(&mut db).await;
    let versions: i64 = sqlx::query_scalar("SELECT count(*) FROM meeting_analyses")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(versions, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_job_whose_worker_died_is_done_by_another() {
    let (_, app, stage) = left_in_the_middle("somebody else does it").await;
    let mut db = app.look().await;
    // A worker took the job that looks after the meeting, and was never heard of again.
    db.execute("UPDATE meeting_sessions SET last_seen_at = now() - interval '1 hour'")
        .await
        .unwrap();
    db.execute(
        "UPDATE graphile_worker._private_jobs
         SET run_at = now() - interval '2 minutes', locked_at = now() - interval '1 minute', locked_by = 'dead', attempts = 1",
    )
    .await
    .unwrap();
    ready(&app, &stage, 1).await;
    app.finish().await;
}

/// A meeting whose client left after nine words, and a server that has noticed.
async fn left_in_the_middle(phrase: &str) -> (Script, TestApp, Stage) {
    let (script, app, stage) = staged(phrase).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 9).await;
    heard.stop().await;
    let mut db = app.look().await;
    eventually(async || {
        sqlx::query_scalar("SELECT closed_epoch = live_epoch FROM meeting_sessions WHERE id = $1")
            .bind(stage.session)
            .fetch_one(&mut db)
            .await
            .unwrap()
    })
    .await;
    (script, app, stage)
}

/// The report, once readers are told of this version.
async fn ready(app: &TestApp, stage: &Stage, version: u64) -> serde_json::Value {
    let mut reader = Reader::follow(stage, &app.socket_base(), 0).await;
    loop {
        let event = reader.next_numbered().await.expect("the socket holds until the report")["event"].clone();
        if event["type"] == "report_ready" && event["version"] == version {
            return stage.get(&format!("/report?version={version}")).await;
        }
    }
}

/// Waits until the queue holds no report that is to be made.
async fn done(db: &mut PgConnection) {
    eventually(async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
             WHERE t.identifier = 'make_report'",
        )
        .fetch_one(&mut *db)
        .await
        .unwrap();
        waiting == 0
    })
    .await;
}
