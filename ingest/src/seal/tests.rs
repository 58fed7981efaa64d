//! The seal under attack: forged, replayed, reordered and spliced frames change nothing.
#![allow(clippy::unwrap_used)]

use super::*;
use attune_engine::speaker::Track;
use proptest::prelude::*;

const SESSION: Uuid = Uuid::from_u128(5);
const EPOCH: u64 = 7;
const KEY: [u8; 32] = [0xA5; 32];

fn pair() -> (Sealer, Opener) {
    (Sealer::new(&KEY, EPOCH, SESSION), Opener::new(&KEY, EPOCH, SESSION))
}

fn mic(seq: u64) -> Prefix {
    Prefix::audio(Track::Mic, seq, seq * 3_840, seq as u32 * 240)
}

fn expectations(opener: &Opener) -> [u64; 5] {
    Stream::ALL.map(|stream| opener.expected(stream))
}

/// Numbers that are the same in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn what_is_sealed_is_opened_once_and_in_order() {
    let (mut sealer, mut opener) = pair();
    for seq in 0..3 {
        for prefix in [mic(seq), Prefix::json(Stream::Control, seq, 1)] {
            let message = sealer.seal(&prefix, b"payload").unwrap();
            assert_eq!(message[..Prefix::LEN], prefix.encode());
            assert_eq!(
                opener.open(&message).unwrap(),
                Frame {
                    prefix,
                    payload: b"payload".to_vec()
                }
            );
            let again = OpenError::Seen {
                stream: prefix.stream,
                seq,
            };
            assert_eq!(opener.open(&message), Err(again));
        }
    }
}

#[test]
fn of_ten_thousand_mutated_and_replayed_frames_none_is_accepted_and_nothing_changes() {
    let (mut sealer, mut opener) = pair();
    let mut other = Sealer::new(&[1; 32], EPOCH, SESSION);
    let payload = [0x42; 745];
    let seen: Vec<_> = (0..50).map(|seq| sealer.seal(&mic(seq), &payload).unwrap()).collect();
    for message in &seen {
        opener.open(message).unwrap();
    }
    let next = sealer.seal(&mic(50), &payload).unwrap();
    let later = sealer.seal(&mic(51), &payload).unwrap();
    let forged = other.seal(&mic(50), &payload).unwrap();
    let before = expectations(&opener);
    let mut random = Lcg(1);
    for attack in 0..10_000 {
        let message = match attack % 5 {
            // A replay, as it was or changed.
            0 => seen[random.below(seen.len())].clone(),
            // Any bits of the next frame flipped.
            1 => {
                let mut message = next.clone();
                for _ in 0..=random.below(3) {
                    let at = random.below(message.len());
                    message[at] ^= 1 << random.below(8);
                }
                if message == next {
                    message[0] ^= 0x80;
                }
                message
            }
            // The next frame cut short, or with something after it.
            2 => {
                let mut message = next.clone();
                match random.below(2) {
                    0 => message.truncate(random.below(next.len())),
                    _ => message.push(random.below(256) as u8),
                }
                message
            }
            // The prefix of one frame before the seal of another, or one of another key.
            3 => match random.below(3) {
                0 => [&next[..Prefix::LEN], &seen[random.below(50)][Prefix::LEN..]].concat(),
                1 => [&mic(50 + random.below(9) as u64).encode()[..], &later[Prefix::LEN..]].concat(),
                _ => forged.clone(),
            },
            // Not the next one.
            _ => later.clone(),
        };
        assert!(opener.open(&message).is_err(), "attack {attack} was accepted");
        assert_eq!(
            expectations(&opener),
            before,
            "attack {attack} changed what is expected"
        );
    }
    assert_eq!(opener.open(&next).unwrap().payload, payload);
    assert_eq!(opener.open(&later).unwrap().payload, payload);
}

#[test]
fn a_forged_number_far_ahead_does_not_keep_the_genuine_next_frame_out() {
    let (mut sealer, mut opener) = pair();
    opener.open(&sealer.seal(&mic(0), b"a").unwrap()).unwrap();
    let far = 1 << 40;
    let forged = Sealer::new(&[0; 32], EPOCH, SESSION).seal(&mic(far), b"x").unwrap();
    let ahead = OpenError::Ahead {
        stream: Stream::Mic,
        seq: far,
        expected: 1,
    };
    assert_eq!(opener.open(&forged), Err(ahead));
    assert_eq!(opener.open(&sealer.seal(&mic(1), b"b").unwrap()).unwrap().payload, b"b");
}

