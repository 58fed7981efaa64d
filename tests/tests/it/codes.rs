//! One-time codes as a second factor: set up, asked for, guessed, used twice, lost.

use crate::app::{Caller, MailSink, TestApp};
use crate::passwords::{self, PASSWORD, SIGN_IN, sign_in_as};
use serde_json::json;
use sqlx::Executor as _;
use std::time::{SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Secret, Totp};

const MARIA: &str = "maria@example.com";
const CODE: &str = "/v1/auth/code";

/// What the person's authenticator does.
pub struct Authenticator(Totp);

impl Authenticator {
    /// With the secret that was shown to set it up.
    pub fn given(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).unwrap();
        let totp = Builder::new().with_secret(secret).with_account_name(MARIA).build();
        Self(totp.unwrap())
    }

    /// The code `steps` steps of half a minute from now: one ahead is taken, as from a clock that is fast.
    pub fn code(&self, steps: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.0.generate(now + 30 * steps).to_string()
    }
}

/// Somebody with a password who is asked for codes from now on, what makes them, and their recovery codes.
async fn with_codes(app: &TestApp, mail: &MailSink) -> (Caller, Authenticator, Vec<String>) {
    let maria = passwords::sign_up(app, mail, MARIA, PASSWORD).await;
    let begun = maria.post("/v1/me/codes", json!({})).await.expect(200).body;
    let authenticator = Authenticator::given(begun["secret"].as_str().unwrap());
    assert!(
        begun["url"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Attune:maria%40example.com?secret=")
    );
    // Until a code was shown, none is asked for.
    app.nobody()
        .post(SIGN_IN, sign_in_as(MARIA, PASSWORD))
        .await
        .expect(200);
    let confirm = |code: String| maria.post("/v1/me/codes/confirm", json!({"code": code}));
    confirm("000000".into()).await.expect(401);
    let shown = authenticator.code(0);
    let confirmed = confirm(shown.clone()).await.expect(200).body;
    let recovery: Vec<String> = serde_json::from_value(confirmed["recovery_codes"].clone()).unwrap();
    assert_eq!(recovery.len(), 10);
    // What was shown to set codes up opens nothing.
    assert_eq!(finish_with(app, &half(app).await, &shown).await, 401);
    (maria, authenticator, recovery)
}

async fn half(app: &TestApp) -> String {
    let answer = app
        .nobody()
        .post(SIGN_IN, sign_in_as(MARIA, PASSWORD))
        .await
        .expect(202);
    assert!(answer.body.get("access_token").is_none(), "{}", answer.text);
    answer.body["code_token"].as_str().unwrap().to_owned()
}

async fn finish_with(app: &TestApp, token: &str, code: &str) -> u16 {
    let body = json!({"code_token": token, "code": code});
    app.nobody().post(CODE, body).await.status.as_u16()
}

#[tokio::test]
async fn a_code_is_asked_for_and_no_code_is_taken_twice() {
    let mail = MailSink::start().await;
    let app = passwords::start(&mail).await;
    let (maria, authenticator, _) = with_codes(&app, &mail).await;
    let token = half(&app).await;
    assert_eq!(
        finish_with(&app, &token, &authenticator.code(5)).await,
        401,
        "it is minutes ahead"
    );
    let next = authenticator.code(1);
    assert_eq!(finish_with(&app, &token, &next).await, 200);
    assert_eq!(
        finish_with(&app, &token, &next).await,
        410,
        "the token of the first factor is used up"
    );
    assert_eq!(
        finish_with(&app, &half(&app).await, &next).await,
        401,
        "the same code again"
    );
    let with = maria.get("/v1/me/sign-in").await.expect(200).body;
    assert_eq!((&with["codes"], &with["recovery_codes"]), (&json!(true), &json!(10)));
    app.finish().await;
}

#[tokio::test]
async fn of_a_thousand_guessed_codes_ten_are_looked_at() {
    let mail = MailSink::start().await;
    let app = passwords::start(&mail).await;
    // Setting codes up took three of the ten.
    with_codes(&app, &mail).await;
    let token = half(&app).await;
    let mut looked_at = 3;
    for guess in 0..1_000 {
        match finish_with(&app, &token, &format!("{guess:06}")).await {
            401 => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(looked_at, 10);
    app.finish().await;
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_and_codes_can_be_given_up_with_proof() {
    let mail = MailSink::start().await;
    let app = passwords::start(&mail).await;
    let (maria, authenticator, recovery) = with_codes(&app, &mail).await;
    let typed = recovery[3].replace('-', " ").to_uppercase();
    assert_eq!(finish_with(&app, &half(&app).await, &typed).await, 200);
    assert_eq!(finish_with(&app, &half(&app).await, &recovery[3]).await, 401);
    assert_eq!(maria.get("/v1/me/sign-in").await.expect(200).body["recovery_codes"], 9);

    let long_ago = "UPDATE refresh_families SET proved_at = now() - interval '6 minutes'";
    app.look().await.execute(long_ago).await.unwrap();
    maria.delete("/v1/me/codes").await.expect(403);
    maria
        .post("/v1/auth/proof", json!({"code": authenticator.code(1)}))
        .await
        .expect(204);
    maria.post("/v1/me/codes", json!({})).await.expect(409);
    maria.delete("/v1/me/codes").await.expect(204);
    app.nobody()
        .post(SIGN_IN, sign_in_as(MARIA, PASSWORD))
        .await
        .expect(200);
    app.finish().await;
}

#[tokio::test]
async fn turning_codes_on_ends_other_sign_ins_and_a_reset_password_asks_for_one_too() {
    let mail = MailSink::start().await;
    let app = passwords::start(&mail).await;
    let (maria, _, recovery) = with_codes(&app, &mail).await;
    // `with_codes` signed in a second time before the first code was shown.
    let list = maria.get("/v1/sign-ins").await.expect(200).body;
    assert_eq!(list["sign_ins"].as_array().unwrap().len(), 1, "{list}");
    app.nobody()
        .post("/v1/auth/password-resets", json!({"address": MARIA}))
        .await
        .expect(202);
    let token = mail
        .mail(MARIA, "Another password for Attune")
        .await
        .secret()
        .to_owned();
    let chosen = json!({"token": token, "password": "another horse, another staple", "client": "native"});
    let answer = app
        .nobody()
        .post("/v1/auth/password-resets/redeem", chosen)
        .await
        .expect(202);
    maria.get("/v1/me").await.expect(401);
    let code_token = answer.body["code_token"].as_str().unwrap();
    assert_eq!(finish_with(&app, code_token, &recovery[0]).await, 200);
    app.finish().await;
}

#[tokio::test]
async fn what_makes_codes_is_sealed_and_a_half_sign_in_dies_with_its_time() {
    let mail = MailSink::start().await;
    let app = passwords::start(&mail).await;
    let (_, authenticator, _) = with_codes(&app, &mail).await;
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM totp_secrets")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    let secret = authenticator.0.secret().as_ref().to_vec();
    assert!(
        !sealed.windows(secret.len()).any(|window| window == secret),
        "it is kept in the clear"
    );

    let token = half(&app).await;
    app.look()
        .await
        .execute("UPDATE half_sign_ins SET expires_at = now()")
        .await
        .unwrap();
    assert_eq!(finish_with(&app, &token, &authenticator.code(1)).await, 410);
    app.finish().await;
}
