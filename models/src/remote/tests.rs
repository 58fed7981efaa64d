//! What leaves, what does not, and who writes the words when the server does not: over the protocol that is simplest to
//! serve.

use super::breaker::Clock;
use super::serving::{Reply, Serving};
use super::*;
use attune_engine::recognize::RecognizedWord;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const KEY: &str = "sk-never-shown-1234";
const HEARD: &str =
    r#"{"text":"Over there.","words":[{"word":"Over","start":0.1,"end":0.3},{"word":"there","start":0.3,"end":0.6}]}"#;

/// A recognizer of this machine that hears "here".
struct Here {
    info: RecognizerInfo,
    asked: Arc<AtomicUsize>,
}

impl Recognizer for Here {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, _: Speech<'_>) -> Result<Recognition, RecognizeError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let words = vec![RecognizedWord {
            text: "here".into(),
            start_ms: 0,
            end_ms: 100,
            confidence: 0.9,
        }];
        Ok(Recognition {
            words,
            ..Recognition::default()
        })
    }
}

/// A remote recognizer that asks `address`, and how often the local one was asked instead.
pub(super) fn remote(base: &str, timeout: Duration, clock: Clock) -> (Remote, Arc<AtomicUsize>) {
    let settings = RemoteSettings {
        key: Some(KEY.into()),
        model: Some("large".into()),
        timeout,
        ..RemoteSettings::at(base.parse().unwrap())
    };
    let asked = Arc::new(AtomicUsize::new(0));
    let info = RecognizerInfo {
        name: "here".into(),
        version: "1".into(),
        model: "small".into(),
        languages: vec!["en".into()],
        writes_fillers: true,
        weakness: String::new(),
    };
    let here = Here {
        info,
        asked: Arc::clone(&asked),
    };
    let line = Line::with_clock(settings, clock).unwrap();
    (Remote::over(line, Box::new(here)), asked)
}

/// Long enough that no machine is too slow for it: tests that wait for a deadline set their own.
pub(super) const AMPLE: Duration = Duration::from_secs(60);

pub(super) fn asking(serving: &Serving) -> (Remote, Arc<AtomicUsize>) {
    remote(&format!("http://{}/v1", serving.address), AMPLE, Arc::new(Instant::now))
}

pub(super) fn leaving(samples: &[i16]) -> Speech<'_> {
    Speech {
        may_leave: true,
        ..Speech::of(samples)
    }
}

