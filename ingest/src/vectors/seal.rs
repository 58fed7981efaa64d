//! Prefixes, and frames sealed with a fixed key.

use super::{bytes, each, hold, key, load};
use crate::protocol::{Prefix, PrefixError, Stream};
use crate::seal::{OpenError, Opener, Sealer};
use attune_engine::speaker::Track;
use serde_json::{Value, json};
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(0x0192_3c5e_9a00_7000_8000_0000_0000_0005);
const EPOCHS: [u64; 3] = [1, 0x1234, (1 << 53) - 1];

fn base_key() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
}

fn prefixes() -> Vec<Prefix> {
    vec![
        Prefix::json(Stream::Control, 0, 0),
        Prefix::audio(Track::Mic, 0, 0, 0),
        Prefix::audio(Track::Mic, 7, 26_880, 1_681),
        Prefix::audio(Track::Tab, 255, 11_520 * 255, 61_200),
        Prefix::json(Stream::Insights, 256, 256_000),
        Prefix::json(Stream::Captions, 65_536, 86_400_000),
        Prefix::audio(Track::Tab, (1 << 53) - 1, (1 << 53) - 1, u32::MAX),
    ]
}

fn prefix_json(prefix: &Prefix) -> Value {
    json!({
        "type": prefix.kind as u8,
        "flags": prefix.flags,
        "stream": prefix.stream,
        "seq": prefix.seq,
        "first_sample": prefix.first_sample,
        "capture_ms": prefix.capture_ms,
    })
}

fn prefix_of(value: &Value) -> Prefix {
    let number = |field: &str| value[field].as_u64().unwrap();
    let stream: Stream = serde_json::from_value(value["stream"].clone()).unwrap();
    let capture_ms = number("capture_ms") as u32;
    let prefix = match stream.track() {
        Some(track) => Prefix::audio(track, number("seq"), number("first_sample"), capture_ms),
        None => Prefix::json(stream, number("seq"), capture_ms),
    };
    assert_eq!(u64::from(prefix.kind as u8), number("type"));
    prefix
}

/// Bytes that are no prefix, and why.
fn refused() -> Vec<(Vec<u8>, &'static str)> {
    let good = Prefix::audio(Track::Mic, 1, 2, 3).encode();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.to_vec();
        bytes[at] = byte;
        bytes
    };
    vec![
        (vec![], "truncated"),
        (good[..22].to_vec(), "truncated"),
        (with(0, 0), "type"),
        (with(0, 2), "type"),
        (with(0, 3), "type"),
        (with(1, 1), "flags"),
        (with(2, 5), "stream"),
        (with(2, 255), "stream"),
        (with(4, 0x20), "range"),
        (with(12, 0x20), "range"),
        ([&[2, 0, 0], &good[3..]].concat(), "range"),
    ]
}

fn made() -> Value {
    let prefixes: Vec<_> = prefixes()
        .iter()
        .map(|prefix| json!({"prefix": prefix_json(prefix), "hex": hex::encode(prefix.encode())}))
        .collect();
    let refused: Vec<_> = refused()
        .iter()
        .map(|(bytes, why)| json!({"hex": hex::encode(bytes), "why": why}))
        .collect();
    let mut sealed = Vec::new();
    for epoch in EPOCHS {
        let mut sealer = Sealer::new(&base_key(), epoch, SESSION);
        for (index, prefix) in self::prefixes().iter().enumerate() {
            let payload: Vec<u8> = (0..index * 40).map(|at| (at * 7 + index) as u8).collect();
            // One number of a stream is sealed once per connection.
            let prefix = &Prefix {
                seq: prefix.seq.max(index as u64),
                ..*prefix
            };
            let message = sealer.seal(prefix, &payload).unwrap();
            sealed.push(json!({
                "epoch": epoch,
                "prefix": prefix_json(prefix),
                "payload": hex::encode(payload),
                "message": hex::encode(message),
            }));
        }
    }
    json!({
        "about": "prefixes; frames sealed with one base key and session under several epochs",
        "base_key": hex::encode(base_key()),
        "session": SESSION,
        "prefixes": prefixes,
        "refused_prefixes": refused,
        "sealed": sealed,
    })
}

#[test]
fn the_committed_vectors_are_what_the_code_makes() {
    hold("seal", &made());
}

#[test]
fn prefixes_are_written_and_read_as_committed() {
    let vectors = load("seal");
    for vector in each(&vectors, "prefixes") {
        let prefix = prefix_of(&vector["prefix"]);
        assert_eq!(prefix.encode().to_vec(), bytes(vector, "hex"));
        assert_eq!(Prefix::parse(&bytes(vector, "hex")), Ok(prefix));
    }
    for vector in each(&vectors, "refused_prefixes") {
        let refused = Prefix::parse(&bytes(vector, "hex")).unwrap_err();
        let why = match refused {
            PrefixError::Truncated(_) => "truncated",
            PrefixError::Stream(_) => "stream",
            PrefixError::Kind { .. } => "type",
            PrefixError::Flags(_) => "flags",
            PrefixError::Range(_) => "range",
        };
        assert_eq!(vector["why"], why);
    }
}

#[test]
fn frames_are_opened_as_committed_and_by_no_other_connection() {
    let vectors = load("seal");
    let session = serde_json::from_value(vectors["session"].clone()).unwrap();
    let base_key = key(&vectors, "base_key");
    for vector in each(&vectors, "sealed") {
        let epoch = vector["epoch"].as_u64().unwrap();
        let (prefix, message) = (prefix_of(&vector["prefix"]), bytes(vector, "message"));
        let opener = |key: &[u8; 32], epoch, session| {
            let mut opener = Opener::new(key, epoch, session);
            opener.expect(prefix.stream, prefix.seq);
            opener
        };
        let frame = opener(&base_key, epoch, session).open(&message).unwrap();
        assert_eq!(frame.prefix, prefix);
        assert_eq!(frame.payload, bytes(vector, "payload"));
        let other_session = Uuid::from_u128(session.as_u128() ^ 1);
        assert_eq!(
            opener(&base_key, epoch, other_session).open(&message),
            Err(OpenError::Forged)
        );
        assert_eq!(opener(&[0; 32], epoch, session).open(&message), Err(OpenError::Forged));
        assert_eq!(
            opener(&base_key, epoch - 1, session).open(&message),
            Err(OpenError::Header)
        );
    }
}
