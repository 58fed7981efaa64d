//! Whatever goes wrong, and whoever noticed it, is told in one shape.

use crate::app::TestApp;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn every_refusal_has_the_one_shape() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let nobody = app.nobody();
    let big = vec![b' '; 100_000];
    let cases = [
        (nobody.get("/v1/me").await, 401, "not_signed_in"),
        (nobody.get("/v1/nothing").await, 404, "not_found"),
        (nobody.get("/v1").await, 404, "not_found"),
        (nobody.get("/missing.js").await, 404, "not_found"),
        (nobody.delete("/v1/health").await, 405, "method_not_allowed"),
        (nobody.post("/sign-in", json!({})).await, 405, "method_not_allowed"),
        (
            owner
                .send_raw(Method::POST, "/v1/consents", "application/json", big)
                .await,
            413,
            "too_large",
        ),
        (
            owner
                .send_raw(Method::POST, "/v1/consents", "text/plain", b"{}".to_vec())
                .await,
            415,
            "not_json",
        ),
        (
            owner
                .send_raw(Method::POST, "/v1/consents", "application/json", b"{".to_vec())
                .await,
            400,
            "malformed",
        ),
        (
            owner
                .send_raw(Method::POST, "/v1/consents", "application/json", b"\xff".to_vec())
                .await,
            400,
            "malformed",
        ),
        (
            owner
                .send_raw(Method::POST, "/v1/consents", "application/json", Vec::new())
                .await,
            400,
            "malformed",
        ),
        (
            owner
                .post("/v1/consents", json!({"kind": "everything", "granted": true}))
                .await,
            400,
            "malformed",
        ),
        (owner.get("/v1/meetings/not-an-id").await, 404, "not_found"),
        (owner.get("/v1/meetings/%ff").await, 404, "not_found"),
        (
            owner.get("/v1/meetings/01890000-0000-7000-8000-000000000000").await,
            404,
            "not_found",
        ),
    ];
    for (answer, status, code) in cases {
        let answer = answer.expect(status);
        assert_eq!(answer.error_code(), code);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.body["error"]["retryable"], false, "{code}");
        let when = answer.body["error"]["timestamp"].as_str().unwrap();
        assert!(when.ends_with('Z') && when.contains('T'), "{when}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_refusal_quotes_nothing_of_what_was_sent() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for body in [
        json!({"title": 1, "zebra": true}),
        json!({"title": "zebra"}),
        json!({"kind": "zebra", "granted": true}),
    ] {
        for path in ["/v1/meetings", "/v1/consents"] {
            let answer = owner.post(path, body.clone()).await.expect(400);
            assert!(!answer.text.contains("zebra"), "{}", answer.text);
        }
    }
    assert!(!app.log().contains("zebra"));
    app.finish().await;
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_an_id() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/v1/health",
        "/v1/openapi.json",
        "/v1/nothing",
        "/meetings/some/page",
    ] {
        let answer = app.nobody().get(path).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(directive), "{path}: {directive}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36), "{path}");
        if path.starts_with("/v1/") {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_request_for_another_host_is_refused_unless_it_asks_for_health() {
    let app = TestApp::start().await;
    let rebound = app.nobody().with("host", "evil.example");
    assert_eq!(rebound.get("/v1/me").await.expect(421).error_code(), "wrong_host");
    assert_eq!(rebound.get("/").await.expect(421).error_code(), "wrong_host");
    rebound.get("/v1/health").await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_within_a_second_and_found_again() {
    let mut app = TestApp::start().await;
    // Whether the queue looks for a job while its database is gone is a matter of timing; it says so loudly if it does.
    app.expect_errors_from("graphile_worker");
    let owner = app.owner().await;
    app.cut_database().await;

    let began = std::time::Instant::now();
    let answer = owner.get("/v1/me").await.expect(503);
    assert_eq!(answer.error_code(), "unavailable");
    assert_eq!(answer.body["error"]["retryable"], true);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(began.elapsed().as_secs() < 3, "{:?}", began.elapsed());

    app.restore_database().await;
    owner.get("/v1/me").await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn a_list_in_the_order_of_the_fields_is_no_body() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for body in [json!([]), json!([null, null]), json!(null), json!("x"), json!(7)] {
        let answer = owner.patch("/v1/organisation", body).await.expect(400);
        assert_eq!(answer.error_code(), "malformed");
    }
    owner
        .patch("/v1/organisation", json!({"remote_recognition": false}))
        .await
        .expect(200);
    app.finish().await;
}