pub(super) fn text_of(recognition: &Recognition) -> String {
    let words: Vec<&str> = recognition.words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

/// Who wrote the words of a second that may leave: the local recognizer is named, the one that was asked is not.
fn heard_by(remote: &mut Remote) -> (String, Option<String>) {
    let recognition = remote.recognize(leaving(&[0; 16_000])).unwrap();
    (text_of(&recognition), recognition.made_by)
}

fn over_there() -> (String, Option<String>) {
    ("Over there.".into(), None)
}

fn here() -> (String, Option<String>) {
    ("here".into(), Some("here/small".into()))
}

#[test]
fn what_may_leave_is_heard_elsewhere() {
    let serving = Serving::http(|_| Reply::json(200, HEARD));
    let (mut remote, asked) = asking(&serving);
    assert_eq!(heard_by(&mut remote), over_there());
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let info = remote.info();
    assert_eq!(
        (info.label().as_str(), info.version.as_str()),
        ("remote/large", "openai")
    );
    assert!(info.weakness.contains("here/small") && info.weakness.contains("127.0.0.1"));
}

#[test]
fn what_may_not_leave_is_heard_here_and_no_connection_is_made() {
    let serving = Serving::http(|_| Reply::json(200, HEARD));
    let (mut remote, _) = asking(&serving);
    for _ in 0..3 {
        let recognition = remote.recognize(Speech::of(&[0; 16_000])).unwrap();
        assert_eq!((text_of(&recognition), recognition.made_by), here());
    }
    assert_eq!(serving.seen.connections(), 0);
}

type MakeReply = fn() -> Reply;

#[test]
fn an_answer_that_is_none_is_made_up_for_here() {
    let wrong: [(&str, MakeReply); 9] = [
        ("a failure", || {
            Reply::json(500, r#"{"error":{"message":"out of memory"}}"#)
        }),
        ("a refusal", || {
            Reply::json(401, r#"{"error":{"message":"wrong key sk-never-shown-1234"}}"#)
        }),
        ("another type", || {
            Reply::whole(200, "text/html", "<html>welcome</html>")
        }),
        ("another shape", || Reply::json(200, r#"{"text":["Over","there"]}"#)),
        ("half of it", || {
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"text\":\"Over".to_vec())
        }),
        ("no HTTP", || Reply::Raw(b"220 smtp.example ESMTP\r\n".to_vec())),
        ("nothing", || Reply::Raw(Vec::new())),
        ("too much, as announced", || {
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n".to_vec())
        }),
        ("too much, piece by piece", || {
            let mut reply = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
            for _ in 0..40 {
                write!(reply, "{:x}\r\n{}\r\n", 32_768, " ".repeat(32_768)).unwrap();
            }
            Reply::Raw(reply)
        }),
    ];
    for (what, reply) in wrong {
        let serving = Serving::http(move |_| reply());
        let (mut remote, _) = asking(&serving);
        assert_eq!(heard_by(&mut remote), here(), "{what}");
        assert_eq!(serving.seen.requests().len(), 1, "{what}");
    }
}

#[test]
fn each_wrong_answer_is_told_by_its_kind() {
    let failure = |reply: fn() -> Reply| {
        let serving = Serving::http(move |_| reply());
        let (remote, _) = asking(&serving);
        remote.line.ask(&leaving(&[0; 16_000])).unwrap_err()
    };
    assert_eq!(failure(|| Reply::json(503, "")), RemoteFailure::Refused(503));
    assert_eq!(failure(|| Reply::json(200, "{}")), RemoteFailure::Malformed);
    assert!(matches!(
        failure(|| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n".to_vec())),
        RemoteFailure::TooLarge(_)
    ));
    assert_eq!(
        failure(|| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec())),
        RemoteFailure::BrokeOff
    );
}

#[test]
fn audio_follows_no_redirect() {
    let elsewhere = Serving::http(|_| Reply::json(200, HEARD));
    let address = elsewhere.address;
    let serving = Serving::http(move |_| {
        let head = format!(
            "HTTP/1.1 307 Moved\r\nlocation: http://{address}/v1/audio/transcriptions\r\ncontent-length: 0\r\n\r\n"
        );
        Reply::Raw(head.into_bytes())
    });
    let (mut remote, _) = asking(&serving);
    assert_eq!(heard_by(&mut remote), here());
    assert_eq!(elsewhere.seen.connections(), 0);
}

#[test]
fn an_answer_that_is_late_is_not_waited_for() {
    let serving = Serving::http(|_| Reply::Never);
    let timeout = Duration::from_millis(100);
    let (mut remote, _) = remote(
        &format!("http://{}/v1", serving.address),
        timeout,
        Arc::new(Instant::now),
    );
    assert_eq!(heard_by(&mut remote), here());
    assert_eq!(
        remote.line.ask(&leaving(&[0; 16_000])).unwrap_err(),
        RemoteFailure::Late(timeout)
    );
}

#[test]
fn nobody_there_is_made_up_for_here() {
    let (mut remote, _) = remote("http://127.0.0.1:9/v1", AMPLE, Arc::new(Instant::now));
    assert_eq!(heard_by(&mut remote), here());
    assert_eq!(remote.line.reach(), Err(RemoteFailure::Unreachable));
}

#[test]
fn a_server_that_keeps_failing_is_left_alone_and_asked_again_after_a_while() {
    let serving = Serving::http(|number| match number {
        0..3 => Reply::json(500, "{}"),
        _ => Reply::json(200, HEARD),
    });
    let now = Arc::new(Mutex::new(Instant::now()));
    let read = Arc::clone(&now);
    let clock: Clock = Arc::new(move || *read.lock().unwrap());
    let (mut remote, _) = remote(&format!("http://{}/v1", serving.address), AMPLE, clock);
    for _ in 0..10 {
        assert_eq!(heard_by(&mut remote), here());
    }
    assert_eq!(serving.seen.requests().len(), 3, "asked while it should be left alone");
    *now.lock().unwrap() += Duration::from_secs(15);
    assert_eq!(heard_by(&mut remote), over_there());
    assert_eq!(heard_by(&mut remote), over_there());
    assert_eq!(serving.seen.requests().len(), 5);
}

#[test]
fn words_that_nobody_waits_for_are_made_by_nobody() {
    let serving = Serving::http(|_| Reply::Never);
    let (mut remote, asked) = asking(&serving);
    let gone = AtomicBool::new(false);
    let cancelled = || gone.swap(true, Ordering::SeqCst);
    let speech = Speech {
        cancelled: &cancelled,
        ..leaving(&[0; 16_000])
    };
    assert!(matches!(remote.recognize(speech), Err(RecognizeError::Cancelled)));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn too_little_to_be_a_word_is_not_sent() {
    let serving = Serving::http(|_| Reply::json(200, HEARD));
    let (mut remote, _) = asking(&serving);
    let recognition = remote.recognize(leaving(&[0; 1_599])).unwrap();
    assert_eq!((text_of(&recognition), recognition.made_by), here());
    assert_eq!(serving.seen.connections(), 0);
}

#[test]
fn workers_that_share_a_line_share_what_is_known_of_the_server() {
    let serving = Serving::http(|_| Reply::json(500, "{}"));
    let (mut one, _) = asking(&serving);
    let mut other = Remote::over(
        Arc::clone(&one.line),
        Box::new(Here {
            info: one.local.info().clone(),
            asked: Arc::default(),
        }),
    );
    for _ in 0..3 {
        heard_by(&mut one);
        heard_by(&mut other);
    }
    assert_eq!(serving.seen.requests().len(), 3);
}

#[test]
fn whether_it_is_there_and_takes_the_key_is_asked_without_audio() {
    let serving = Serving::http(|number| match number {
        0 => Reply::json(200, r#"{"data":[]}"#),
        1 => Reply::json(404, ""),
        _ => Reply::json(401, ""),
    });
    let (remote, _) = asking(&serving);
    assert_eq!(remote.line.reach(), Ok(()));
    assert_eq!(remote.line.reach(), Ok(()), "a server without a list of models");
    assert_eq!(remote.line.reach(), Err(RemoteFailure::Refused(401)));
    assert!(serving.seen.requests()[0].starts_with(b"GET /v1/models HTTP/1.1\r\n"));
}

/// Somewhere to write a log to.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn neither_the_key_nor_what_the_server_wrote_is_shown_or_logged() {
    let serving = Serving::http(|_| {
        Reply::json(
            401,
            r#"{"error":{"message":"no such key: sk-never-shown-1234, heard: secret plans"}}"#,
        )
    });
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let shown = tracing::subscriber::with_default(subscriber, || {
        let (mut remote, _) = asking(&serving);
        heard_by(&mut remote);
        // Another test that warned for the first time just now may have settled, for all threads, that nobody listens.
        tracing::callsite::rebuild_interest_cache();
        for _ in 0..3 {
            heard_by(&mut remote);
        }
        let failure = remote.line.ask(&leaving(&[0; 16_000])).unwrap_err();
        format!("{remote:?} {:?} {failure} {failure:?}", remote.line)
    });
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("decoding here") && logged.contains("it answered 401"),
        "{logged}"
    );
    for text in [logged, shown] {
        assert!(
            !text.contains("never-shown") && !text.contains("secret plans"),
            "{text}"
        );
    }
}

#[test]
fn a_key_that_no_header_takes_is_refused_and_not_repeated() {
    let settings = RemoteSettings {
        key: Some("sk-\nnever-shown".into()),
        ..RemoteSettings::at("http://127.0.0.1:9/v1".parse().unwrap())
    };
    let shown = format!("{settings:?}");
    let error = Line::open(settings).unwrap_err();
    assert!(!format!("{shown} {error} {error:?}").contains("never-shown"));
}
