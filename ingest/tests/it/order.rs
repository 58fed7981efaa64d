//! However frames are cut and whenever models and ledger answer, the same segments are decided, in the same order.

use crate::line::{Line, TURNS, Tape, undisturbed};
use crate::meeting::{Script, said, words_of};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::memory::{Memory, Record};
use attune_ingest::protocol::ServerEvent;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

/// What must not depend on timing: finals in their order, and what became of the samples.
fn decisions(record: &Record) -> (Vec<attune_engine::transcript::Final>, Vec<(u64, u64)>) {
    let heard = [Mic, Tab].into_iter().flat_map(|track| {
        let spans = record.decided.get(&track).into_iter().flatten();
        spans
            .filter(|span| span.outcome.is_some())
            .map(|span| (span.from_sample, span.to_sample))
            .collect::<Vec<_>>()
    });
    (record.finals(), heard.collect())
}

fn play_with(tape: &Tape, turns: &[usize], duplicates: &[bool]) -> Record {
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    let mut turns = turns.iter().cycle();
    let mut duplicates = duplicates.iter().cycle();
    for (prefix, payload) in &tape.frames {
        let sealed = line.sealer.seal(prefix, payload).unwrap();
        line.send_raw(&sealed);
        if *duplicates.next().unwrap() {
            line.send_raw(&sealed);
        }
        for _ in 0..3 {
            line.turn(TURNS[*turns.next().unwrap() % TURNS.len()]);
        }
        line.now += Duration::from_millis(10);
    }
    line.settle();
    assert!(line.ended(), "closed with {:?}", line.closed());
    memory.record(SESSION)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_jitter_and_duplicates_change_nothing(
        sizes in prop::collection::vec(1u64..=240, 1..20),
        turns in prop::collection::vec(0usize..4, 1..60),
        duplicates in prop::collection::vec(any::<bool>(), 1..9),
    ) {
        let script = Script::half_a_minute();
        let mut reference = Tape::of(&script, &[240]);
        reference.end();
        // Shorter frames would be more than the burst.
        let sizes: Vec<u64> = sizes.iter().map(|size| size.max(&40)).copied().collect();
        let mut tape = Tape::of(&script, &sizes);
        tape.end();
        let played = play_with(&tape, &turns, &duplicates);
        prop_assert_eq!(decisions(&played), decisions(&undisturbed(&reference)));
    }
}

#[test]
fn finals_leave_in_the_order_in_which_their_speech_ended() {
    let mut tape = Tape::of(&Script::half_a_minute(), &[240]);
    tape.end();
    let finals = undisturbed(&tape).finals();
    let ends: Vec<u64> = finals.iter().map(|decided| decided.span.end.as_ms()).collect();
    assert!(ends.is_sorted(), "{ends:?}");
    assert!(finals.iter().any(|decided| decided.track == Tab));
}

#[test]
fn numbered_events_reach_the_client_in_order_and_after_their_transaction() {
    let mut tape = Tape::of(&Script::half_a_minute(), &[240]);
    tape.end();
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
        line.settle();
        let durable = memory.record(SESSION).events.len();
        assert!(line.numbered().len() <= durable);
    }
    let numbers: Vec<u64> = line.numbered().iter().filter_map(|envelope| envelope.number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(numbers.len(), memory.record(SESSION).events.len());
}

#[test]
fn a_track_that_sends_nothing_holds_words_up_for_a_second_and_a_half() {
    let script = Script {
        said: vec![said(Mic, 300, &[3, 4, 5])],
        length_ms: 4_800,
    };
    let tape = Tape::of(&script, &[240]);
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    for (prefix, payload) in tape
        .frames
        .iter()
        .filter(|(prefix, _)| prefix.stream.track() == Some(Mic))
    {
        line.send(prefix, payload);
        line.settle();
    }
    assert!(memory.record(SESSION).finals().is_empty());
    let woken_at = line.session.wake_at(true, line.now);
    line.now += Duration::from_millis(1_000);
    line.settle();
    assert!(memory.record(SESSION).finals().is_empty());
    line.now += Duration::from_millis(500);
    assert!(woken_at <= line.now);
    line.settle();
    assert_eq!(words_of(&memory.record(SESSION).finals(), Mic).len(), 3);
}

#[test]
fn speech_is_told_as_it_begins_and_ends() {
    let script = Script {
        said: vec![said(Mic, 300, &[3, 4, 5])],
        length_ms: 2_400,
    };
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    line.play(&Tape::of(&script, &[240]));
    let spoken: Vec<String> = line
        .events
        .iter()
        .filter_map(|envelope| match &envelope.event {
            ServerEvent::Speech { track, state, at_ms } => Some(format!("{track:?} {state:?} {}", at_ms / 100)),
            _ => None,
        })
        .collect();
    assert_eq!(spoken.len(), 2, "{spoken:?}");
    assert!(
        spoken[0].starts_with("Mic Start 2") || spoken[0].starts_with("Mic Start 3"),
        "{spoken:?}"
    );
    assert!(spoken[1].starts_with("Mic End 1"), "{spoken:?}");
}
