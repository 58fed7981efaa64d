//! Tracks that come and go within a session.

use crate::line::{Line, Tape, hello};
use crate::meeting::{Script, said, words_of};
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    ClientControl, CloseCode, Codec, Hello, PcmFrame, SampleClass, Skip, SkipClass, SkipReason, TrackChange,
    TrackControl,
};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

/// A connection that declares the microphone alone.
fn connect(memory: &Memory, epoch: u64) -> Line {
    let both = hello(Codec::PcmS16le, 16_000);
    let alone = Hello {
        tracks: both
            .tracks
            .into_iter()
            .filter(|declared| declared.track == Mic)
            .collect(),
        ..both
    };
    Line::connect_as(memory, SESSION, epoch, Instant::now(), &alone).unwrap()
}

fn added(rate_hz: u32) -> ClientControl {
    ClientControl::Track(TrackControl {
        track: Tab,
        change: TrackChange::Added {
            codec: Codec::PcmS16le,
            rate_hz,
        },
    })
}

fn removed() -> ClientControl {
    ClientControl::Track(TrackControl {
        track: Tab,
        change: TrackChange::Removed {},
    })
}

/// The tab was not there.
fn absent(from_ms: u64, to_ms: u64) -> ClientControl {
    ClientControl::Skip(Skip {
        track: Tab,
        from_sample: from_ms * 16,
        to_sample: to_ms * 16,
        class: SkipClass::Withheld,
        reason: SkipReason::NotCaptured,
    })
}

/// A second and a half from `at_ms` on, with `word` in its middle.
fn speak(tape: &mut Tape, track: Track, at_ms: u64, word: u8) {
    let script = Script {
        said: vec![said(track, 500, &[word])],
        length_ms: 1_440,
    };
    for (index, samples) in script.sound(track).chunks(3_840).enumerate() {
        let from_ms = at_ms + index as u64 * 240;
        tape.audio(track, from_ms * 16, from_ms as u32, PcmFrame::encode(samples));
    }
}

#[test]
fn a_track_comes_goes_and_comes_again() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    speak(&mut tape, Mic, 0, 3);
    tape.control(&added(16_000));
    tape.control(&absent(0, 1_440));
    speak(&mut tape, Tab, 1_440, 4);
    speak(&mut tape, Mic, 1_440, 0);
    tape.control(&removed());
    speak(&mut tape, Mic, 2_880, 5);
    tape.control(&added(16_000));
    tape.control(&absent(2_880, 4_320));
    speak(&mut tape, Tab, 4_320, 6);
    speak(&mut tape, Mic, 4_320, 0);
    tape.end();
    line.play(&tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    let record = memory.record(SESSION);
    let words = |track| -> Vec<String> {
        words_of(&record.finals(), track)
            .into_iter()
            .map(|(word, _)| word)
            .collect()
    };
    assert_eq!(words(Mic), ["w3", "w5"]);
    assert_eq!(words(Tab), ["w4", "w6"]);
    let absences = record.decided[&Tab]
        .iter()
        .filter(|span| span.class == SampleClass::Withheld)
        .map(|span| (span.from_sample / 16, span.to_sample / 16));
    assert_eq!(absences.collect::<Vec<_>>(), [(0, 1_440), (2_880, 4_320)]);
    assert_eq!(record.decided_to(Tab), 5_760 * 16);
}

#[test]
fn what_a_track_cannot_do_is_malformed() {
    type Does = fn(&mut Tape);
    let cases: [(&str, Does); 3] = [
        ("audio before it comes", |tape| speak(tape, Tab, 0, 0)),
        ("audio once it is gone", |tape| {
            tape.control(&added(16_000));
            tape.control(&removed());
            speak(tape, Tab, 0, 0);
        }),
        ("another rate", |tape| {
            tape.control(&added(16_000));
            tape.control(&added(48_000));
        }),
    ];
    for (what, does) in cases {
        let mut line = connect(&Memory::default(), 1);
        let mut tape = Tape::default();
        does(&mut tape);
        line.play(&tape);
        assert_eq!(line.closed(), Some(CloseCode::Malformed), "{what}");
    }
}

#[test]
fn a_track_that_the_next_connection_does_not_know_is_gone_already() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    tape.control(&added(16_000));
    speak(&mut tape, Tab, 0, 4);
    speak(&mut tape, Mic, 0, 0);
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    tape.control(&removed());
    let mut line = connect(&memory, 2);
    let (prefix, payload) = tape.frames.last().unwrap();
    assert!(line.wants(prefix));
    line.send(prefix, payload);
    assert_eq!(line.closed(), None);
}
