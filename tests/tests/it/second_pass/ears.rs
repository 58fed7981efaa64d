//! Ears that hear badly live and well the second time, when they are let: what is as long as only a second pass hears.

use crate::live::{Loudness, Script};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::listener::Segment;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use attune_ingest::hearing::{Hearing, Job, MayLeave, Purpose};
use attune_models::scripted::Scripted;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// No segment of a talk is as long live.
const LONGER_THAN_LIVE: usize = 10_000 * SAMPLES_PER_MS as usize;
/// Nothing that is said is as short: a worker that gets it is held up until its hold is let go.
const HOLD: usize = SAMPLES_PER_MS as usize;

/// With so many a passage is heard at once where nobody is heard live: more than half of them are idle.
pub const WORKERS: usize = 3;

/// Whether something is cancelled has to be asked: nobody tells.
const ASKS_AGAIN: Duration = Duration::from_millis(5);

/// The test's hand on the ears.
#[derive(Clone, Default)]
pub struct SecondEars(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    /// Passages that may still be heard.
    allowed: usize,
    /// Words that were heard in passages.
    heard: Vec<String>,
    /// Of each passage that was begun: whether it might leave.
    might_leave: Vec<bool>,
}

/// Holds a worker up as long as it is there.
pub struct Hold(CancellationToken);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl SecondEars {
    /// Ears that know the script.
    pub fn of(script: &Script) -> (Self, Arc<Hearing>) {
        let hand = Self::default();
        let recognizers = (0..WORKERS).map(|_| {
            Box::new(Mishearing {
                knows: script.recognizer(),
                hand: hand.clone(),
            })
        });
        let hearing = Hearing::start(Box::new(Loudness), recognizers);
        (hand, hearing.expect("the hearing threads start"))
    }

    /// Holds one of the workers up.
    pub fn hold(hearing: &Hearing) -> Hold {
        let hold = Hold(CancellationToken::new());
        let segment = Segment {
            id: SegmentId::new(Track::Tab, 0),
            track: Track::Tab,
            from_sample: 0,
            to_sample: HOLD as u64,
            audio: vec![0; HOLD],
            audio_from_sample: 0,
            context: 0,
            voiced: Vec::new(),
            voice: 1.0,
            flags: Vec::new(),
        };
        let job = Job {
            session: Uuid::now_v7(),
            segment: Box::new(segment),
            purpose: Purpose::Final,
            due: Instant::now(),
            prompt: String::new(),
            may_leave: MayLeave::never(),
            cancel: hold.0.clone(),
        };
        let (answers, _answered) = mpsc::channel(1);
        let place = answers.try_reserve_owned().unwrap();
        assert!(hearing.recognize(job, place).is_ok());
        hold
    }

    /// Lets them hear so many passages more.
    pub fn may_hear(&self, passages: usize) {
        self.0.0.lock().unwrap().allowed += passages;
        self.0.1.notify_all();
    }

    /// Of each passage that they have begun to hear: whether it might leave for a recognizer elsewhere.
    pub fn might_leave(&self) -> Vec<bool> {
        self.0.0.lock().unwrap().might_leave.clone()
    }

    /// The words that they have heard in passages.
    pub fn heard(&self) -> Vec<String> {
        self.0.0.lock().unwrap().heard.clone()
    }
}

struct Mishearing {
    knows: Scripted,
    hand: SecondEars,
}

impl Recognizer for Mishearing {
    fn info(&self) -> &RecognizerInfo {
        self.knows.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        if speech.samples.len() == HOLD {
            while !(speech.cancelled)() {
                std::thread::sleep(ASKS_AGAIN);
            }
            return Err(RecognizeError::Cancelled);
        }
        if speech.samples.len() <= LONGER_THAN_LIVE {
            let mut heard = self.knows.recognize(speech)?;
            for word in heard.words.iter_mut().filter(|word| word.text == "giraffe") {
                word.text = "draft".into();
            }
            return Ok(heard);
        }
        let (state, let_on) = &*self.hand.0;
        let mut state = state.lock().unwrap();
        state.might_leave.push(speech.may_leave);
        loop {
            if (speech.cancelled)() {
                return Err(RecognizeError::Cancelled);
            }
            if state.allowed > 0 {
                state.allowed -= 1;
                break;
            }
            state = let_on.wait_timeout(state, ASKS_AGAIN).unwrap().0;
        }
        drop(state);
        let heard = self.knows.recognize(speech)?;
        let words = heard.words.iter().map(|word| word.text.clone());
        self.hand.0.0.lock().unwrap().heard.extend(words);
        Ok(heard)
    }
}
