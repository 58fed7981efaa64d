//! Off the record and paused: nothing of it is kept, everything before it is, whatever overtakes what and whichever
//! connection hears of it.

use crate::line::{Line, Tape};
use crate::meeting::{Script, insight, said};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::memory::{Memory, Record};
use attune_ingest::protocol::{
    Caption, ClientControl, Mark, OffTheRecord, Pause, PcmFrame, SampleClass, ServerEvent, Skip, SkipClass, SkipReason,
    Stream,
};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

fn connect(memory: &Memory, epoch: u64) -> Line {
    Line::connect(memory, SESSION, epoch, Instant::now())
}

fn off(from_ms: u64) -> ClientControl {
    ClientControl::OffTheRecord(OffTheRecord {
        on: true,
        from_sample: [(Mic, from_ms * 16), (Tab, from_ms * 16)].into(),
    })
}

fn back_on() -> ClientControl {
    ClientControl::OffTheRecord(OffTheRecord {
        on: false,
        from_sample: [].into(),
    })
}

fn pause(on: bool) -> ClientControl {
    ClientControl::Pause(Pause { on })
}

/// A second and a half of the microphone from `at_ms` on, which says `word` in its middle.
fn speak(tape: &mut Tape, at_ms: u64, word: u8) {
    let script = Script {
        said: vec![said(Mic, 500, &[word])],
        length_ms: 1_440,
    };
    for (index, samples) in script.sound(Mic).chunks(3_840).enumerate() {
        let from_ms = at_ms + index as u64 * 240;
        tape.audio(Mic, from_ms * 16, from_ms as u32, PcmFrame::encode(samples));
        tape.audio(
            Tab,
            from_ms * 16,
            from_ms as u32,
            PcmFrame::encode(&vec![0; samples.len()]),
        );
    }
}

fn words(record: &Record) -> Vec<String> {
    let finals = record.finals();
    finals
        .iter()
        .flat_map(|f| f.words.iter().map(|w| w.text.clone()))
        .collect()
}

fn retracted(record: &Record) -> usize {
    let ids = record.events.iter().map(|numbered| match &numbered.event {
        ServerEvent::Retracted { ids } => ids.len(),
        _ => 0,
    });
    ids.sum()
}

/// What became of the sample of the microphone at `at_ms`, and why.
fn fate(record: &Record, at_ms: u64) -> (SampleClass, Option<&str>) {
    let mut spans = record.decided[&Mic].iter();
    let span = spans.find(|span| (span.from_sample..span.to_sample).contains(&(at_ms * 16)));
    let span = span.unwrap();
    (span.class, span.reason.as_deref())
}

/// An insight, a caption and a mark.
fn observe(tape: &mut Tape, at_ms: u64) {
    let names = vec!["Ada".into()];
    tape.json(Stream::Insights, insight(at_ms).to_json());
    tape.json(Stream::Captions, Caption::Speaking { at_ms, names }.to_json());
    tape.control(&ClientControl::Mark(Mark { at_ms, note: None }));
}

/// When the insights, captions and marks were that are durable.
fn observed(record: &Record) -> (Vec<u64>, Vec<u64>, Vec<u64>) {
    let marks = record.events.iter().filter_map(|numbered| match numbered.event {
        ServerEvent::Marked { at_ms, .. } => Some(at_ms),
        _ => None,
    });
    (
        record.insights.iter().map(|insight| insight.at_ms).collect(),
        record.captions.iter().map(Caption::at_ms).collect(),
        marks.collect(),
    )
}

const OFF: (SampleClass, Option<&str>) = (SampleClass::Withheld, Some("off_the_record"));
const PAUSED: (SampleClass, Option<&str>) = (SampleClass::Withheld, Some("paused"));

#[test]
fn off_the_record_forgets_what_was_said_before_it_and_hears_nothing_after() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let script = Script {
        said: vec![
            said(Mic, 500, &[3, 4]),
            said(Mic, 3_000, &[5, 6]),
            said(Mic, 6_000, &[7]),
        ],
        length_ms: 8_000,
    };
    let mut tape = Tape::default();
    tape.script(&script, &[240]);
    for at_ms in [2_000, 3_000] {
        observe(&mut tape, at_ms);
    }
    tape.control(&off(2_500));
    // Frames that were under way: counted, not heard.
    let after = Script {
        said: vec![said(Mic, 0, &[9])],
        length_ms: 240,
    };
    tape.audio(Mic, 8_000 * 16, 8_000, PcmFrame::encode(&after.sound(Mic)));
    tape.control(&back_on());
    tape.end();
    line.play(&tape);
    assert!(line.ended());
    let record = memory.record(SESSION);
    assert_eq!(words(&record), ["w3", "w4"]);
    assert_eq!(retracted(&record), 2, "readers are told: {:?}", record.events);
    assert_eq!(fate(&record, 8_100), OFF);
    assert_eq!(fate(&record, 2_490).0, SampleClass::NonSpeech, "a silence is cut");
    assert_eq!(fate(&record, 2_510), OFF);
    assert_eq!(observed(&record), ([2_000].into(), [2_000].into(), [2_000].into()));
}

#[test]
fn off_the_record_that_overtakes_audio_leaves_what_was_said_before_it() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    // It begins inside a frame: the frame goes whole.
    tape.control(&off(1_500));
    speak(&mut tape, 0, 3);
    speak(&mut tape, 1_440, 4);
    tape.control(&back_on());
    speak(&mut tape, 2_880, 5);
    tape.end();
    line.play(&tape);
    assert!(line.ended());
    let record = memory.record(SESSION);
    assert_eq!(words(&record), ["w3", "w5"]);
    assert_eq!(fate(&record, 1_430).0, SampleClass::NonSpeech);
    assert_eq!(fate(&record, 1_450), OFF);
    assert_eq!(fate(&record, 2_870), OFF);
}

