//! A client and a session face to face: no socket, no threads, and a clock that moves when the test says so.

use crate::meeting::{Loud, Script, Tones};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::{Recognizer, Speech};
use attune_engine::speaker::Track;
use attune_engine::voice::{VoiceActivity, VoiceFrame};
use attune_ingest::hearing::{Ahead, Answer};
use attune_ingest::memory::{Memory, MemoryLedger, Record};
use attune_ingest::ports::{Ledger, Ledgers, Tickets};
use attune_ingest::protocol::{
    ClientControl, CloseCode, Codec, Envelope, Hello, Limits, PcmFrame, Prefix, ServerEvent, Stream, TrackDeclaration,
    Welcome,
};
use attune_ingest::room::Room;
use attune_ingest::seal::{Opener, Sealer};
use attune_ingest::session::{Session, Start, Task, ToLedger};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

pub const KEY: [u8; 32] = [9; 32];

/// Frames of all streams in the order in which the client made them. It keeps them all.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    pub frames: Vec<(Prefix, Vec<u8>)>,
    next: BTreeMap<Stream, u64>,
}

impl Tape {
    fn seq(&mut self, stream: Stream) -> u64 {
        let next = self.next.entry(stream).or_default();
        *next += 1;
        *next - 1
    }

    pub fn audio(&mut self, track: Track, first_sample: u64, capture_ms: u32, payload: Vec<u8>) {
        let seq = self.seq(Stream::from(track));
        self.frames
            .push((Prefix::audio(track, seq, first_sample, capture_ms), payload));
    }

    pub fn json(&mut self, stream: Stream, payload: Vec<u8>) {
        let seq = self.seq(stream);
        self.frames.push((Prefix::json(stream, seq, 0), payload));
    }

    pub fn control(&mut self, control: &ClientControl) {
        self.json(Stream::Control, control.to_json());
    }

    pub fn end(&mut self) {
        self.control(&ClientControl::End {});
    }

    /// The script as 16 kHz samples; `sizes` says in turn how many milliseconds go into a frame.
    pub fn of(script: &Script, sizes: &[u64]) -> Self {
        let mut tape = Self::default();
        tape.script(script, sizes);
        tape
    }

    pub fn script(&mut self, script: &Script, sizes: &[u64]) {
        let sounds = [Track::Mic, Track::Tab].map(|track| (track, script.sound(track)));
        let mut at = [0usize; 2];
        let mut sizes = sizes.iter().cycle();
        while at.iter().zip(&sounds).any(|(at, (_, sound))| *at < sound.len()) {
            // Whoever is behind goes next, as on a real clock.
            let index = usize::from(at[1] < at[0]);
            let (track, sound) = &sounds[index];
            let size = (sizes.next().unwrap().clamp(&1, &240) * SAMPLES_PER_MS) as usize;
            let to = (at[index] + size).min(sound.len());
            let payload = PcmFrame::encode(&sound[at[index]..to]);
            self.audio(*track, at[index] as u64, (at[index] / 16) as u32, payload);
            at[index] = to;
        }
    }
}

pub fn hello(codec: Codec, rate_hz: u32) -> Hello {
    Hello {
        client: "test/1".into(),
        language: "en".into(),
        tracks: [Track::Mic, Track::Tab]
            .map(|track| TrackDeclaration { track, codec, rate_hz })
            .to_vec(),
        meeting_type: None,
        glossary: Vec::new(),
    }
}

/// A connection without a socket.
pub struct Line {
    pub session: Session,
    pub now: Instant,
    pub events: Vec<Envelope>,
    pub welcome: Welcome,
    pub sealer: Sealer,
    ledger: MemoryLedger,
    voice: Loud,
    tones: Tones,
    ended: bool,
}

/// What a step of the outside does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Voice,
    Words,
    Ledger,
    Time,
}

pub const TURNS: [Turn; 4] = [Turn::Voice, Turn::Words, Turn::Ledger, Turn::Time];

impl Line {
    pub fn connect(memory: &Memory, session: Uuid, epoch: u64, now: Instant) -> Self {
        Self::connect_as(memory, session, epoch, now, &hello(Codec::PcmS16le, 16_000)).unwrap()
    }

    pub fn connect_as(
        memory: &Memory,
        session: Uuid,
        epoch: u64,
        now: Instant,
        hello: &Hello,
    ) -> Result<Self, CloseCode> {
        Self::connect_in(&Arc::default(), memory, session, epoch, now, hello)
    }

    /// On a node that has so much room.
    pub fn connect_in(
        room: &Arc<Room>,
        memory: &Memory,
        session: Uuid,
        epoch: u64,
        now: Instant,
        hello: &Hello,
    ) -> Result<Self, CloseCode> {
        let reservation = memory.reserve(session, epoch);
        memory.redeem(&reservation).now_or_never().unwrap().unwrap();
        let (ledger, resumption) = memory.open(&reservation, hello).now_or_never().unwrap().unwrap();
        let mut session = Session::start(Start {
            epoch,
            opener: Opener::new(&KEY, epoch, reservation.session),
            hello,
            resumption: &resumption,
            limits: Limits::default(),
            place: room.enter(reservation.tenant),
            recognizer: Tones::default().info().clone(),
            ahead: Ahead::Shown,
            now,
        })?;
        let ServerEvent::Welcome(welcome) = session.take_event(now).unwrap().event else {
            panic!("the first event is the welcome");
        };
        Ok(Self {
            session,
            now,
            events: Vec::new(),
            welcome,
            sealer: Sealer::new(&KEY, epoch, reservation.session),
            ledger,
            voice: Loud,
            tones: Tones::default(),
            ended: false,
        })
    }

