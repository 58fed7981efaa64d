//! Signing in by way of somebody else, against a real provider in the shapes of six; and everything that must sign nobody in.

mod identity_provider;
mod walk;

use crate::app::{Answer, TestApp};
use crate::codes::Authenticator;
use identity_provider::IdentityProvider;
use reqwest::Url;
use serde_json::{Value, json};
use sqlx::Executor as _;
use std::time::{Duration, Instant};
use walk::{Browser, WayBack};

/// Each of them, and what somebody is called there: Meta and GitHub count people.
const PEOPLE: [(&str, &str, &str); 6] = [
    ("google", "alice", "bob"),
    ("microsoft", "alice", "bob"),
    ("apple", "alice", "bob"),
    ("meta", "10158000000000001", "10158000000000002"),
    ("github", "583231", "583232"),
    ("oidc", "alice", "bob"),
];

/// A server that all of them vouch for people at; nothing where they cannot be had.
async fn app() -> Option<(TestApp, &'static IdentityProvider)> {
    let provider = IdentityProvider::running()?;
    let providers = provider.providers();
    let app = TestApp::start_with(|config| {
        config.providers = providers;
        config.sign_up = true;
        // They all come from one place.
        config.limits.sign_in_tries = 10_000;
    });
    Some((app.await, provider))
}

/// Nobody is signed in, and the person is told why.
#[track_caller]
fn expect_problem(answer: &Answer, page: &str, problem: &str) {
    let location = format!("{page}?problem={problem}");
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, Some(&*location))
    );
    let cookies = answer.headers.get_all("set-cookie");
    assert!(
        cookies.iter().all(|set| !set.as_bytes().starts_with(b"__Host-attune=")),
        "somebody was signed in"
    );
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap()
}

#[tokio::test]
async fn each_of_six_signs_a_person_in_and_again_into_the_same_account() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let mut everybody = Vec::new();
    for (provider, alice, bob) in PEOPLE {
        let (_, first) = browser.person(provider, alice).await;
        let (_, again) = browser.person(provider, alice).await;
        let (_, other) = browser.person(provider, bob).await;
        assert_eq!(first, again, "{provider}");
        everybody.extend([first, other]);
    }
    let mut different: Vec<String> = everybody.iter().map(Value::to_string).collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 2 * PEOPLE.len(), "two of them are one person");
    // Nothing is left of the way there, and a log holds none of it.
    assert_eq!(count(&app, "SELECT count(*) FROM sign_in_attempts").await, 0);
    for secret in ["a-secret-that-both-know", "code=", "state=", "PRIVATE KEY", "alice"] {
        assert!(!app.log().contains(secret), "{secret}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_person_is_known_by_issuer_and_subject_and_microsoft_s_by_organisation_and_object() {
    let Some((app, provider)) = app().await else { return };
    let browser = Browser::at(&app);
    for (name, alice, _) in PEOPLE {
        browser.person(name, alice).await;
    }
    let sql = "SELECT iss, sub FROM identities WHERE iss <> 'attune:local' ORDER BY created_at";
    let known: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut app.look().await).await.unwrap();
    let base = provider.base();
    let expected = [
        (format!("{base}/google"), "alice"),
        (
            format!("{base}/microsoft/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
            "00000000-0000-4000-8000-00616c696365",
        ),
        (format!("{base}/apple"), "alice"),
        (base.to_owned(), "10158000000000001"),
        (base.replace("127.0.0.1", "localhost"), "583231"),
        (format!("{base}/oidc"), "alice"),
    ];
    let expected: Vec<(String, String)> = expected.map(|(iss, sub)| (iss, sub.to_owned())).into();
    assert_eq!(known, expected);
    app.finish().await;
}

#[tokio::test]
async fn a_provider_is_asked_with_pkce_state_and_nonce_and_for_no_address() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    for (provider, ..) in PEOPLE {
        let set_out = browser.set_out(provider).await;
        let asked: std::collections::HashMap<_, _> = set_out.url.query_pairs().into_owned().collect();
        let is_openid = !["meta", "github"].contains(&provider);
        assert_eq!(asked["response_type"], "code", "{provider}");
        assert_eq!(asked["code_challenge_method"], "S256", "{provider}");
        assert_eq!(asked["code_challenge"].len(), 43, "{provider}");
        assert_eq!(asked["state"].len(), 43, "{provider}");
        assert_eq!(
            asked.get("nonce").map(String::len),
            is_openid.then_some(43),
            "{provider}"
        );
        assert_eq!(
            asked["redirect_uri"],
            format!("{}/v1/auth/external/{provider}/callback", app.base())
        );
        assert!(!set_out.url.as_str().contains("email"), "{provider}");
        let by_form = provider == "apple";
        assert_eq!(asked.contains_key("response_mode"), by_form, "{provider}");
        let same_site = if by_form { "SameSite=None" } else { "SameSite=Lax" };
        for attribute in [same_site, "Path=/", "Secure", "HttpOnly", "Max-Age=600"] {
            assert!(
                set_out.set_cookie.contains(attribute),
                "{provider}: {}",
                set_out.set_cookie
            );
        }
        // What the exchange needs stands neither in the address nor in the database.
        let secret = set_out.cookie.split_once('=').unwrap().1;
        assert!(!set_out.url.as_str().contains(secret), "{provider}");
    }
    assert_eq!(
        count(&app, "SELECT count(DISTINCT state_sha256) FROM sign_in_attempts").await,
        6
    );
    app.finish().await;
}

