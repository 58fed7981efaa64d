//! The threads that hear: what models do wrong is an answer, never a silence.

use crate::meeting::{Loud, Tones};
use attune_engine::listener::{Heard, Listener, Segment};
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use attune_engine::voice::{VoiceActivity, VoiceError, VoiceFrame};
use attune_ingest::hearing::{Answer, Hearing, HearingError, Job, MayLeave, NoWords, Purpose, Worker};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn segment(from_sample: u64) -> Box<Segment> {
    Box::new(Segment {
        id: SegmentId::new(Track::Mic, from_sample),
        track: Track::Mic,
        from_sample,
        to_sample: from_sample + 1_600,
        audio: vec![0; 1_600],
        audio_from_sample: from_sample,
        context: 0,
        voiced: vec![(from_sample, from_sample + 1_600)],
        voice: 0.9,
        flags: Vec::new(),
    })
}

/// A tenth of a second to recognise, for nobody in particular.
pub fn job(from_sample: u64, due: Instant) -> Job {
    Job {
        session: Uuid::nil(),
        segment: segment(from_sample),
        purpose: Purpose::Final,
        due,
        prompt: String::new(),
        may_leave: MayLeave::never(),
        cancel: CancellationToken::new(),
    }
}

fn tones() -> Box<dyn Recognizer> {
    Box::new(Tones::default())
}

/// Fails or panics the first times it is asked, and counts.
struct Flawed {
    inner: Tones,
    calls: Arc<AtomicUsize>,
    fails: usize,
    panics: bool,
}

impl Recognizer for Flawed {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        if self.calls.fetch_add(1, Ordering::SeqCst) < self.fails {
            assert!(!self.panics, "a runtime that trips");
            return Err(RecognizeError::Failed {
                recognizer: "flawed",
                reason: "told to".into(),
            });
        }
        self.inner.recognize(speech)
    }
}

async fn outcome_with(fails: usize, panics: bool, workers: usize) -> (Result<Recognition, NoWords>, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let recognizers: Vec<_> = (0..workers)
        .map(|_| {
            let calls = Arc::clone(&calls);
            let inner = Tones::default();
            Box::new(Flawed {
                inner,
                calls,
                fails,
                panics,
            }) as Box<dyn Recognizer>
        })
        .collect();
    let hearing = Hearing::start(Box::new(Loud), recognizers).unwrap();
    let (answers, mut answered) = mpsc::channel(1);
    let place = answers.try_reserve_owned().unwrap();
    assert!(hearing.recognize(job(0, Instant::now()), place).is_ok());
    match answered.recv().await.unwrap() {
        Answer::Recognized { outcome, .. } => (outcome, calls.load(Ordering::SeqCst)),
        _ => panic!("a segment was asked for"),
    }
}

#[tokio::test]
async fn a_failed_segment_gets_one_more_try_and_is_then_given_up() {
    for panics in [false, true] {
        for workers in [1, 2] {
            let (outcome, calls) = outcome_with(1, panics, workers).await;
            assert!(outcome.is_ok(), "panics {panics}, {workers} workers");
            assert_eq!(calls, 2);
            let (outcome, calls) = outcome_with(usize::MAX, panics, workers).await;
            assert_eq!(outcome, Err(NoWords::GaveUp), "panics {panics}, {workers} workers");
            assert_eq!(calls, 2);
        }
    }
}

/// Waits to be let go, and notes what it was given.
pub struct Held {
    inner: Tones,
    go: std_mpsc::Receiver<()>,
    done: Arc<Mutex<Vec<usize>>>,
}

impl Held {
    /// One that waits, and what lets it go on, once for each segment.
    pub fn back() -> (std_mpsc::Sender<()>, Self) {
        let (go, held) = std_mpsc::channel();
        let held = Self {
            inner: Tones::default(),
            go: held,
            done: Arc::default(),
        };
        (go, held)
    }
}

impl Recognizer for Held {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        self.go.recv().unwrap();
        self.done.lock().unwrap().push(speech.samples.len());
        Ok(Recognition::default())
    }
}

#[tokio::test]
async fn the_segment_that_is_due_first_is_next_and_nobody_waits_for_a_cancelled_one() {
    let (go, recognizer) = Held::back();
    let done = Arc::clone(&recognizer.done);
    let hearing = Hearing::start(Box::new(Loud), [Box::new(recognizer) as Box<dyn Recognizer>]).unwrap();
    let (answers, mut answered) = mpsc::channel(8);
    let now = Instant::now();
    // The first occupies the worker; of the others, the lengths say which is which.
    for (length, due_ms, cancelled) in [
        (1_000, 0, false),
        (1_003, 300, false),
        (1_001, 100, false),
        (1_004, 50, true),
        (1_002, 200, false),
    ] {
        let mut next = job(length, now + Duration::from_millis(due_ms));
        next.segment.audio = vec![0; length as usize];
        if cancelled {
            next.cancel.cancel();
        }
        assert!(
            hearing
                .recognize(next, answers.clone().try_reserve_owned().unwrap())
                .is_ok()
        );
        while length == 1_000 && hearing.waiting() > 0 {
            tokio::task::yield_now().await;
        }
    }
    // The cancelled one is told so without having been recognised.
    for _ in 0..4 {
        go.send(()).unwrap();
    }
    let mut stopped = 0;
    for _ in 0..5 {
        match answered.recv().await {
            Some(Answer::Recognized { outcome, .. }) => stopped += u32::from(outcome == Err(NoWords::Stopped)),
            _ => panic!("a segment was asked for"),
        }
    }
    assert_eq!(stopped, 1);
    assert_eq!(*done.lock().unwrap(), [1_000, 1_001, 1_002, 1_003]);
}

