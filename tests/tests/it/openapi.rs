//! The API's description: what is committed is what the code makes, and what it names is what there is.

use crate::app::TestApp;
use serde_json::Value;
use std::path::Path;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/openapi.json");

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let made = attune::routes::document();
    if std::env::var_os("ATTUNE_WRITE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &made).expect("the document can be written");
    }
    let committed = std::fs::read_to_string(Path::new(COMMITTED)).unwrap_or_default();
    assert!(
        made == committed,
        "api/openapi.json is out of date: run scripts/write-openapi and commit what it writes"
    );
}

#[test]
fn every_operation_is_named_after_its_handler_says_what_an_error_looks_like_and_who_may_call_it() {
    let document: Value = serde_json::from_str(&attune::routes::document()).unwrap();
    // Health says nothing about anyone, a link is its own proof, and a socket's is the ticket in its subprotocol.
    let open = ["get_health", "redeem_login_link", "follow_meeting", "ingest"];
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no name"));
            operations += 1;
            let refusals = operation["responses"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(status, _)| status.as_str() >= "400");
            for (status, response) in refusals {
                let body = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(body, "#/components/schemas/ErrorBody", "{name} {status}");
            }
            assert!(
                operation["security"].is_array() || open.contains(&name),
                "{name} does not say who may call it"
            );
        }
    }
    assert!(operations >= 12, "{operations}");
}

#[tokio::test]
async fn every_operation_that_asks_for_a_sign_in_refuses_without_one() {
    let app = TestApp::start().await;
    let document = app.nobody().get("/v1/openapi.json").await.expect(200).body;
    let mut refused = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "01890000-0000-7000-8000-000000000000");
        for (method, operation) in item.as_object().unwrap() {
            if !operation["security"].is_array() {
                continue;
            }
            let method = method.to_uppercase().parse().unwrap();
            let body = operation["requestBody"].is_object().then(|| serde_json::json!({}));
            let answer = app.nobody().send(method, &path, body).await.expect(401);
            assert_eq!(answer.error_code(), "not_signed_in");
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
    app.finish().await;
}
