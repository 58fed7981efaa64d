//! A server that is measured: it checks every frame, keeps its digest, and says so.

use crate::line::{Line, Tape};
use crate::meeting::Script;
use attune_engine::speaker::Track::Mic;
use attune_ingest::memory::Memory;
use attune_ingest::ports::Checked;
use attune_ingest::protocol::{ClientControl, CloseCode, Prefix, ServerEvent, Skip, SkipClass, SkipReason, Stream};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(78);

fn sink() -> (Memory, Line) {
    let memory = Memory::default();
    memory.sink();
    let line = Line::connect(&memory, SESSION, 1, Instant::now());
    (memory, line)
}

fn digests(tape: &Tape) -> Vec<Checked> {
    let checked = |(prefix, payload): &(Prefix, Vec<u8>)| Checked {
        stream: prefix.stream,
        seq: prefix.seq,
        sha256: Checked::digest(prefix, payload),
    };
    tape.frames.iter().map(checked).collect()
}

#[test]
fn every_frame_is_durable_as_its_digest_and_nothing_is_heard() {
    let (memory, mut line) = sink();
    assert!(line.welcome.sink);
    let mut tape = Tape::of(&Script::half_a_minute(), &[240]);
    let sent = digests(&tape);
    tape.end();
    line.play(&tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    let record = memory.record(SESSION);
    assert_eq!(record.checked, sent);
    assert!(record.decided.is_empty() && record.events.is_empty());
}

#[test]
fn a_resumed_sink_goes_on_with_the_first_frame_that_is_not_durable() {
    let (memory, mut line) = sink();
    let mut tape = Tape::of(&Script::half_a_minute(), &[240]);
    let sent = digests(&tape);
    tape.end();
    let half = tape.frames.len() / 2;
    for (prefix, payload) in &tape.frames[..half] {
        line.send(prefix, payload);
    }
    line.wait(Duration::from_secs(6));
    let durable = memory.record(SESSION).checked.len();
    assert_eq!(durable, half);
    // These are under way when the node dies.
    for (prefix, payload) in &tape.frames[half..half + 10] {
        line.send(prefix, payload);
    }
    let mut line = Line::connect(&memory, SESSION, 2, line.now);
    line.play(&tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    assert_eq!(memory.record(SESSION).checked, sent);
}

#[test]
fn a_hole_in_a_track_is_refused_unless_a_skip_covers_it() {
    let (_, mut line) = sink();
    line.send(&Prefix::audio(Mic, 0, 0, 0), &[0; 7_680]);
    let skip = ClientControl::Skip(Skip {
        track: Mic,
        from_sample: 3_840,
        to_sample: 16_000,
        class: SkipClass::Gap,
        reason: SkipReason::BufferFull,
    });
    line.send(&Prefix::json(Stream::Control, 0, 0), &skip.to_json());
    line.send(&Prefix::audio(Mic, 1, 16_000, 1_000), &[0; 7_680]);
    assert_eq!(line.closed(), None);
    line.send(&Prefix::audio(Mic, 2, 32_000, 2_000), &[0; 7_680]);
    assert_eq!(line.closed(), Some(CloseCode::Malformed));
}

#[test]
fn status_says_that_it_is_a_sink_and_brakes_a_client_while_nothing_is_durable() {
    let (_, mut line) = sink();
    for seq in 0..=258 {
        let prefix = Prefix::audio(Mic, seq, seq * 3_840, seq as u32 * 240);
        line.send(&prefix, &[0; 7_680]);
        line.now += Duration::from_millis(240);
    }
    let told = line.events.iter().filter_map(|envelope| match envelope.event {
        ServerEvent::Status { credit_ms, sink, .. } => Some((credit_ms, sink)),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.dedup();
    assert_eq!(told, [45_000, 30_000, 15_000, 0].map(|credit_ms| (credit_ms, true)));
    assert_eq!(line.closed(), Some(CloseCode::Overloaded));
}
