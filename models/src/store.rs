//! The model store: a folder of verified files, shared by every process of this user.
//!
//! A file enters it only complete and with the digest of the manifest, by a rename; so whatever has its final name is
//! whole. [`Store::fetch`] is in `store/fetch.rs`.

mod digest;
mod fetch;
mod hub;
mod wheel;

pub use fetch::{FetchError, SourceFailed};

use crate::manifest::{Manifest, Model};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The folder, and what may be in it.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    offline: bool,
    /// Hosts that did not answer: not asked again by this process.
    unreachable: Mutex<BTreeSet<String>>,
}

/// Watches a fetch; the command line draws a bar with it.
pub trait Progress {
    /// `file` begins to come from `source`; it will have `bytes` bytes on the way.
    fn began(&mut self, file: &str, source: &str, bytes: u64);
    /// So many bytes of it are here.
    fn at(&mut self, bytes: u64);
    /// One line for the person: a source that failed, another process that is fetching.
    fn note(&mut self, line: &str);
    /// It is verified and in place.
    fn done(&mut self);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn began(&mut self, _: &str, _: &str, _: u64) {}
    fn at(&mut self, _: u64) {}
    fn note(&mut self, _: &str) {}
    fn done(&mut self) {}
}

/// A model is not in the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The manifest does not know the name.
    #[error("there is no model called {0}")]
    Unknown(String),
    /// It was never fetched, or not completely.
    #[error("model {name} is not at {}; `attune models fetch {name}` gets it", path.display())]
    Absent {
        /// What it is called.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
}

/// One line of [`Store::list`].
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// What the manifest says.
    pub model: &'a Model,
    /// Where it is or would be.
    pub path: PathBuf,
    /// Whether it is there.
    pub present: bool,
}

/// One line of [`Store::verify`].
#[derive(Debug, Clone)]
pub struct Verified<'a> {
    /// What the manifest says, its kind of digest included.
    pub model: &'a Model,
    /// What was found.
    pub state: State,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its content is what the manifest names.
    Good,
    /// Not in the store.
    Absent,
    /// Another content; fetching it again replaces it.
    Changed,
    /// It could not be read.
    Unreadable(String),
}

impl Store {
    /// The store of this user: `ATTUNE_MODELS`, or `~/.cache/attune`. Creates nothing.
    pub fn open() -> Self {
        Self::new(root_from(|name| std::env::var_os(name)), Manifest::embedded())
    }

    /// A store at `root` for the models of `manifest`. `ATTUNE_OFFLINE=1` keeps it away from hubs.
    pub fn new(root: impl Into<PathBuf>, manifest: Manifest) -> Self {
        Self {
            root: root.into(),
            manifest,
            offline: std::env::var_os("ATTUNE_OFFLINE").is_some_and(|value| !value.is_empty() && value != "0"),
            unreachable: Mutex::default(),
        }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What it may hold.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The file of the model called `name`.
    ///
    /// # Errors
    /// When it is not there in full length. Its digest was checked when it came in; [`Self::verify`] checks it again.
    pub fn path(&self, name: &str) -> Result<PathBuf, Missing> {
        let model = self.model(name)?;
        let path = self.path_of(model);
        if is_whole(model, &path) {
            Ok(path)
        } else {
            Err(Missing::Absent {
                name: name.to_owned(),
                path,
            })
        }
    }

    /// Every model and whether it is here.
    pub fn list(&self) -> impl Iterator<Item = Listed<'_>> {
        self.manifest.models().iter().map(|model| {
            let path = self.path_of(model);
            Listed {
                model,
                present: is_whole(model, &path),
                path,
            }
        })
    }

    /// Hashes every file that is here. Reads them all: a second or so.
    pub fn verify(&self) -> impl Iterator<Item = Verified<'_>> {
        self.manifest.models().iter().map(|model| Verified {
            model,
            state: state_of(model, &self.path_of(model)),
        })
    }

    fn model(&self, name: &str) -> Result<&Model, Missing> {
        self.manifest
            .model(name)
            .ok_or_else(|| Missing::Unknown(name.to_owned()))
    }

    fn path_of(&self, model: &Model) -> PathBuf {
        self.root.join(&model.file)
    }
}

fn is_whole(model: &Model, path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.len() == model.bytes)
}

fn state_of(model: &Model, path: &Path) -> State {
    match digest::matches(path, &model.digest) {
        Ok(true) => State::Good,
        Ok(false) => State::Changed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => State::Absent,
        Err(error) => State::Unreadable(error.to_string()),
    }
}

fn root_from(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("ATTUNE_MODELS")
        .or_else(|| set("HOME").map(|home| home.join(".cache/attune")))
        // No home at all (a service account): beside where it runs, visible rather than in a shared folder.
        .unwrap_or_else(|| PathBuf::from(".attune-models"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
