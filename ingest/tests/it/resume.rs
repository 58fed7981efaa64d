//! A connection may die anywhere. The next one goes on: the same samples are decided, no word is lost, none comes twice.

use crate::line::{Line, TURNS, Tape, hello, undisturbed};
use crate::meeting::{Script, assert_every_word_once, words_of};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    ClientControl, CloseCode, Codec, Mark, ServerEvent, Skip, SkipClass, SkipReason, Stream,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

/// Plays a tape over connections that die after so many frames each; the last one lives. Within a connection, models and
/// ledger get `pace` turns a frame.
pub(crate) fn play_dying(tape: &Tape, lives: &[usize], pace: usize) -> (Memory, Line) {
    let memory = Memory::default();
    let mut epoch = 0;
    let mut now = Instant::now();
    let mut released: BTreeMap<Stream, u64> = BTreeMap::new();
    for life in lives.iter().copied().chain([usize::MAX]) {
        epoch += 1;
        let mut line = Line::connect(&memory, SESSION, epoch, now);
        for (stream, seq) in &released {
            let resumes = line.welcome.streams.get(stream).map_or(0, |place| place.resume_seq);
            assert!(
                resumes >= *seq,
                "{stream:?} is asked for from {resumes}, but was released below {seq}"
            );
        }
        let wanted: Vec<_> = tape.frames.iter().filter(|(prefix, _)| line.wants(prefix)).collect();
        for (sent, (prefix, payload)) in wanted.into_iter().enumerate() {
            if sent >= life {
                break;
            }
            line.send(prefix, payload);
            for turn in TURNS.into_iter().cycle().take(pace) {
                line.turn(turn);
            }
            line.now += Duration::from_millis(20);
        }
        if life == usize::MAX {
            line.settle();
            assert!(line.ended(), "closed with {:?}", line.closed());
            return (memory, line);
        }
        for envelope in &line.events {
            if let ServerEvent::Committed {
                stream, release_seq, ..
            } = envelope.event
            {
                released.insert(stream, release_seq);
            }
        }
        now = line.now + Duration::from_secs(2);
    }
    unreachable!("the last connection lives");
}

