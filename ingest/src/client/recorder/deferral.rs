//! A node that cannot keep up, and those who talk to it, under a clock that is moved by hand: the real queue and its ladder,
//! sessions, outboxes and buffers; a recognizer that knows the script and takes as long as it is told. Every step of the
//! ladder is with the client within a second, and nothing is lost over the last one and back.

use super::outbox::Outbox;
use crate::client::{Buffer, Pushed};
use crate::hearing::queue::{Queue, Taken};
use crate::hearing::{Ahead, Answer, Job, MayLeave, NoWords, Step};
use crate::lanes::replay::{TICK_MS, Word, recognize, say, sound};
use crate::memory::{Memory, MemoryLedger};
use crate::ports::{Ledger, Ledgers, Tickets};
use crate::protocol::{
    ClientControl, Codec, DEFERRED_STEP, Hello, Level, Limits, PcmFrame, Prefix, ServerEvent, Stream, TrackDeclaration,
};
use crate::room::Room;
use crate::seal::{Opener, Sealer};
use crate::session::{Session, Start, ToLedger};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::Track;
use futures_util::FutureExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const KEY: [u8; 32] = [9; 32];

/// What a client captures at once, as a frame.
const FRAME_MS: u64 = 240;

/// How late a client may be told of a step.
const TOLD_WITHIN_MS: u64 = 1_000;

const SENTENCES: [&str; 14] = [
    "we could ship it on friday if it all works.",
    "nobody has seen the numbers of last week yet.",
    "the second team asks for two more days.",
    "that would move the launch into march.",
    "i would rather cut the export than wait.",
    "who talks to the customer about this today.",
    "legal wants to read the contract once more.",
    "our budget ends when this quarter does.",
    "please send me the list before noon.",
    "there is one risk that none of us named.",
    "support had forty calls since monday morning.",
    "half of them were about the same button.",
    "let us fix that button before anything else.",
    "then we meet again and look at it.",
];

struct Node {
    queue: Queue<usize>,
    workers: Vec<Option<(Taken<usize>, u64, u64)>>,
    people: Vec<Person>,
    begin: Instant,
    now_ms: u64,
    /// Everything that is begun now costs so many times as much.
    times: u64,
    /// From when on the node was at which step.
    steps: Vec<(u64, Step)>,
}

struct Person {
    words: Vec<Word>,
    length_ms: u64,
    session: Session,
    ledger: MemoryLedger,
    sealer: Sealer,
    buffer: Buffer,
    _dir: tempfile::TempDir,
    outbox: Outbox,
    captured_ms: u64,
    /// Something came in that makes its connection look up.
    woken: bool,
    /// As the last `status` said.
    step: u8,
    /// The most that was kept back at once.
    kept_back_ms: u64,
    was_deferred: bool,
    ended: bool,
}

fn hello() -> Hello {
    Hello {
        client: "test/1".into(),
        language: "en".into(),
        tracks: vec![TrackDeclaration {
            track: Track::Mic,
            codec: Codec::PcmS16le,
            rate_hz: 16_000,
        }],
        meeting_type: None,
        glossary: Vec::new(),
    }
}

impl Person {
    fn join(memory: &Memory, id: Uuid, words: Vec<Word>, length_ms: u64, now: Instant) -> Self {
        let reservation = memory.reserve(id, 1);
        memory.redeem(&reservation).now_or_never().unwrap().unwrap();
        let (ledger, resumption) = memory.open(&reservation, &hello()).now_or_never().unwrap().unwrap();
        let mut session = Session::start(Start {
            epoch: 1,
            opener: Opener::new(&KEY, 1, id),
            hello: &hello(),
            resumption: &resumption,
            limits: Limits::default(),
            place: Arc::new(Room::default()).enter(reservation.tenant),
            recognizer: RecognizerInfo {
                name: "scripted".to_owned(),
                version: "1".to_owned(),
                model: "script".to_owned(),
                languages: vec!["en".to_owned()],
                writes_fillers: true,
                weakness: String::new(),
            },
            ahead: Ahead::Shown,
            now,
        })
        .unwrap();
        let ServerEvent::Welcome(welcome) = session.take_event(now).unwrap().event else {
            panic!("the first event is the welcome");
        };
        let dir = tempfile::tempdir().unwrap();
        Self {
            words,
            length_ms,
            session,
            ledger,
            sealer: Sealer::new(&KEY, 1, id),
            buffer: Buffer::open(&dir.path().join("buffer"), id, 64 << 20, |_| {}).unwrap(),
            _dir: dir,
            outbox: Outbox::new(&welcome, hello().tracks, now),
            captured_ms: 0,
            woken: true,
            step: 0,
            kept_back_ms: 0,
            was_deferred: false,
            ended: false,
        }
    }

