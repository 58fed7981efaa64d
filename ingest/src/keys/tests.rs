//! Handshakes that must not work.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::protocol::{CloseCode, Codec, Hello, TrackDeclaration, VERSION};
use attune_engine::speaker::Track;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use uuid::Uuid;

const PSK: [u8; 32] = [4; 32];

fn context() -> HelloContext {
    HelloContext {
        tenant: Uuid::from_u128(1),
        user: Uuid::from_u128(2),
        device: Uuid::from_u128(3),
        session: Uuid::from_u128(4),
        epoch: 5,
        ticket_sha256: [6; 32],
    }
}

fn hello() -> Hello {
    Hello {
        client: "test".to_owned(),
        language: "en".to_owned(),
        tracks: vec![TrackDeclaration {
            track: Track::Mic,
            codec: Codec::Opus,
            rate_hz: 48_000,
        }],
        meeting_type: None,
        glossary: Vec::new(),
    }
}

fn identity() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn offered() -> (OfferKey, Offer) {
    let key = OfferKey::generate();
    let signed = Offer::signed_bytes(1, key.public(), &context().ticket_sha256);
    let offer = key.offer(1, identity().sign(&signed).to_bytes());
    (key, offer)
}

fn pinned() -> [(u8, [u8; 32]); 1] {
    [(1, identity().verifying_key().to_bytes())]
}

#[test]
fn both_sides_come_to_the_same_two_keys() {
    let (key, offer) = offered();
    let offer = Offer::parse(&offer.encode()).unwrap();
    offer.verify(&pinned(), &context().ticket_sha256).unwrap();
    let (message, ours) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
    let (said, theirs) = key.accept(&message, &PSK, &context()).unwrap();
    assert_eq!(said, hello());
    assert_eq!((ours.c2s, ours.s2c), (theirs.c2s, theirs.s2c));
    assert_ne!(ours.c2s, ours.s2c);
}

#[test]
fn no_two_handshakes_share_a_key() {
    let keys = |_| {
        let (_, offer) = offered();
        say_hello(&offer, &PSK, &context(), &hello()).unwrap().1.c2s
    };
    let keys: std::collections::HashSet<_> = (0..50).map(keys).collect();
    assert_eq!(keys.len(), 50);
}

#[test]
fn a_hello_opens_only_where_everything_it_is_bound_to_is_the_same() {
    let changes: [fn(&mut HelloContext); 6] = [
        |context| context.tenant = Uuid::nil(),
        |context| context.user = Uuid::nil(),
        |context| context.device = Uuid::nil(),
        |context| context.session = Uuid::nil(),
        |context| context.epoch += 1,
        |context| context.ticket_sha256[31] ^= 1,
    ];
    for change in changes {
        let (key, offer) = offered();
        let (message, _) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
        let mut other = context();
        change(&mut other);
        let refused = key.accept(&message, &PSK, &other).unwrap_err();
        assert!(matches!(refused, HelloRefused::NotAuthenticated));
        assert_eq!(refused.close_code(), CloseCode::NotAuthenticated);
    }
    let (key, offer) = offered();
    let (message, _) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
    assert!(matches!(
        key.accept(&message, &[0; 32], &context()),
        Err(HelloRefused::NotAuthenticated)
    ));
    let (_, offer) = offered();
    let (message, _) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
    let (another, _) = offered();
    assert!(matches!(
        another.accept(&message, &PSK, &context()),
        Err(HelloRefused::NotAuthenticated)
    ));
}

#[test]
fn an_offer_of_another_server_or_another_socket_is_not_trusted() {
    let (_, offer) = offered();
    let sha256 = context().ticket_sha256;
    assert_eq!(offer.verify(&[], &sha256), Err(OfferError::UnknownIdentity(1)));
    let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
    assert_eq!(offer.verify(&[(1, stranger)], &sha256), Err(OfferError::Signature));
    assert_eq!(offer.verify(&pinned(), &[7; 32]), Err(OfferError::Signature));
    let swapped = Offer {
        hpke_public: [1; 32],
        ..offer.clone()
    };
    assert_eq!(swapped.verify(&pinned(), &sha256), Err(OfferError::Signature));
    let renamed = Offer { key_id: 2, ..offer };
    assert_eq!(
        renamed.verify(&[(2, pinned()[0].1)], &sha256),
        Err(OfferError::Signature)
    );
}

