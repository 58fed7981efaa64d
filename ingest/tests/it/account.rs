//! The account of a session: whatever happens to it, its five classes are all the samples there are, and what the client
//! is told is what is durable.

use crate::line::{Line, Tape};
use crate::meeting::{Script, said};
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    Account, ClientControl, OffTheRecord, Pause, PcmFrame, Prefix, SampleClass, ServerEvent, Skip, SkipReason,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(78);
const FRAME_SAMPLES: usize = 3_840;
const TRACKS: [Track; 2] = [Mic, Tab];

/// What happens next in a session.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// This many frames of silence on both tracks.
    Silence(u64),
    /// Two words on one track and silence on the other.
    Words(Track),
    /// Frames that one track does not send, and silence on the other.
    Skip(Track, u64, SkipReason),
    /// Off the record, from so many milliseconds back.
    Off(u64),
    On,
    Pause(bool),
    /// The connection breaks, and a new one goes on.
    Resume,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let track = prop_oneof![Just(Mic), Just(Tab)];
    let reason = prop_oneof![
        Just(SkipReason::Muted),
        Just(SkipReason::NotCaptured),
        Just(SkipReason::BufferFull),
        Just(SkipReason::DeviceSlept),
    ];
    prop_oneof![
        4 => (1u64..8).prop_map(Step::Silence),
        4 => track.clone().prop_map(Step::Words),
        2 => (track, 1u64..20, reason).prop_map(|(track, frames, reason)| Step::Skip(track, frames, reason)),
        1 => (0u64..4_000).prop_map(Step::Off),
        1 => Just(Step::On),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => Just(Step::Resume),
        2 => Just(Step::Wait),
    ]
}

/// A client that keeps every frame it has made, and the server that it talks to.
struct Talk {
    memory: Memory,
    line: Line,
    tape: Tape,
    at: BTreeMap<Track, u64>,
    epoch: u64,
}

impl Talk {
    fn new() -> Self {
        let memory = Memory::default();
        Self {
            line: Line::connect(&memory, SESSION, 1, Instant::now()),
            memory,
            tape: Tape::default(),
            at: TRACKS.map(|track| (track, 0)).into(),
            epoch: 1,
        }
    }

    fn take(&mut self, step: Step) {
        let sent = self.tape.frames.len();
        match step {
            Step::Silence(frames) => {
                for track in TRACKS {
                    self.sound(track, &vec![0; frames as usize * FRAME_SAMPLES]);
                }
            }
            Step::Words(speaks) => {
                let script = Script {
                    said: vec![said(speaks, 100, &[3, 6])],
                    length_ms: 1_200,
                };
                for track in TRACKS {
                    self.sound(track, &script.sound(track));
                }
            }
            Step::Skip(track, frames, reason) => self.skip(track, frames * FRAME_SAMPLES as u64, reason),
            Step::Off(back_ms) => {
                let from = |(track, at): (&Track, &u64)| (*track, at.saturating_sub(back_ms * 16));
                let from_sample = self.at.iter().map(from).collect();
                self.tape
                    .control(&ClientControl::OffTheRecord(OffTheRecord { on: true, from_sample }));
            }
            Step::On => self.tape.control(&ClientControl::OffTheRecord(OffTheRecord {
                on: false,
                from_sample: BTreeMap::new(),
            })),
            Step::Pause(on) => self.tape.control(&ClientControl::Pause(Pause { on })),
            Step::Resume => return self.resume(),
            Step::Wait => return self.line.wait(Duration::from_secs(6)),
        }
        self.send_from(sent);
    }

    fn sound(&mut self, track: Track, samples: &[i16]) {
        for frame in samples.chunks(FRAME_SAMPLES) {
            let at = self.at[&track];
            self.tape.audio(track, at, (at / 16) as u32, PcmFrame::encode(frame));
            self.at.insert(track, at + frame.len() as u64);
        }
    }

