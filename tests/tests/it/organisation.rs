//! What holds for everybody in a space, and who may change it.

use crate::app::TestApp;
use serde_json::json;
use sqlx::Executor as _;

const ORGANISATION: &str = "/v1/organisation";

#[tokio::test]
async fn speech_is_sent_nowhere_until_an_administrator_allows_it_and_every_change_is_written_down() {
    let app = TestApp::start_with(|config| config.recognizer_elsewhere = Some("stt.example".into())).await;
    let owner = app.owner().await;
    let before = owner.get(ORGANISATION).await.expect(200).body;
    assert_eq!(before["remote_recognition"], false);
    assert_eq!(
        (&before["kind"], &before["recognizer_elsewhere"]),
        (&json!("personal"), &json!("stt.example"))
    );

    // The second of the same changes nothing, and so is not written down.
    for allowed in [true, true, false] {
        let changed = owner
            .patch(ORGANISATION, json!({"remote_recognition": allowed}))
            .await
            .expect(200);
        assert_eq!(changed.body["remote_recognition"], allowed);
        assert_eq!(owner.get(ORGANISATION).await.expect(200).body, changed.body);
    }
    let sql = "SELECT action FROM audit_log JOIN tenants ON audit_log.object_id = tenants.tenant_id ORDER BY audit_log.created_at";
    let written: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut app.look().await).await.unwrap();
    assert_eq!(
        written,
        [
            "organisation.remote_recognition_allowed",
            "organisation.remote_recognition_forbidden"
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn a_member_sees_what_holds_and_cannot_change_it() {
    let app = TestApp::start().await;
    let (_, stranger) = app.stranger().await;
    let owner = app.owner().await;
    for role in ["member", "admin"] {
        let demote = format!("UPDATE memberships SET role = '{role}'");
        app.look().await.execute(sqlx::AssertSqlSafe(demote)).await.unwrap();
        let answer = owner.patch(ORGANISATION, json!({"remote_recognition": true})).await;
        if role == "member" {
            assert_eq!(answer.expect(403).error_code(), "not_an_administrator");
            let seen = owner.get(ORGANISATION).await.expect(200).body;
            assert_eq!(seen["remote_recognition"], false);
            assert!(seen["recognizer_elsewhere"].is_null());
        } else {
            answer.expect(200);
        }
    }
    // One space's rule is no other's.
    assert_eq!(
        stranger.get(ORGANISATION).await.expect(200).body["remote_recognition"],
        false
    );
    app.nobody().get(ORGANISATION).await.expect(401);
    app.finish().await;
}

#[tokio::test]
async fn consent_to_be_heard_elsewhere_is_given_and_taken_back_by_itself() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for (kind, granted) in [
        ("record_self", true),
        ("remote_recognition", true),
        ("remote_recognition", false),
    ] {
        owner
            .post("/v1/consents", json!({"kind": kind, "granted": granted}))
            .await
            .expect(201);
    }
    let listed = owner.get("/v1/consents").await.expect(200).body;
    let listed: Vec<(&str, bool)> = listed["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|consent| (consent["kind"].as_str().unwrap(), consent["granted"].as_bool().unwrap()))
        .collect();
    assert_eq!(listed, [("record_self", true), ("remote_recognition", false)]);
    app.finish().await;
}
