//! The test vectors in `ingest/vectors`, which `ingest/ts` runs too. Ours are made here, from fixed keys; a test proves
//! that what is committed is what the code makes. After a deliberate change of the protocol:
//! `ATTUNE_WRITE_VECTORS=1 cargo test --profile ci -p attune-ingest vectors`.

mod audio;
mod handshake;
mod json;
mod rfc9605;
mod seal;

use serde_json::Value;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(format!("{name}.json"))
}

/// The committed vectors called `name`.
fn load(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// Proves that the committed vectors called `name` are `made`, or writes them when asked to.
fn hold(name: &str, made: &Value) {
    let mut text = serde_json::to_string_pretty(made).unwrap();
    text.push('\n');
    if std::env::var_os("ATTUNE_WRITE_VECTORS").is_some() {
        std::fs::write(path(name), text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path(name)).unwrap();
    assert!(
        committed == text,
        "vectors/{name}.json is not what the code makes; see ingest/src/vectors.rs"
    );
}

/// The bytes that a field holds in hex.
fn bytes(value: &Value, field: &str) -> Vec<u8> {
    hex::decode(value[field].as_str().unwrap_or_else(|| panic!("no {field}"))).unwrap()
}

/// The 32 bytes that a field holds in hex.
fn key(value: &Value, field: &str) -> [u8; 32] {
    bytes(value, field).try_into().unwrap()
}

/// The entries of a list.
fn each<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    let list = value[field].as_array().unwrap_or_else(|| panic!("no {field}"));
    assert!(!list.is_empty(), "no vectors in {field}");
    list
}
