//! The API's description: what is committed is what the code makes, and what it names is what there is.

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
fn every_operation_is_named_after_its_handler_and_says_what_an_error_looks_like() {
    let document: Value = serde_json::from_str(&attune::routes::document()).unwrap();
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
        }
    }
    assert!(operations >= 12, "{operations}");
}