#[test]
fn other_versions_and_lengths_are_refused_before_any_key_is_used() {
    let (_, offer) = offered();
    let mut bytes = offer.encode();
    bytes[0] = 2;
    assert_eq!(Offer::parse(&bytes), Err(OfferError::Version(2)));
    assert_eq!(Offer::parse(&bytes[1..]), Err(OfferError::Length(97)));
    let refused = |message: &[u8]| offered().0.accept(message, &PSK, &context()).unwrap_err();
    assert!(matches!(refused(&[]), HelloRefused::Length(0)));
    assert!(matches!(refused(&[VERSION; 48]), HelloRefused::Length(48)));
    assert!(matches!(refused(&[VERSION; 10_000]), HelloRefused::Length(10_000)));
    assert!(matches!(refused(&[2; 100]), HelloRefused::Version(2)));
}

#[test]
fn keys_that_are_no_points_are_refused_and_do_not_panic() {
    // Two points of low order: what comes of them does not depend on the secret.
    for low_order in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let (_, mut offer) = offered();
        offer.hpke_public = low_order;
        assert_eq!(
            say_hello(&offer, &PSK, &context(), &hello()).unwrap_err(),
            HelloError::OfferedKey
        );
        assert_eq!(seal_psk(&low_order, Uuid::nil(), &PSK), Err(EnrolError::PublicKey));
        let (key, _) = offered();
        let message = [&[VERSION][..], &low_order, &[0; 40]].concat();
        assert!(matches!(
            key.accept(&message, &PSK, &context()),
            Err(HelloRefused::NotAuthenticated)
        ));
    }
}

#[test]
fn a_device_secret_opens_only_for_its_device_and_key() {
    let device = Uuid::from_u128(3);
    let enrolment = Enrolment::generate();
    let sealed = seal_psk(enrolment.public(), device, &PSK).unwrap();
    assert_eq!(*enrolment.open(device, &sealed).unwrap(), PSK);

    let other = Enrolment::generate();
    assert_eq!(other.open(device, &sealed).unwrap_err(), EnrolError::Sealed);
    let enrolment = Enrolment::generate();
    let sealed = seal_psk(enrolment.public(), device, &PSK).unwrap();
    assert_eq!(
        enrolment.open(Uuid::from_u128(4), &sealed).unwrap_err(),
        EnrolError::Sealed
    );
}

#[test]
fn nothing_secret_is_printed() {
    let (key, offer) = offered();
    let (_, keys) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
    for printed in [
        format!("{key:?}"),
        format!("{keys:?}"),
        format!("{:?}", Enrolment::generate()),
    ] {
        assert!(printed.ends_with(" { .. }"), "{printed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_are_accepted_as_hello_or_offer_but_the_real_ones(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        flip in 1u8..=255,
    ) {
        prop_assert!(offered().0.accept(&bytes, &PSK, &context()).is_err());
        if let Ok(offer) = Offer::parse(&bytes) {
            prop_assert!(offer.verify(&pinned(), &context().ticket_sha256).is_err());
        }
        let (key, offer) = offered();
        let (mut message, _) = say_hello(&offer, &PSK, &context(), &hello()).unwrap();
        let changed = at.index(message.len());
        message[changed] ^= flip;
        // X25519 ignores the highest bit of a public key; HPKE binds the bytes as they were sent.
        prop_assert!(key.accept(&message, &PSK, &context()).is_err());
        let mut bytes = offer.encode();
        let changed = at.index(bytes.len());
        bytes[changed] ^= flip;
        if let Ok(offer) = Offer::parse(&bytes) {
            prop_assert!(offer.verify(&pinned(), &context().ticket_sha256).is_err());
        }
    }
}
