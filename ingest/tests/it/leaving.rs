//! How a connection comes to its end when the node goes, the keys are due or consent is in doubt.

use crate::line::{Line, Tape, Turn};
use crate::meeting::{Script, said};
use attune_engine::speaker::Track::Mic;
use attune_ingest::memory::Memory;
use attune_ingest::ports::Committed;
use attune_ingest::protocol::{ClientControl, CloseCode, Mark, Prefix, Stream};
use attune_ingest::session::ToLedger;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);
const BY: Duration = Duration::from_secs(3);

fn connect() -> (Memory, Line) {
    let memory = Memory::default();
    let line = Line::connect(&memory, SESSION, 1, Instant::now());
    (memory, line)
}

fn monologue() -> Script {
    Script {
        said: vec![said(Mic, 100, &[4; 40])],
        length_ms: 12_000,
    }
}

#[test]
fn who_keeps_talking_is_told_to_resume_once_what_is_decided_is_durable() {
    let (_, mut line) = connect();
    let tape = Tape::of(&monologue(), &[240]);
    let (said, saying) = tape.frames.split_at(60);
    for (prefix, payload) in said {
        line.send(prefix, payload);
        line.settle();
    }
    line.session.leave(line.now + BY);
    line.settle();
    assert_eq!(line.closed(), None, "no moment is quiet");
    line.now += BY;
    let last = line.session.take_work(line.now);
    assert!(matches!(last, Some(ToLedger::Commit(_))), "{last:?}");
    // What comes while that commits is left to the next connection, or there would be another batch, and another.
    for (prefix, payload) in saying {
        line.send(prefix, payload);
        line.turn(Turn::Voice);
    }
    line.session.on_committed(Committed::default(), None, line.now);
    assert_eq!(line.closed(), Some(CloseCode::Resume));
}

#[test]
fn an_end_that_is_not_decided_in_time_is_left_to_the_next_connection() {
    let (_, mut line) = connect();
    let mut tape = Tape::of(&monologue(), &[240]);
    tape.end();
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
        line.turn(Turn::Voice);
    }
    line.session.leave(line.now + BY);
    line.turn(Turn::Time);
    assert_eq!(line.closed(), None);
    line.now += BY;
    line.turn(Turn::Time);
    assert_eq!(line.closed(), Some(CloseCode::Resume));
}

#[test]
fn a_session_that_has_ended_does_not_keep_a_node_for_its_report() {
    for leaves_first in [true, false] {
        let (_, mut line) = connect();
        line.send(&Prefix::json(Stream::Control, 0, 0), &ClientControl::End {}.to_json());
        while line.turn(Turn::Voice) {}
        if leaves_first {
            line.session.leave(line.now + BY);
        }
        while let Some(work) = line.session.take_work(line.now) {
            match work {
                ToLedger::Commit(_) => line.session.on_committed(Committed::default(), None, line.now),
                ToLedger::End => line.session.on_ended(Committed::default(), None),
            }
        }
        assert_eq!(line.session.awaits_report(), !leaves_first);
        line.session.leave(line.now + BY);
        assert_eq!(line.closed(), Some(CloseCode::Ended), "leaves first: {leaves_first}");
    }
}

#[test]
fn nothing_is_committed_while_consent_is_looked_up() {
    let (memory, mut line) = connect();
    let mark = ClientControl::Mark(Mark { at_ms: 1, note: None });
    for (seq, control) in (0..).zip([ClientControl::ConsentChanged {}, mark]) {
        line.send(&Prefix::json(Stream::Control, seq, 0), &control.to_json());
    }
    assert!(line.session.take_consent_check());
    line.wait(Duration::from_secs(6));
    assert!(memory.record(SESSION).events.is_empty());
    line.session.on_consent(Ok(()), line.now);
    line.settle();
    assert_eq!(memory.record(SESSION).events.len(), 1);
    assert_eq!(line.closed(), Some(CloseCode::Resume), "consent is bound to new keys");
}
