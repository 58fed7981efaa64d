//! Signing in with an address and a password: accounts that are made by mail, passwords that are forgotten, guessed and changed.
//! The mail goes through a real server.

use crate::app::{Caller, MailSink, TestApp, eventually};
use attune::config::MailSettings;
use serde_json::{Value, json};
use sqlx::Executor as _;

pub const SIGN_IN: &str = "/v1/auth/sign-in";
const MARIA: &str = "maria@example.com";
pub const PASSWORD: &str = "correct horse battery staple";
const ANOTHER: &str = "another horse, another staple";

/// A server that sends mail, and where anybody may make an account.
pub async fn start(mail: &MailSink) -> TestApp {
    let smtp_url = mail.url().into();
    TestApp::start_with(|config| {
        config.sign_up = true;
        config.mail = Some(MailSettings {
            smtp_url,
            from: "Attune <attune@example.com>".into(),
        });
    })
    .await
}

/// Makes an account by mail: a program with its token.
pub async fn sign_up(app: &TestApp, mail: &MailSink, address: &str, password: &str) -> Caller {
    let asked = json!({"address": address});
    app.nobody().post("/v1/auth/sign-ups", asked).await.expect(202);
    let letter = mail.mail(address, "Your Attune account").await;
    let chosen = json!({"token": letter.secret(), "password": password, "client": "native"});
    let answer = app.nobody().post("/v1/auth/sign-ups/redeem", chosen).await.expect(200);
    bearer(app, &answer.body)
}

fn bearer(app: &TestApp, body: &Value) -> Caller {
    let token = body["access_token"].as_str().expect("a program gets its token");
    app.nobody().with("authorization", &format!("Bearer {token}"))
}

/// Who a program says it is.
pub fn sign_in_as(address: &str, password: &str) -> Value {
    json!({"address": address, "password": password, "client": "native"})
}

async fn try_sign_in(app: &TestApp, password: &str) -> u16 {
    app.nobody()
        .post(SIGN_IN, sign_in_as(MARIA, password))
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn an_account_is_made_by_mail_and_signed_in_to_with_its_password() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    let ways = app.nobody().get("/v1/auth/ways").await.expect(200);
    assert_eq!(ways.body, json!({"password": true, "sign_up": true}));

    let maria = sign_up(&app, &mail, MARIA, PASSWORD).await;
    let me = maria.get("/v1/me").await.expect(200).body;
    assert_eq!(me["role"], "owner", "she has a space of her own");
    let with = maria.get("/v1/me/sign-in").await.expect(200).body;
    assert_eq!(
        with,
        json!({"address": MARIA, "password": true, "codes": false, "recovery_codes": 0})
    );

    let again = app
        .nobody()
        .post(SIGN_IN, sign_in_as(" Maria@Example.com ", PASSWORD))
        .await
        .expect(200);
    assert_eq!(again.body["user"]["id"], me["id"]);
    let owner = app.owner().await.get("/v1/me").await.expect(200).body;
    assert_ne!(owner["tenant_id"], me["tenant_id"]);

    // Neither the address nor the password is anywhere in the data in the clear.
    let sql = "SELECT concat_ws(' ', array_agg(encode(sealed, 'escape')), array_agg(encode(address_hmac, 'escape'))) FROM addresses";
    let stored: String = sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap();
    assert!(!stored.is_empty() && !stored.contains("maria"), "{stored}");
    app.finish().await;
}

#[tokio::test]
async fn in_a_browser_the_password_gives_the_cookie_and_only_to_our_own_page() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    sign_up(&app, &mail, MARIA, PASSWORD).await;
    let body = json!({"address": MARIA, "password": PASSWORD});
    let elsewhere = app.nobody().with("origin", "https://elsewhere.example");
    assert_eq!(
        elsewhere.post(SIGN_IN, body.clone()).await.expect(403).error_code(),
        "cross_site"
    );
    let ours = app.nobody().with("sec-fetch-site", "same-origin");
    let answer = ours.post(SIGN_IN, body).await.expect(200);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Secure"));
    assert!(answer.body.get("access_token").is_none());
    app.finish().await;
}