    /// What was said by now goes into the buffer; the end follows the last of it.
    fn capture(&mut self, now_ms: u64) {
        while self.captured_ms + FRAME_MS <= now_ms.min(self.length_ms) {
            let ticks = (self.captured_ms..self.captured_ms + FRAME_MS).step_by(TICK_MS as usize);
            let samples: Vec<i16> = ticks.flat_map(|from_ms| sound(&self.words, from_ms)).collect();
            let seq = self.buffer.next_seq(Stream::Mic);
            let first_sample = self.captured_ms * SAMPLES_PER_MS;
            let prefix = Prefix::audio(Track::Mic, seq, first_sample, self.captured_ms as u32);
            let kept = self.buffer.push(&prefix, &PcmFrame::encode(&samples)).unwrap();
            assert_eq!(kept, Pushed::Kept);
            self.captured_ms += FRAME_MS;
            if self.captured_ms == self.length_ms {
                let prefix = Prefix::json(Stream::Control, 0, 0);
                let end = ClientControl::End {}.to_json();
                assert_eq!(self.buffer.push(&prefix, &end).unwrap(), Pushed::Kept);
            }
        }
    }

    /// Sends what may leave.
    fn send(&mut self, now: Instant) {
        let none = BTreeSet::new();
        while self.outbox.ready_at() <= now
            && let Some((stream, seq)) = self.outbox.next(&self.buffer, &none)
        {
            assert!(!self.outbox.is_deferred(), "{stream:?} left while the server defers");
            let (_, prefix) = self.buffer.peek(stream, seq).unwrap();
            let payload = self.buffer.read(stream, seq).unwrap().unwrap();
            let sealed = self.sealer.seal(&prefix, &payload).unwrap();
            self.outbox.sent(&prefix, &payload, now);
            self.session.on_message(&sealed, now);
            self.woken = true;
        }
        let kept_back = self.buffer.next_seq(Stream::Mic) - self.outbox.next_seq(Stream::Mic);
        self.kept_back_ms = self.kept_back_ms.max(kept_back * FRAME_MS);
    }

    /// What the server says.
    fn listen(&mut self, now: Instant) {
        while let Some(envelope) = self.session.take_event(now) {
            match envelope.event {
                ServerEvent::Received { stream, seq } => self.outbox.received(stream, seq),
                ServerEvent::Committed {
                    stream,
                    sample,
                    release_seq,
                } => {
                    self.outbox.committed(stream, sample);
                    let release = release_seq.min(self.outbox.next_seq(stream));
                    self.buffer.release(stream, release).unwrap();
                }
                ServerEvent::Status {
                    credit_ms, step, level, ..
                } => {
                    assert!(step < DEFERRED_STEP || (credit_ms == 0 && level == Level::Overloaded));
                    self.outbox.status(credit_ms, step);
                    self.was_deferred |= self.outbox.is_deferred();
                    self.step = step;
                }
                ServerEvent::Expected { .. } | ServerEvent::Gap(_) | ServerEvent::Error(_) => {
                    panic!("{:?}", envelope.event)
                }
                _ => {}
            }
        }
    }

    /// Voice activity, at once.
    fn judge(&mut self, now: Instant) {
        while let Some((track, mut listener)) = self.session.take_trip(now) {
            let mut heard = Vec::new();
            while listener.next_frame().is_some() {
                let at = listener.heard() / SAMPLES_PER_MS;
                let voice = self.words.iter().any(|&(_, from, to)| from < at + 32 && at < to);
                heard.extend(listener.decide(if voice { 0.95 } else { 0.02 }));
            }
            let answer = Answer::Judged {
                track,
                listener,
                heard,
                drained: true,
            };
            self.session.on_answer(answer, now);
        }
    }

    fn commit(&mut self, now: Instant) {
        match self.session.take_work(now) {
            Some(ToLedger::Commit(batch)) => {
                let committed = self.ledger.commit(*batch).now_or_never().unwrap().unwrap();
                self.session.on_committed(committed, self.ledger.measures(), now);
            }
            Some(ToLedger::End) => {
                let committed = self.ledger.end().now_or_never().unwrap().unwrap();
                self.session.on_ended(committed, self.ledger.measures());
                self.session.on_report(None);
                self.ended = true;
            }
            None => {}
        }
    }
}

impl Node {
    fn now(&self) -> Instant {
        self.begin + Duration::from_millis(self.now_ms)
    }

    fn tick(&mut self) {
        self.now_ms += TICK_MS;
        let now = self.now();
        self.work(now);
        let step = self.queue.load(now).step;
        if self.steps.last().is_none_or(|(_, last)| *last != step) {
            self.steps.push((self.now_ms, step));
        }
        for index in 0..self.people.len() {
            let person = &mut self.people[index];
            person.capture(self.now_ms);
            person.send(now);
            person.session.on_time(now);
            // A connection looks up when it has something to do, and not before.
            if std::mem::take(&mut person.woken) || person.session.wake_at(true, now) <= now + Duration::from_millis(1)
            {
                person.session.see_step(step, now);
                person.judge(now);
                self.hand_out(index, now);
                let person = &mut self.people[index];
                person.commit(now);
                person.listen(now);
            }
        }
        self.assert_told();
    }