#[tokio::test]
async fn somebody_else_with_the_victim_s_address_is_somebody_else() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (_, victim) = browser.person("google", "victim email=victim@example.com").await;
    for provider in ["google", "apple", "oidc"] {
        let (mallory, id) = browser.person(provider, "mallory email=victim@example.com").await;
        assert_ne!(id, victim, "{provider}");
        mallory.get("/v1/meetings").await.expect(200);
    }
    app.finish().await;
}

#[tokio::test]
async fn an_id_token_that_proves_nothing_signs_nobody_in() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let of_any = [
        "nonce",
        "no_nonce",
        "audience",
        "more_audiences",
        "issuer",
        "expired",
        "signature",
        "unknown_key",
        "payload",
        "none",
        "unsigned",
        "hs256",
        "confused",
        "no_token",
    ];
    let cases = of_any.map(|fault| ("google", fault)).into_iter();
    let cases = cases.chain([
        ("microsoft", "issuer"),
        ("microsoft", "tenant"),
        ("microsoft", "no_oid"),
    ]);
    for (provider, fault) in cases {
        let answer = browser.sign_in(provider, &format!("eve fault={fault}")).await;
        assert_eq!(
            answer.header("location"),
            Some("/sign-in?problem=not_vouched"),
            "{provider}: {fault}"
        );
        expect_problem(&answer, "/sign-in", "not_vouched");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM refresh_families").await, 0);
    assert_eq!(
        count(&app, "SELECT count(*) FROM identities WHERE iss <> 'attune:local'").await,
        0
    );
    // The same person, with a token that nothing is wrong with.
    browser.person("google", "eve").await;
    app.finish().await;
}

#[tokio::test]
async fn the_way_back_is_good_once_for_ten_minutes_and_for_the_browser_that_set_out() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);

    // Used twice.
    let set_out = browser.set_out("google").await;
    let way = browser.agree(&set_out.url, "alice").await;
    browser.signed_in(&browser.come_back(&way, Some(&set_out.cookie)).await);
    let replayed = browser.come_back(&way, Some(&set_out.cookie)).await;
    expect_problem(&replayed, "/sign-in", "attempt_gone");

    // In another browser, or in none: and then it is used up for the right one too.
    let other = browser.set_out("google").await;
    for cookie in [
        None,
        Some(other.cookie.as_str()),
        Some("__Host-attune-attempt=nonsense"),
    ] {
        let set_out = browser.set_out("google").await;
        let way = browser.agree(&set_out.url, "alice").await;
        expect_problem(&browser.come_back(&way, cookie).await, "/sign-in", "another_browser");
        let late = browser.come_back(&way, Some(&set_out.cookie)).await;
        expect_problem(&late, "/sign-in", "attempt_gone");
    }

    // To another provider's address.
    let set_out = browser.set_out("google").await;
    let mut way = browser.agree(&set_out.url, "alice").await;
    way.path = way.path.replace("/external/google/", "/external/oidc/");
    expect_problem(
        &browser.come_back(&way, Some(&set_out.cookie)).await,
        "/sign-in",
        "another_browser",
    );

    // With a state that nobody gave out.
    let set_out = browser.set_out("google").await;
    let way = browser.agree(&set_out.url, "alice").await;
    let state = Url::parse(&format!("http://x{}", way.path)).unwrap();
    let state = state
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    for forged in ["", "nonsense", &"A".repeat(43), &"%ff".repeat(14)] {
        let forged = WayBack::by_address(&way.path.replace(&state, forged));
        expect_problem(
            &browser.come_back(&forged, Some(&set_out.cookie)).await,
            "/sign-in",
            "attempt_gone",
        );
    }

    // Ten minutes later.
    let sql = "SELECT (expires_at - created_at)::text FROM sign_in_attempts";
    let lives: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut app.look().await).await.unwrap();
    assert!(
        !lives.is_empty() && lives.iter().all(|life| life == "00:10:00"),
        "{lives:?}"
    );
    let expire = "UPDATE sign_in_attempts SET expires_at = now()";
    app.look().await.execute(expire).await.unwrap();
    expect_problem(
        &browser.come_back(&way, Some(&set_out.cookie)).await,
        "/sign-in",
        "attempt_gone",
    );
    app.finish().await;
}