#[tokio::test]
async fn nobody_learns_from_an_answer_who_has_an_account() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    sign_up(&app, &mail, MARIA, PASSWORD).await;
    mail.clear();
    let nobody = app.nobody();
    let known = nobody
        .post(SIGN_IN, sign_in_as(MARIA, "wrong, but long enough"))
        .await
        .expect(401);
    let unknown = nobody
        .post(SIGN_IN, sign_in_as("other@example.com", "wrong, but long enough"))
        .await
        .expect(401);
    assert_eq!(known.error_code(), "not_proved");
    assert_eq!(known.body["error"]["message"], unknown.body["error"]["message"]);
    for path in ["/v1/auth/sign-ups", "/v1/auth/password-resets"] {
        for address in [MARIA, "other@example.com"] {
            let answer = nobody.post(path, json!({"address": address})).await.expect(202);
            assert_eq!(answer.text, "");
        }
    }
    // What differs is the mail: hers says that she has an account, and nobody's mailbox is told anything of one.
    mail.mail(MARIA, "Another password for Attune").await;
    mail.mail("other@example.com", "Your Attune account").await;
    eventually(async || mail.mails().len() == 3).await;
    let told = mail.mail(MARIA, "Your Attune account").await;
    assert!(
        told.text.contains("You have one") && !told.text.contains('#'),
        "{}",
        told.text
    );
    app.finish().await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_and_every_sign_in_ends() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    let maria = sign_up(&app, &mail, MARIA, PASSWORD).await;
    let nobody = app.nobody();
    let ask = || nobody.post("/v1/auth/password-resets", json!({"address": MARIA}));
    ask().await.expect(202);
    let first = mail
        .mail(MARIA, "Another password for Attune")
        .await
        .secret()
        .to_owned();
    mail.clear();
    ask().await.expect(202);
    let second = mail
        .mail(MARIA, "Another password for Attune")
        .await
        .secret()
        .to_owned();
    let redeem = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password, "client": "native"});
        nobody.post("/v1/auth/password-resets/redeem", body)
    };
    assert_eq!(
        redeem(&first, ANOTHER).await.expect(410).error_code(),
        "mailed_link_gone",
        "a newer one was sent"
    );
    redeem(&second, "short").await.expect(422);
    // A password that is not taken uses no link up.
    let back = redeem(&second, ANOTHER).await.expect(200);
    redeem(&second, PASSWORD).await.expect(410);
    maria.get("/v1/me").await.expect(401);
    bearer(&app, &back.body).get("/v1/me").await.expect(200);
    assert_eq!(
        (try_sign_in(&app, PASSWORD).await, try_sign_in(&app, ANOTHER).await),
        (401, 200)
    );
    mail.mail(MARIA, "Your Attune password was changed").await;
    app.finish().await;
}

