//! A session whose microphone hears the loudspeaker: every word once, on the track of whoever said it, through any loss of
//! the connection.

use crate::line::{Line, Tape, undisturbed};
use crate::meeting::{Script, said, words_of};
use crate::resume::play_dying;
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::{Memory, Record};
use attune_ingest::protocol::{ClientControl, OffTheRecord, SampleClass, ServerEvent};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

/// How much later the microphone hears the tab.
const LATE_MS: u64 = 100;

/// They speak, I answer, they speak again; the microphone hears all of it.
fn over_a_loudspeaker() -> Script {
    let theirs = [
        said(Tab, 2_000, &[8, 4, 9, 3, 5, 6, 7]),
        said(Tab, 9_000, &[5, 4, 3, 9, 9, 8]),
    ];
    let echoes = theirs.clone().map(|said| crate::meeting::Said {
        track: Mic,
        at_ms: said.at_ms + LATE_MS,
        ..said
    });
    Script {
        said: [
            theirs.to_vec(),
            echoes.to_vec(),
            vec![said(Mic, 5_500, &[3, 7, 5]), said(Mic, 12_500, &[6])],
        ]
        .concat(),
        length_ms: 15_000,
    }
}

/// What became of everything but silence.
fn decisions(record: &Record, track: Track) -> Vec<(u64, SampleClass, Option<String>, Vec<String>)> {
    let spans = record.decided[&track].iter();
    let spans = spans.filter(|span| span.class != SampleClass::NonSpeech);
    spans
        .map(|span| {
            let words = span.outcome.iter().flat_map(|said| &said.words);
            let words = words.map(|word| word.text.clone()).collect();
            (span.to_sample, span.class, span.reason.clone(), words)
        })
        .collect()
}

#[test]
fn an_echo_is_told_as_suppressed_and_counted_as_such() {
    let mut tape = Tape::of(&over_a_loudspeaker(), &[240]);
    tape.end();
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    line.play(&tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    let record = memory.record(SESSION);
    let words = |track| {
        words_of(&record.finals(), track)
            .into_iter()
            .map(|(text, _)| text)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(Mic), ["w3", "w7", "w5", "w6"]);
    assert_eq!(words(Tab).len(), 13);
    let told = line.events.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Suppressed(notice) => Some((notice.track, notice.reason.as_str())),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(Mic, "echo"); 2]);
    let samples = record.samples();
    assert_eq!(samples[&Mic].reasons["echo"], samples[&Mic].suppressed);
    assert_eq!(samples[&Tab].suppressed, 0);
    for account in samples.values() {
        let all = account.decoded + account.non_speech + account.suppressed + account.withheld + account.gap;
        assert_eq!(all, 15_000 * 16);
    }
}

#[test]
fn a_connection_that_dies_after_any_frame_knows_the_same_echoes_again() {
    let mut tape = Tape::of(&over_a_loudspeaker(), &[240]);
    tape.end();
    let reference = undisturbed(&tape);
    for life in (0..tape.frames.len()).step_by(3) {
        let (memory, _) = play_dying(&tape, &[life], 8);
        let record = memory.record(SESSION);
        for track in [Mic, Tab] {
            assert_eq!(
                decisions(&record, track),
                decisions(&reference, track),
                "died after {life} frames"
            );
        }
    }
}

#[test]
fn what_the_tab_said_off_the_record_does_not_explain_the_microphone() {
    let script = over_a_loudspeaker();
    let tape = Tape::of(&script, &[240]);
    let memory = Memory::default();
    let mut line = Line::connect(&memory, SESSION, 1, Instant::now());
    // The microphone's frames of their first sentence come late: after the tab's are taken back.
    let (early, late): (Vec<_>, Vec<_>) = tape
        .frames
        .iter()
        .filter(|(prefix, _)| prefix.capture_ms < 5_280)
        .partition(|(prefix, _)| prefix.stream.track() == Some(Tab));
    for (prefix, payload) in early {
        line.send(prefix, payload);
        line.settle();
    }
    let mut controls = Tape::default();
    controls.control(&ClientControl::OffTheRecord(OffTheRecord {
        on: true,
        from_sample: BTreeMap::from([(Tab, 0), (Mic, 5_280 * 16)]),
    }));
    for (prefix, payload) in controls.frames.iter().chain(late) {
        line.send(prefix, payload);
        line.settle();
        line.now += Duration::from_millis(100);
    }
    line.wait(Duration::from_secs(6));
    let record = memory.record(SESSION);
    assert_eq!(words_of(&record.finals(), Tab), []);
    assert_eq!(words_of(&record.finals(), Mic).len(), 7, "{:?}", record.finals());
}