    fn skip(&mut self, track: Track, samples: u64, reason: SkipReason) {
        let from_sample = self.at[&track];
        self.tape.control(&ClientControl::Skip(Skip {
            track,
            from_sample,
            to_sample: from_sample + samples,
            class: reason.class(),
            reason,
        }));
        self.at.insert(track, from_sample + samples);
        let other = if track == Mic { Tab } else { Mic };
        self.sound(other, &vec![0; samples as usize]);
    }

    fn send_from(&mut self, index: usize) {
        let frames: Vec<(Prefix, Vec<u8>)> = self.tape.frames[index..].to_vec();
        for (prefix, payload) in frames {
            if self.line.wants(&prefix) {
                self.line.send(&prefix, &payload);
                self.line.settle();
            }
        }
    }

    fn resume(&mut self) {
        self.epoch += 1;
        self.line = Line::connect(&self.memory, SESSION, self.epoch, self.line.now);
        self.send_from(0);
    }

    /// Each track's spans lie end to end from its first sample on, and the account is theirs.
    fn check(&self) -> Result<(), TestCaseError> {
        let record = self.memory.record(SESSION);
        for (track, spans) in &record.decided {
            let mut counted = Account::default();
            let mut to = 0;
            for span in spans {
                prop_assert_eq!(span.from_sample, to, "{:?}", track);
                to = span.to_sample;
                counted.add(span.class, span.reason.as_deref(), span.to_sample - span.from_sample);
                let explained = matches!(span.class, SampleClass::Decoded | SampleClass::NonSpeech);
                prop_assert_eq!(span.reason.is_none(), explained, "{:?}", span);
            }
            let account = &record.samples().remove(track).unwrap_or_default();
            prop_assert_eq!(account.total(), record.decided_to(*track));
            prop_assert_eq!(account, &counted);
            let told: u64 = account.reasons.values().sum();
            prop_assert_eq!(told, account.suppressed + account.withheld + account.gap);
        }
        Ok(())
    }

    /// What the client was told last.
    fn told(&self) -> Option<&BTreeMap<Track, Account>> {
        self.line
            .events
            .iter()
            .rev()
            .find_map(|envelope| match &envelope.event {
                ServerEvent::Status { samples, .. } => Some(samples),
                _ => None,
            })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_five_classes_are_all_the_samples_there_are_whatever_happens(
        steps in proptest::collection::vec(step(), 1..16),
    ) {
        let mut talk = Talk::new();
        for step in steps {
            talk.take(step);
            talk.check()?;
            prop_assert_eq!(talk.line.closed(), None, "{:?}", step);
        }
        talk.line.wait(Duration::from_secs(6));
        talk.check()?;
        let durable = talk.memory.record(SESSION).samples();
        prop_assert_eq!(talk.told(), Some(&durable), "the client is told what is durable");

        talk.tape.end();
        talk.send_from(talk.tape.frames.len() - 1);
        prop_assert!(talk.line.ended());
        talk.check()?;
        let record = talk.memory.record(SESSION);
        for track in TRACKS {
            prop_assert_eq!(record.decided_to(track), talk.at[&track], "{:?}", track);
        }
    }
}

#[test]
fn what_is_taken_back_moves_from_decoded_to_withheld() {
    let mut talk = Talk::new();
    talk.take(Step::Words(Mic));
    talk.take(Step::Silence(8));
    talk.take(Step::Wait);
    let before = talk.told().expect("a status")[&Mic].clone();
    assert!(before.decoded > 0 && before.withheld == 0, "{before:?}");

    talk.take(Step::Off(60_000));
    talk.take(Step::Wait);
    let after = &talk.told().expect("a status")[&Mic];
    assert_eq!((after.decoded, after.non_speech), (0, 0));
    assert_eq!(after.withheld, after.total());
    assert_eq!(
        after.reasons,
        BTreeMap::from([("off_the_record".to_owned(), after.withheld)])
    );
    assert!(after.total() >= before.total());
}