#[tokio::test]
async fn a_code_of_another_browser_s_attempt_is_worth_nothing() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    // Mallory has a code of her own, and her victim's browser an attempt of its own: login CSRF.
    let hers = browser.set_out("google").await;
    let her_way = browser.agree(&hers.url, "mallory").await;
    let theirs = browser.set_out("google").await;
    let their_way = browser.agree(&theirs.url, "victim").await;
    let part = |way: &WayBack, name: &str| -> String {
        let url = Url::parse(&format!("http://x{}", way.path)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let spliced = format!(
        "/v1/auth/external/google/callback?code={}&state={}",
        part(&her_way, "code"),
        part(&their_way, "state")
    );
    let answer = browser
        .come_back(&WayBack::by_address(&spliced), Some(&theirs.cookie))
        .await;
    expect_problem(&answer, "/sign-in", "not_vouched");
    app.finish().await;
}

#[tokio::test]
async fn whoever_declines_at_the_provider_is_not_signed_in() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    for (error, problem) in [
        ("access_denied", "declined"),
        ("user_cancelled_authorize", "declined"),
        ("server_error", "not_vouched"),
    ] {
        let set_out = browser.set_out("google").await;
        let state = set_out
            .url
            .query_pairs()
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned();
        let path = format!("/v1/auth/external/google/callback?error={error}&state={state}");
        let answer = browser
            .come_back(&WayBack::by_address(&path), Some(&set_out.cookie))
            .await;
        expect_problem(&answer, "/sign-in", problem);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_of_and_then_not_asked_for_a_while() {
    let Some(provider) = IdentityProvider::running() else {
        return;
    };
    // A port that was free a moment ago: nobody answers there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = provider.settings();
    settings.google.issuer = Some(format!("http://{nobody}"));
    settings.github.token_url = Some(format!("http://{nobody}/token"));
    let providers = settings.offered().unwrap();
    let app = TestApp::start_with(|config| {
        config.providers = providers;
        config.sign_up = true;
    })
    .await;
    let browser = Browser::at(&app);

    let page = app.nobody().with("sec-fetch-site", "same-origin");
    let ask = || page.post("/v1/auth/external/google", json!({}));
    let together = futures_util::future::join_all((0..5).map(|_| ask())).await;
    for answer in together {
        let answer = answer.expect(503);
        assert_eq!(answer.error_code(), "unavailable");
        assert_eq!(answer.header("set-cookie"), None);
    }
    let began = Instant::now();
    assert_eq!(ask().await.expect(503).error_code(), "unavailable");
    // One try would be followed by a pause of a second at least.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(count(&app, "SELECT count(*) FROM sign_in_attempts").await, 0);

    // It went while the person was there. The others are asked as always.
    let answer = browser.sign_in("github", "583231").await;
    expect_problem(&answer, "/sign-in", "provider_away");
    browser.person("apple", "alice").await;
    app.finish().await;
}

#[tokio::test]
async fn an_identity_is_linked_by_its_person_alone_and_then_signs_them_in() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (alice, id) = browser.person("google", "alice").await;
    let (_, _) = browser.person("github", "583232").await;

    let set_out = browser.set_out_to_link(&alice, "apple").await;
    let way = browser.agree(&set_out.url, "alice-at-apple").await;
    let linked = browser.come_back(&way, Some(&set_out.cookie)).await;
    assert_eq!(
        (linked.status.as_u16(), linked.header("location")),
        (303, Some("/settings"))
    );
    let (_, same) = browser.person("apple", "alice-at-apple").await;
    assert_eq!(same, id);

    // Once more changes nothing; somebody else's is refused.
    let set_out = browser.set_out_to_link(&alice, "apple").await;
    let way = browser.agree(&set_out.url, "alice-at-apple").await;
    let again = browser.come_back(&way, Some(&set_out.cookie)).await;
    assert_eq!(again.header("location"), Some("/settings"));
    let set_out = browser.set_out_to_link(&alice, "github").await;
    let way = browser.agree(&set_out.url, "583232").await;
    let refused = browser.come_back(&way, Some(&set_out.cookie)).await;
    expect_problem(&refused, "/settings", "identity_taken");

    let listed = alice.get("/v1/me/identities").await.expect(200).body;
    let listed: Vec<(&str, &str)> = listed["identities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["provider"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .collect();
    assert_eq!(listed, [("google", "Google"), ("apple", "Apple")]);
    assert_eq!(
        count(&app, "SELECT count(*) FROM audit_log WHERE action = 'identity.linked'").await,
        1
    );
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_linked_for_somebody_who_signed_out_meanwhile() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (alice, _) = browser.person("google", "alice").await;
    let set_out = browser.set_out_to_link(&alice, "apple").await;
    let way = browser.agree(&set_out.url, "alice-at-apple").await;
    alice.post("/v1/auth/logout", json!({})).await.expect(204);
    let late = browser.come_back(&way, Some(&set_out.cookie)).await;
    expect_problem(&late, "/settings", "signed_out");
    app.nobody().get("/v1/me/identities").await.expect(401);
    let anybody = app
        .nobody()
        .post("/v1/me/identities", json!({"provider": "apple"}))
        .await;
    assert_eq!(anybody.expect(401).error_code(), "not_signed_in");
    app.finish().await;
}

#[tokio::test]
async fn the_last_way_in_cannot_be_unlinked_and_another_s_identity_neither() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (alice, id) = browser.person("google", "alice").await;
    let (bob, _) = browser.person("google", "bob").await;
    let listed = alice.get("/v1/me/identities").await.expect(200).body;
    let google = format!("/v1/me/identities/{}", listed["identities"][0]["id"].as_str().unwrap());
    assert_eq!(alice.delete(&google).await.expect(409).error_code(), "last_way_in");
    bob.delete(&google).await.expect(404);
    alice.delete("/v1/me/identities/nonsense").await.expect(404);

    let set_out = browser.set_out_to_link(&alice, "github").await;
    let way = browser.agree(&set_out.url, "583231").await;
    browser.come_back(&way, Some(&set_out.cookie)).await.expect(303);
    alice.delete(&google).await.expect(204);
    alice.delete(&google).await.expect(404);
    // What was unlinked means nobody any more, and the other still them.
    assert_ne!(browser.person("google", "alice").await.1, id);
    assert_eq!(browser.person("github", "583231").await.1, id);
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM audit_log WHERE action = 'identity.unlinked'"
        )
        .await,
        1
    );
    app.finish().await;
}

