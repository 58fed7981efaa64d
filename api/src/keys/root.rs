//! The root of the key tree: a key management service, or a key file on one machine.

use super::seal;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

/// What wraps the keys of tenants, and the server's identity.
pub trait RootKey: Send + Sync {
    /// Names the key, so that what it wrapped can say so.
    fn id(&self) -> &str;

    /// Wraps a key, bound to `aad`.
    fn wrap<'a>(&'a self, aad: &'a [u8], key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, RootKeyError>>;

    /// Unwraps what `wrap` made with the same `aad`.
    fn unwrap<'a>(
        &'a self,
        aad: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, RootKeyError>>;
}

/// Why the root key did not serve.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The key file could not be read or made.
    #[error("opening the root key file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the key file.
    #[error("the root key file {} may be read by others: `chmod 600 {}`", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// The key file holds something else.
    #[error("{} is not a root key file", .0.display())]
    NotAKey(PathBuf),
    /// There are keys in the store, and the file with the one that wrapped them is gone.
    #[error("the root key file {} is missing, and the keys in the database were wrapped by it: restore it from its backup", .0.display())]
    Missing(PathBuf),
    /// What is stored was wrapped by another root key.
    #[error(
        "the keys in the database were wrapped by root key {expected}, this is {found}: restore the right key file"
    )]
    Another {
        /// What wrapped them.
        expected: String,
        /// What we have.
        found: String,
    },
    /// It does not unwrap.
    #[error("a key does not unwrap under the root key")]
    Refused,
    /// The operating system gave no randomness.
    #[error("making a random root key")]
    Random(#[from] getrandom::Error),
}

/// The first line of a key file: says what it is to whoever finds it.
const HEADING: &str = "attune root key, version 1: whoever has this file can read everything; keep a copy offline\n";

/// A root key in a file of its own, readable by its owner alone.
pub struct FileRootKey {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for FileRootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FileRootKey").field(&self.id).finish()
    }
}

impl FileRootKey {
    /// Reads the key in `path`.
    ///
    /// # Errors
    /// [`RootKeyError::Missing`] if there is no such file, and others of its kind.
    pub fn read(path: &Path) -> Result<Self, RootKeyError> {
        let failed = |source| RootKeyError::File {
            path: path.to_owned(),
            source,
        };
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(RootKeyError::Missing(path.to_owned()));
            }
            Err(error) => return Err(failed(error)),
        };
        if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(RootKeyError::Exposed(path.to_owned()));
        }
        // A key file is some 140 bytes; whatever else was put there is not read whole.
        let mut text = Zeroizing::new(String::with_capacity(1_024));
        (&mut file).take(1_024).read_to_string(&mut text).map_err(failed)?;
        let encoded = text
            .strip_prefix(HEADING)
            .ok_or_else(|| RootKeyError::NotAKey(path.to_owned()))?;
        let mut key = Zeroizing::new([0; 32]);
        match BASE64_STANDARD.decode_slice(encoded.trim_end(), key.as_mut()) {
            Ok(32) => Ok(Self::new(key)),
            _ => Err(RootKeyError::NotAKey(path.to_owned())),
        }
    }

    /// Makes a key file at `path`, whole or not at all; if another process was faster, theirs is read.
    pub fn create(path: &Path) -> Result<Self, RootKeyError> {
        let failed = |source| RootKeyError::File {
            path: path.to_owned(),
            source,
        };
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut())?;
        let mut text = format!("{HEADING}{}\n", BASE64_STANDARD.encode(key.as_ref()));

        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            // Unlike a rename, a link never replaces a key that is already there.
            .and_then(|()| std::fs::hard_link(&draft, path));
        text.zeroize();
        let _ = std::fs::remove_file(&draft);
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        Self::read(path)
    }

    /// Puts the key in `next` in the place of the one in `path`, which is kept beside it under its id. There is a key in `path` at
    /// every moment.
    pub fn replace(path: &Path, next: &Path) -> Result<PathBuf, RootKeyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RootKeyError::File { path, source }
        };
        let kept = path.with_extension(format!("key.{}", Self::read(path)?.id));
        match std::fs::hard_link(path, &kept) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(&kept)(error)),
            _ => {}
        }
        std::fs::rename(next, path).map_err(failed(next))?;
        Ok(kept)
    }

    fn new(key: Zeroizing<[u8; 32]>) -> Self {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::new()
            .chain_update(b"attune/v1|root key id|")
            .chain_update(key.as_ref())
            .finalize();
        Self {
            id: format!("file-{}", hex::encode(&digest[..8])),
            key,
        }
    }
}

impl RootKey for FileRootKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap<'a>(&'a self, aad: &'a [u8], key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, RootKeyError>> {
        std::future::ready(Ok(seal::seal(&self.key, aad, key))).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        aad: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, RootKeyError>> {
        std::future::ready(seal::open(&self.key, aad, wrapped).map_err(|_| RootKeyError::Refused)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/root.key");
        let made = FileRootKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(FileRootKey::read(&path).unwrap().id, made.id);
        assert_eq!(FileRootKey::create(&path).unwrap().id, made.id, "a key was replaced");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "a draft was left behind"
        );
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        assert!(matches!(FileRootKey::read(&path), Err(RootKeyError::Missing(_))));

        FileRootKey::create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(FileRootKey::read(&path), Err(RootKeyError::Exposed(_))));

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, format!("{HEADING}c2hvcnQ=\n")).unwrap();
        assert!(matches!(FileRootKey::read(&path), Err(RootKeyError::NotAKey(_))));
    }

    #[tokio::test]
    async fn what_was_wrapped_for_one_name_does_not_unwrap_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let root = FileRootKey::create(&folder.path().join("root.key")).unwrap();
        let wrapped = root.wrap(b"a", &[5; 32]).await.unwrap();
        assert_eq!(root.unwrap(b"a", &wrapped).await.unwrap().as_slice(), [5; 32]);
        assert!(matches!(root.unwrap(b"b", &wrapped).await, Err(RootKeyError::Refused)));
    }
}
