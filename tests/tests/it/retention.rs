//! How long what is kept is kept: as each person chose, no longer than their organisation lets, and every night proves what it destroyed.

use crate::app::{Caller, TestApp, eventually};
use crate::kept_audio::{keep, objects, until_stored};
use crate::live::{Stage, staged};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

const RETENTION: &str = "/v1/me/retention";

/// Lets days go by: everything that happened, happened so much earlier.
async fn go_by(app: &TestApp, days: u32) {
    let mut db = app.look().await;
    for sql in [
        "UPDATE meetings SET created_at = created_at - {}, started_at = started_at - {}, ended_at = ended_at - {}",
        "UPDATE kept_audio SET created_at = created_at - {}, expires_at = expires_at - {}",
    ] {
        let sql = sql.replace("{}", &format!("interval '{days} days'"));
        sqlx::query(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    }
}

/// Has the nightly job run, and waits until it is through for everybody.
async fn night(app: &TestApp) {
    let mut db = app.look().await;
    sqlx::query("DELETE FROM retention_runs")
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("SELECT graphile_worker.add_job('expire_everything', '{}'::json)")
        .execute(&mut db)
        .await
        .unwrap();
    let through =
        "SELECT count(*) = 4 * (SELECT count(*) FROM memberships) FROM retention_runs WHERE finished_at IS NOT NULL";
    eventually(async || sqlx::query_scalar(through).fetch_one(&mut db).await.unwrap()).await;
}

fn of_kind<'a>(list: &'a Value, kind: &str) -> &'a Value {
    let all = list.as_array().unwrap();
    all.iter()
        .find(|entry| entry["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {list}"))
}

async fn run_of(owner: &Caller, kind: &str) -> Value {
    let runs = owner.get("/v1/me/retention/runs").await.expect(200).body["runs"].clone();
    of_kind(&runs, kind).clone()
}

async fn days(owner: &Caller, kind: &str) -> Value {
    let kinds = owner.get(RETENTION).await.expect(200).body["kinds"].clone();
    of_kind(&kinds, kind)["days"].clone()
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap()
}

/// A recorded meeting with its audio kept, and its report made.
async fn recorded(phrase: &str) -> (TestApp, Stage) {
    let (script, app, stage) = staged(phrase).await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    let path = format!("/v1/meetings/{}/report", stage.meeting);
    eventually(async || stage.owner.get(&path).await.status == 200).await;
    // From here on nothing changes by itself.
    let under_way = "SELECT count(*) FROM graphile_worker._private_jobs
                     WHERE key ~ '^(make_report|second_pass|store_audio|forget_audio):'";
    eventually(async || count(&app, under_way).await == 0).await;
    (app, stage)
}