#[test]
fn of_twenty_frames_of_different_connections_each_opens_only_where_it_belongs() {
    let sessions = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let epochs = [1, 2];
    let keys = [[1; 32], [2; 32]];
    let mut places = Vec::new();
    for key in keys {
        for epoch in epochs {
            for session in sessions {
                places.push((key, epoch, session));
            }
        }
    }
    let streams = [
        mic(0),
        Prefix::audio(Track::Tab, 0, 0, 0),
        Prefix::json(Stream::Control, 0, 0),
    ];
    let mut sealed = Vec::new();
    for (place, (key, epoch, session)) in places.iter().enumerate() {
        let mut sealer = Sealer::new(key, *epoch, *session);
        for prefix in streams {
            sealed.push((place, sealer.seal(&prefix, b"mine").unwrap()));
        }
    }
    assert!(sealed.len() >= 20);
    for (place, message) in &sealed {
        for (other, (key, epoch, session)) in places.iter().enumerate() {
            let opened = Opener::new(key, *epoch, *session).open(message);
            assert_eq!(opened.is_ok(), *place == other);
        }
        // Nor on another stream of its own connection.
        let (key, epoch, session) = places[*place];
        for stream in streams {
            let spliced = [&stream.encode()[..], &message[Prefix::LEN..]].concat();
            let opened = Opener::new(&key, epoch, session).open(&spliced);
            assert_eq!(opened.is_ok(), spliced == *message);
        }
    }
}

#[test]
fn a_header_written_in_a_second_way_is_refused() {
    let (mut sealer, mut opener) = pair();
    let message = sealer.seal(&mic(0), b"a").unwrap();
    // KID 0x0701 in two bytes, CTR 0 within the first: the same with the CTR in a byte of its own says the same number.
    assert_eq!(message[Prefix::LEN..Prefix::LEN + 3], [0x90, 0x07, 0x01]);
    let long = [
        &message[..Prefix::LEN],
        &[0x98, 0x07, 0x01, 0x00],
        &message[Prefix::LEN + 3..],
    ]
    .concat();
    assert_eq!(opener.open(&long), Err(OpenError::Header));
    assert!(opener.open(&message).is_ok());
}

#[test]
fn a_number_is_never_sealed_twice_whatever_it_holds() {
    let (mut sealer, _) = pair();
    sealer.seal(&mic(4), b"a").unwrap();
    for seq in [0, 3, 4] {
        let reused = SealError::Reused {
            stream: Stream::Mic,
            seq,
        };
        assert_eq!(sealer.seal(&mic(seq), b"b"), Err(reused));
    }
    assert!(sealer.seal(&mic(5), b"c").is_ok());
    assert!(sealer.seal(&Prefix::json(Stream::Control, 4, 0), b"d").is_ok());
}

#[test]
fn what_is_over_the_limit_is_neither_sealed_nor_opened() {
    let (mut sealer, mut opener) = pair();
    let most = Limits::MESSAGE_BYTES - MAX_OVERHEAD_BYTES;
    assert_eq!(
        sealer.seal(&mic(0), &vec![0; most + 1]),
        Err(SealError::TooLarge(most + 1))
    );
    let message = sealer.seal(&mic(0), &vec![0; most]).unwrap();
    assert!(message.len() <= Limits::MESSAGE_BYTES);
    let too_large = vec![0; Limits::MESSAGE_BYTES + 1];
    assert_eq!(opener.open(&too_large), Err(OpenError::TooLarge(too_large.len())));
    assert!(opener.open(&message).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_make_the_opener_panic_or_change(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (mut sealer, mut opener) = pair();
        let prefix = mic(0).encode();
        for message in [bytes.clone(), [&prefix[..], &bytes].concat(), [&prefix[..], &[0x90, 7, 1], &bytes].concat()] {
            prop_assert!(opener.open(&message).is_err());
        }
        prop_assert!(opener.open(&sealer.seal(&mic(0), &bytes).unwrap()).is_ok());
    }

    #[test]
    fn no_nonce_repeats_over_crashes_and_resumes(
        // Each connection sends some frames, then is lost; the next resumes somewhere at or before the end.
        connections in proptest::collection::vec((1u64..40, 0u64..40), 1..30),
    ) {
        let mut used = std::collections::HashSet::new();
        let mut resume = 0u64;
        for (epoch, (frames, back)) in (1..).zip(connections) {
            // The handshake gives each connection keys of its own; the KID holds its epoch besides.
            let mut sealer = Sealer::new(&KEY, epoch, SESSION);
            for seq in resume..resume + frames {
                let message = sealer.seal(&mic(seq), b"x").unwrap();
                let header = SframeHeader::deserialize(&message[Prefix::LEN..]).unwrap();
                prop_assert!(used.insert((header.key_id(), header.counter())));
            }
            resume = (resume + frames).saturating_sub(back);
        }
    }
}
