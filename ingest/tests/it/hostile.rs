//! Every byte from outside is hostile: at worst the connection closes.

use crate::line::{Line, Tape};
use crate::meeting::Script;
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{CloseCode, Limits, Prefix, SampleClass, ServerEvent, Stream};
use attune_ingest::seal::Sealer;
use proptest::prelude::*;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.roll(3) {
        match dice.roll(5) {
            0 if !bytes.is_empty() => {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 1 << dice.roll(8);
            }
            1 => bytes.truncate(dice.roll(bytes.len() + 1)),
            2 => bytes.extend((0..dice.roll(40)).map(|_| dice.roll(256) as u8)),
            3 if !bytes.is_empty() => {
                let at = dice.roll(bytes.len().min(40));
                bytes[at] = [0, 1, 127, 128, 255][dice.roll(5)];
            }
            _ => {
                let at = dice.roll(bytes.len() + 1);
                bytes.insert(at, dice.roll(256) as u8);
            }
        }
    }
}

fn fresh() -> (Memory, Line) {
    let memory = Memory::default();
    let line = Line::connect(&memory, SESSION, 1, Instant::now());
    (memory, line)
}

#[test]
fn ten_thousand_mutated_messages_close_a_connection_at_worst() {
    let mut tape = Tape::of(&Script::half_a_minute(), &[240]);
    tape.end();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (_, mut line) = fresh();
    let mut next = 0;
    let (mut closed, mut taken) = (0, 0);
    for round in 0..10_000 {
        let (prefix, payload) = &tape.frames[next % tape.frames.len()];
        let Ok(mut sealed) = line.sealer.seal(prefix, payload) else {
            (_, line) = fresh();
            next = 0;
            continue;
        };
        // Every third is what it should be, so that the session gets somewhere.
        let honest = round % 3 == 0;
        if !honest {
            mutate(&mut sealed, &mut dice);
        }
        line.send_raw(&sealed);
        next += 1;
        taken += 1;
        if let Some(code) = line.closed() {
            assert!(matches!(code, CloseCode::Malformed | CloseCode::TooLarge), "{code:?}");
            closed += 1;
            (_, line) = fresh();
            next = 0;
        }
    }
    assert!(closed > 1_000 && taken > 5_000, "{closed} closed of {taken}");
}

