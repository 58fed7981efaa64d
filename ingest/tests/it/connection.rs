//! One socket from its ticket to its Close, over the real threads and the real handshake.

use crate::hearing::{Held, job};
use crate::line::{Tape, hello};
use crate::meeting::{Loud, Script, Tones, assert_every_word_once, said};
use crate::wire::Peer;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::connection::Incoming;
use attune_ingest::hearing::Hearing;
use attune_ingest::keys::say_hello;
use attune_ingest::memory::Memory;
use attune_ingest::ports::Lap;
use attune_ingest::protocol::{
    ClientControl, CloseCode, Codec, Hello, Level, Limits, Mark, OpusFrame, Prefix, ServerEvent, Stream,
};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

fn hearing(workers: usize) -> Arc<Hearing> {
    let recognizers = (0..workers).map(|_| Box::new(Tones::default()));
    Hearing::start(Box::new(Loud), recognizers).unwrap()
}

fn arrive(memory: &Memory, epoch: u64) -> Peer {
    Peer::arrive(memory, &hearing(1), memory.reserve(SESSION, epoch), true)
}

/// The script as 48 kHz Opus in frames of 240 ms, as a browser sends it.
fn opus_tape(script: &Script) -> Tape {
    let mut tape = Tape::default();
    let mut tracks = [Mic, Tab].map(|track| {
        let encoder = opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
        (track, script.sound(track), encoder)
    });
    for frame in 0..(script.length_ms / 240) {
        for (track, sound, encoder) in &mut tracks {
            let samples = &sound[frame as usize * 3_840..][..3_840];
            let packets: Vec<Vec<u8>> = samples
                .chunks(320)
                .map(|packet| encoder.encode_vec(packet, 1_275).unwrap())
                .collect();
            let payload = OpusFrame::encode(&packets, 720).unwrap();
            tape.audio(*track, frame * 11_520, (frame * 240) as u32, payload);
        }
    }
    tape.end();
    tape
}

#[tokio::test]
async fn a_meeting_in_opus_is_heard_committed_and_ended() {
    let script = Script::half_a_minute();
    let memory = Memory::default();
    let reservation = memory.reserve(SESSION, 1);
    let mut peer = Peer::arrive(&memory, &hearing(2), reservation, false);
    let welcome = peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    assert_eq!(welcome.credit_ms, Limits::UNDECIDED_MS);
    for (prefix, payload) in &opus_tape(&script).frames {
        peer.send(prefix, payload);
    }
    let (closed, events) = peer.closed().await;
    assert_eq!(closed, Some(CloseCode::Ended));
    let record = memory.record(SESSION);
    assert!(record.ended);
    for track in [Mic, Tab] {
        assert_every_word_once(&script, &record.finals(), track, 40);
        assert_eq!(record.decided_to(track), script.length_ms * 16);
    }
    assert!(
        events
            .iter()
            .any(|envelope| matches!(envelope.event, ServerEvent::ReportReady { version: 1 }))
    );
    let numbers: Vec<u64> = events.iter().filter_map(|envelope| envelope.number).collect();
    assert_eq!(numbers, (1..=record.events.len() as u64).collect::<Vec<_>>());
    let timed = memory.laps().into_iter().filter(|lap| matches!(lap, Lap::Final(_)));
    assert_eq!(timed.count(), record.finals().len());
    let told_readers = |is: fn(&ServerEvent) -> bool| record.told.iter().any(is);
    assert!(told_readers(|event| matches!(event, ServerEvent::Speech { .. })));
    assert!(told_readers(|event| matches!(event, ServerEvent::Ending { .. })));
}

#[tokio::test]
async fn what_is_being_said_is_shown_to_those_who_read_along() {
    let script = Script {
        said: vec![said(Mic, 480, &[0, 1, 2, 3, 4, 5, 6, 7])],
        length_ms: 4_800,
    };
    let memory = Memory::default();
    let mut peer = Peer::arrive(&memory, &hearing(2), memory.reserve(SESSION, 1), false);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    let tape = opus_tape(&script);
    let (end, audio) = tape.frames.split_last().unwrap();
    // Half of it: it is still being said.
    let (said, rest) = audio.split_at(audio.len() / 2);
    said.iter().for_each(|(prefix, payload)| peer.send(prefix, payload));
    let shown = loop {
        if let ServerEvent::Partial(partial) = peer.event().await.unwrap() {
            break partial;
        }
    };
    assert!(!shown.text.is_empty());
    rest.iter()
        .chain([end])
        .for_each(|(prefix, payload)| peer.send(prefix, payload));
    let (closed, events) = peer.closed().await;
    assert_eq!(closed, Some(CloseCode::Ended));
    let partial = |event: &ServerEvent| matches!(event, ServerEvent::Partial(_)).then(|| event.clone());
    let sent: Vec<_> = events.iter().filter_map(|envelope| partial(&envelope.event)).collect();
    let told: Vec<_> = memory.record(SESSION).told.iter().filter_map(partial).collect();
    assert_eq!(told, sent);
}

