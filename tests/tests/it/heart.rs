//! Recordings of the heart: uploaded, computed, sealed, read back beside what is usual, and deleted.

use crate::app::{Caller, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/v1/heart-recordings";

/// Ninety seconds on a day of March 2025 in which every interval swings around 800 ms by so much.
fn intervals(day: u32, swing_ms: u64) -> Vec<(String, u64)> {
    // So that the first ends after a second.
    let mut at_ms = 1_000 - (800 + swing_ms);
    (0..112u64)
        .map(|beat| {
            let rr_ms = if beat % 2 == 0 { 800 + swing_ms } else { 800 - swing_ms };
            at_ms += rr_ms;
            let (minutes, ms) = (at_ms / 60_000, at_ms % 60_000);
            let time = format!("2025-03-{day:02}T08:{minutes:02}:{:02}.{:03}Z", ms / 1000, ms % 1000);
            (time, rr_ms)
        })
        .collect()
}

fn body(intervals: &[(String, u64)]) -> Value {
    let intervals: Vec<_> = intervals
        .iter()
        .map(|(time, rr_ms)| json!({"time": time, "rr_ms": rr_ms}))
        .collect();
    json!({"intervals": intervals})
}

fn table(intervals: &[(String, u64)]) -> Vec<u8> {
    let rows = intervals.iter().map(|(time, rr_ms)| format!("{time},{rr_ms}\n"));
    format!("time,rr_ms\n{}", rows.collect::<String>()).into_bytes()
}

async fn listed(caller: &Caller) -> Vec<Value> {
    let body = caller.get(PATH).await.expect(200).body;
    body["recordings"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_recording_is_computed_and_read_beside_the_person_s_own() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // Differences of 40 ms: RMSSD is 40 whatever else.
    let first = owner.post(PATH, body(&intervals(1, 20))).await.expect(201).body;
    let variability = &first["variability"];
    assert!(
        (variability["rmssd_ms"].as_f64().unwrap() - 40.0).abs() < 1e-9,
        "{first}"
    );
    assert_eq!(
        (&variability["intervals"], &variability["artefacts"]),
        (&json!(112), &json!(0.0))
    );
    assert_eq!(variability["pnn50_percent"], 0.0);
    assert_eq!(
        (&first["own"], &first["started_at"]),
        (&json!(null), &json!("2025-03-01T08:00:01Z"))
    );
    for (day, swing_ms) in [(2, 19), (3, 21), (4, 20), (5, 22)] {
        let answer = owner
            .send_raw(
                Method::POST,
                PATH,
                "text/csv; charset=utf-8",
                table(&intervals(day, swing_ms)),
            )
            .await;
        assert_eq!(answer.expect(201).body["own"], json!(null));
    }
    let low = owner.post(PATH, body(&intervals(6, 10))).await.expect(201).body;
    assert_eq!(
        (&low["own"]["standing"], &low["own"]["recordings"]),
        (&json!("below"), &json!(5))
    );
    let (from, to) = (
        low["own"]["from_ms"].as_f64().unwrap(),
        low["own"]["to_ms"].as_f64().unwrap(),
    );
    assert!(38.0 < from && from < 40.0 && 40.0 < to && to < 44.0, "{from} to {to}");
    // Fourteen days later only the last of them are of the time before.
    let late = owner.post(PATH, body(&intervals(20, 20))).await.expect(201).body;
    assert_eq!(late["own"], json!(null));

    // The same again takes the first one's place, and whoever reads them finds what was answered.
    owner.post(PATH, body(&intervals(6, 20))).await.expect(201);
    let recordings = listed(&owner).await;
    let days: Vec<&str> = recordings
        .iter()
        .map(|one| &one["started_at"].as_str().unwrap()[8..10])
        .collect();
    assert_eq!(days, ["20", "06", "05", "04", "03", "02", "01"]);
    assert_eq!(recordings[1]["own"]["standing"], "usual");
    assert_eq!(recordings[6], first);
    let mut db = app.look().await;
    let bodies: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM heart_recordings")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert!(
        bodies.iter().all(|body| !body.windows(5).any(|part| part == b"rmssd")),
        "they are sealed"
    );

    // Another person has none of them, and cannot delete one.
    let (_, stranger) = app.stranger().await;
    let path = format!("{PATH}/{}", first["id"].as_str().unwrap());
    assert_eq!(listed(&stranger).await, Vec::<Value>::new());
    stranger.delete(&path).await.expect(404);
    app.nobody().get(PATH).await.expect(401);
    owner.delete(&path).await.expect(204);
    owner.delete(&path).await.expect(404);
    owner.delete(&format!("{PATH}/none")).await.expect(404);
    assert_eq!(listed(&owner).await.len(), 6);
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_minute_of_a_heart_is_refused_and_nothing_of_it_kept() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let whole = intervals(1, 20);
    // Every tenth beat is missing.
    let broken = whole.iter().enumerate().filter(|(beat, _)| beat % 10 != 0);
    let broken: Vec<_> = broken.map(|(_, one)| one.clone()).collect();
    let mut doubled = whole.clone();
    doubled.iter_mut().step_by(10).for_each(|(_, rr_ms)| *rr_ms *= 2);
    let mut backwards = whole.clone();
    backwards.swap(3, 4);
    let many: Vec<_> = whole
        .iter()
        .cycle()
        .take(20_001)
        .map(|(_, rr_ms)| (whole[0].0.clone(), *rr_ms))
        .collect();
    for (refused, says) in [
        (&whole[..70], "are not enough"),
        (&doubled[..], "are artefacts"),
        (&backwards[..], "is before the one before it"),
        (&many[..], "has more than 20000"),
        (&[][..], "has none"),
    ] {
        let answer = owner.post(PATH, body(refused)).await.expect(422);
        assert_eq!(answer.error_code(), "invalid");
        assert!(answer.text.contains(says), "{}", answer.text);
    }
    // A beat that is missing is no hole: devices' clocks are not that good.
    owner.post(PATH, body(&broken)).await.expect(201);
    let id = listed(&owner).await[0]["id"].as_str().unwrap().to_owned();
    owner.delete(&format!("{PATH}/{id}")).await.expect(204);

    for (kind, bytes, status) in [
        ("application/json", b"{\"intervals\": 3}".to_vec(), 400),
        ("application/json", b"[".to_vec(), 400),
        ("text/csv", b"beat;length\n1;812\n".to_vec(), 400),
        ("text/plain", table(&whole), 415),
        ("text/csv", vec![b'1'; 2 * 1024 * 1024 + 1], 413),
    ] {
        let answer = owner.send_raw(Method::POST, PATH, kind, bytes).await.expect(status);
        let _ = answer.error_code();
    }
    assert_eq!(listed(&owner).await, Vec::<Value>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_person_has_so_many_recordings_and_no_more() {
    let app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    let me = owner.get("/v1/me").await.expect(200).body;
    let mut db = app.look().await;
    sqlx::query(
        "INSERT INTO heart_recordings (tenant_id, id, user_id, started_at, body)
         SELECT $1::uuid, gen_random_uuid(), $2::uuid, '2024-01-01Z'::timestamptz + make_interval(mins => n), ''
         FROM generate_series(1, 4000) n",
    )
    .bind(me["tenant_id"].as_str())
    .bind(me["id"].as_str())
    .execute(&mut db)
    .await
    .unwrap();
    let answer = owner.post(PATH, body(&intervals(1, 20))).await.expect(409);
    assert_eq!(answer.error_code(), "too_many_recordings");
    stranger.post(PATH, body(&intervals(1, 20))).await.expect(201);
    app.finish().await;
}