#[test]
fn ten_thousand_sealed_payloads_that_make_no_sense_close_a_connection_at_worst() {
    let seeds: Vec<(Stream, Vec<u8>)> = [
        (Stream::Control, r#"{"type":"mark","at_ms":12,"note":"x"}"#),
        (Stream::Control, r#"{"type":"skip","track":"mic","from_sample":0,"to_sample":9007199254740991,"class":"gap","reason":"buffer_lost"}"#),
        (Stream::Control, r#"{"type":"skip","track":"tab","from_sample":0,"to_sample":100,"class":"withheld","reason":"muted"}"#),
        (Stream::Control, r#"{"type":"off_the_record","on":true,"from_sample":{"mic":9007199254740991}}"#),
        (Stream::Control, r#"{"type":"off_the_record","on":false}"#),
        (Stream::Control, r#"{"type":"pause","on":true}"#),
        (Stream::Control, r#"{"type":"track","track":"tab","change":{"removed":{}}}"#),
        (Stream::Control, r#"{"type":"track","track":"tab","change":{"added":{"codec":"opus","rate_hz":48000}}}"#),
        (Stream::Control, r#"{"type":"consent_changed"}"#),
        (Stream::Control, r#"{"type":"end"}"#),
        (Stream::Insights, r#"{"at_ms":0,"face_present":{"value":1,"quality":1},"tab_focus":{"value":1,"quality":1}}"#),
        (Stream::Captions, r#"{"type":"speaking","at_ms":1,"names":["Ada"]}"#),
        (Stream::Mic, "\u{0}\u{1}\u{2}\u{3}"),
        (Stream::Tab, "some sixteen bit samples of nothing at all"),
    ]
    .into_iter()
    .map(|(stream, text)| (stream, text.as_bytes().to_vec()))
    .collect();
    let mut dice = Dice(77);
    let (mut memory, mut line) = fresh();
    let mut seqs = [0u64; 5];
    let mut samples = [0u64; 5];
    for _ in 0..10_000 {
        let (stream, seed) = &seeds[dice.roll(seeds.len())];
        let mut payload = seed.clone();
        if dice.roll(2) == 0 {
            mutate(&mut payload, &mut dice);
        }
        let index = usize::from(stream.byte());
        let prefix = match stream.track() {
            Some(track) => {
                let first = if dice.roll(20) == 0 {
                    dice.roll(1 << 40) as u64
                } else {
                    samples[index]
                };
                samples[index] += payload.len() as u64 / 2;
                Prefix::audio(track, seqs[index], first, dice.roll(1 << 32) as u32)
            }
            None => Prefix::json(*stream, seqs[index], 0),
        };
        seqs[index] += 1;
        line.send(&prefix, &payload);
        if dice.roll(4) == 0 {
            line.settle();
        }
        if line.session.is_closing() {
            assert_partition(&memory);
            (memory, line) = fresh();
            (seqs, samples) = ([0; 5], [0; 5]);
        }
    }
}

/// Whatever was sent, what is durable accounts for every sample once.
fn assert_partition(memory: &Memory) {
    let record = memory.record(SESSION);
    for track in [Mic, Tab] {
        let mut at = 0;
        for span in record.decided.get(&track).into_iter().flatten() {
            assert_eq!(span.from_sample, at);
            assert!(span.to_sample > at);
            assert_eq!(span.class == SampleClass::Decoded, span.outcome.is_some());
            at = span.to_sample;
        }
    }
}

#[test]
fn a_forged_frame_is_refused_and_changes_nothing() {
    let (memory, mut line) = fresh();
    let mut stranger = Sealer::new(&[1; 32], 1, SESSION);
    let forged = stranger.seal(&Prefix::audio(Mic, 0, 0, 0), &[0; 7_680]).unwrap();
    line.send_raw(&forged);
    assert_eq!(line.closed(), Some(CloseCode::Malformed));
    line.settle();
    assert_eq!(memory.record(SESSION).commits, 0);
}

#[test]
fn a_frame_of_another_epoch_does_not_open() {
    let (_, mut line) = fresh();
    let mut earlier = Sealer::new(&crate::line::KEY, 2, SESSION);
    let frame = earlier.seal(&Prefix::audio(Mic, 0, 0, 0), &[0; 7_680]).unwrap();
    line.send_raw(&frame);
    assert_eq!(line.closed(), Some(CloseCode::Malformed));
}

#[test]
fn a_replayed_frame_is_acknowledged_again_and_counts_once() {
    let (_, mut line) = fresh();
    let sealed = line.sealer.seal(&Prefix::audio(Mic, 0, 0, 0), &[0; 7_680]).unwrap();
    for times in 1..=3 {
        line.send_raw(&sealed);
        line.now += Limits::ACK_COALESCE;
        line.settle();
        let is_ack = |event: &ServerEvent| {
            matches!(
                event,
                ServerEvent::Received {
                    stream: Stream::Mic,
                    seq: 0
                }
            )
        };
        assert_eq!(
            line.events.iter().filter(|envelope| is_ack(&envelope.event)).count(),
            times
        );
    }
    assert_eq!(line.closed(), None);
    let after = line
        .sealer
        .seal(&Prefix::audio(Mic, 1, 3_840, 240), &[0; 7_680])
        .unwrap();
    line.send_raw(&after);
    assert_eq!(line.closed(), None);
}

#[test]
fn a_frame_that_comes_too_early_is_answered_with_the_one_expected() {
    let (_, mut line) = fresh();
    let early = line.sealer.seal(&Prefix::audio(Mic, 5, 0, 0), &[0; 7_680]).unwrap();
    line.send_raw(&early);
    assert_eq!(line.closed(), None);
    let expected = line.events.iter().any(|envelope| {
        envelope.event
            == ServerEvent::Expected {
                stream: Stream::Mic,
                seq: 0,
            }
    });
    assert!(expected, "{:?}", line.events);
}

#[test]
fn a_message_over_the_limit_closes_4413() {
    let (_, mut line) = fresh();
    line.send_raw(&vec![0; Limits::MESSAGE_BYTES + 1]);
    assert_eq!(line.closed(), Some(CloseCode::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..5)) {
        let (_, mut line) = fresh();
        for message in &messages {
            line.send_raw(message);
        }
        line.settle();
    }
}