#[tokio::test]
async fn a_killed_connection_is_taken_up_by_the_next_on_another_node() {
    let script = Script::half_a_minute();
    let tape = opus_tape(&script);
    let memory = Memory::default();
    let mut peer = Peer::arrive(&memory, &hearing(1), memory.reserve(SESSION, 1), true);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    for (prefix, payload) in &tape.frames[..150] {
        peer.send(prefix, payload);
    }
    while !matches!(peer.event().await.unwrap(), ServerEvent::Final(_)) {}
    peer.served.abort();

    let mut next = Peer::arrive(&memory, &hearing(1), memory.reserve(SESSION, 2), true);
    let welcome = next.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    assert!(welcome.streams[&Stream::Mic].decided_sample > 0);
    for (prefix, payload) in &tape.frames {
        if prefix.seq >= welcome.streams.get(&prefix.stream).map_or(0, |place| place.resume_seq) {
            next.send(prefix, payload);
        }
    }
    assert_eq!(next.closed().await.0, Some(CloseCode::Ended));
    for track in [Mic, Tab] {
        assert_every_word_once(&script, &memory.record(SESSION).finals(), track, 40);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hello_that_takes_longer_than_five_seconds_closes_4408() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    let offer = peer.offer(&memory).await;
    tokio::time::sleep(Limits::HELLO_TIMEOUT + Duration::from_millis(1)).await;
    let (late, _) = say_hello(&offer, &Memory::PSK, &peer.context(), &hello(Codec::Opus, 48_000)).unwrap();
    peer.send_raw(late);
    assert_eq!(peer.closed().await.0, Some(CloseCode::HelloLate));
    assert_eq!(memory.record(SESSION).live_epoch, 0);
}

#[tokio::test]
async fn a_ticket_opens_one_connection_once() {
    let memory = Memory::default();
    let mut first = arrive(&memory, 1);
    let reservation = first.reservation.clone();
    first.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    let again = Peer::arrive(&memory, &hearing(1), reservation.clone(), true);
    assert_eq!(again.closed().await.0, Some(CloseCode::NotAuthenticated));
    let unknown = attune_ingest::ports::Reservation {
        ticket_sha256: [0; 32],
        ..reservation
    };
    let forged = Peer::arrive(&memory, &hearing(1), unknown, true);
    assert_eq!(forged.closed().await.0, Some(CloseCode::NotAuthenticated));
}

#[tokio::test]
async fn a_hello_of_another_device_epoch_or_ticket_closes_4401_and_redeems_nothing() {
    for wrong in 0..4 {
        let memory = Memory::default();
        let mut peer = arrive(&memory, 1);
        let offer = peer.offer(&memory).await;
        let mut context = peer.context();
        let mut psk = Memory::PSK;
        match wrong {
            0 => psk = [1; 32],
            1 => context.epoch = 2,
            2 => context.ticket_sha256 = [5; 32],
            _ => context.device = Uuid::from_u128(9),
        }
        let (message, _) = say_hello(&offer, &psk, &context, &hello(Codec::Opus, 48_000)).unwrap();
        peer.send_raw(message);
        assert_eq!(peer.closed().await.0, Some(CloseCode::NotAuthenticated), "case {wrong}");
        assert_eq!(memory.record(SESSION).live_epoch, 0);
    }
}

#[tokio::test]
async fn what_is_no_hello_closes_4400() {
    for message in [vec![], vec![1], vec![9; 200], vec![0; 8_000]] {
        let memory = Memory::default();
        let mut peer = arrive(&memory, 1);
        peer.offer(&memory).await;
        peer.send_raw(message.clone());
        let (code, _) = peer.closed().await;
        assert_eq!(code, Some(CloseCode::Malformed), "{} bytes", message.len());
    }
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.offer(&memory).await;
    peer.to.as_ref().unwrap().send(Incoming::Text).unwrap();
    assert_eq!(peer.closed().await.0, Some(CloseCode::Malformed));
}

#[tokio::test]
async fn without_consent_device_origin_or_language_nothing_is_recorded() {
    let memory = Memory::default();
    memory.withdraw_consent();
    let mut peer = arrive(&memory, 1);
    let offer = peer.offer(&memory).await;
    let greeting = hello(Codec::Opus, 48_000);
    let (message, _) = say_hello(&offer, &Memory::PSK, &peer.context(), &greeting).unwrap();
    peer.send_raw(message);
    assert_eq!(peer.closed().await.0, Some(CloseCode::Consent));
    assert_eq!(memory.record(SESSION).live_epoch, 0, "the ticket is not used up");

    let memory = Memory::default();
    memory.revoke_device();
    assert_eq!(arrive(&memory, 1).closed().await.0, Some(CloseCode::NotAuthenticated));

    let memory = Memory::default();
    memory.browsers_only();
    let peer = Peer::arrive(&memory, &hearing(1), memory.reserve(SESSION, 1), false);
    assert_eq!(peer.closed().await.0, Some(CloseCode::NotAuthenticated));

    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    let offer = peer.offer(&memory).await;
    let greeting = Hello {
        language: "fi-FI".into(),
        ..greeting
    };
    let (message, _) = say_hello(&offer, &Memory::PSK, &peer.context(), &greeting).unwrap();
    peer.send_raw(message);
    assert_eq!(peer.closed().await.0, Some(CloseCode::Malformed));
    assert_eq!(memory.record(SESSION).live_epoch, 0);
}

#[tokio::test]
async fn a_connection_that_was_taken_over_closes_4409() {
    let memory = Memory::default();
    let mut old = arrive(&memory, 1);
    old.greet(&memory, &hello(Codec::PcmS16le, 16_000)).await;
    let mut new = arrive(&memory, 2);
    new.greet(&memory, &hello(Codec::PcmS16le, 16_000)).await;
    let mark = ClientControl::Mark(Mark { at_ms: 1, note: None });
    old.send(&Prefix::json(Stream::Control, 0, 0), &mark.to_json());
    assert_eq!(old.closed().await.0, Some(CloseCode::TakenOver));
    assert!(memory.record(SESSION).events.is_empty());
}

#[tokio::test]
async fn a_node_that_goes_closes_1012_with_everything_decided_committed() {
    let script = Script {
        length_ms: 4_800,
        said: Script::half_a_minute()
            .said
            .into_iter()
            .filter(|said| said.at_ms < 3_000)
            .collect(),
    };
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::PcmS16le, 16_000)).await;
    let tape = Tape::of(&script, &[240]);
    for (prefix, payload) in &tape.frames {
        peer.send(prefix, payload);
    }
    let last = tape
        .frames
        .iter()
        .filter(|(prefix, _)| prefix.stream == Stream::Tab)
        .count() as u64
        - 1;
    while peer.event().await.unwrap()
        != (ServerEvent::Received {
            stream: Stream::Tab,
            seq: last,
        })
    {}
    peer.cancel.cancel();
    let (closed, events) = peer.closed().await;
    assert_eq!(closed, Some(CloseCode::Resume));
    let told = events.iter().any(|envelope| match &envelope.event {
        ServerEvent::Error(notice) => notice.retryable && notice.code == "resume",
        _ => false,
    });
    assert!(told);
    assert!(memory.record(SESSION).decided_to(Mic) >= 4_000 * 16);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_pinged_and_cut_off_after_a_minute() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    peer.answers = false;
    let since = Instant::now();
    let (closed, _) = peer.closed().await;
    assert_eq!(closed, None, "nobody is there to be told");
    assert!(
        (60..=80).contains(&since.elapsed().as_secs()),
        "after {:?}",
        since.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_writes_and_does_not_read_is_cut_off_once_the_connection_closes() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    peer.reads.store(false, Ordering::SeqCst);
    let to = peer.to.take().unwrap();
    to.send(Incoming::Text).unwrap();
    // Until nobody is there to write to.
    let writing = async {
        while to.send(Incoming::Alive).is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let cut_off = async { tokio::join!(peer.served, writing).0 };
    let served = tokio::time::timeout(Limits::DEAD_AFTER, cut_off).await.unwrap();
    assert_eq!(served.unwrap().closed, Some(CloseCode::Malformed));
}

#[tokio::test(start_paused = true)]
async fn an_hour_old_connection_asks_to_resume_with_new_keys() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    let since = Instant::now();
    assert_eq!(peer.closed().await.0, Some(CloseCode::Resume));
    assert_eq!(since.elapsed().as_secs() / 60, 60);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_for_a_while_loses_nothing() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    memory.fail_commits(true);
    let mark = ClientControl::Mark(Mark { at_ms: 1, note: None });
    peer.send(&Prefix::json(Stream::Control, 0, 0), &mark.to_json());
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(memory.record(SESSION).events.is_empty());
    memory.fail_commits(false);
    loop {
        if let ServerEvent::Marked { at_ms, .. } = peer.event().await.unwrap() {
            assert_eq!(at_ms, 1);
            break;
        }
    }
    memory.fail_commits(true);
    peer.send(&Prefix::json(Stream::Control, 1, 0), &mark.to_json());
    assert_eq!(
        peer.closed().await.0,
        Some(CloseCode::Resume),
        "a ledger that fails for good sends its client away"
    );
    assert_eq!(memory.record(SESSION).events.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn consent_withdrawn_in_the_middle_closes_4403_within_a_second() {
    let memory = Memory::default();
    let mut peer = arrive(&memory, 1);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    memory.withdraw_consent();
    let since = Instant::now();
    peer.send(
        &Prefix::json(Stream::Control, 0, 0),
        &ClientControl::ConsentChanged {}.to_json(),
    );
    assert_eq!(peer.closed().await.0, Some(CloseCode::Consent));
    assert!(since.elapsed() <= Duration::from_secs(1));
}

/// Notes of every recognition whether its speech might leave.
struct Noting {
    inner: Tones,
    noted: Arc<Mutex<Vec<bool>>>,
}

impl Recognizer for Noting {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        self.noted.lock().unwrap().push(speech.may_leave);
        self.inner.recognize(speech)
    }
}

/// What is noted while the first thing that is said in a meeting is heard; and after consent has changed to `then`, on the
/// same connection and on the one that takes it up.
async fn noted(at_first: bool, then: bool) -> (Vec<bool>, Vec<bool>) {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let take = || std::mem::take(&mut *noted.lock().unwrap());
    let ears = Noting {
        inner: Tones::default(),
        noted: Arc::clone(&noted),
    };
    let hearing = Hearing::start(Box::new(Loud), [Box::new(ears) as Box<dyn Recognizer>]).unwrap();
    let memory = Memory::default();
    memory.let_audio_leave(at_first);
    let mut peer = Peer::arrive(&memory, &hearing, memory.reserve(SESSION, 1), true);
    peer.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    let tape = opus_tape(&Script::half_a_minute());
    // 2.64 s: one turn of mine and the pause behind it.
    for (prefix, payload) in &tape.frames[..22] {
        peer.send(prefix, payload);
    }
    while !matches!(peer.event().await.unwrap(), ServerEvent::Final(_)) {}
    let before = take();

    memory.let_audio_leave(then);
    peer.to.as_ref().unwrap().send(Incoming::ConsentChanged).unwrap();
    assert_eq!(peer.closed().await.0, Some(CloseCode::Resume));
    let mut next = Peer::arrive(&memory, &hearing, memory.reserve(SESSION, 2), true);
    let welcome = next.greet(&memory, &hello(Codec::Opus, 48_000)).await;
    for (prefix, payload) in &tape.frames {
        if prefix.seq >= welcome.streams.get(&prefix.stream).map_or(0, |place| place.resume_seq) {
            next.send(prefix, payload);
        }
    }
    assert_eq!(next.closed().await.0, Some(CloseCode::Ended));
    (before, take())
}

#[tokio::test]
async fn speech_may_leave_as_long_as_the_person_agrees_and_their_organisation_allows_it() {
    let leaves = |noted: &[bool]| noted.contains(&true);
    for (at_first, then) in [(true, false), (false, true), (false, false)] {
        let (before, after) = noted(at_first, then).await;
        assert!(!before.is_empty() && !after.is_empty());
        assert_eq!((leaves(&before), leaves(&after)), (at_first, then));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_node_gives_up_is_told_within_a_second_while_nobody_sends_and_at_the_last_step_there_is_no_credit() {
    const REACHED_MS: [u64; 8] = [0, 1_000, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000];
    let (go, recognizer) = Held::back();
    let hearing = Hearing::start(Box::new(Loud), [Box::new(recognizer) as Box<dyn Recognizer>]).unwrap();
    let memory = Memory::default();
    let mut peer = Peer::arrive(&memory, &hearing, memory.reserve(SESSION, 1), true);
    peer.greet(&memory, &hello(Codec::PcmS16le, 16_000)).await;
    // Somebody else's: one with the only worker, and one that waits for it.
    let (answers, mut answered) = mpsc::channel(2);
    for from_sample in [0, 16_000] {
        let place = answers.clone().try_reserve_owned().unwrap();
        assert!(hearing.recognize(job(from_sample, Instant::now()), place).is_ok());
    }
    let began = Instant::now();
    let mut told = 0;
    while told < 7 {
        if let ServerEvent::Status {
            step, credit_ms, level, ..
        } = peer.event().await.unwrap()
            && step != told
        {
            let late = began.elapsed() - Duration::from_millis(REACHED_MS[usize::from(step)]);
            assert!(late <= Duration::from_secs(1), "step {step} is told {late:?} late");
            assert_eq!((credit_ms == 0, level == Level::Overloaded), (step == 7, step == 7));
            told = step;
        }
    }
    // The worker takes real time, in which a paused clock would run on until the connection is given up.
    tokio::time::resume();
    go.send(()).unwrap();
    go.send(()).unwrap();
    for _ in 0..2 {
        answered.recv().await.unwrap();
    }
    while told > 0 {
        if let ServerEvent::Status { step, credit_ms, .. } = peer.event().await.unwrap() {
            assert!(step <= told, "{step} after {told}");
            assert_eq!(credit_ms == 0, step == 7);
            told = step;
        }
    }
}

/// With what a recognizer was prompted, what it heard, and whether that may leave.
type Noted = (String, Vec<String>, bool);

/// Notes what it is asked.
struct Notes {
    inner: Tones,
    heard: Arc<Mutex<Vec<Noted>>>,
}

impl Recognizer for Notes {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let recognition = self.inner.recognize(speech)?;
        let words = recognition.words.iter().map(|word| word.text.clone()).collect();
        let noted = (speech.prompt.to_owned(), words, speech.may_leave);
        self.heard.lock().unwrap().push(noted);
        Ok(recognition)
    }
}

#[tokio::test]
async fn a_sessions_glossary_prompts_its_own_finals_and_nothing_else() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    // One worker for all: what it keeps of one session would be there for the next.
    let recognizer = Notes {
        inner: Tones::default(),
        heard: Arc::clone(&heard),
    };
    let hearing = Hearing::start(Box::new(Loud), [Box::new(recognizer) as Box<dyn Recognizer>]).unwrap();
    let memory = Memory::default();
    // Only what decides may leave: that tells finals from partials.
    memory.let_audio_leave(true);
    let meetings: [(u8, &[&str], &str); 3] = [
        (3, &["Kubernetes", "Ada Lovelace"], "Ada Lovelace, Kubernetes."),
        (5, &["Zo\u{eb}"], "Zo\u{eb}."),
        (7, &[], ""),
    ];
    let mut peers = Vec::new();
    for (pitch, glossary, _) in meetings {
        let session = Uuid::from_u128(u128::from(pitch));
        let mut peer = Peer::arrive(&memory, &hearing, memory.reserve(session, 1), true);
        let greeting = Hello {
            glossary: glossary.iter().map(ToString::to_string).collect(),
            ..hello(Codec::PcmS16le, 16_000)
        };
        peer.greet(&memory, &greeting).await;
        let script = Script {
            said: (0..3)
                .map(|turn| {
                    said(
                        Mic,
                        400 + turn * 4_000,
                        &[pitch, pitch + 1, pitch, pitch + 1, pitch + 1],
                    )
                })
                .collect(),
            length_ms: 14_400,
        };
        let mut tape = Tape::of(&script, &[240]);
        tape.end();
        peers.push((peer, tape));
    }
    // Side by side, frame by frame.
    for index in 0..peers[0].1.frames.len() {
        for (peer, tape) in &mut peers {
            let (prefix, payload) = &tape.frames[index];
            peer.send(prefix, payload);
        }
        tokio::task::yield_now().await;
    }
    for (peer, _) in peers {
        assert_eq!(peer.closed().await.0, Some(CloseCode::Ended));
    }
    let heard = heard.lock().unwrap();
    for (pitch, _, prompt) in meetings {
        let own = [format!("w{pitch}"), format!("w{}", pitch + 1)];
        let mut finals = 0;
        // A pass that ends inside a tone may take it for its neighbour: whose it is, most of its words say.
        let are_own = |words: &[String]| words.iter().filter(|word| own.contains(word)).count() * 2 > words.len();
        for (prompted, _, decides) in heard.iter().filter(|(_, words, _)| are_own(words)) {
            assert_eq!(prompted, if *decides { prompt } else { "" });
            finals += usize::from(*decides);
        }
        assert!(finals >= 3, "{finals} of {pitch}");
    }
}