#[tokio::test]
async fn a_mailed_link_dies_with_its_time_and_with_a_change_of_password() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    let maria = sign_up(&app, &mail, MARIA, PASSWORD).await;
    let nobody = app.nobody();
    let redeem = |token: String| {
        let body = json!({"token": token, "password": ANOTHER, "client": "native"});
        nobody.post("/v1/auth/password-resets/redeem", body)
    };
    for kill in ["UPDATE mail_links SET expires_at = now()", ""] {
        nobody
            .post("/v1/auth/password-resets", json!({"address": MARIA}))
            .await
            .expect(202);
        let token = mail
            .mail(MARIA, "Another password for Attune")
            .await
            .secret()
            .to_owned();
        mail.clear();
        if kill.is_empty() {
            maria
                .put("/v1/me/password", json!({"password": ANOTHER}))
                .await
                .expect(204);
        } else {
            app.look().await.execute(kill).await.unwrap();
        }
        redeem(token).await.expect(410);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_changed_password_ends_every_other_sign_in_and_needs_proof() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    let maria = sign_up(&app, &mail, MARIA, PASSWORD).await;
    let other = app
        .nobody()
        .post(SIGN_IN, sign_in_as(MARIA, PASSWORD))
        .await
        .expect(200);
    let other = bearer(&app, &other.body);
    let long_ago = "UPDATE refresh_families SET proved_at = now() - interval '6 minutes'";
    app.look().await.execute(long_ago).await.unwrap();

    let change = || maria.put("/v1/me/password", json!({"password": ANOTHER}));
    assert_eq!(change().await.expect(403).error_code(), "proof_needed");
    let prove = |password: &str| maria.post("/v1/auth/proof", json!({"password": password}));
    assert_eq!(
        prove("wrong, but long enough").await.expect(401).error_code(),
        "not_proved"
    );
    change().await.expect(403);
    prove(PASSWORD).await.expect(204);
    change().await.expect(204);
    maria.get("/v1/me").await.expect(200);
    other.get("/v1/me").await.expect(401);
    app.finish().await;
}

#[tokio::test]
async fn what_is_dangerous_needs_proof_that_is_not_old() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let long_ago = "UPDATE refresh_families SET proved_at = now() - interval '6 minutes'";
    app.look().await.execute(long_ago).await.unwrap();
    let refused = [
        owner
            .post("/v1/me/erasure", json!({"confirm": "erase everything"}))
            .await,
        owner.post("/v1/exports", json!({})).await,
        owner.put("/v1/me/password", json!({"password": PASSWORD})).await,
        owner.post("/v1/me/codes", json!({})).await,
        owner.delete("/v1/me/codes").await,
        owner.post("/v1/me/address", json!({"address": MARIA})).await,
    ];
    for answer in refused {
        assert_eq!(answer.expect(403).error_code(), "proof_needed");
    }
    // Who signs in anew has proved it.
    app.owner().await.post("/v1/exports", json!({})).await.expect(202);
    app.finish().await;
}

