//! Hours without a server, under a clock that is moved by hand: the real buffer, outbox and session. All that was captured
//! meanwhile leaves as fast as the protocol lets it, and none of it is lost.

use super::outbox::Outbox;
use crate::client::{Buffer, Pushed, TrackEncoder};
use crate::hearing::{Ahead, Answer};
use crate::lanes::replay::{TICK_MS, Word, recognize, say, sound};
use crate::memory::{Memory, MemoryLedger};
use crate::ports::{Ledger, Ledgers, Tickets};
use crate::protocol::{
    ClientControl, Codec, FRAME_MS, Hello, Limits, Prefix, SampleClass, ServerEvent, Stream, TrackDeclaration,
};
use crate::room::Room;
use crate::seal::{Opener, Sealer};
use crate::session::{Session, Start, Task, ToLedger};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::Track;
use futures_util::FutureExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const KEY: [u8; 32] = [9; 32];
const SESSION: Uuid = Uuid::from_u128(77);

/// What catching up must at least be, as times real time.
const CATCH_UP: u64 = 20;

fn hello() -> Hello {
    Hello {
        client: "test/1".into(),
        language: "en".into(),
        tracks: vec![TrackDeclaration {
            track: Track::Mic,
            codec: Codec::Opus,
            rate_hz: 16_000,
        }],
        meeting_type: None,
        glossary: Vec::new(),
    }
}

/// Captures `length_ms` in which `words` are said; nobody is there to send it to.
fn captured(dir: &std::path::Path, words: &[Word], length_ms: u64) -> Buffer {
    let mut buffer = Buffer::open(dir, SESSION, 512 << 20, |_| {}).unwrap();
    let mut encoder = TrackEncoder::new(Codec::Opus, 16_000).unwrap();
    // Encoded once: two hours of it would take the test a minute.
    let (silence, _) = encoder.encode(&vec![0; encoder.frame_samples()]).unwrap();
    for at_ms in (0..length_ms).step_by(FRAME_MS as usize) {
        let to_ms = at_ms + u64::from(FRAME_MS);
        let is_said = words.iter().any(|(_, from, to)| from < &to_ms && at_ms < *to);
        let payload = if is_said {
            let ticks = (at_ms..to_ms).step_by(TICK_MS as usize);
            let samples: Vec<i16> = ticks.flat_map(|from_ms| sound(words, from_ms)).collect();
            encoder.encode(&samples).unwrap().0
        } else {
            silence.clone()
        };
        let seq = buffer.next_seq(Stream::Mic);
        let prefix = Prefix::audio(Track::Mic, seq, at_ms * SAMPLES_PER_MS, at_ms as u32);
        assert_eq!(buffer.push(&prefix, &payload).unwrap(), Pushed::Kept);
    }
    let end = ClientControl::End {}.to_json();
    buffer.push(&Prefix::json(Stream::Control, 0, 0), &end).unwrap();
    buffer
}

struct Node {
    session: Session,
    ledger: MemoryLedger,
    ended: bool,
}

impl Node {
    /// What a node does with what it has: voice activity, words and commits, all at once.
    fn work(&mut self, words: &[Word], now: Instant) {
        while let Some((track, mut listener)) = self.session.take_trip(now) {
            let mut heard = Vec::new();
            while listener.next_frame().is_some() {
                let at = listener.heard() / SAMPLES_PER_MS;
                let voice = words.iter().any(|&(_, from, to)| from < at + 32 && at < to);
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
        while let Some(Task { segment, purpose, .. }) = self.session.take_task(now) {
            let answer = Answer::Recognized {
                outcome: Ok(recognize(words, &segment)),
                segment,
                purpose,
                took: Duration::ZERO,
            };
            self.session.on_answer(answer, now);
        }
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

#[test]
fn what_two_hours_without_a_server_captured_leaves_twenty_times_as_fast_and_none_of_it_is_lost() {
    const LENGTH_MS: u64 = 2 * 60 * 60_000;
    let said_at = [1_000, 40 * 60_000, LENGTH_MS / 2, LENGTH_MS - 5_000];
    let words: Vec<Word> = said_at
        .into_iter()
        .flat_map(|at_ms| say(at_ms, "nobody was there to hear this."))
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let mut buffer = captured(&dir.path().join("buffer"), &words, LENGTH_MS);
    let (memory, begin) = (Memory::default(), Instant::now());
    let reservation = memory.reserve(SESSION, 1);
    memory.redeem(&reservation).now_or_never().unwrap().unwrap();
    let (ledger, resumption) = memory.open(&reservation, &hello()).now_or_never().unwrap().unwrap();
    let mut session = Session::start(Start {
        epoch: 1,
        opener: Opener::new(&KEY, 1, SESSION),
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
        now: begin,
    })
    .unwrap();
    let Some(ServerEvent::Welcome(welcome)) = session.take_event(begin).map(|first| first.event) else {
        panic!("the first event is the welcome");
    };
    let mut outbox = Outbox::new(&welcome, hello().tracks, begin);
    let mut sealer = Sealer::new(&KEY, 1, SESSION);
    let mut node = Node {
        session,
        ledger,
        ended: false,
    };
    let (mut now, none) = (begin, BTreeSet::new());
    while !node.ended {
        now += Duration::from_millis(TICK_MS);
        while outbox.ready_at() <= now
            && let Some((stream, seq)) = outbox.next(&buffer, &none)
        {
            let (_, prefix) = buffer.peek(stream, seq).unwrap();
            let payload = buffer.read(stream, seq).unwrap().unwrap();
            node.session.on_message(&sealer.seal(&prefix, &payload).unwrap(), now);
            outbox.sent(&prefix, &payload, now);
            node.work(&words, now);
        }
        node.session.on_time(now);
        node.work(&words, now);
        let closing = node.session.closing();
        assert!(closing.is_none() || node.ended, "it overdraws nothing: {closing:?}");
        while let Some(envelope) = node.session.take_event(now) {
            match envelope.event {
                ServerEvent::Received { stream, seq } => outbox.received(stream, seq),
                ServerEvent::Committed {
                    stream,
                    sample,
                    release_seq,
                } => {
                    outbox.committed(stream, sample);
                    buffer
                        .release(stream, release_seq.min(outbox.next_seq(stream)))
                        .unwrap();
                }
                ServerEvent::Status { credit_ms, step, .. } => outbox.status(credit_ms, step),
                ServerEvent::Expected { .. } | ServerEvent::Gap(_) | ServerEvent::Error(_) => {
                    panic!("{:?}", envelope.event)
                }
                _ => {}
            }
        }
    }
    let took = now.duration_since(begin);
    assert!(took * CATCH_UP as u32 <= Duration::from_millis(LENGTH_MS), "{took:?}");
    let record = memory.record(SESSION);
    assert_eq!(record.decided_to(Track::Mic), LENGTH_MS * SAMPLES_PER_MS);
    let is_lost = |class| {
        matches!(
            class,
            SampleClass::Gap | SampleClass::Withheld | SampleClass::Suppressed
        )
    };
    assert!(!record.decided[&Track::Mic].iter().any(|span| is_lost(span.class)));
    let finals = record.finals();
    let heard = finals.iter().flat_map(|decided| decided.words.iter());
    let heard: Vec<(&str, u64)> = heard.map(|word| (word.text.as_str(), word.start.as_ms())).collect();
    let said: Vec<(&str, u64)> = words.iter().map(|(text, from_ms, _)| (*text, *from_ms)).collect();
    assert_eq!(heard, said);
}
