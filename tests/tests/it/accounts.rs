//! Signing in and out, and who may do what without it.

use crate::app::{Caller, TestApp};
use attune::auth::COOKIE;
use serde_json::{Value, json};
use sqlx::Executor as _;

const REDEEM: &str = "/v1/auth/login-links/redeem";

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let app = TestApp::start().await;
    let link = app.login_link().await;
    let redeem = || json!({"token": link, "client": "native"});

    let first = app.nobody().post(REDEEM, redeem()).await.expect(200);
    assert_eq!(first.body["user"]["role"], "owner");
    assert!(first.header("set-cookie").is_none(), "a program was given a cookie");
    let second = app.nobody().post(REDEEM, redeem()).await.expect(410);
    assert_eq!(second.error_code(), "login_link_gone");
    app.finish().await;
}

#[tokio::test]
async fn a_hundred_attempts_at_one_link_make_one_sign_in() {
    let app = TestApp::start().await;
    let link = app.login_link().await;
    let attempts = (0..100).map(|_| {
        let (caller, body) = (app.nobody(), json!({"token": link, "client": "native"}));
        async move { caller.post(REDEEM, body).await.status.as_u16() }
    });
    let statuses = futures_util::future::join_all(attempts).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [200, 410, 503].contains(status)),
        "{statuses:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_link_is_good_for_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    let link = app.login_link().await;
    // To the microsecond: both times are of the one clock that they are compared by.
    let sql = "SELECT (expires_at - created_at)::text FROM login_links";
    let lives: String = sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap();
    assert_eq!(lives, "00:15:00");

    app.look()
        .await
        .execute("UPDATE login_links SET expires_at = now()")
        .await
        .unwrap();
    app.nobody()
        .post(REDEEM, json!({"token": link, "client": "native"}))
        .await
        .expect(410);
    app.finish().await;
}

