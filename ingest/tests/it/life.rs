//! Whatever a well-behaved client does, in whatever order, over however many connections: no session refuses it, every sample is
//! in exactly one class, what is marked is there once, and nothing that was off the record is.

use crate::line::{Line, TURNS, Tape};
use crate::meeting::{Script, insight, said, words_of};
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    Caption, ClientControl, CloseCode, Mark, OffTheRecord, Pause, PcmFrame, SampleClass, ServerEvent, Skip, SkipClass,
    SkipReason, Stream,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);
const FRAME_MS: u64 = 240;

/// What a client, or the world around it, does next.
#[derive(Debug, Clone)]
enum Act {
    /// Both tracks go on by a frame, with a word in it or none.
    Capture {
        says: Option<u8>,
    },
    /// A track slept, or was muted.
    Skip {
        track: Track,
        frames: u64,
        muted: bool,
    },
    Mark,
    Observe,
    Pause(bool),
    OffTheRecord(bool),
    /// So many steps of models and ledger.
    Turns(usize),
    Wait {
        ms: u64,
    },
    /// The connection is lost, and the next one goes on where it may.
    Die,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => prop::option::weighted(0.6, 3u8..10).prop_map(|says| Act::Capture { says }),
        1 => (prop_oneof![Just(Mic), Just(Tab)], 1u64..6, any::<bool>())
            .prop_map(|(track, frames, muted)| Act::Skip { track, frames, muted }),
        1 => Just(Act::Mark),
        1 => Just(Act::Observe),
        1 => any::<bool>().prop_map(Act::Pause),
        1 => any::<bool>().prop_map(Act::OffTheRecord),
        4 => (1usize..20).prop_map(Act::Turns),
        1 => (1u64..8_000).prop_map(|ms| Act::Wait { ms }),
        1 => Just(Act::Die),
    ]
}

/// A client and what it did.
struct Client {
    memory: Memory,
    line: Line,
    tape: Tape,
    /// Frames of the tape that this connection was sent.
    sent: usize,
    epoch: u64,
    at: BTreeMap<Track, u64>,
    paused: bool,
    off: bool,
    marks: usize,
    observed_ms: Option<u64>,
    /// Words of the microphone that were on the record.
    on_the_record: Vec<String>,
    released: BTreeMap<Stream, u64>,
}

impl Client {
    fn new() -> Self {
        let memory = Memory::default();
        Self {
            line: Line::connect(&memory, SESSION, 1, Instant::now()),
            memory,
            tape: Tape::default(),
            sent: 0,
            epoch: 1,
            at: BTreeMap::from([(Mic, 0), (Tab, 0)]),
            paused: false,
            off: false,
            marks: 0,
            observed_ms: None,
            on_the_record: Vec::new(),
            released: BTreeMap::new(),
        }
    }

