//! Everything that is a person's in one archive: all of it, nothing of anybody else, and nothing of it in the clear on a disk.

use crate::app::{Caller, TestApp, eventually};
use crate::kept_audio::{keep, objects, until_stored};
use crate::live::staged;
use attune_engine::speaker::Track;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::time::Duration;

/// Asks for an archive and waits for it.
async fn made(caller: &Caller) -> Value {
    let asked = caller.post("/v1/exports", json!({})).await.expect(202).body;
    let mut newest = asked.clone();
    // It waits for its turn where a meeting is being heard again.
    for _ in 0..300 {
        newest = caller.get("/v1/exports").await.expect(200).body["exports"][0].clone();
        if newest["state"] == "ready" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(newest["state"], "ready");
    assert_eq!(newest["id"], asked["id"]);
    newest
}

/// The files of an archive by name.
async fn unpacked(caller: &Caller, export: &Value) -> BTreeMap<String, Vec<u8>> {
    let bytes = caller
        .download(&format!("/v1/exports/{}/file", export["id"].as_str().unwrap()))
        .await;
    assert_eq!(export["bytes"], bytes.len());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, end: &str) -> Value {
    let named: Vec<&String> = files.keys().filter(|name| name.ends_with(end)).collect();
    assert_eq!(named.len(), 1, "{end}: {:?}", files.keys());
    serde_json::from_slice(&files[named[0]]).unwrap()
}

#[tokio::test]
async fn an_archive_holds_all_that_is_a_person_s_and_nothing_of_anybody_else() {
    let (script, app, stage) = staged("the archive keeps the giraffe").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    eventually(async || {
        stage
            .owner
            .get(&format!("/v1/meetings/{}/report", stage.meeting))
            .await
            .status
            == 200
    })
    .await;
    let (_, stranger) = app.stranger().await;
    let theirs = json!({"title": "their zebra", "others_told": true});
    stranger.post("/v1/meetings", theirs).await.expect(201);

    let export = made(&stage.owner).await;
    assert_eq!((&export["meetings"], &export["meetings_done"]), (&json!(1), &json!(1)));
    let files = unpacked(&stage.owner, &export).await;
    assert!(files["README.txt"].starts_with(b"Everything that Attune holds of you"));
    assert_eq!(json_of(&files, "person.json")["role"], "owner");
    assert!(json_of(&files, "devices.json")[0]["name"].is_string());
    let consents = json_of(&files, "consents.json");
    assert!(
        consents
            .as_array()
            .unwrap()
            .iter()
            .any(|said| said["kind"] == "keep_audio" && said["granted"] == true)
    );
    assert_eq!(json_of(&files, "meeting.json")["id"], stage.meeting.to_string());
    let report = json_of(&files, "report.json");
    let shown = stage
        .owner
        .get(&format!("/v1/meetings/{}/report", stage.meeting))
        .await
        .expect(200)
        .body;
    assert_eq!(report, shown);
    let text = |end: &str| {
        let name = files
            .keys()
            .find(|name| name.ends_with(end))
            .unwrap_or_else(|| panic!("{end}"));
        String::from_utf8(files[name].clone()).unwrap()
    };
    assert!(text("transcript.vtt").contains("giraffe") && text("report.md").contains("giraffe"));
    assert!(text("measures.csv").lines().count() > 5);
    for bytes in files.values() {
        assert!(
            !bytes.windows(5).any(|window| window == b"zebra"),
            "somebody else's meeting is in it"
        );
    }

    // What was spoken, sample for sample.
    for track in [Track::Mic, Track::Tab] {
        let named = files
            .iter()
            .filter(|(name, _)| name.contains("/audio/") && name.contains(track.as_str()));
        let sound: Vec<u8> = named.flat_map(|(_, wav)| wav[44..].to_vec()).collect();
        let spoken: Vec<u8> = script
            .samples(track)
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        assert!(sound == spoken, "{track:?}: {} bytes of {}", sound.len(), spoken.len());
    }
    app.finish().await;
}

#[tokio::test]
async fn an_archive_lies_sealed_is_its_person_s_alone_and_goes_when_they_say_so() {
    let app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    owner
        .post("/v1/meetings", json!({"title": "m", "others_told": true}))
        .await
        .expect(201);
    let export = made(&owner).await;
    let stored = objects(&app);
    assert!(!stored.is_empty());
    for object in &stored {
        let bytes = std::fs::read(object).unwrap();
        assert!(
            !bytes.windows(10).any(|window| window == b"README.txt"),
            "the archive lies in the clear"
        );
    }
    let path = format!("/v1/exports/{}", export["id"].as_str().unwrap());
    stranger.get(&format!("{path}/file")).await.expect(404);
    stranger.delete(&path).await.expect(404);
    assert_eq!(stranger.get("/v1/exports").await.expect(200).body["exports"], json!([]));
    app.nobody().get(&format!("{path}/file")).await.expect(401);

    // Another may be asked for once this one is there.
    owner.post("/v1/exports", json!({})).await.expect(202);
    owner.delete(&path).await.expect(204);
    owner.get(&format!("{path}/file")).await.expect(404);
    owner.delete(&path).await.expect(404);
    eventually(async || stored.iter().all(|object| !object.exists())).await;
    app.finish().await;
}

#[tokio::test]
async fn one_archive_is_made_at_a_time_and_one_past_its_week_is_gone() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let export = made(&owner).await;
    let mut db = app.look().await;
    // As though it were still being made.
    sqlx::query("UPDATE exports SET state = 'running'")
        .execute(&mut db)
        .await
        .unwrap();
    let refused = owner.post("/v1/exports", json!({})).await.expect(409);
    assert_eq!(refused.error_code(), "export_under_way");
    let path = format!("/v1/exports/{}/file", export["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.expect(404).error_code(), "export_not_ready");

    sqlx::query("UPDATE exports SET state = 'ready', expires_at = now()")
        .execute(&mut db)
        .await
        .unwrap();
    owner.get(&path).await.expect(404);
    assert_eq!(owner.get("/v1/exports").await.expect(200).body["exports"], json!([]));
    sqlx::query("UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key LIKE 'expire_export:%'")
        .execute(&mut db)
        .await
        .unwrap();
    eventually(async || objects(&app).is_empty()).await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM exports")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    app.finish().await;
}
