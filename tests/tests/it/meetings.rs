//! Meetings: made, listed, renamed, deleted.

use crate::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_meeting_is_made_with_defaults_and_found_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let made = owner
        .post("/v1/meetings", json!({"title": "Quarterly zebra", "others_told": true}))
        .await
        .expect(201)
        .body;
    assert_eq!(made["title"], "Quarterly zebra");
    for (field, value) in [
        ("meeting_type", json!("other")),
        ("mode", json!("focus")),
        ("language", json!("en")),
        ("state", json!("scheduled")),
        ("others_told", json!(true)),
        ("duration_ms", json!(0)),
        ("committed_ms", json!(0)),
        ("started_at", json!(null)),
        ("report_version", json!(null)),
        ("talk_share", json!(null)),
        ("starts_at", json!(null)),
        ("ends_at", json!(null)),
        ("hosting", json!(false)),
        ("played_back", json!(false)),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let path = format!("/v1/meetings/{}", made["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.expect(200).body, made);
    app.finish().await;
}

#[tokio::test]
async fn the_list_is_newest_first_and_walks_page_by_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for number in 0..5 {
        owner
            .post(
                "/v1/meetings",
                json!({"title": format!("{number}"), "others_told": true}),
            )
            .await
            .expect(201);
    }
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let page = owner
            .get(&format!("/v1/meetings?limit=2{cursor}"))
            .await
            .expect(200)
            .body;
        titles.extend(
            page["meetings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["title"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((titles.join(""), pages), ("43210".to_owned(), 3));
    app.finish().await;
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_named() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let long = "x".repeat(201);
    for (body, field) in [
        (json!({"title": "", "others_told": true}), "title"),
        (json!({"title": long, "others_told": true}), "title"),
        (
            json!({"title": "a", "others_told": true, "language": "english please"}),
            "language",
        ),
        (
            json!({"title": "a", "others_told": true, "language": "e\u{0}"}),
            "language",
        ),
    ] {
        let answer = owner.post("/v1/meetings", body).await.expect(422);
        assert_eq!(answer.error_code(), "invalid");
        assert_eq!(answer.body["error"]["details"]["fields"][0]["field"], field);
    }
    for body in [
        json!({"title": "a"}),
        json!({"title": 1, "others_told": true}),
        json!({"title": "a", "others_told": true, "mode": "loud"}),
        json!({"title": "a", "others_told": true, "ends_at": "tomorrow"}),
        json!({"title": "a", "others_told": true, "ends_at": "-0001-01-01T00:00:00Z"}),
        json!({"title": "a", "others_told": true, "tenant_id": "x"}),
    ] {
        assert_eq!(
            owner.post("/v1/meetings", body).await.expect(400).error_code(),
            "malformed"
        );
    }
    for query in ["limit=0", "limit=101", "cursor=x"] {
        assert_eq!(
            owner
                .get(&format!("/v1/meetings?{query}"))
                .await
                .expect(422)
                .error_code(),
            "invalid"
        );
    }
    for query in ["limit=x", "unknown=1"] {
        assert_eq!(
            owner
                .get(&format!("/v1/meetings?{query}"))
                .await
                .expect(400)
                .error_code(),
            "malformed"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_title_of_any_script_survives_and_is_stored_as_ciphertext_only() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let title = "Žluťoučký zebra \u{202e} 'quoted' <b> \u{1f9a9}";
    let made = owner
        .post("/v1/meetings", json!({"title": "draft", "others_told": true}))
        .await
        .expect(201)
        .body;
    let path = format!("/v1/meetings/{}", made["id"].as_str().unwrap());
    assert_eq!(
        owner.patch(&path, json!({"title": title})).await.expect(200).body["title"],
        title
    );
    assert_eq!(owner.get(&path).await.expect(200).body["title"], title);

    let stored: Vec<u8> = sqlx::query_scalar("SELECT title FROM meetings")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert!(!stored.windows(5).any(|window| window == b"zebra"));
    assert!(!app.log().contains("zebra"), "a title is in the log");
    app.finish().await;
}

#[tokio::test]
async fn deleting_destroys_the_key_says_so_in_the_ledger_and_is_recorded() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let made = owner
        .post("/v1/meetings", json!({"title": "gone", "others_told": true}))
        .await
        .expect(201)
        .body;
    let path = format!("/v1/meetings/{}", made["id"].as_str().unwrap());
    owner.delete(&path).await.expect(204);

    assert_eq!(owner.get(&path).await.expect(404).error_code(), "not_found");
    assert_eq!(owner.delete(&path).await.expect(404).error_code(), "not_found");
    assert_eq!(owner.get("/v1/meetings").await.expect(200).body["meetings"], json!([]));

    let mut keys = app.look_at_keys().await;
    let key = "SELECT octet_length(wrapped) FROM keys.meeting_keys WHERE erased_at IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i32>(key).fetch_one(&mut keys).await.unwrap(), 0);
    let entries = "SELECT count(*) FROM keys.erasure_ledger WHERE subject = 'meeting'";
    assert_eq!(
        sqlx::query_scalar::<_, i64>(entries)
            .fetch_one(&mut keys)
            .await
            .unwrap(),
        1
    );
    let recorded: String = sqlx::query_scalar("SELECT action FROM audit_log")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(recorded, "meeting.deleted");
    app.finish().await;
}

#[tokio::test]
async fn a_meeting_whose_key_is_gone_is_not_listed_and_can_still_be_deleted() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let made = owner
        .post("/v1/meetings", json!({"title": "half gone", "others_told": true}))
        .await
        .expect(201)
        .body;
    let id = made["id"].as_str().unwrap();
    let state = &app.running().state;
    let tenant = owner.get("/v1/me").await.body["tenant_id"]
        .as_str()
        .unwrap()
        .parse()
        .map(attune::ids::TenantId)
        .unwrap();
    state
        .keys
        .erase_meeting(tenant, id.parse().map(attune::ids::MeetingId).unwrap())
        .await
        .unwrap();

    assert_eq!(owner.get("/v1/meetings").await.expect(200).body["meetings"], json!([]));
    owner.get(&format!("/v1/meetings/{id}")).await.expect(404);
    owner.delete(&format!("/v1/meetings/{id}")).await.expect(204);
    app.finish().await;
}