#[tokio::test]
async fn what_is_past_its_time_is_gone_the_next_night_and_the_night_says_so() {
    let (app, stage) = recorded("the giraffe grows old").await;
    let (owner, path) = (&stage.owner, format!("/v1/meetings/{}", stage.meeting));
    let before = stage.get("/report").await;
    assert!(before.to_string().contains("giraffe"));

    // A month but for a day: nothing is.
    go_by(&app, 29).await;
    night(&app).await;
    for kind in ["audio", "transcript", "insights", "reports"] {
        let run = run_of(owner, kind).await;
        assert_eq!((&run["meetings"], &run["records"]), (&json!(0), &json!(0)), "{kind}");
    }
    assert!(run_of(owner, "audio").await["oldest_left"].is_string());
    assert_eq!(stage.get("/report").await, before);

    // Thirty days: audio is, in the index and in the store.
    go_by(&app, 2).await;
    night(&app).await;
    let run = run_of(owner, "audio").await;
    assert_eq!(
        (&run["days"], &run["meetings"], &run["oldest_left"]),
        (&json!(30), &json!(1), &Value::Null)
    );
    assert!(run["records"].as_i64() >= Some(2), "{run}");
    eventually(async || objects(&app).is_empty()).await;
    assert_eq!(run_of(owner, "transcript").await["records"], 0);

    // Ninety: what was said is, wherever it lay, and the report says so. Its numbers stay.
    go_by(&app, 60).await;
    night(&app).await;
    let run = run_of(owner, "transcript").await;
    assert_eq!(
        (&run["days"], &run["meetings"], &run["oldest_left"]),
        (&json!(90), &json!(1), &Value::Null)
    );
    let words = "SELECT (SELECT count(*) FROM utterances) + (SELECT count(*) FROM second_utterances)
                      + (SELECT count(*) FROM corrections)
                      + (SELECT count(*) FROM meeting_events WHERE kind IN ('final', 'nudge', 'marked'))";
    assert_eq!(count(&app, words).await, 0);
    assert_eq!(count(&app, "SELECT count(*) FROM meeting_analyses").await, 1);
    let after = stage.get("/report").await;
    assert!(!after.to_string().contains("giraffe"), "{after}");
    assert_eq!(after["record"]["utterances"], json!([]));
    let missing = after["record"]["missing"].as_array().unwrap();
    assert!(missing.iter().any(|part| part["part"] == "transcript"), "{missing:?}");
    let values = |report: &Value| {
        let measures = report["coaching"]["measures"].as_array().unwrap().iter();
        measures.map(|measure| measure["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(&after), values(&before));
    assert!(owner.get(&path).await.expect(200).body["transcript_expired_at"].is_string());
    for format in ["pdf", "html", "vtt", "csv", "md"] {
        let file = owner.download(&format!("{path}/report/files/{format}")).await;
        assert!(!file.windows(7).any(|window| window == b"giraffe"), "{format}");
    }

    let acts = owner.get("/v1/me/acts").await.expect(200).body["acts"].clone();
    let taken = acts
        .as_array()
        .unwrap()
        .iter()
        .filter(|act| act["action"] == "report.taken");
    assert_eq!(taken.count(), 5, "who took a report is written down");

    // Another night finds nothing more to do, and no report is made of nothing.
    night(&app).await;
    assert_eq!(run_of(owner, "transcript").await["records"], 0);
    assert_eq!(stage.get("/report").await, after);
    app.finish().await;
}

#[tokio::test]
async fn a_person_chooses_how_long_and_it_holds_at_once() {
    let (app, stage) = recorded("the giraffe is short").await;
    let owner = &stage.owner;
    assert_eq!(days(owner, "transcript").await, 90);
    assert_eq!(days(owner, "reports").await, Value::Null);
    go_by(&app, 3).await;

    let choices = json!({"choices": [{"kind": "reports", "days": 2}, {"kind": "transcript", "days": null}, {"kind": "audio", "days": 5}]});
    let chosen = owner.put(RETENTION, choices).await.expect(200).body["kinds"].clone();
    assert_eq!(chosen, owner.get(RETENTION).await.expect(200).body["kinds"]);
    assert_eq!(
        (
            &of_kind(&chosen, "reports")["days"],
            &of_kind(&chosen, "reports")["chosen"]
        ),
        (&json!(2), &json!(true))
    );
    assert_eq!(of_kind(&chosen, "transcript")["days"], Value::Null);
    assert_eq!(of_kind(&chosen, "insights")["chosen"], false);
    // No night has to come first.
    let path = format!("/v1/meetings/{}/report", stage.meeting);
    eventually(async || owner.get(&path).await.status == 410).await;
    assert_eq!(owner.get(&path).await.error_code(), "report_expired");
    assert_eq!(count(&app, "SELECT count(*) FROM meeting_analyses").await, 0);
    assert!(count(&app, "SELECT count(*) FROM utterances").await > 0);
    assert_eq!(run_of(owner, "reports").await["meetings"], 1);

    // Two days are left of five for the audio, and then it is gone; the words stay as long as there is somebody to delete them.
    go_by(&app, 4_000).await;
    night(&app).await;
    assert_eq!(count(&app, "SELECT count(*) FROM kept_audio").await, 0);
    assert!(count(&app, "SELECT count(*) FROM utterances").await > 0);
    app.finish().await;
}

#[tokio::test]
async fn nobody_s_choice_reaches_over_the_organisation_s_ceiling_or_into_another_space() {
    let app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    let choice = |days: Value| json!({"choices": [{"kind": "transcript", "days": days}]});
    owner.put(RETENTION, choice(json!(365))).await.expect(200);
    let ceilings = json!({"retention_ceilings": [{"kind": "transcript", "days": 60}]});
    let organisation = owner.patch("/v1/organisation", ceilings).await.expect(200).body;
    assert_eq!(
        organisation["retention_ceilings"],
        json!([{"kind": "transcript", "days": 60}])
    );
    assert_eq!(organisation["remote_recognition"], false);
    assert_eq!(days(&owner, "transcript").await, 60);
    assert_eq!(days(&stranger, "transcript").await, 90);
    assert_eq!(
        owner.put(RETENTION, choice(json!(61))).await.expect(422).error_code(),
        "invalid"
    );
    owner.put(RETENTION, choice(Value::Null)).await.expect(200);
    assert_eq!(days(&owner, "transcript").await, 60);
    // No audio outlives the server's own time for it.
    let long = json!({"choices": [{"kind": "audio", "days": 31}]});
    owner.put(RETENTION, long).await.expect(422);
    owner
        .patch("/v1/organisation", json!({"retention_ceilings": []}))
        .await
        .expect(200);
    assert_eq!(days(&owner, "transcript").await, Value::Null);

    for wrong in [
        json!({"choices": [{"kind": "transcript"}]}),
        json!({"choices": [{"kind": "memory", "days": 1}]}),
        json!({}),
    ] {
        owner.put(RETENTION, wrong).await.expect(400);
    }
    let twice = json!({"choices": [{"kind": "audio", "days": 1}, {"kind": "audio", "days": 2}]});
    for wrong in [choice(json!(0)), choice(json!(3651)), twice] {
        assert_eq!(owner.put(RETENTION, wrong).await.expect(422).error_code(), "invalid");
    }
    app.nobody().get(RETENTION).await.expect(401);
    app.nobody().get("/v1/me/retention/runs").await.expect(401);
    app.finish().await;
}

#[tokio::test]
async fn a_night_goes_through_every_space_and_a_server_that_dies_in_it_goes_on_where_it_was() {
    let mut app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    let mut db = app.look().await;
    for caller in [&owner, &stranger] {
        for _ in 0..30 {
            caller
                .post("/v1/meetings", json!({"title": "m", "others_told": true}))
                .await
                .expect(201);
        }
        let choice = json!({"choices": [{"kind": "reports", "days": 1}]});
        caller.put(RETENTION, choice).await.expect(200);
    }
    eventually(async || {
        count(
            &app,
            "SELECT count(*) FROM retention_runs WHERE finished_at IS NOT NULL",
        )
        .await
            == 8
    })
    .await;
    for sql in [
        "UPDATE meetings SET state = 'ended', ended_at = now() - interval '2 days'",
        "INSERT INTO nudge_moments (tenant_id, meeting_id, id, rule, at_ms, after_number, held_out)
         SELECT tenant_id, id, md5(id::text), 'N1', 1, 1, false FROM meetings",
        "DELETE FROM retention_runs",
        // The first of them goes away as if it had been destroyed by a run that broke off behind it.
        "INSERT INTO retention_runs (tenant_id, user_id, kind, days, meetings, records)
         SELECT tenant_id, user_id, 'reports', 1, 1, 1 FROM memberships",
        "DELETE FROM nudge_moments WHERE meeting_id IN (SELECT DISTINCT ON (tenant_id) id FROM meetings ORDER BY tenant_id, id)",
        "UPDATE meetings SET reports_expired_at = now() WHERE id IN (SELECT DISTINCT ON (tenant_id) id FROM meetings ORDER BY tenant_id, id)",
        "SELECT graphile_worker.add_job('expire_everything', '{}'::json)",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    app.restart().await;
    eventually(async || {
        count(
            &app,
            "SELECT count(*) FROM retention_runs WHERE finished_at IS NOT NULL",
        )
        .await
            == 8
    })
    .await;
    assert_eq!(count(&app, "SELECT count(*) FROM nudge_moments").await, 0);
    let again = |caller: &Caller| {
        app.nobody()
            .with("authorization", caller.header("authorization").unwrap())
    };
    for caller in [again(&owner), again(&stranger)] {
        let run = run_of(&caller, "reports").await;
        assert_eq!((&run["meetings"], &run["records"]), (&json!(30), &json!(30)), "{run}");
    }
    app.finish().await;
}