#[tokio::test]
async fn of_a_thousand_guesses_ten_are_looked_at_and_the_owner_elsewhere_gets_in() {
    let mail = MailSink::start().await;
    let smtp_url = mail.url().into();
    let app = TestApp::start_with(|config| {
        config.sign_up = true;
        config.limits.sign_in_tries = 10_000;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.mail = Some(MailSettings {
            smtp_url,
            from: "attune@example.com".into(),
        });
    })
    .await;
    sign_up(&app, &mail, MARIA, PASSWORD).await;
    let attacker = app.nobody().with("x-forwarded-for", "192.0.2.66");
    let mut looked_at = 0;
    for guess in 0..1_000 {
        // The last is right, and not looked at either.
        let password = if guess == 999 {
            PASSWORD.into()
        } else {
            format!("guess number {guess}")
        };
        let answer = attacker.post(SIGN_IN, sign_in_as(MARIA, &password)).await;
        match answer.status.as_u16() {
            401 => looked_at += 1,
            429 => assert!(answer.header("retry-after").is_some()),
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert_eq!(looked_at, 10);
    let owner = app.nobody().with("x-forwarded-for", "192.0.2.7");
    owner.post(SIGN_IN, sign_in_as(MARIA, PASSWORD)).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn from_one_place_a_hundred_tries_in_a_quarter_of_an_hour_are_answered() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let mut answered = 0;
    for account in 0..120 {
        let answer = nobody
            .post(SIGN_IN, sign_in_as(&format!("p{account}@example.com"), "long enough"))
            .await;
        // A header that nobody of ours wrote is nobody's.
        match answer.status.as_u16() {
            401 => answered += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(answered, 100);
    let disguised = nobody.with("x-forwarded-for", "192.0.2.9");
    disguised
        .post(SIGN_IN, sign_in_as(MARIA, "long enough"))
        .await
        .expect(429);
    app.finish().await;
}

#[tokio::test]
async fn without_mail_or_where_it_is_closed_nobody_makes_an_account_and_is_told_why() {
    let app = TestApp::start().await;
    let ways = app.nobody().get("/v1/auth/ways").await.expect(200);
    assert_eq!(ways.body, json!({"password": false, "sign_up": false}));
    let asked = json!({"address": MARIA});
    let closed = app.nobody().post("/v1/auth/sign-ups", asked.clone()).await.expect(403);
    assert_eq!(closed.error_code(), "sign_up_closed");
    let no_mail = app.nobody().post("/v1/auth/password-resets", asked).await.expect(409);
    assert_eq!(no_mail.error_code(), "no_mail");
    app.finish().await;
}

#[tokio::test]
async fn a_hundred_uses_of_one_link_make_one_account() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    app.nobody()
        .post("/v1/auth/sign-ups", json!({"address": MARIA}))
        .await
        .expect(202);
    let token = mail.mail(MARIA, "Your Attune account").await.secret().to_owned();
    let uses = (0..90).map(|_| {
        let body = json!({"token": token, "password": PASSWORD, "client": "native"});
        let nobody = app.nobody();
        async move { nobody.post("/v1/auth/sign-ups/redeem", body).await.status.as_u16() }
    });
    let statuses = futures_util::future::join_all(uses).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [200, 410, 503].contains(status)),
        "{statuses:?}"
    );
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(accounts, 2, "the owner's and hers");
    app.finish().await;
}

#[tokio::test]
async fn the_owner_takes_an_address_and_then_a_password() {
    let mail = MailSink::start().await;
    let app = start(&mail).await;
    let owner = app.owner().await;
    owner
        .post("/v1/me/address", json!({"address": MARIA}))
        .await
        .expect(202);
    let token = mail.mail(MARIA, "Your address at Attune").await.secret().to_owned();
    let nobody = app.nobody();
    let confirm = || nobody.post("/v1/auth/addresses/redeem", json!({"token": token}));
    confirm().await.expect(204);
    assert_eq!(confirm().await.expect(410).error_code(), "mailed_link_gone");
    // The same once more changes nothing.
    mail.clear();
    owner
        .post("/v1/me/address", json!({"address": MARIA}))
        .await
        .expect(202);
    let again = mail.mail(MARIA, "Your address at Attune").await.secret().to_owned();
    nobody
        .post("/v1/auth/addresses/redeem", json!({"token": again}))
        .await
        .expect(204);
    owner
        .put("/v1/me/password", json!({"password": PASSWORD}))
        .await
        .expect(204);
    let answer = app
        .nobody()
        .post(SIGN_IN, sign_in_as(MARIA, PASSWORD))
        .await
        .expect(200);
    let me = owner.get("/v1/me").await.expect(200).body;
    assert_eq!(answer.body["user"]["id"], me["id"]);

    // Erasing everything frees the address, and leaves nothing that signs in.
    owner
        .post("/v1/me/erasure", json!({"confirm": "erase everything"}))
        .await
        .expect(200);
    assert_eq!(try_sign_in(&app, PASSWORD).await, 401);
    let left = "SELECT (SELECT count(*) FROM addresses) + (SELECT count(*) FROM credentials)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut app.look().await).await.unwrap();
    assert_eq!(left, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_mail_server_that_is_away_fails_nobody_s_request() {
    let mail = MailSink::start().await;
    let mut app = start(&mail).await;
    drop(mail);
    app.nobody()
        .post("/v1/auth/sign-ups", json!({"address": MARIA}))
        .await
        .expect(202);
    eventually(async || app.log().contains("a mail was not sent")).await;
    assert!(!app.log().contains(MARIA), "the log says to whom");
    app.expect_errors_from("attune::mail");
    app.finish().await;
}
