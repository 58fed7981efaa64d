//! The models of a node: Silero, and Whisper in the shapes of `base.en` and `tiny.en` with seeded weights and a script.

use crate::cpu::time_once;
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_engine::voice::VoiceActivity;
use attune_engine::voices::TellsVoices;
use attune_ingest::hearing::Worker;
use attune_models::seeded::{self, Bare, Context, Dims, Script};
use attune_models::{Silero, Store, Whisper};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What every recognizer of a bench is made from.
#[derive(Debug)]
pub struct Models {
    base: Whisper,
    tiny: Whisper,
}

/// Sound that a recognizer was given.
#[derive(Debug, Clone)]
pub struct Clip {
    /// 16 kHz; empty where its recognition was stopped.
    pub samples: Arc<[i16]>,
    /// What whisper.cpp alone took for it on the same thread just before or afterwards, where it was asked: processor time.
    pub bare: Duration,
}

/// Notes what it is given, and recognises it.
struct Noting {
    inner: Whisper,
    bare: Option<Bare>,
    bare_first: bool,
    clips: Arc<Mutex<Vec<Clip>>>,
}

impl Models {
    /// Writes the weights and loads them.
    ///
    /// # Panics
    /// Where there is no room for them.
    pub fn load() -> Self {
        let folder = tempfile::tempdir().expect("a place for the weights");
        let whisper = |name: &str, dims| {
            let path = folder.path().join(format!("ggml-{name}.bin"));
            seeded::write(&path, dims, 1).expect("room for the weights");
            let whisper = Whisper::load(&path).expect("what was written loads");
            whisper.following(Script::paced())
        };
        let (base, tiny) = (whisper("base.en", Dims::BASE), whisper("tiny.en", Dims::TINY));
        Self { base, tiny }
    }

    /// Voice activity.
    ///
    /// # Panics
    /// Where it was not fetched.
    pub fn voice() -> Box<dyn VoiceActivity> {
        Box::new(Silero::load(&Store::open()).expect("`attune models fetch --required` gets what this needs"))
    }

    /// A worker that writes finals with `base.en` and partials with `tiny.en`. What `base.en` is given goes to `clips`; with
    /// `twin`, whisper.cpp alone decodes it too.
    ///
    /// # Panics
    /// Where there is no memory for its states.
    pub fn worker(&self, clips: &Arc<Mutex<Vec<Clip>>>, twin: bool) -> Worker {
        let another = |whisper: &Whisper| whisper.another().expect("memory for a worker");
        Worker {
            words: Box::new(Noting {
                inner: another(&self.base),
                bare: twin.then(|| self.bare()),
                bare_first: false,
                clips: Arc::clone(clips),
            }),
            quick: Some(Box::new(another(&self.tiny))),
            voices: TellsVoices::default(),
        }
    }

    /// whisper.cpp alone, with the weights of `base.en`.
    ///
    /// # Panics
    /// Where there is no memory for its state.
    pub fn bare(&self) -> Bare {
        self.base.bare(Script::paced()).expect("memory for its state")
    }
}

impl Noting {
    /// What whisper.cpp alone takes for `samples`, where it is asked.
    fn alone(&mut self, samples: &[i16]) -> Duration {
        let Some(bare) = &mut self.bare else {
            return Duration::ZERO;
        };
        let (decoded, took) = time_once(|| bare.decode(samples, Context::Trimmed));
        assert!(decoded.is_ok(), "whisper.cpp decodes what the recognizer does");
        took
    }
}

impl Recognizer for Noting {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        // Whoever comes second finds some of the weights in the caches.
        self.bare_first = !self.bare_first;
        let first = self.bare_first.then(|| self.alone(speech.samples));
        let recognized = self.inner.recognize(speech);
        let bare = first.unwrap_or_else(|| self.alone(speech.samples));
        let samples = if recognized.is_ok() { speech.samples } else { &[] };
        let mut clips = self.clips.lock().unwrap_or_else(PoisonError::into_inner);
        clips.push(Clip {
            samples: samples.into(),
            bare,
        });
        recognized
    }
}