#[tokio::test]
async fn a_browser_signs_in_with_a_cookie_that_scripts_cannot_read_and_signs_out() {
    let app = TestApp::start().await;
    let browser = app.browser().await;
    assert_eq!(browser.get("/v1/me").await.expect(200).body["role"], "owner");

    let out = browser.post("/v1/auth/logout", json!({})).await.expect(204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/v1/me").await.expect(401).error_code(), "not_signed_in");
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_a_program_s_token_at_once_and_no_other_s() {
    let app = TestApp::start().await;
    let (one, other) = (app.owner().await, app.owner().await);
    one.post("/v1/auth/logout", json!({})).await.expect(204);
    one.get("/v1/me").await.expect(401);
    other.get("/v1/me").await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn no_other_site_s_page_can_use_the_cookie_or_plant_one() {
    let app = TestApp::start().await;
    let browser = app.browser().await;
    let hostile = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
    ];
    for (name, value) in hostile {
        let page = match name {
            "origin" => cookie_only(&app, &browser).await.with(name, value),
            _ => browser.clone().with(name, value),
        };
        let answer = page
            .post("/v1/consents", json!({"kind": "record_self", "granted": true}))
            .await
            .expect(403);
        assert_eq!(answer.error_code(), "cross_site", "{name}: {value}");

        let planted = app
            .nobody()
            .with(name, value)
            .post(REDEEM, json!({"token": app.login_link().await}))
            .await;
        assert_eq!(planted.expect(403).error_code(), "cross_site", "{name}: {value}");
    }
    assert_eq!(
        browser.get("/v1/consents").await.expect(200).body["consents"],
        json!([])
    );
    app.finish().await;
}

/// A browser that says nothing but its cookie.
async fn cookie_only(app: &TestApp, browser: &Caller) -> Caller {
    app.nobody()
        .with("cookie", browser.header("cookie").expect("a browser has a cookie"))
}

#[tokio::test]
async fn a_forged_or_foreign_token_is_nobody() {
    let app = TestApp::start().await;
    let good = app.owner_token().await;
    let flipped = format!("{}{}", if good.starts_with('A') { "B" } else { "A" }, &good[1..]);
    for header in [
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer x",
        &format!("Bearer {flipped}"),
        &format!("bearer{good}"),
    ] {
        let answer = app
            .nobody()
            .with("authorization", header)
            .get("/v1/me")
            .await
            .expect(401);
        assert_eq!(answer.error_code(), "not_signed_in", "{header}");
    }
    app.nobody()
        .with("cookie", &format!("{COOKIE}={flipped}"))
        .get("/v1/me")
        .await
        .expect(401);
    app.nobody()
        .with("authorization", &format!("bearer {good}"))
        .get("/v1/me")
        .await
        .expect(200);
    app.finish().await;
}

#[tokio::test]
async fn the_database_and_the_log_hold_no_token_and_no_link() {
    let app = TestApp::start().await;
    let link = app.login_link().await;
    let token = app.owner_token().await;
    app.nobody()
        .with("authorization", &format!("Bearer {token}"))
        .get("/v1/me")
        .await
        .expect(200);

    assert!(
        !app.log().contains(&token) && !app.log().contains(&link),
        "a secret is in the log"
    );
    assert!(app.log().contains("answered"), "the log was not kept");
    let sql = "SELECT string_agg(row_to_json(t)::text, ' ') FROM
        (SELECT token_sha256 FROM login_links UNION ALL SELECT token_sha256 FROM refresh_tokens) t";
    let stored: String = sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap();
    for secret in [&link, &token] {
        let bytes = attune::auth::Token::parse(secret).unwrap();
        assert!(
            stored.contains(&hex(&bytes.digest())),
            "the digest is not what is stored"
        );
        assert!(!stored.contains(secret.as_str()));
    }
    app.finish().await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_owner_is_made_once_and_is_the_same_after_a_restart() {
    let mut app = TestApp::start().await;
    let before = app.owner().await.get("/v1/me").await.expect(200).body;
    app.restart().await;
    assert_eq!(app.owner().await.get("/v1/me").await.expect(200).body, before);
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(accounts, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_newest_word_on_consent_holds_and_every_word_is_kept() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for granted in [true, false, true] {
        let body = json!({"kind": "record_self", "granted": granted});
        owner.post("/v1/consents", body).await.expect(201);
        let listed = owner.get("/v1/consents").await.expect(200).body;
        assert_eq!(listed["consents"].as_array().unwrap().len(), 1);
        assert_eq!(listed["consents"][0]["granted"], granted);
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM consents")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(kept, 3);

    // A node whose clock is ahead makes ids that look newer than they are.
    app.look()
        .await
        .execute("UPDATE consents SET id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE NOT granted")
        .await
        .unwrap();
    let listed = owner.get("/v1/consents").await.expect(200).body;
    assert_eq!(listed["consents"][0]["granted"], true);
    app.finish().await;
}

#[tokio::test]
async fn an_enrolled_device_opens_its_secret_which_is_stored_wrapped() {
    use attune_ingest::keys::{Enrolment, SealedPsk};
    let app = TestApp::start().await;
    let enrolment = Enrolment::generate();
    let body = json!({"kind": "native", "name": "My laptop", "hpke_public": base64(enrolment.public())});
    let answer = app.owner().await.post("/v1/devices", body).await.expect(201).body;

    let device = answer["device_id"].as_str().unwrap().parse().unwrap();
    let enc = unbase64(&answer["enc"]).try_into().unwrap();
    let sealed = SealedPsk {
        enc,
        ciphertext: unbase64(&answer["ciphertext"]),
    };
    let psk = enrolment.open(device, &sealed).unwrap();
    let pinned = answer["identity_keys"].as_array().unwrap();
    assert_eq!(pinned.len(), 1);
    assert_eq!(unbase64(&pinned[0]["public"]).len(), 32);

    let (name, stored): (Vec<u8>, Vec<u8>) = sqlx::query_as("SELECT name, psk FROM devices")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert!(
        !stored.windows(8).any(|window| window == &psk[..8]),
        "the secret is stored in the clear"
    );
    assert!(
        !name.windows(6).any(|window| window == b"laptop"),
        "the name is stored in the clear"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_it_from_afar() {
    let app = TestApp::start().await;
    let (one, other, browser) = (app.owner().await, app.owner().await, app.browser().await);
    let (_, stranger) = app.stranger().await;
    let listed = async |caller: &Caller| {
        let body = caller.get("/v1/sign-ins").await.expect(200).body;
        body["sign_ins"].as_array().unwrap().clone()
    };
    let sign_ins = listed(&one).await;
    let current: Vec<&Value> = sign_ins.iter().filter(|sign_in| sign_in["current"] == true).collect();
    assert_eq!((sign_ins.len(), current.len()), (3, 1), "{sign_ins:?}");
    assert_eq!(current[0]["client"], "native");
    assert_eq!(sign_ins.iter().filter(|sign_in| sign_in["client"] == "web").count(), 1);

    let seen_by_other = listed(&other).await;
    let its = seen_by_other.iter().find(|sign_in| sign_in["current"] == true).unwrap();
    let path = format!("/v1/sign-ins/{}", its["id"].as_str().unwrap());
    stranger.delete(&path).await.expect(404);
    other.get("/v1/me").await.expect(200);
    one.delete(&path).await.expect(204);
    other.get("/v1/me").await.expect(401);
    one.delete(&path).await.expect(404);
    one.delete("/v1/sign-ins/nonsense").await.expect(404);

    one.delete("/v1/sign-ins").await.expect(204);
    browser.get("/v1/me").await.expect(401);
    assert_eq!(listed(&one).await.len(), 1);
    assert_eq!(listed(&stranger).await.len(), 1);
    let ended: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'sign_in.ended'")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(ended, 2);
    app.finish().await;
}

#[tokio::test]
async fn that_a_sign_in_was_used_is_noted_once_an_hour() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut db = app.look().await;
    let mut used_after = async |minutes: i32| -> f64 {
        sqlx::query("UPDATE refresh_families SET used_at = now() - make_interval(mins => $1)")
            .bind(minutes)
            .execute(&mut db)
            .await
            .unwrap();
        owner.get("/v1/me").await.expect(200);
        sqlx::query_scalar("SELECT extract(epoch FROM now() - used_at)::float8 FROM refresh_families")
            .fetch_one(&mut db)
            .await
            .unwrap()
    };
    assert!(used_after(59).await > 3_000.0);
    assert!(used_after(61).await < 60.0);
    app.finish().await;
}

#[tokio::test]
async fn a_person_s_devices_are_listed_by_name_and_revoked_by_nobody_else() {
    use attune_ingest::keys::Enrolment;
    let app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    for (kind, name) in [("native", "My laptop"), ("extension", "Chrome, at work")] {
        let key = base64(Enrolment::generate().public());
        let body = json!({"kind": kind, "name": name, "hpke_public": key});
        owner.post("/v1/devices", body).await.expect(201);
    }
    let listed = owner.get("/v1/devices").await.expect(200).body;
    let of = |field: &str| -> Vec<&Value> {
        listed["devices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it[field])
            .collect()
    };
    assert_eq!(of("name"), ["Chrome, at work", "My laptop"]);
    assert_eq!(of("kind"), ["extension", "native"]);
    assert_eq!(of("recorded_at"), [&Value::Null; 2]);
    assert_eq!(stranger.get("/v1/devices").await.expect(200).body["devices"], json!([]));

    let path = format!("/v1/devices/{}", of("id")[0].as_str().unwrap());
    stranger.delete(&path).await.expect(404);
    owner.delete(&path).await.expect(204);
    owner.delete(&path).await.expect(404);
    let left = owner.get("/v1/devices").await.expect(200).body;
    assert_eq!(left["devices"].as_array().unwrap().len(), 1);
    let secret: Option<Vec<u8>> = sqlx::query_scalar("SELECT psk FROM devices WHERE revoked_at IS NOT NULL")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(secret, None, "a revoked device's secret is kept");
    app.finish().await;
}

#[tokio::test]
async fn a_device_with_a_bad_key_is_refused_by_field() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for key in ["", "not base64!", "c2hvcnQ=", &base64(&[0; 32])] {
        let answer = owner
            .post(
                "/v1/devices",
                json!({"kind": "native", "name": "x", "hpke_public": key}),
            )
            .await;
        let answer = answer.expect(422);
        assert_eq!(answer.error_code(), "invalid");
        assert_eq!(
            answer.body["error"]["details"]["fields"][0]["field"], "hpke_public",
            "{key:?}"
        );
    }
    app.finish().await;
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

fn unbase64(text: &serde_json::Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD
        .decode(text.as_str().expect("base64 is a string"))
        .expect("base64")
}

#[tokio::test]
async fn an_answer_says_how_much_may_still_be_asked_for() {
    let app = TestApp::start_with(|config| config.limits.requests_per_minute = 3).await;
    let owner = app.owner().await;
    for (left, status) in [("2", 200), ("1", 200), ("0", 200), ("0", 429)] {
        let answer = owner.get("/v1/me").await.expect(status);
        let told = ["ratelimit-limit", "ratelimit-remaining"].map(|name| answer.header(name));
        assert_eq!(told, [Some("3"), Some(left)]);
        let renewed_in: u64 = answer.header("ratelimit-reset").unwrap().parse().unwrap();
        assert!((1..=61).contains(&renewed_in), "{renewed_in}");
    }
    assert!(app.nobody().get("/v1/health").await.header("ratelimit-limit").is_none());
    app.finish().await;
}
