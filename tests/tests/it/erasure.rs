//! Everything that is a person's goes at once: rows, objects, sign-ins and keys; and a backup brings none of it back.

use crate::app::{TestApp, eventually};
use crate::kept_audio::{keep, objects, until_stored};
use crate::live::{hello, staged};
use attune::auth;
use attune_ingest::client::Link;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use serde_json::{Value, json};
use sqlx::Executor as _;

const ERASE: &str = "/v1/me/erasure";

#[tokio::test]
async fn everything_goes_at_once_and_a_receipt_says_so() {
    let (script, app, stage) = staged("nobody remembers the giraffe").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    let (member, stranger) = app.stranger().await;
    let theirs = json!({"title": "stays", "others_told": true});
    stranger.post("/v1/meetings", theirs).await.expect(201);
    let me = stage.owner.get("/v1/me").await.expect(200).body;

    for not_meant in [
        json!({}),
        json!({"confirm": "yes"}),
        json!({"confirm": "erase everything "}),
    ] {
        let answer = stage.owner.post(ERASE, not_meant).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{}", answer.text);
    }
    let pinned = pinned_keys(&stage.owner).await;
    let receipt = stage
        .owner
        .post(ERASE, json!({"confirm": "erase everything"}))
        .await
        .expect(200)
        .body;

    let said: Value = serde_json::from_str(receipt["receipt"].as_str().unwrap()).unwrap();
    assert_eq!((&said["user_id"], &said["tenant_id"]), (&me["id"], &me["tenant_id"]));
    assert_eq!(said["meetings"], 1);
    let signed = format!("attune/v1|erasure-receipt|{}", receipt["receipt"].as_str().unwrap());
    let bytes = |field: &str| BASE64_STANDARD.decode(receipt[field].as_str().unwrap()).unwrap();
    assert_eq!(bytes("public"), pinned, "a key that no device knows");
    let public = VerifyingKey::from_bytes(&bytes("public").try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(&bytes("signature").try_into().unwrap());
    assert!(public.verify(signed.as_bytes(), &signature).is_ok());
    assert!(public.verify(b"attune/v1|erasure-receipt|{}", &signature).is_err());

    stage.owner.get("/v1/me").await.expect(401);
    eventually(async || objects(&app).is_empty()).await;
    let mut db = app.look().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    for table in tables {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT count(*) FROM {table} WHERE tenant_id = $1"
        )))
        .bind(me["tenant_id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap())
        .fetch_one(&mut db)
        .await
        .unwrap();
        // That there was a space, and by ids what was done in it, is all that is left.
        assert!(
            left == 0 || ["tenants", "audit_log", "nightly_tenants"].contains(&table.as_str()),
            "{table}: {left} rows are left"
        );
    }
    let keys_left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM keys.member_keys WHERE wrapped <> '' AND user_id <> $1)
              + (SELECT count(*) FROM keys.meeting_keys WHERE wrapped <> '' AND user_id <> $1)",
    )
    .bind(member.user.0)
    .fetch_one(&mut app.look_at_keys().await)
    .await
    .unwrap();
    assert_eq!(keys_left, 0);
    assert_eq!(
        stranger.get("/v1/meetings").await.expect(200).body["meetings"][0]["title"],
        "stays"
    );
    app.finish().await;
}

/// The identity key that a device of the caller's pins.
async fn pinned_keys(caller: &crate::app::Caller) -> Vec<u8> {
    let public = BASE64_STANDARD.encode(attune_ingest::keys::Enrolment::generate().public());
    let body = json!({"kind": "native", "name": "d", "hpke_public": public});
    let enrolled = caller.post("/v1/devices", body).await.expect(201).body;
    BASE64_STANDARD
        .decode(enrolled["identity_keys"][0]["public"].as_str().unwrap())
        .unwrap()
}

#[tokio::test]
async fn a_live_meeting_ends_when_its_person_is_erased() {
    let (_, app, stage) = staged("nobody remembers the giraffe").await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (mut link, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    stage
        .owner
        .post(ERASE, json!({"confirm": "erase everything"}))
        .await
        .expect(200);
    let ended = crate::app::within(async {
        loop {
            if let Err(end) = link.down.next().await {
                break end;
            }
        }
    });
    let end = ended.await;
    assert!(end.close_code().is_some(), "{end}");
    app.finish().await;
}

#[tokio::test]
async fn a_backup_of_the_data_and_of_the_keys_brings_nothing_back() {
    let mut app = TestApp::start().await;
    let (member, person) = app.stranger().await;
    let made = person
        .post("/v1/meetings", json!({"title": "long ago", "others_told": true}))
        .await
        .expect(201)
        .body;
    let path = format!("/v1/meetings/{}", made["id"].as_str().unwrap());
    let (mut db, mut keys) = (app.look().await, app.look_at_keys().await);
    db.execute("CREATE SCHEMA backup").await.unwrap();
    for table in ["users", "memberships", "meetings"] {
        let copy = format!("CREATE TABLE backup.{table} AS SELECT * FROM {table}");
        db.execute(sqlx::AssertSqlSafe(copy)).await.unwrap();
    }
    keys.execute("CREATE SCHEMA backup; CREATE TABLE backup.members AS SELECT * FROM keys.member_keys; CREATE TABLE backup.meetings AS SELECT * FROM keys.meeting_keys")
        .await
        .unwrap();
    person
        .post(ERASE, json!({"confirm": "erase everything"}))
        .await
        .expect(200);

    // The data is restored, and nothing opens.
    db.execute("SET session_replication_role = replica").await.unwrap();
    for table in ["users", "memberships", "meetings"] {
        let restore = format!("INSERT INTO {table} SELECT * FROM backup.{table} ON CONFLICT DO NOTHING");
        db.execute(sqlx::AssertSqlSafe(restore)).await.unwrap();
    }
    let unreadable = async |app: &TestApp| {
        let token = auth::sign_in(&app.running().state.db, member, auth::Client::Native)
            .await
            .unwrap();
        let again = app
            .nobody()
            .with("authorization", &format!("Bearer {}", *token.reveal()));
        assert_eq!(again.get("/v1/meetings").await.expect(200).body["meetings"], json!([]));
        again.get(&path).await.expect(404);
    };
    unreadable(&app).await;

    // Keys are restored too: the ledger is replayed before the server opens.
    keys.execute(
        "UPDATE keys.member_keys k SET wrapped = b.wrapped, erased_at = NULL FROM backup.members b WHERE b.user_id = k.user_id;
         UPDATE keys.meeting_keys k SET wrapped = b.wrapped, erased_at = NULL FROM backup.meetings b WHERE b.meeting_id = k.meeting_id",
    )
    .await
    .unwrap();
    app.restart().await;
    unreadable(&app).await;
    app.finish().await;
}