/// Refuses batches of more than one, and any frame that is very loud.
struct Picky {
    panics: bool,
}

impl VoiceActivity for Picky {
    fn name(&self) -> &str {
        "picky"
    }

    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        let bad = batch.iter().any(|frame| frame.samples[0] > 0.9);
        if bad {
            assert!(!self.panics, "a runtime that trips");
            return Err(VoiceError("too loud".into()));
        }
        Loud.detect(batch)
    }
}

fn listener(track: Track, level: i16) -> Box<Listener> {
    let mut listener = Box::new(Listener::new(track, 0));
    let sound: Vec<i16> = (0..16_000).map(|i| if i % 2 == 0 { level } else { -level }).collect();
    listener.push(&sound);
    listener.push(&[0; 16_000]);
    listener
}

#[tokio::test]
async fn a_track_that_voice_activity_fails_on_takes_no_other_with_it() {
    for panics in [false, true] {
        let hearing = Hearing::start(Box::new(Picky { panics }), [tones()]).unwrap();
        let (answers, mut answered) = mpsc::channel(2);
        for (track, level) in [(Track::Mic, 8_000), (Track::Tab, 32_000)] {
            let place = answers.clone().try_reserve_owned().unwrap();
            assert!(hearing.judge(track, listener(track, level), place).is_ok());
        }
        let mut failed = Vec::new();
        let mut segments = 0;
        while let Some(answer) = answered.recv().await {
            match answer {
                Answer::VoiceFailed { track } => failed.push(track),
                Answer::Judged {
                    track,
                    listener,
                    heard,
                    drained,
                } => {
                    assert_eq!(track, Track::Mic);
                    segments += heard.iter().filter(|heard| matches!(heard, Heard::Segment(_))).count();
                    if !drained {
                        let place = answers.clone().try_reserve_owned().unwrap();
                        assert!(hearing.judge(track, listener, place).is_ok());
                        continue;
                    }
                }
                Answer::Recognized { .. } => panic!("no segment was handed over"),
            }
            if failed.len() + segments >= 2 {
                break;
            }
        }
        assert_eq!(failed, [Track::Tab], "panics {panics}");
        assert_eq!(segments, 1);
    }
}

/// A listener at the end of all numbers: its arithmetic overflows at its last frame.
fn doomed(track: Track) -> Box<Listener> {
    let mut listener = Box::new(Listener::new(track, u64::MAX - 16_000));
    listener.push(&[0; 16_000]);
    listener
}

#[tokio::test]
async fn a_listener_that_panics_takes_no_other_with_it() {
    let hearing = Hearing::start(Box::new(Loud), [tones()]).unwrap();
    let (answers, mut answered) = mpsc::channel(1);
    let place = answers.clone().try_reserve_owned().unwrap();
    assert!(hearing.judge(Track::Tab, doomed(Track::Tab), place).is_ok());
    let answer = answered.recv().await.unwrap();
    assert!(matches!(answer, Answer::VoiceFailed { track: Track::Tab }));
    let place = answers.try_reserve_owned().unwrap();
    assert!(hearing.judge(Track::Mic, listener(Track::Mic, 8_000), place).is_ok());
    assert!(matches!(answered.recv().await, Some(Answer::Judged { .. })));
    assert!(!hearing.is_overloaded());
}

/// Panics with something that panics once more when it is thrown away, which nothing catches.
struct Fatal;

impl Drop for Fatal {
    fn drop(&mut self) {
        panic!("a runtime that cannot even trip");
    }
}

struct Dies;

impl VoiceActivity for Dies {
    fn name(&self) -> &str {
        "fatal"
    }

    fn detect(&mut self, _: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        std::panic::panic_any(Fatal)
    }
}

#[tokio::test]
async fn voice_activity_that_is_gone_is_an_answer_and_lets_nobody_in() {
    let hearing = Hearing::start(Box::new(Dies), [tones()]).unwrap();
    let (answers, mut answered) = mpsc::channel(1);
    for _ in 0..2 {
        let place = answers.clone().try_reserve_owned().unwrap();
        assert!(hearing.judge(Track::Mic, listener(Track::Mic, 8_000), place).is_ok());
        let answer = answered.recv().await.unwrap();
        assert!(matches!(answer, Answer::VoiceFailed { track: Track::Mic }));
    }
    while !hearing.is_overloaded() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_is_noticed_while_every_worker_is_busy_and_nothing_new_comes() {
    let (_go, recognizer) = Held::back();
    let hearing = Hearing::start(Box::new(Loud), [Box::new(recognizer) as Box<dyn Recognizer>]).unwrap();
    let (answers, _answered) = mpsc::channel(2);
    let mut steps = hearing.steps();
    for from_sample in [0, 16_000] {
        let place = answers.clone().try_reserve_owned().unwrap();
        assert!(hearing.recognize(job(from_sample, Instant::now()), place).is_ok());
    }
    for (after_ms, step) in [(900, 0), (100, 1), (1_000, 2), (10_000, 7)] {
        tokio::time::advance(Duration::from_millis(after_ms)).await;
        assert_eq!(hearing.step().number(), step, "{after_ms} ms later");
        assert_eq!(steps.has_changed().unwrap(), step > 0);
        steps.mark_unchanged();
    }
}

#[test]
fn hearing_without_a_recognizer_does_not_start() {
    let started = Hearing::start(Box::new(Loud), Vec::<Worker>::new());
    assert!(matches!(started, Err(HearingError::NoRecognizer)));
}
