//! Ears that hear badly live and well the second time, when they are let: what is as long as only a second pass hears.

use crate::live::Script;
use crate::live::ears;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_ingest::hearing::Hearing;
use attune_models::scripted::Scripted;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// No segment of a talk is as long live.
const LONGER_THAN_LIVE: usize = 10_000 * SAMPLES_PER_MS as usize;

/// The test's hand on the ears.
#[derive(Clone, Default)]
pub struct SecondEars(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    /// Passages that may still be heard.
    allowed: usize,
    /// Words that were heard in passages.
    heard: Vec<String>,
}

impl SecondEars {
    /// Ears that know the script.
    pub fn of(script: &Script) -> (Self, Arc<Hearing>) {
        let hand = Self::default();
        let recognizer = Mishearing {
            knows: script.recognizer(),
            hand: hand.clone(),
        };
        (hand, ears(Box::new(recognizer)))
    }

    /// Lets them hear so many passages more.
    pub fn may_hear(&self, passages: usize) {
        self.0.0.lock().unwrap().allowed += passages;
        self.0.1.notify_all();
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
        if speech.samples.len() <= LONGER_THAN_LIVE {
            let mut heard = self.knows.recognize(speech)?;
            for word in heard.words.iter_mut().filter(|word| word.text == "giraffe") {
                word.text = "draft".into();
            }
            return Ok(heard);
        }
        let (state, let_on) = &*self.hand.0;
        let mut state = state.lock().unwrap();
        loop {
            if (speech.cancelled)() {
                return Err(RecognizeError::Cancelled);
            }
            if state.allowed > 0 {
                state.allowed -= 1;
                break;
            }
            // Whether it is cancelled has to be asked: nobody tells.
            state = let_on.wait_timeout(state, Duration::from_millis(5)).unwrap().0;
        }
        drop(state);
        let heard = self.knows.recognize(speech)?;
        let words = heard.words.iter().map(|word| word.text.clone());
        self.hand.0.0.lock().unwrap().heard.extend(words);
        Ok(heard)
    }
}
