//! Which recognizer runs: what the person asked for, or else the best that this machine has.

use crate::onnx::OnnxError;
use crate::remote::{Line, LineError, Remote, RemoteSettings};
use crate::scripted::{ScriptError, Scripted};
use crate::sphinx::{Sphinx, SphinxError};
use crate::store::{Missing, Store};
use crate::{Silero, Whisper, whisper::WhisperError};
use attune_engine::recognize::{Recognizer, RecognizerInfo};
use attune_engine::voice::VoiceActivity;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Whisper's models, best first.
const WHISPER_MODELS: [&str; 2] = ["whisper-base.en", "whisper-tiny.en"];

/// What `--recognizer` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// Whisper if its weights are here, PocketSphinx if not; behind a server elsewhere, if the settings name one.
    #[default]
    Auto,
    /// Whisper, with the best weights that are here.
    Whisper,
    /// Whisper, with the weights in this file: `whisper:PATH`.
    WhisperFile(PathBuf),
    /// PocketSphinx.
    Sphinx,
    /// The server in the settings, with the best of this machine behind it.
    Remote,
    /// No ears at all: the words of a script, `scripted:PATH`, wherever its sound is played. For who measures a server;
    /// nobody is told of it who looks for a recognizer.
    Scripted(PathBuf),
}

/// A name that is no recognizer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no recognizer {0:?}: choose auto, whisper, whisper:PATH, sphinx or remote")]
pub struct UnknownChoice(String);

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "auto" => Ok(Self::Auto),
            "whisper" => Ok(Self::Whisper),
            "sphinx" => Ok(Self::Sphinx),
            "remote" => Ok(Self::Remote),
            _ => match text.split_once(':') {
                Some(("whisper", path)) if !path.is_empty() => Ok(Self::WhisperFile(path.into())),
                Some(("scripted", path)) if !path.is_empty() => Ok(Self::Scripted(path.into())),
                _ => Err(UnknownChoice(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Whisper => f.write_str("whisper"),
            Self::WhisperFile(path) => write!(f, "whisper:{}", path.display()),
            Self::Sphinx => f.write_str("sphinx"),
            Self::Remote => f.write_str("remote"),
            Self::Scripted(path) => write!(f, "scripted:{}", path.display()),
        }
    }
}

/// What is wanted of [`recognizers`].
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Which recognizer.
    pub choice: Choice,
    /// For how many threads; at least one.
    pub workers: usize,
    /// Whether text is shown while somebody still speaks: then there is a [`Worker::quick`] where one saves time.
    pub partials: bool,
    /// The server of the settings; none where they name none.
    pub remote: Option<RemoteSettings>,
}

/// What one worker thread decodes with.
pub struct Worker {
    /// Writes the words that last.
    pub full: Box<dyn Recognizer>,
    /// Writes what is shown meanwhile and never kept, in less time; none where nothing here is quicker than `full`.
    ///
    /// Beside `base.en` it is `tiny.en`, where its weights are here: 75 MB of weights, once, and 60 MB for each worker.
    /// Beside PocketSphinx it is another decoder that searches less, 105 MB for each worker.
    pub quick: Option<Box<dyn Recognizer>>,
}

/// Recognizers for every worker.
pub struct Recognizers {
    /// What writes the words; the same for all.
    pub info: RecognizerInfo,
    /// One per thread.
    pub workers: Vec<Worker>,
    /// The host that audio goes to where it may leave this machine; none where it never does.
    pub elsewhere: Option<String>,
    /// One line for the person, where it is not what they would expect: why it fell back, or where audio may go.
    pub note: Option<String>,
}

impl Recognizers {
    /// Those that write the words that last, for work that shows nothing meanwhile.
    pub fn into_full(self) -> Vec<Box<dyn Recognizer>> {
        self.workers.into_iter().map(|worker| worker.full).collect()
    }
}

impl fmt::Debug for Recognizers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recognizers")
            .field("info", &self.info)
            .field("workers", &self.workers.len())
            .field("note", &self.note)
            .finish()
    }
}

