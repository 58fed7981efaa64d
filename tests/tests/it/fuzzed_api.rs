//! The API asked everything that its description allows, and more, by a program that nobody here wrote: Schemathesis. No answer is a
//! fault of ours, none is of another shape than was said, and none is given to somebody who is not signed in.

use crate::app::TestApp;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// What `scripts/fetch-api-fuzzer` fetches.
const FUZZER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/api-fuzzer/4.32.5");

/// They end the very sign-in that asks, are sockets, or lead whoever comes back from elsewhere to a page, whatever they bring.
const LEFT_OUT: [&str; 9] = [
    "logout",
    "erase_everything",
    "end_other_sign_ins",
    "end_sign_in",
    "change_password",
    "ingest",
    "follow_meeting",
    "finish_external_sign_in",
    "finish_external_sign_in_by_form",
];

/// In `make test`; `make test-long` asks more.
const EXAMPLES: &str = "4";
const MANY_EXAMPLES: &str = "100";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_can_be_asked_is_answered_by_a_fault_or_in_another_shape() {
    let program = PathBuf::from(FUZZER).join("bin/schemathesis");
    if !program.exists() {
        println!("skipped: scripts/fetch-api-fuzzer found no Python packages");
        return;
    }
    let app = TestApp::start_with(|config| {
        config.limits.requests_per_minute = 1_000_000;
        config.limits.sign_in_tries = 1_000_000;
    })
    .await;
    let token = app.owner_token().await;
    let long = std::env::var_os("ATTUNE_LONG_TESTS").is_some();
    let folder = tempfile::tempdir().unwrap();
    let description = folder.path().join("openapi.json");
    let described = with_tokens_alone(app.nobody().get("/v1/openapi.json").await.expect(200).body);
    std::fs::write(&description, described.to_string()).unwrap();
    let mut command = Command::new("python3");
    command
        .arg(&program)
        .arg("run")
        .arg(&description)
        .args(["--url", &app.base()])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args([
            "--checks",
            "all",
            "--exclude-checks",
            "positive_data_acceptance,missing_required_header",
        ])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--max-examples", if long { MANY_EXAMPLES } else { EXAMPLES }])
        .args([
            "--generation-deterministic",
            "--continue-on-failure",
            "--no-color",
            "--warnings",
            "off",
        ])
        .args(LEFT_OUT.iter().flat_map(|name| ["--exclude-operation-id", name]))
        .env("PYTHONPATH", FUZZER)
        .current_dir(folder.path());
    let ran = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("Test cases:"), "it asked nothing: {said}");
    app.finish().await;
}

/// The description without the cookie: a wrong one beside a token that holds is no matter, which the fuzzer cannot know.
fn with_tokens_alone(mut description: Value) -> Value {
    let schemes = description["components"]["securitySchemes"].as_object_mut().unwrap();
    schemes.remove("session").unwrap();
    for item in description["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            if let Some(ways) = operation.get_mut("security").and_then(Value::as_array_mut) {
                ways.retain(|way| way.get("session").is_none());
            }
        }
    }
    description
}