    /// What each client knows was so within the last second.
    fn assert_told(&self) {
        let ends = self.steps.iter().skip(1).map(|(from, _)| *from).chain([self.now_ms]);
        let recent: Vec<u8> = self
            .steps
            .iter()
            .zip(ends)
            .filter(|(_, end)| end + TOLD_WITHIN_MS >= self.now_ms)
            .map(|((_, step), _)| step.number())
            .collect();
        for person in self.people.iter().filter(|person| !person.ended) {
            assert!(
                recent.contains(&person.step),
                "{} at {} ms: {recent:?}",
                person.step,
                self.now_ms
            );
        }
    }

    fn hand_out(&mut self, index: usize, now: Instant) {
        while let Some(task) = self.people[index].session.take_task(now) {
            let job = Job {
                session: Uuid::from_u128(index as u128 + 1),
                segment: task.segment,
                purpose: task.purpose,
                due: task.due,
                prompt: String::new(),
                may_leave: MayLeave::never(),
                cancel: task.cancel,
            };
            assert!(self.queue.push(job, index, now).is_ok());
        }
    }

    fn work(&mut self, now: Instant) {
        for worker in 0..self.workers.len() {
            if let Some((taken, began, until)) = self.workers[worker].take() {
                let stopped = taken.stop.load(Ordering::Relaxed) || taken.waiting.job.cancel.is_cancelled();
                if !stopped && until > self.now_ms {
                    self.workers[worker] = Some((taken, began, until));
                    continue;
                }
                let took = Duration::from_millis(self.now_ms - began);
                self.queue.done(worker, took, stopped, now);
                self.answer(taken.waiting.answer, taken.waiting.job, stopped, took, now);
            }
            if let Some(taken) = self.queue.next(worker, now) {
                let audio_ms = taken.waiting.job.segment.audio.len() as u64 / SAMPLES_PER_MS;
                let ms = (80 + 120 * audio_ms / 1_000) * self.times;
                self.workers[worker] = Some((taken, self.now_ms, self.now_ms + ms));
            }
        }
        for waiting in self.queue.take_stopped() {
            self.answer(waiting.answer, waiting.job, true, Duration::ZERO, now);
        }
    }

    fn answer(&mut self, index: usize, job: Job, stopped: bool, took: Duration, now: Instant) {
        let person = &mut self.people[index];
        let answer = Answer::Recognized {
            outcome: if stopped {
                Err(NoWords::Stopped)
            } else {
                Ok(recognize(&person.words, &job.segment))
            },
            segment: job.segment,
            purpose: job.purpose,
            took,
        };
        person.session.on_answer(answer, now);
        person.woken = true;
    }
}

#[test]
fn each_step_is_told_within_a_second_and_nothing_is_lost_over_the_last_one_and_back() {
    const LENGTH_MS: u64 = 60_000;
    let memory = Memory::default();
    let begin = Instant::now();
    let id = |index: u64| Uuid::from_u128(u128::from(index) + 1);
    let turns = |index: u64| -> Vec<Word> {
        let turn = |(turn, text): (usize, &&'static str)| say(500 + 300 * index + turn as u64 * 4_200, text);
        SENTENCES.iter().enumerate().flat_map(turn).collect()
    };
    let people: Vec<Person> = (0..6)
        .map(|index| Person::join(&memory, id(index), turns(index), LENGTH_MS, begin))
        .collect();
    let mut node = Node {
        queue: Queue::new(2, false, begin),
        workers: vec![None, None],
        people,
        begin,
        now_ms: 0,
        times: 1,
        steps: Vec::new(),
    };
    while node.people.iter().any(|person| !person.ended) {
        // Half a minute in which a sentence takes a worker ten seconds.
        node.times = if (10_000..40_000).contains(&node.now_ms) { 25 } else { 1 };
        node.tick();
        assert!(node.now_ms < 300_000, "it never ends: {:?}", node.steps);
    }
    let reached: Vec<u8> = node.steps.iter().map(|(_, step)| step.number()).collect();
    assert!(reached.contains(&DEFERRED_STEP), "{reached:?}");
    assert!(reached.last().unwrap() < &DEFERRED_STEP, "{reached:?}");
    for (index, person) in (0..).zip(&node.people) {
        assert!(person.was_deferred);
        assert!(person.kept_back_ms > 5_000, "{} ms kept back", person.kept_back_ms);
        let record = memory.record(id(index));
        assert_eq!(record.decided_to(Track::Mic), LENGTH_MS * SAMPLES_PER_MS);
        let account = &record.samples()[&Track::Mic];
        assert_eq!((account.gap, account.withheld), (0, 0));
        let finals = record.finals();
        let heard: Vec<&str> = finals
            .iter()
            .flat_map(|decided| decided.words.iter().map(|word| word.text.as_str()))
            .collect();
        let said: Vec<&str> = person.words.iter().map(|(text, _, _)| *text).collect();
        assert_eq!(heard, said);
        // Only what a resume would warm up with is still kept.
        let left = person.buffer.next_seq(Stream::Mic) - person.buffer.first_seq(Stream::Mic);
        assert!(left * FRAME_MS <= 6_000, "{left} frames are kept");
    }
}