#[test]
fn off_the_record_after_a_death_reaches_what_is_committed_and_what_is_still_to_come() {
    for (from_ms, left, told) in [
        (5_000, vec!["w3", "w6"], 1),
        (7_000, vec!["w3", "w6"], 1),
        (11_000, vec!["w3", "w4", "w6"], 0),
        (13_000, vec!["w3", "w4", "w5", "w6"], 0),
    ] {
        let memory = Memory::default();
        let mut tape = Tape::default();
        speak(&mut tape, 0, 3);
        for index in 1..7 {
            speak(&mut tape, index * 1_440, if index == 5 { 4 } else { 0 });
        }
        let mut line = connect(&memory, 1);
        line.play(&tape);
        line.wait(Duration::from_secs(6));
        let decided = memory.record(SESSION).decided_to(Mic);
        assert!((9_000 * 16..11_000 * 16).contains(&decided), "{decided}");

        // The gesture overtakes what is sent again and what was captured meanwhile.
        tape.control(&off(from_ms));
        let gesture = tape.frames.pop().unwrap();
        tape.frames.insert(0, gesture);
        speak(&mut tape, 7 * 1_440, 0);
        speak(&mut tape, 8 * 1_440, 5);
        speak(&mut tape, 9 * 1_440, 9);
        let mut line = connect(&memory, 2);
        let resume = line.welcome.streams[&Stream::Mic].resume_sample;
        assert!(resume < 7_000 * 16, "{resume}");
        line.play(&tape);
        line.wait(Duration::from_secs(6));

        speak(&mut tape, 10 * 1_440, 8);
        let mut line = connect(&memory, 3);
        line.play(&tape);
        tape.control(&back_on());
        speak(&mut tape, 11 * 1_440, 6);
        tape.end();
        let mut line = connect(&memory, 4);
        line.play(&tape);
        assert!(line.ended(), "closed with {:?}", line.closed());
        let record = memory.record(SESSION);
        assert_eq!(words(&record), left, "from {from_ms} ms");
        assert_eq!(retracted(&record), told, "from {from_ms} ms");
        assert_eq!(fate(&record, 15_500), OFF, "from {from_ms} ms");
    }
}

#[test]
fn a_gesture_is_released_once_it_is_taken_back_and_passed() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    speak(&mut tape, 0, 3);
    tape.control(&pause(true));
    tape.control(&off(1_440));
    speak(&mut tape, 1_440, 4);
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    let released = |memory: &Memory| memory.record(SESSION).positions[&Stream::Control].release_seq;
    assert_eq!(released(&memory), 0);

    tape.control(&pause(false));
    tape.control(&back_on());
    for index in 2..8 {
        speak(&mut tape, index * 1_440, 0);
    }
    let mut line = connect(&memory, 2);
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    assert_eq!(line.closed(), None);
    assert_eq!(released(&memory), 4);
}

#[test]
fn a_pause_is_not_heard_also_by_the_next_connection() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    speak(&mut tape, 0, 3);
    tape.control(&pause(true));
    speak(&mut tape, 1_440, 4);
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    assert_eq!(words(&memory.record(SESSION)), ["w3"]);

    speak(&mut tape, 2_880, 5);
    for track in [Mic, Tab] {
        tape.control(&ClientControl::Skip(Skip {
            track,
            from_sample: 4_320 * 16,
            to_sample: 8_640 * 16,
            class: SkipClass::Withheld,
            reason: SkipReason::Paused,
        }));
    }
    tape.control(&pause(false));
    speak(&mut tape, 8_640, 6);
    tape.end();
    let mut line = connect(&memory, 2);
    line.play(&tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    let record = memory.record(SESSION);
    assert_eq!(words(&record), ["w3", "w6"]);
    for at_ms in [1_450, 4_310, 4_330, 8_630] {
        assert_eq!(fate(&record, at_ms), PAUSED, "at {at_ms} ms");
    }
    assert_eq!(fate(&record, 8_650).0, SampleClass::NonSpeech);
}

#[test]
fn what_was_observed_off_the_record_or_paused_counts_and_is_not_kept() {
    let memory = Memory::default();
    let mut line = connect(&memory, 1);
    let mut tape = Tape::default();
    speak(&mut tape, 0, 0);
    // On the record, and late.
    tape.control(&off(2_000));
    observe(&mut tape, 1_000);
    observe(&mut tape, 2_000);
    speak(&mut tape, 1_440, 0);
    tape.control(&back_on());
    observe(&mut tape, 3_000);
    tape.control(&pause(true));
    observe(&mut tape, 4_000);
    tape.control(&pause(false));
    observe(&mut tape, 5_000);
    // Waits for company; what came before it is durable with its mark. Both are reached back for.
    tape.json(Stream::Insights, insight(6_000).to_json());
    tape.control(&off(4_500));
    tape.control(&back_on());
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    assert_eq!(line.closed(), None);
    let record = memory.record(SESSION);
    let kept = vec![1_000, 3_000];
    assert_eq!(observed(&record), (kept.clone(), kept.clone(), kept));
    assert_eq!(record.positions[&Stream::Insights].release_seq, 6);
    assert_eq!(record.positions[&Stream::Captions].release_seq, 5);
}