#[tokio::test]
async fn two_ways_in_that_are_unlinked_at_once_leave_one() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (alice, _) = browser.person("google", "alice").await;
    let set_out = browser.set_out_to_link(&alice, "apple").await;
    let way = browser.agree(&set_out.url, "alice").await;
    browser.come_back(&way, Some(&set_out.cookie)).await.expect(303);
    let listed = alice.get("/v1/me/identities").await.expect(200).body;
    let [one, other] =
        [0, 1].map(|at| format!("/v1/me/identities/{}", listed["identities"][at]["id"].as_str().unwrap()));
    let (one, other) = tokio::join!(alice.delete(&one), alice.delete(&other));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    app.finish().await;
}

#[tokio::test]
async fn a_disabled_account_is_refused_and_no_other_is_made_in_its_place() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    browser.person("google", "alice").await;
    let sql = "UPDATE users SET disabled_at = now() FROM identities WHERE users.id = user_id AND sub = 'alice'";
    app.look().await.execute(sql).await.unwrap();
    let people = count(&app, "SELECT count(*) FROM users").await;
    expect_problem(
        &browser.sign_in("google", "alice").await,
        "/sign-in",
        "account_disabled",
    );
    assert_eq!(count(&app, "SELECT count(*) FROM users").await, people);
    app.finish().await;
}

#[tokio::test]
async fn somebody_new_who_comes_back_in_two_browsers_at_once_is_one_person() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let mut ways = Vec::new();
    for _ in 0..2 {
        let set_out = browser.set_out("google").await;
        ways.push((browser.agree(&set_out.url, "alice").await, set_out.cookie));
    }
    let back = ways.iter().map(|(way, cookie)| browser.come_back(way, Some(cookie)));
    for answer in futures_util::future::join_all(back).await {
        browser.signed_in(&answer).get("/v1/me").await.expect(200);
    }
    assert_eq!(
        count(&app, "SELECT count(*) FROM identities WHERE sub = 'alice'").await,
        1
    );
    assert_eq!(
        count(&app, "SELECT count(*) FROM users").await,
        2,
        "the owner, and them"
    );
    app.finish().await;
}

