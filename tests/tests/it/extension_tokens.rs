//! What an extension stays signed in with: access tokens that are good for minutes, and tokens that are exchanged for the next.

use crate::app::{Caller, TestApp};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sqlx::Executor as _;
use std::collections::BTreeSet;

const REFRESH: &str = "/v1/auth/refresh";

/// A pair of tokens.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(body: &Value) -> Self {
        let text = |name: &str| {
            body[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {body}"))
                .to_owned()
        };
        assert_eq!(body["expires_in_s"], 900);
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

async fn sign_in(app: &TestApp) -> Pair {
    let link = app.login_link().await;
    let redeemed = json!({"token": link, "client": "extension"});
    let answer = app
        .nobody()
        .post("/v1/auth/login-links/redeem", redeemed)
        .await
        .expect(200);
    Pair::of(&answer.body)
}

fn with_token(app: &TestApp, token: &str) -> Caller {
    app.nobody().with("authorization", &format!("Bearer {token}"))
}

async fn status_of(app: &TestApp, token: &str) -> u16 {
    with_token(app, token).get("/v1/me").await.status.as_u16()
}

async fn refresh(app: &TestApp, token: &str) -> Result<Pair, u16> {
    let answer = app.nobody().post(REFRESH, json!({"refresh_token": token})).await;
    match answer.status.as_u16() {
        200 => Ok(Pair::of(&answer.body)),
        status => Err(status),
    }
}

#[tokio::test]
async fn an_extension_s_token_opens_the_api_for_minutes_and_its_other_token_nothing() {
    let app = TestApp::start().await;
    let pair = sign_in(&app).await;
    assert_eq!(status_of(&app, &pair.access).await, 200);
    assert_eq!(
        status_of(&app, &pair.refresh).await,
        401,
        "it is there to be exchanged alone"
    );
    let next = refresh(&app, &pair.refresh).await.unwrap();
    assert_eq!(status_of(&app, &next.access).await, 200);
    assert_ne!(next.refresh, pair.refresh);
    // A program's token is none to be exchanged.
    assert_eq!(refresh(&app, &app.owner_token().await).await.err(), Some(401));
    app.finish().await;
}

#[tokio::test]
async fn a_hundred_uses_of_one_token_have_one_successor_and_a_late_one_ends_the_sign_in() {
    let app = TestApp::start().await;
    let pair = sign_in(&app).await;
    let uses = futures_util::future::join_all((0..100).map(|_| refresh(&app, &pair.refresh))).await;
    let successors: BTreeSet<_> = uses.iter().flatten().map(|pair| pair.refresh.clone()).collect();
    assert_eq!(successors.len(), 1);
    let answered = uses.iter().filter(|used| used.is_ok()).count();
    assert!(answered > 50, "only {answered} were answered");
    assert!(
        uses.iter().all(|used| !matches!(used, Err(status) if *status != 503)),
        "one was refused"
    );
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM refresh_tokens")
        .fetch_one(&mut app.look().await)
        .await
        .unwrap();
    assert_eq!(stored, 2);

    let successor = successors.into_iter().next().unwrap();
    let third = refresh(&app, &successor).await.unwrap();
    // An answer that was lost is asked for again, also when its successor was used.
    assert_eq!(refresh(&app, &pair.refresh).await.unwrap().refresh, successor);
    let later = "UPDATE refresh_tokens SET exchanged_at = exchanged_at - interval '31 seconds'";
    app.look().await.execute(later).await.unwrap();
    assert_eq!(status_of(&app, &third.access).await, 200);
    assert_eq!(refresh(&app, &pair.refresh).await.err(), Some(401));
    for access in [&pair.access, &third.access] {
        assert_eq!(status_of(&app, access).await, 401, "the sign-in has ended");
    }
    assert_eq!(refresh(&app, &third.refresh).await.err(), Some(401));
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_an_access_token_at_once() {
    let app = TestApp::start().await;
    let pair = sign_in(&app).await;
    with_token(&app, &pair.access)
        .post("/v1/auth/logout", json!({}))
        .await
        .expect(204);
    assert_eq!(status_of(&app, &pair.access).await, 401);
    assert_eq!(refresh(&app, &pair.refresh).await.err(), Some(401));
    app.finish().await;
}

#[tokio::test]
async fn a_sign_in_lasts_on_from_each_exchange() {
    let app = TestApp::start().await;
    let pair = sign_in(&app).await;
    let soon = "UPDATE refresh_families SET expires_at = now() + interval '1 minute' WHERE client = 'extension'";
    app.look().await.execute(soon).await.unwrap();
    refresh(&app, &pair.refresh).await.unwrap();
    let days = "SELECT extract(epoch FROM expires_at - now())::float8 / 86400 FROM refresh_families WHERE client = 'extension'";
    let days: f64 = sqlx::query_scalar(days).fetch_one(&mut app.look().await).await.unwrap();
    assert!((29.9..=30.0).contains(&days), "{days}");
    app.finish().await;
}

/// Sixty and more that are not ours: another key, no key, a key that is no secret, another algorithm, other words under the
/// right signature, and pieces.
#[tokio::test]
async fn no_forged_token_is_let_in() {
    let app = TestApp::start().await;
    let genuine = sign_in(&app).await.access;
    let parts: Vec<&str> = genuine.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{genuine}")
    };
    let read = |part: &str| -> Value { serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let write = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let signed = |header: &Value, claims: &Value| {
        let words = format!("{}.{}", write(header), write(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(stranger.sign(words.as_bytes()).to_bytes());
        format!("{words}.{signature}")
    };
    let (right_header, right_claims) = (read(header), read(claims));
    let changed = |of: &Value, name: &str, value: Value| {
        let mut changed = of.clone();
        changed[name] = value;
        changed
    };

    let mut forged = vec![
        signed(&right_header, &right_claims),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
    ];
    let headers = [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("NONE")),
        ("alg", json!("HS256")),
        ("alg", json!("HS512")),
        ("alg", json!("RS256")),
        ("alg", json!("PS256")),
        ("alg", json!("ES256")),
        ("alg", json!("ES384")),
        ("alg", json!("")),
        ("alg", json!(null)),
        ("alg", json!(["EdDSA"])),
        ("kid", json!("2")),
        ("kid", json!("../../../dev/null")),
        ("kid", json!("' UNION SELECT 'x")),
        ("kid", json!(1)),
        ("jku", json!("https://example.com/keys")),
        ("x5u", json!("https://example.com/cert")),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
        ("crit", json!(["exp"])),
        ("typ", json!("JWT")),
        ("zip", json!("DEF")),
    ];
    for (name, value) in headers {
        let header = changed(&right_header, name, value);
        forged.push(signed(&header, &right_claims));
        forged.push(format!("{}.{claims}.{signature}", write(&header)));
        forged.push(format!("{}.{claims}.", write(&header)));
    }
    for (name, value) in [
        ("sub", json!("00000000-0000-0000-0000-000000000000")),
        ("tenant", json!("00000000-0000-0000-0000-000000000000")),
        ("family", json!("00000000-0000-0000-0000-000000000000")),
        ("exp", json!("99999999999")),
        ("exp", json!(99_999_999_999u64)),
        ("exp", json!(null)),
        ("iss", json!("another")),
        ("aud", json!("another")),
        ("iat", json!(0)),
        ("role", json!("admin")),
    ] {
        let claims = changed(&right_claims, name, value);
        forged.push(signed(&right_header, &claims));
        forged.push(format!("{header}.{}.{signature}", write(&claims)));
    }
    let flipped = |text: &str, at: usize| {
        let mut text = text.as_bytes().to_vec();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    for at in [0, 20, 42, 60, 85] {
        forged.push(format!("{header}.{claims}.{}", flipped(signature, at)));
        forged.push(format!("{header}.{}.{signature}", flipped(claims, at)));
    }
    forged.extend([
        format!("{genuine}."),
        format!("{genuine}A"),
        format!("{genuine}="),
        format!(".{genuine}"),
        format!("{header}..{signature}"),
        format!("{header}.{claims}.{}", "A".repeat(86)),
        "..".to_owned(),
        "A".repeat(7_000),
        genuine.replace('.', ","),
    ]);
    assert!(forged.len() >= 60, "{}", forged.len());
    for token in &forged {
        let answer = with_token(&app, token).get("/v1/me").await;
        assert_eq!(answer.status.as_u16(), 401, "{token}");
        assert_eq!(answer.error_code(), "not_signed_in");
    }
    assert_eq!(status_of(&app, &genuine).await, 200);
    app.finish().await;
}
