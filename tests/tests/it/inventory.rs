//! Every route there is, and who may take it: a route that is not in the table fails, and so does one that answers somebody it is
//! not for.

use crate::app::{Answer, Caller, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use std::collections::BTreeMap;

/// Who may take a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Whoever asks: it says nothing of anybody, or what is shown in it is its own proof.
    Anybody,
    /// Whoever is signed in, about themselves.
    SignedIn,
    /// Whoever is signed in and owns what the address names.
    Owner,
    /// An owner or administrator of the space.
    Administrator,
    /// Whoever is signed in and has just shown that it is them.
    Proved,
}

const ROUTES: &[(For, &[&str])] = &[
    (
        For::Anybody,
        &[
            "get_health",
            "get_ways_in",
            "redeem_login_link",
            "list_providers",
            "begin_external_sign_in",
            "finish_external_sign_in",
            "finish_external_sign_in_by_form",
            "sign_in_with_password",
            "sign_in_with_code",
            "refresh",
            "ask_for_sign_up",
            "sign_up",
            "ask_for_password_reset",
            "reset_password",
            "confirm_address",
            // A ticket in the subprotocol is their proof.
            "ingest",
            "follow_meeting",
        ],
    ),
    (
        For::SignedIn,
        &[
            "logout",
            "prove",
            "get_me",
            "get_signing_in_with",
            "confirm_codes",
            "list_identities",
            "get_speech",
            "change_speech",
            "get_retention",
            "change_retention",
            "list_retention_runs",
            "list_my_acts",
            "list_consents",
            "create_consent",
            "list_devices",
            "create_device",
            "list_exports",
            "list_heart_recordings",
            "create_heart_recording",
            "list_meetings",
            "create_meeting",
            "get_organisation",
            "list_sign_ins",
            "end_other_sign_ins",
        ],
    ),
    (
        For::Owner,
        &[
            "revoke_device",
            "delete_export",
            "get_export_file",
            "delete_heart_recording",
            "get_meeting",
            "delete_meeting",
            "rename_meeting",
            "get_audio",
            "delete_audio",
            "create_live_ticket",
            "list_nudges",
            "react_to_nudge",
            "get_record",
            "get_report",
            "get_report_file",
            "open_session",
            "get_stored",
            "correct_utterance",
            "reserve_connection",
            "end_sign_in",
        ],
    ),
    (For::Administrator, &["change_organisation", "list_organisation_acts"]),
    (
        For::Proved,
        &[
            "erase_everything",
            "create_export",
            "change_password",
            "ask_for_address",
            "begin_codes",
            "link_identity",
            "unlink_identity",
            "end_codes",
        ],
    ),
];

/// What nobody but its owner may read.
const SECRET: &str = "zebra crossing";

/// A route as the API's own description has it.
struct Route {
    name: String,
    method: Method,
    path: String,
    takes_body: bool,
    who: For,
}

async fn routes(app: &TestApp) -> Vec<Route> {
    let known: BTreeMap<&str, For> = ROUTES
        .iter()
        .flat_map(|(who, names)| names.iter().map(|name| (*name, *who)))
        .collect();
    let document = app.nobody().get("/v1/openapi.json").await.expect(200).body;
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            let who = *known
                .get(name.as_str())
                .unwrap_or_else(|| panic!("{name} is not in the inventory: who may take it?"));
            assert_eq!(operation["security"].is_array(), who != For::Anybody, "{name}");
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                takes_body: operation["requestBody"].is_object(),
                name,
                who,
            });
        }
    }
    assert_eq!(
        routes.len(),
        known.len(),
        "the inventory names a route that is not there"
    );
    routes
}

impl Route {
    async fn take(&self, caller: &Caller, ids: &BTreeMap<&str, String>) -> Answer {
        let kind = self.path.split('/').nth(2).unwrap_or_default();
        let id = ids
            .get(kind)
            .cloned()
            .unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let path = self
            .path
            .replace("{id}", &id)
            .replace("{nudge}", &uuid::Uuid::now_v7().to_string())
            .replace("{segment}", "0")
            .replace("{format}", "md");
        caller
            .send(self.method.clone(), &path, self.takes_body.then(|| self.body()))
            .await
    }

    /// One that the route would read, so that it is not refused for that.
    fn body(&self) -> Value {
        match self.name.as_str() {
            "rename_meeting" => json!({"title": "theirs"}),
            "change_organisation" => json!({"remote_recognition": true}),
            "erase_everything" => json!({"confirm": "erase everything"}),
            "change_password" => json!({"password": "correct horse battery staple"}),
            "ask_for_address" => json!({"address": "maria@example.com"}),
            _ => json!({}),
        }
    }
}