#[tokio::test]
async fn no_other_site_s_page_has_a_browser_set_out_and_guesses_are_counted() {
    let Some(provider) = IdentityProvider::running() else {
        return;
    };
    let providers = provider.providers();
    let app = TestApp::start_with(|config| {
        config.providers = providers;
        config.sign_up = true;
        config.limits.sign_in_tries = 2;
    })
    .await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = app
            .nobody()
            .with(name, value)
            .post("/v1/auth/external/google", json!({}))
            .await;
        assert_eq!(answer.expect(403).error_code(), "cross_site");
    }
    let browser = Browser::at(&app);
    let set_out = browser.set_out("google").await;
    let way = browser.agree(&set_out.url, "alice").await;
    browser.signed_in(&browser.come_back(&way, Some(&set_out.cookie)).await);
    expect_problem(
        &browser.come_back(&way, Some(&set_out.cookie)).await,
        "/sign-in",
        "too_many",
    );
    let page = app.nobody().with("sec-fetch-site", "same-origin");
    page.post("/v1/auth/external/google", json!({})).await.expect(429);
    app.finish().await;
}

#[tokio::test]
async fn where_nobody_is_set_up_nobody_is_offered() {
    let app = TestApp::start().await;
    let page = app.nobody().with("sec-fetch-site", "same-origin");
    let offered = page.get("/v1/auth/providers").await.expect(200).body;
    assert_eq!(offered, json!({"providers": []}));
    for provider in ["google", "nonsense"] {
        page.post(&format!("/v1/auth/external/{provider}"), json!({}))
            .await
            .expect(404);
    }
    let owner = app.owner().await;
    owner
        .post("/v1/me/identities", json!({"provider": "google"}))
        .await
        .expect(404);
    // The owner's own way in is this server's, and is not theirs to unlink.
    assert_eq!(
        owner.get("/v1/me/identities").await.expect(200).body,
        json!({"identities": []})
    );
    app.finish().await;
}

#[tokio::test]
async fn those_who_are_set_up_are_offered_by_name() {
    let Some((app, _)) = app().await else { return };
    let offered = app.nobody().get("/v1/auth/providers").await.expect(200).body;
    let names: Vec<&Value> = offered["providers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(
        names,
        ["Google", "Microsoft", "Apple", "Facebook", "GitHub", "Northwind"]
    );
    app.finish().await;
}

#[tokio::test]
async fn where_nobody_makes_an_account_only_those_who_linked_one_come_in() {
    let Some(provider) = IdentityProvider::running() else {
        return;
    };
    let providers = provider.providers();
    let app = TestApp::start_with(|config| config.providers = providers).await;
    let browser = Browser::at(&app);
    let owner = app.owner().await;
    let set_out = browser.set_out_to_link(&owner, "google").await;
    let way = browser.agree(&set_out.url, "alice").await;
    browser.come_back(&way, Some(&set_out.cookie)).await.expect(303);
    let me = owner.get("/v1/me").await.expect(200).body;
    assert_eq!(browser.person("google", "alice").await.1, me["id"]);
    expect_problem(
        &browser.sign_in("google", "mallory").await,
        "/sign-in",
        "sign_up_closed",
    );
    assert_eq!(count(&app, "SELECT count(*) FROM users").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_person_with_one_time_codes_is_asked_for_one_before_they_are_signed_in() {
    let Some((app, _)) = app().await else { return };
    let browser = Browser::at(&app);
    let (alice, id) = browser.person("google", "alice").await;
    let begun = alice.post("/v1/me/codes", json!({})).await.expect(200).body;
    let authenticator = Authenticator::given(begun["secret"].as_str().unwrap());
    let code = json!({"code": authenticator.code(0)});
    alice.post("/v1/me/codes/confirm", code).await.expect(200);

    let asked = browser.sign_in("google", "alice").await;
    let location = asked.header("location").unwrap();
    let token = location.strip_prefix("/sign-in/code#").expect("a code is asked for");
    let cookies = asked.headers.get_all("set-cookie");
    assert!(cookies.iter().all(|set| !set.as_bytes().starts_with(b"__Host-attune=")));
    let code = authenticator.code(1);
    let page = app
        .nobody()
        .with("sec-fetch-site", "same-origin")
        .with("origin", &app.base());
    let answer = page
        .post("/v1/auth/code", json!({"code_token": token, "code": code}))
        .await
        .expect(200);
    assert_eq!(answer.body["user"]["id"], id);
    app.finish().await;
}
