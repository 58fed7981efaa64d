//! Enrolment, offer and hello with fixed keys. `ikm` is what RFC 9180's `DeriveKeyPair` makes a key pair of; for the side
//! that encapsulates it is the ephemeral one.

use super::{bytes, hold, key, load};
use crate::keys::{Enrolment, HelloContext, Offer, OfferKey, SealedPsk, ticket_sha256};
use crate::protocol::{Codec, Hello, TrackDeclaration};
use attune_engine::speaker::Track;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use uuid::Uuid;

const KEY_ID: u8 = 2;

fn seed(of: u8) -> [u8; 32] {
    std::array::from_fn(|at| of ^ (at as u8).wrapping_mul(37))
}

fn hello() -> Hello {
    Hello {
        client: "attune-vectors/1".to_owned(),
        language: "en-GB".to_owned(),
        tracks: vec![
            TrackDeclaration {
                track: Track::Mic,
                codec: Codec::Opus,
                rate_hz: 48_000,
            },
            TrackDeclaration {
                track: Track::Tab,
                codec: Codec::PcmS16le,
                rate_hz: 16_000,
            },
        ],
        meeting_type: Some("discovery".to_owned()),
        glossary: Vec::new(),
    }
}

fn context() -> HelloContext {
    HelloContext {
        tenant: Uuid::from_u128(0x0192_3c5e_9a00_7000_8000_0000_0000_0001),
        user: Uuid::from_u128(0x0192_3c5e_9a00_7000_8000_0000_0000_0002),
        device: Uuid::from_u128(0x0192_3c5e_9a00_7000_8000_0000_0000_0003),
        session: Uuid::from_u128(0x0192_3c5e_9a00_7000_8000_0000_0000_0005),
        epoch: 4,
        ticket_sha256: ticket_sha256(&seed(5)),
    }
}

fn made() -> Value {
    let context = context();
    let psk = seed(4);
    let enrolment = Enrolment::derive(&seed(1));
    let sealed = crate::keys::seal_psk_for_vectors(enrolment.public(), context.device, &psk, seed(2));
    let offer_key = OfferKey::derive(&seed(3));
    let identity = SigningKey::from_bytes(&seed(6));
    let signed = Offer::signed_bytes(KEY_ID, offer_key.public(), &context.ticket_sha256);
    let offer = offer_key.offer(KEY_ID, identity.sign(&signed).to_bytes());
    let (message, keys) = crate::keys::say_hello_for_vectors(&offer, &psk, &context, &hello(), seed(7));
    json!({
        "about": "enrolment, offer and hello with fixed keys; ikm goes through RFC 9180's DeriveKeyPair",
        "tenant": context.tenant,
        "user": context.user,
        "device": context.device,
        "session": context.session,
        "epoch": context.epoch,
        "ticket": hex::encode(seed(5)),
        "ticket_sha256": hex::encode(context.ticket_sha256),
        "enrolment": {
            "client_ikm": hex::encode(seed(1)),
            "client_public": hex::encode(enrolment.public()),
            "server_ephemeral_ikm": hex::encode(seed(2)),
            "enc": hex::encode(sealed.enc),
            "ciphertext": hex::encode(sealed.ciphertext),
            "psk": hex::encode(psk),
        },
        "offer": {
            "identity_seed": hex::encode(seed(6)),
            "identity_public": hex::encode(identity.verifying_key().as_bytes()),
            "key_id": KEY_ID,
            "server_ikm": hex::encode(seed(3)),
            "hpke_public": hex::encode(offer_key.public()),
            "signed": hex::encode(signed),
            "message": hex::encode(offer.encode()),
        },
        "hello": {
            "info": hex::encode(context.info()),
            "plaintext": String::from_utf8(hello().to_json()).unwrap(),
            "client_ephemeral_ikm": hex::encode(seed(7)),
            "message": hex::encode(message),
            "c2s": hex::encode(keys.c2s),
            "s2c": hex::encode(keys.s2c),
        },
    })
}

#[test]
fn the_committed_vectors_are_what_the_code_makes() {
    hold("handshake", &made());
}

#[test]
fn a_device_opens_the_committed_enrolment() {
    let vectors = load("handshake");
    let enrolled = &vectors["enrolment"];
    let enrolment = Enrolment::derive(&key(enrolled, "client_ikm"));
    assert_eq!(*enrolment.public(), key(enrolled, "client_public"));
    let sealed = SealedPsk {
        enc: key(enrolled, "enc"),
        ciphertext: bytes(enrolled, "ciphertext"),
    };
    let device = serde_json::from_value(vectors["device"].clone()).unwrap();
    assert_eq!(*enrolment.open(device, &sealed).unwrap(), key(enrolled, "psk"));
}

#[test]
fn a_server_opens_the_committed_hello_of_the_committed_offer() {
    let vectors = load("handshake");
    let offer = Offer::parse(&bytes(&vectors["offer"], "message")).unwrap();
    let pinned = [(KEY_ID, key(&vectors["offer"], "identity_public"))];
    offer.verify(&pinned, &key(&vectors, "ticket_sha256")).unwrap();
    let offer_key = OfferKey::derive(&key(&vectors["offer"], "server_ikm"));
    assert_eq!(*offer_key.public(), offer.hpke_public);
    let psk = key(&vectors["enrolment"], "psk");
    let (hello, keys) = offer_key
        .accept(&bytes(&vectors["hello"], "message"), &psk, &context())
        .unwrap();
    assert_eq!(hello, self::hello());
    assert_eq!(
        (keys.c2s, keys.s2c),
        (key(&vectors["hello"], "c2s"), key(&vectors["hello"], "s2c"))
    );
}