/// What the owner has, by the first word of its address.
async fn belongings(owner: &Caller) -> BTreeMap<&'static str, String> {
    let id = |answer: Answer| answer.body["id"].as_str().expect("it has an id").to_owned();
    let meeting = owner
        .post("/v1/meetings", json!({"title": SECRET, "others_told": true}))
        .await
        .expect(201);
    let export = owner.post("/v1/exports", json!({})).await.expect(202);
    let beats = (0..80)
        .map(|second| json!({"time": format!("2025-03-01T08:{:02}:{:02}Z", second / 60, second % 60), "rr_ms": 1_000}));
    let heart = owner
        .post("/v1/heart-recordings", json!({"intervals": beats.collect::<Vec<_>>()}))
        .await
        .expect(201);
    let sign_ins = owner.get("/v1/sign-ins").await.expect(200).body;
    use base64::Engine as _;
    let public = base64::prelude::BASE64_STANDARD.encode(attune_ingest::keys::Enrolment::generate().public());
    let device = json!({"kind": "native", "name": SECRET, "hpke_public": public});
    let device = owner.post("/v1/devices", device).await.expect(201);
    BTreeMap::from([
        ("meetings", id(meeting)),
        ("exports", id(export)),
        ("heart-recordings", id(heart)),
        ("sign-ins", sign_ins["sign_ins"][0]["id"].as_str().unwrap().to_owned()),
        ("devices", device.body["device_id"].as_str().unwrap().to_owned()),
    ])
}

#[tokio::test]
async fn every_route_refuses_whom_it_is_not_for_and_tells_them_nothing() {
    let app = TestApp::start_with(|config| config.limits.sign_in_tries = 10_000).await;
    let routes = routes(&app).await;
    let owner = app.owner().await;
    let ids = belongings(&owner).await;
    let (_, stranger) = app.stranger().await;
    let ended = app.owner().await;
    ended.post("/v1/auth/logout", json!({})).await.expect(204);
    let (_, expired) = app.stranger().await;
    let newest = "UPDATE refresh_families SET expires_at = now() WHERE id = (SELECT id FROM refresh_families ORDER BY id DESC LIMIT 1)";
    app.look().await.execute(newest).await.unwrap();
    let forged = app
        .nobody()
        .with("authorization", &format!("Bearer {}", "A".repeat(43)));
    let nonsense = app.nobody().with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
    let (_, member) = app.stranger().await;
    let demote = "UPDATE memberships SET role = 'member' WHERE user_id = (SELECT user_id FROM memberships ORDER BY user_id DESC LIMIT 1)";
    app.look().await.execute(demote).await.unwrap();
    let (_, long_ago) = app.stranger().await;
    let stale = "UPDATE refresh_families SET proved_at = now() - interval '6 minutes' WHERE id = (SELECT id FROM refresh_families ORDER BY id DESC LIMIT 1)";
    app.look().await.execute(stale).await.unwrap();

    let before = owner.get("/v1/meetings").await.expect(200).body;
    let mut tried = 0;
    let mut refuse = |route: &Route, who: &str, answer: Answer, status: u16, code: &str| {
        let name = &route.name;
        assert_eq!(answer.status.as_u16(), status, "{name} for {who}: {}", answer.text);
        assert_eq!(answer.error_code(), code, "{name} for {who}");
        assert!(!answer.text.contains(SECRET), "{name} tells {who}");
        tried += 1;
    };
    for route in &routes {
        if route.who == For::Anybody {
            // It is refused what it does not understand, and no more comes of it.
            let answer = route.take(&app.nobody(), &ids).await;
            assert!(answer.status.as_u16() < 500, "{}: {}", route.name, answer.text);
            assert!(!answer.text.contains(SECRET), "{}", route.name);
            continue;
        }
        for (who, caller) in [
            ("nobody", &app.nobody()),
            ("a sign-in that ended", &ended),
            ("a sign-in that ran out", &expired),
            ("a forged token", &forged),
            ("a token that nobody signed", &nonsense),
        ] {
            refuse(route, who, route.take(caller, &ids).await, 401, "not_signed_in");
        }
        match route.who {
            For::Owner => refuse(
                route,
                "another tenant",
                route.take(&stranger, &ids).await,
                404,
                "not_found",
            ),
            For::Administrator => refuse(
                route,
                "a member",
                route.take(&member, &ids).await,
                403,
                "not_an_administrator",
            ),
            For::Proved => refuse(
                route,
                "a proof of long ago",
                route.take(&long_ago, &ids).await,
                403,
                "proof_needed",
            ),
            For::SignedIn | For::Anybody => {}
        }
    }
    assert!(tried > 5 * 40, "{tried}");
    assert_eq!(owner.get("/v1/meetings").await.expect(200).body, before);
    assert_eq!(
        stranger.get("/v1/meetings").await.expect(200).body["meetings"],
        json!([])
    );
    app.finish().await;
}