#[test]
fn a_connection_that_dies_after_any_frame_loses_no_word_and_repeats_none() {
    let script = Script::half_a_minute();
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    let reference = undisturbed(&tape);
    for life in (0..tape.frames.len()).step_by(9) {
        let (memory, _) = play_dying(&tape, &[life], 8);
        let record = memory.record(SESSION);
        for track in [Mic, Tab] {
            assert_every_word_once(&script, &record.finals(), track, 12);
            assert_eq!(
                record.decided_to(track),
                reference.decided_to(track),
                "died after {life} frames"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_deaths_at_any_pace_lose_no_word(
        lives in prop::collection::vec(1usize..90, 1..6),
        pace in 0usize..9,
        sizes in prop::collection::vec(60u64..=240, 1..5),
    ) {
        let script = Script::half_a_minute();
        let mut tape = Tape::of(&script, &sizes);
        tape.end();
        let (memory, _) = play_dying(&tape, &lives, pace);
        let record = memory.record(SESSION);
        for track in [Mic, Tab] {
            prop_assert_eq!(
                words_of(&record.finals(), track).into_iter().map(|(text, _)| text).collect::<Vec<_>>(),
                script.words(track).into_iter().map(|(text, _)| text).collect::<Vec<_>>()
            );
            prop_assert_eq!(record.decided_to(track), script.length_ms * 16);
        }
    }
}

#[test]
fn skips_and_marks_survive_a_death_and_come_once() {
    let script = Script::half_a_minute();
    let head = Script {
        length_ms: 6_000,
        said: script.said.iter().filter(|s| s.at_ms < 5_000).cloned().collect(),
    };
    let mut tape = Tape::default();
    tape.script(&head, &[240]);
    for (track, from_sample) in [(Mic, 6_000 * 16), (Tab, 6_000 * 16)] {
        tape.control(&ClientControl::Skip(Skip {
            track,
            from_sample,
            to_sample: from_sample + 1_000 * 16,
            class: SkipClass::Gap,
            reason: SkipReason::DeviceSlept,
        }));
    }
    tape.control(&ClientControl::Mark(Mark {
        at_ms: 7_000,
        note: None,
    }));
    for index in 0..40u64 {
        for track in [Mic, Tab] {
            let first = 7_000 * 16 + index * 3_840;
            tape.audio(track, first, (first / 16) as u32, vec![0; 7_680]);
        }
    }
    tape.end();
    for life in (0..tape.frames.len()).step_by(9) {
        let (memory, _) = play_dying(&tape, &[life, 40], 8);
        let record = memory.record(SESSION);
        let count = |is: fn(&ServerEvent) -> bool| record.events.iter().filter(|n| is(&n.event)).count();
        assert_eq!(
            count(|event| matches!(event, ServerEvent::Gap(_))),
            2,
            "died after {life}"
        );
        assert_eq!(
            count(|event| matches!(event, ServerEvent::Marked { .. })),
            1,
            "died after {life}"
        );
        assert_every_word_once(&head, &record.finals(), Mic, 12);
    }
}

#[test]
fn a_client_without_memory_goes_on_after_a_gap() {
    let script = Script::half_a_minute();
    let tape = Tape::of(&script, &[240]);
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    line.play(&tape);
    let mut next = Line::connect(&memory, SESSION, 2, line.now);
    let mut fresh = Tape::default();
    for track in [Mic, Tab] {
        let place = next.welcome.streams[&Stream::from(track)];
        let mut seq = next
            .welcome
            .streams
            .get(&Stream::Control)
            .map_or(0, |place| place.resume_seq);
        seq += u64::from(track == Tab);
        let skip = ClientControl::Skip(Skip {
            track,
            from_sample: place.resume_sample,
            to_sample: 640_000,
            class: SkipClass::Gap,
            reason: SkipReason::BufferLost,
        });
        fresh.frames.push((
            attune_ingest::protocol::Prefix::json(Stream::Control, seq, 0),
            skip.to_json(),
        ));
        let audio = attune_ingest::protocol::Prefix::audio(track, place.resume_seq, 640_000, 40_000);
        fresh.frames.push((audio, vec![0; 7_680]));
    }
    for (prefix, payload) in &fresh.frames {
        next.send(prefix, payload);
    }
    next.wait(Duration::from_secs(6));
    assert_eq!(next.closed(), None);
    assert!(memory.record(SESSION).decided_to(Mic) >= 640_000);
}

#[test]
fn an_older_connection_cannot_commit_once_a_newer_is_live() {
    let script = Script::half_a_minute();
    let tape = Tape::of(&script, &[240]);
    let memory = Memory::default();
    let mut old = Line::connect(&memory, SESSION, 1, Instant::now());
    for (prefix, payload) in &tape.frames[..60] {
        old.send(prefix, payload);
    }
    let new = Line::connect(&memory, SESSION, 2, old.now);
    old.settle();
    assert_eq!(old.closed(), Some(CloseCode::TakenOver));
    assert!(memory.record(SESSION).finals().is_empty());
    assert_eq!(new.closed(), None);
}

#[test]
fn an_ended_session_welcomes_with_its_end_and_closes() {
    let script = Script::half_a_minute();
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    line.play(&tape);
    assert!(line.ended());
    let again = Line::connect(&memory, SESSION, 2, line.now);
    assert!(again.welcome.ended);
    assert_eq!(again.closed(), Some(CloseCode::Ended));
}

#[test]
fn a_track_does_not_go_on_at_another_rate() {
    let tape = Tape::of(&Script::half_a_minute(), &[240]);
    let memory = Memory::default();
    let mut line = Line::connect_as(&memory, SESSION, 1, Instant::now(), &hello(Codec::PcmS16le, 48_000)).unwrap();
    // The same bytes, taken for 48 kHz: short frames.
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
    }
    line.wait(Duration::from_secs(7));
    assert_eq!(line.closed(), None);
    let resumed = Line::connect_as(&memory, SESSION, 2, line.now, &hello(Codec::PcmS16le, 16_000));
    assert_eq!(resumed.err(), Some(CloseCode::Malformed));
}
