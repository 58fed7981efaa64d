//! Ears without threads: what is handed over is heard before the call returns. A simulation's time stands still meanwhile, so
//! that the same seed is the same run.

use super::{Answer, Job, NoWords, Step};
use attune_engine::listener::Listener;
use attune_engine::recognize::{Recognizer, Speech};
use attune_engine::speaker::Track;
use attune_engine::voice::{VoiceActivity, VoiceFrame};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::watch;

/// Hears where it is called.
pub(super) struct Here {
    voice: Mutex<Box<dyn VoiceActivity>>,
    words: Mutex<Box<dyn Recognizer>>,
    /// Nothing is ever given up: whoever waits for a change waits for good.
    step: watch::Sender<Step>,
}

impl Here {
    pub(super) fn new(voice: Box<dyn VoiceActivity>, words: Box<dyn Recognizer>) -> Self {
        Self {
            voice: Mutex::new(voice),
            words: Mutex::new(words),
            step: watch::Sender::new(Step::All),
        }
    }

    pub(super) fn steps(&self) -> watch::Receiver<Step> {
        self.step.subscribe()
    }

    pub(super) fn judge(&self, track: Track, mut listener: Box<Listener>, answer: OwnedPermit<Answer>) {
        let mut heard = Vec::new();
        while let Some(samples) = listener.next_frame() {
            let mut frame = [VoiceFrame {
                state: listener.voice_state(),
                samples: &samples,
                probability: 0.0,
            }];
            if lock(&self.voice).detect(&mut frame).is_err() {
                answer.send(Answer::VoiceFailed { track });
                return;
            }
            let [VoiceFrame { probability, .. }] = frame;
            heard.extend(listener.decide(probability));
        }
        answer.send(Answer::Judged {
            track,
            listener,
            heard,
            drained: true,
        });
    }

    pub(super) fn recognize(&self, job: Job, answer: OwnedPermit<Answer>) {
        let recognized = lock(&self.words).recognize(Speech {
            samples: &job.segment.audio,
            prompt: &job.prompt,
            may_leave: job.may_leave.now(),
            cancelled: &|| job.cancel.is_cancelled(),
        });
        answer.send(Answer::Recognized {
            segment: job.segment,
            purpose: job.purpose,
            outcome: recognized.map_err(|_| NoWords::GaveUp),
            took: Duration::ZERO,
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
