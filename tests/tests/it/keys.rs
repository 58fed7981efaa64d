//! The key tree on its database: what is there, what survives a restart, and what a swapped row opens.

use crate::app::TestApp;
use attune::keys::{FileRootKey, RootKey as _, RootKeyError, rotate_root};
use attune::server::{self, StartError};
use serde_json::json;
use sqlx::Executor as _;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn a_title_moved_to_another_meeting_does_not_open() {
    let mut app = TestApp::start().await;
    let owner = app.owner().await;
    let mut paths = Vec::new();
    for title in ["one", "two"] {
        let made = owner
            .post("/v1/meetings", json!({"title": title, "others_told": true}))
            .await
            .expect(201)
            .body;
        paths.push(format!("/v1/meetings/{}", made["id"].as_str().unwrap()));
    }
    app.look()
        .await
        .execute("UPDATE meetings SET title = (SELECT other.title FROM meetings other WHERE other.id <> meetings.id)")
        .await
        .unwrap();
    app.expect_errors_from("attune::error");
    for path in &paths {
        let answer = owner.get(path).await.expect(500);
        assert_eq!(answer.error_code(), "internal");
        assert!(
            !answer.text.contains("one") && !answer.text.contains("two"),
            "{}",
            answer.text
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_meeting_key_given_to_another_meeting_or_person_does_not_unwrap() {
    let mut app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    let mut ids = Vec::new();
    for caller in [&owner, &stranger] {
        let made = caller
            .post("/v1/meetings", json!({"title": "x", "others_told": true}))
            .await
            .expect(201)
            .body;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    app.look_at_keys()
        .await
        .execute(
            "UPDATE keys.meeting_keys SET wrapped =
             (SELECT other.wrapped FROM keys.meeting_keys other WHERE other.meeting_id <> meeting_keys.meeting_id)",
        )
        .await
        .unwrap();
    // A restart, so that no key is left in memory.
    let (owner_token, _) = (app.owner_token().await, app.restart().await);
    app.expect_errors_from("attune::error");
    let owner = app.nobody().with("authorization", &format!("Bearer {owner_token}"));
    owner.get(&format!("/v1/meetings/{}", ids[0])).await.expect(500);
    app.finish().await;
}

#[tokio::test]
async fn titles_open_after_a_restart_and_every_key_in_the_store_is_wrapped() {
    let mut app = TestApp::start().await;
    let token = app.owner_token().await;
    let owner = app.nobody().with("authorization", &format!("Bearer {token}"));
    owner
        .post("/v1/meetings", json!({"title": "kept", "others_told": true}))
        .await
        .expect(201);
    app.restart().await;
    let owner = app.nobody().with("authorization", &format!("Bearer {token}"));
    assert_eq!(
        owner.get("/v1/meetings").await.expect(200).body["meetings"][0]["title"],
        "kept"
    );

    // Nonce, 32 bytes and a tag: nothing in the store has the length of a bare key.
    let sql = "SELECT array_agg(DISTINCT octet_length(wrapped)) FROM
        (SELECT wrapped FROM keys.tenant_keys UNION ALL SELECT wrapped FROM keys.member_keys
         UNION ALL SELECT wrapped FROM keys.meeting_keys UNION ALL SELECT wrapped FROM keys.identity_keys
         UNION ALL SELECT wrapped FROM keys.service_keys) t";
    let lengths: Vec<i32> = sqlx::query_scalar(sql)
        .fetch_one(&mut app.look_at_keys().await)
        .await
        .unwrap();
    assert_eq!(lengths, [60]);
    let mode = std::fs::metadata(app.folder.path().join("root.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    app.finish().await;
}

#[tokio::test]
async fn a_lost_or_foreign_root_key_stops_the_server_instead_of_making_a_new_one() {
    let app = TestApp::start().await;
    let file = app.folder.path().join("root.key");
    let again = || {
        let mut config = app.running().state.config.as_ref().clone();
        config.listen.set_port(0);
        config
    };
    std::fs::rename(&file, app.folder.path().join("away")).unwrap();
    let error = server::start(again()).await.unwrap_err();
    assert!(
        matches!(error, StartError::RootKey(RootKeyError::Missing(_))),
        "{error:?}"
    );
    assert!(!file.exists(), "a new key was made over data that needs the old one");

    FileRootKey::create(&file).unwrap();
    let error = format!("{:?}", server::start(again()).await.unwrap_err());
    assert!(error.contains("Another"), "{error}");
    app.finish().await;
}

#[tokio::test]
async fn the_same_identity_signs_offers_after_a_restart() {
    let mut app = TestApp::start().await;
    let before = app.running().state.keys.identity_keys();
    app.restart().await;
    let keys = &app.running().state.keys;
    assert_eq!(keys.identity_keys(), before);
    assert_eq!(keys.sign_offer(b"offer").key_id, before[0].key_id);
    app.finish().await;
}

#[tokio::test]
async fn another_root_key_opens_everything_also_when_it_was_interrupted_and_the_old_one_nothing() {
    let mut app = TestApp::start().await;
    let token = app.owner_token().await;
    for _ in 0..3 {
        app.stranger().await;
    }
    let owner = app.nobody().with("authorization", &format!("Bearer {token}"));
    owner
        .post("/v1/meetings", json!({"title": "kept", "others_told": true}))
        .await
        .expect(201);
    let store = attune::db::connect_keystore(app.databases(), 1).await.unwrap();
    let (file, next) = (
        app.folder.path().join("root.key"),
        app.folder.path().join("root.key.next"),
    );
    let (old, new) = (FileRootKey::read(&file).unwrap(), FileRootKey::create(&next).unwrap());

    // Interrupted: one of the keys does not unwrap, and is put right again.
    let spoil = "UPDATE keys.service_keys SET wrapped = wrapped || 'x' WHERE purpose = 'access-token'";
    let mend = "UPDATE keys.service_keys SET wrapped = substring(wrapped FOR 60) WHERE purpose = 'access-token'";
    app.look_at_keys().await.execute(spoil).await.unwrap();
    rotate_root(&store, &old, &new, |_| {}).await.unwrap_err();
    app.look_at_keys().await.execute(mend).await.unwrap();
    let mut told = 0;
    rotate_root(&store, &old, &new, |done| told = done).await.unwrap();
    assert!(told >= 1);
    let contents = store.contents().await.unwrap();
    assert_eq!(
        contents.roots,
        [(new.id().to_owned(), 7)],
        "four tenants, an identity and two of the server's"
    );
    assert_eq!(contents.in_force, [4, 4, 1]);
    store.close().await;

    let kept = FileRootKey::replace(&file, &next).unwrap();
    assert_eq!(FileRootKey::read(&kept).unwrap().id(), old.id());
    assert!(!next.exists());
    app.restart().await;
    let owner = app.nobody().with("authorization", &format!("Bearer {token}"));
    assert_eq!(
        owner.get("/v1/meetings").await.expect(200).body["meetings"][0]["title"],
        "kept"
    );

    std::fs::rename(&kept, &file).unwrap();
    let mut config = app.running().state.config.as_ref().clone();
    config.listen.set_port(0);
    let error = format!("{:?}", server::start(config).await.unwrap_err());
    assert!(error.contains("Another"), "{error}");
    app.finish().await;
}