/// Nothing here can turn speech into words.
#[derive(Debug, thiserror::Error)]
pub enum NoRecognizer {
    /// Whisper was asked for and its weights are not here.
    #[error("whisper has no weights on this machine")]
    NoWeights(#[source] Missing),
    /// Whisper was asked for and does not load.
    #[error("whisper does not start")]
    Whisper(#[from] WhisperError),
    /// PocketSphinx does not load.
    #[error("sphinx does not start")]
    Sphinx(#[from] SphinxError),
    /// A remote recognizer was asked for and the settings name none.
    #[error("no remote recognizer is set up: STT_BASE_URL says where one is")]
    NoServer,
    /// The way to the remote recognizer cannot be made ready.
    #[error("the remote recognizer does not start")]
    Line(#[from] LineError),
    /// A script was asked for that cannot be followed.
    #[error("the scripted recognizer does not start")]
    Script(#[from] ScriptError),
}

/// No voice activity: nothing can be heard.
#[derive(Debug, thiserror::Error)]
#[error("voice activity does not start")]
pub struct NoVoice(#[from] OnnxError);

/// The recognizers that are wanted. Loads models: takes a second or so.
///
/// # Errors
/// When what was asked for, or all that there is, does not start.
pub fn recognizers(store: &Store, wanted: &Wanted) -> Result<Recognizers, NoRecognizer> {
    match &wanted.choice {
        Choice::Remote => remote(store, wanted, wanted.remote.as_ref().ok_or(NoRecognizer::NoServer)?),
        Choice::Sphinx => sphinx(wanted, None),
        Choice::Scripted(path) => Ok(scripted(&Scripted::load(path)?, path, wanted)),
        Choice::WhisperFile(path) => Ok(whisper(Whisper::load(path)?, None, wanted)?),
        Choice::Whisper => {
            let path = weights(store).map_err(NoRecognizer::NoWeights)?;
            Ok(whisper(Whisper::load(&path)?, quicker(store, &path), wanted)?)
        }
        Choice::Auto => match &wanted.remote {
            Some(server) => remote(store, wanted, server),
            None => local(store, wanted),
        },
    }
}

/// The best of this machine.
fn local(store: &Store, wanted: &Wanted) -> Result<Recognizers, NoRecognizer> {
    match weights(store) {
        Err(_) => sphinx(wanted, Some("the weights of whisper are not on this machine")),
        Ok(path) => match Whisper::load(&path) {
            Ok(first) => Ok(whisper(first, quicker(store, &path), wanted)?),
            Err(error) => sphinx(wanted, Some(&error.to_string())),
        },
    }
}

/// A server elsewhere, and the best of this machine for what it may not hear or does not answer. What is shown while
/// somebody speaks is decoded here alone: it is thrown away, and not worth sending.
fn remote(store: &Store, wanted: &Wanted, server: &RemoteSettings) -> Result<Recognizers, NoRecognizer> {
    let local = local(store, wanted)?;
    let line = Line::open(server.clone())?;
    let here = local.info.label();
    let over = |worker: Worker| Worker {
        full: Box::new(Remote::over(Arc::clone(&line), worker.full)),
        quick: worker.quick,
    };
    let workers: Vec<Worker> = local.workers.into_iter().map(over).collect();
    let listened_to = if server.endpoint.is_encrypted() {
        ""
    } else {
        " (not encrypted)"
    };
    let note = format!(
        "speech that may leave this machine is sent to {}{listened_to}; the rest, and what is not answered, {here} writes",
        line.host()
    );
    Ok(Recognizers {
        info: workers[0].full.info().clone(),
        workers,
        elsewhere: Some(line.host().to_owned()),
        note: Some(local.note.map_or_else(|| note.clone(), |why| format!("{note}; {why}"))),
    })
}

/// Voice activity for every track of the process.
///
/// # Errors
/// When its model or runtime is missing or does not load.
pub fn voice_activity(store: &Store) -> Result<Box<dyn VoiceActivity>, NoVoice> {
    Ok(Box::new(Silero::load(store)?))
}

/// The best weights of Whisper that are here.
fn weights(store: &Store) -> Result<PathBuf, Missing> {
    let [best, next] = WHISPER_MODELS;
    store
        .path(best)
        .or_else(|missing| store.path(next).map_err(|_| missing))
}

/// Weights that cost less than those in `path`, where they are here.
fn quicker(store: &Store, path: &Path) -> Option<PathBuf> {
    let [_, small] = WHISPER_MODELS;
    store.path(small).ok().filter(|small| small != path)
}

fn whisper(first: Whisper, quicker: Option<PathBuf>, wanted: &Wanted) -> Result<Recognizers, WhisperError> {
    let info = first.info().clone();
    // What cannot be loaded costs the partials their speed and nobody a word.
    let quicker = quicker.filter(|_| wanted.partials);
    let quick = quicker.and_then(|path| Whisper::load(&path).ok());
    let mut workers = Vec::new();
    // The weights are shared; each worker has a state of its own.
    for _ in 1..wanted.workers {
        let another = quick.as_ref().map(Whisper::another).transpose()?;
        workers.push(Worker::of(first.another()?, another));
    }
    workers.push(Worker::of(first, quick));
    Ok(Recognizers {
        info,
        workers,
        elsewhere: None,
        note: None,
    })
}

fn sphinx(wanted: &Wanted, instead: Option<&str>) -> Result<Recognizers, NoRecognizer> {
    let mut workers = Vec::new();
    for _ in 0..wanted.workers.max(1) {
        let quick = wanted.partials.then(Sphinx::load_quick).transpose()?;
        workers.push(Worker::of(Sphinx::load()?, quick));
    }
    Ok(Recognizers {
        info: workers[0].full.info().clone(),
        workers,
        elsewhere: None,
        note: instead.map(|why| format!("recognizing with PocketSphinx, which is less accurate: {why}")),
    })
}

fn scripted(script: &Scripted, path: &Path, wanted: &Wanted) -> Recognizers {
    let worker = |_| Worker::of(script.clone(), None);
    Recognizers {
        info: script.info().clone(),
        workers: (0..wanted.workers.max(1)).map(worker).collect(),
        elsewhere: None,
        note: Some(format!(
            "nobody is listened to: every word is from the script in {}, and only what is measured here is true",
            path.display()
        )),
    }
}

impl Worker {
    fn of<R: Recognizer + 'static>(full: R, quick: Option<R>) -> Self {
        Self {
            full: Box::new(full),
            quick: quick.map(|quick| Box::new(quick) as Box<dyn Recognizer>),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