    fn now_ms(&self) -> u64 {
        self.at.values().max().map_or(0, |sample| sample / 16)
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Capture { says } => self.capture(*says),
            Act::Skip { track, frames, muted } => {
                let from_sample = self.at[track];
                let to_sample = from_sample + frames * FRAME_MS * 16;
                let (class, reason) = match muted {
                    true => (SkipClass::Withheld, SkipReason::Muted),
                    false => (SkipClass::Gap, SkipReason::DeviceSlept),
                };
                let skip = Skip {
                    track: *track,
                    from_sample,
                    to_sample,
                    class,
                    reason,
                };
                self.tape.control(&ClientControl::Skip(skip));
                self.at.insert(*track, to_sample);
            }
            Act::Mark => {
                let (at_ms, note) = (self.now_ms(), Some(format!("mark {}", self.marks)));
                self.tape.control(&ClientControl::Mark(Mark { at_ms, note }));
                // One that is made while nothing is recorded may be forgotten with the rest.
                self.marks += 1;
            }
            // A device interprets whole seconds.
            Act::Observe if self.observed_ms.is_some_and(|at| self.now_ms() < at + 1_000) => {}
            Act::Observe => {
                let (at_ms, names) = (self.now_ms(), vec!["Ada".into()]);
                self.observed_ms = Some(at_ms);
                self.tape.json(Stream::Insights, insight(at_ms).to_json());
                self.tape
                    .json(Stream::Captions, Caption::Speaking { at_ms, names }.to_json());
            }
            Act::Pause(on) => {
                self.paused = *on;
                self.tape.control(&ClientControl::Pause(Pause { on: *on }));
            }
            Act::OffTheRecord(on) => {
                self.off = *on;
                let from_sample = if *on { self.at.clone() } else { BTreeMap::new() };
                let off = OffTheRecord { on: *on, from_sample };
                self.tape.control(&ClientControl::OffTheRecord(off));
            }
            Act::Turns(count) => {
                for turn in TURNS.into_iter().cycle().take(*count) {
                    self.line.turn(turn);
                }
            }
            Act::Wait { ms } => self.line.wait(Duration::from_millis(*ms)),
            Act::Die => self.die(),
        }
        self.send();
    }

    /// A frame of both tracks, a word of the microphone in the middle of it.
    fn capture(&mut self, says: Option<u8>) {
        let script = Script {
            said: says.map(|word| said(Mic, 20, &[word])).into_iter().collect(),
            length_ms: FRAME_MS,
        };
        if let Some(word) = says.filter(|_| !self.off && !self.paused) {
            self.on_the_record.push(format!("w{word}"));
        }
        for track in [Mic, Tab] {
            let from = self.at[&track];
            self.tape
                .audio(track, from, (from / 16) as u32, PcmFrame::encode(&script.sound(track)));
            self.at.insert(track, from + FRAME_MS * 16);
        }
    }

    /// Sends what the connection was not sent yet.
    fn send(&mut self) {
        while let Some((prefix, payload)) = self.tape.frames.get(self.sent) {
            self.sent += 1;
            if self.line.wants(prefix) {
                self.line.send(prefix, payload);
            }
        }
        self.line.now += Duration::from_millis(40);
    }

    fn die(&mut self) {
        for envelope in &self.line.events {
            if let ServerEvent::Committed {
                stream, release_seq, ..
            } = envelope.event
            {
                self.released.insert(stream, release_seq);
            }
        }
        self.epoch += 1;
        let later = self.line.now + Duration::from_secs(1);
        self.line = Line::connect(&self.memory, SESSION, self.epoch, later);
        self.sent = 0;
        for (stream, seq) in &self.released {
            let from = self
                .line
                .welcome
                .streams
                .get(stream)
                .map_or(0, |place| place.resume_seq);
            assert!(
                from >= *seq,
                "{stream:?} is asked for from {from}, but was released below {seq}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_client_does_is_taken_and_every_sample_is_accounted_for(acts in prop::collection::vec(act(), 1..90)) {
        let mut client = Client::new();
        for act in &acts {
            client.act(act);
            prop_assert_eq!(client.line.closed(), None, "refused {:?}", act);
        }
        client.tape.end();
        client.send();
        client.line.settle();
        client.line.wait(Duration::from_secs(8));
        prop_assert!(client.line.ended(), "closed with {:?}", client.line.closed());
        prop_assert_eq!(client.line.closed(), Some(CloseCode::Ended));

        let record = client.memory.record(SESSION);
        for track in [Mic, Tab] {
            let spans = record.decided.get(&track).map_or(&[][..], Vec::as_slice);
            let mut next = 0;
            for span in spans {
                prop_assert_eq!(span.from_sample, next, "{:?} has a hole or an overlap", track);
                prop_assert_eq!(span.outcome.is_some(), span.class == SampleClass::Decoded);
                next = span.to_sample;
            }
            prop_assert_eq!(next, client.at[&track], "{:?}", track);
        }
        // In order, and none that was not said on the record: what is cut off with what was not may be lost with it.
        let mut allowed = client.on_the_record.iter();
        for (word, _) in words_of(&record.finals(), Mic) {
            prop_assert!(allowed.any(|said| *said == word), "{} was not said on the record, or twice", word);
        }
        let marked = record.events.iter().filter(|event| matches!(event.event, ServerEvent::Marked { .. }));
        prop_assert!(marked.count() <= client.marks, "a mark came twice");
    }
}

#[test]
fn a_gap_that_one_track_begins_with_is_there_after_a_resume() {
    let mut client = Client::new();
    let skip = Act::Skip {
        track: Tab,
        frames: 1,
        muted: false,
    };
    for act in [skip, Act::Capture { says: None }, Act::Mark, Act::Turns(3), Act::Die] {
        client.act(&act);
        assert_eq!(client.line.closed(), None, "refused {act:?}");
    }
}