    /// Whether this connection still wants a frame.
    pub fn wants(&self, prefix: &Prefix) -> bool {
        let place = self.welcome.streams.get(&prefix.stream);
        prefix.seq >= place.map_or(0, |place| place.resume_seq)
    }

    pub fn send(&mut self, prefix: &Prefix, payload: &[u8]) {
        let sealed = self.sealer.seal(prefix, payload).unwrap();
        self.send_raw(&sealed);
    }

    pub fn send_raw(&mut self, message: &[u8]) {
        self.session.on_message(message, self.now);
        self.listen();
    }

    /// Sends what the connection wants of a tape, settling after each frame.
    pub fn play(&mut self, tape: &Tape) {
        for (prefix, payload) in &tape.frames {
            if self.wants(prefix) {
                self.send(prefix, payload);
                self.settle();
                self.now += Duration::from_millis(10);
            }
        }
    }

    fn listen(&mut self) {
        while let Some(event) = self.session.take_event(self.now) {
            self.events.push(event);
        }
    }

    /// One step of one part of the outside. False where it had nothing to do.
    pub fn turn(&mut self, turn: Turn) -> bool {
        let did = match turn {
            Turn::Voice => self.judge(),
            Turn::Words => self.recognize(),
            Turn::Ledger => self.commit(),
            Turn::Time => {
                self.now += Duration::from_millis(3);
                self.session.on_time(self.now);
                false
            }
        };
        self.listen();
        did
    }

    fn judge(&mut self) -> bool {
        let Some((track, mut listener)) = self.session.take_trip(self.now) else {
            return false;
        };
        let mut heard = Vec::new();
        while let Some(samples) = listener.next_frame() {
            let mut frame = [VoiceFrame {
                state: listener.voice_state(),
                samples: &samples,
                probability: 0.0,
            }];
            self.voice.detect(&mut frame).unwrap();
            let probability = frame[0].probability;
            heard.extend(listener.decide(probability));
        }
        let answer = Answer::Judged {
            track,
            listener,
            heard,
            drained: true,
        };
        self.session.on_answer(answer, self.now);
        true
    }

    fn recognize(&mut self) -> bool {
        let Some(Task { segment, purpose, .. }) = self.session.take_task(self.now) else {
            return false;
        };
        let speech = Speech::of(&segment.audio);
        let answer = Answer::Recognized {
            outcome: Ok(self.tones.recognize(speech).unwrap()),
            segment,
            purpose,
            took: Duration::ZERO,
        };
        self.session.on_answer(answer, self.now);
        true
    }

    fn commit(&mut self) -> bool {
        match self.session.take_work(self.now) {
            Some(ToLedger::Commit(batch)) => {
                let committed = self.ledger.commit(*batch).now_or_never().unwrap();
                match committed {
                    Ok(committed) => self.session.on_committed(committed, self.ledger.measures(), self.now),
                    Err(error) => {
                        let broke_a_rule = format!("{error:?}");
                        assert!(
                            !broke_a_rule.contains("Unavailable") || broke_a_rule.contains("Failing"),
                            "{broke_a_rule}"
                        );
                        self.session.on_ledger_error(&error);
                    }
                }
            }
            Some(ToLedger::End) => {
                let committed = self.ledger.end().now_or_never().unwrap().unwrap();
                self.session.on_ended(committed, self.ledger.measures());
                self.session.on_report(Some(ServerEvent::ReportReady { version: 1 }));
                self.ended = true;
            }
            None => return false,
        }
        true
    }

    /// Lets everything come to rest.
    pub fn settle(&mut self) {
        while TURNS.into_iter().any(|turn| self.turn(turn)) {}
    }

    /// Lets `passing` go by, settling every half second.
    pub fn wait(&mut self, passing: Duration) {
        let until = self.now + passing;
        while self.now < until {
            self.now += Duration::from_millis(500);
            self.settle();
        }
    }

    pub fn closed(&self) -> Option<CloseCode> {
        self.session.closing()
    }

    pub fn ended(&self) -> bool {
        self.ended
    }

    pub fn numbered(&self) -> Vec<&Envelope> {
        self.events
            .iter()
            .filter(|envelope| envelope.number.is_some())
            .collect()
    }
}

/// Plays a tape over one undisturbed connection, and gives what is durable then.
pub fn undisturbed(tape: &Tape) -> Record {
    let memory = Memory::default();
    let session = Uuid::from_u128(77);
    let mut line = Line::connect(&memory, session, 1, Instant::now());
    line.play(tape);
    assert!(line.ended(), "closed with {:?}", line.closed());
    memory.record(session)
}
