//! This machine as the server knows it: an enrolled device, kept in a file that only its owner may read.
//!
//! The secret lies in the file as it is (0600), like an SSH key: whoever can read the file could ask a keyring as the
//! same user, and a bare machine has none. Revoking the device makes the file worthless.

use super::private_file;
use crate::keys::DevicePsk;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

/// An enrolled device.
#[derive(Clone)]
pub struct Device {
    /// Its id.
    pub id: Uuid,
    /// What it shares with the account.
    pub psk: DevicePsk,
    /// The server's identity keys as pinned at enrolment: `(key_id, Ed25519 public key)`.
    pub identity_keys: Vec<(u8, [u8; 32])>,
}

/// Why a device's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The disk refused.
    #[error("reading or writing the device in {0}")]
    Disk(PathBuf, #[source] io::Error),
    /// The file is not one of ours. Deleting it enrols the device anew.
    #[error("{0} is damaged: delete it to enrol this device again")]
    Damaged(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    device_id: Uuid,
    psk: String,
    identity_keys: Vec<StoredIdentity>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIdentity {
    key_id: u8,
    public: String,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Device {
    /// The device kept at `path`; nothing if there is none.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn load(path: &Path) -> Result<Option<Self>, DeviceError> {
        let json = match std::fs::read(path).map(Zeroizing::new) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DeviceError::Disk(path.to_path_buf(), error)),
        };
        let device = Self::from_json(&json).ok_or_else(|| DeviceError::Damaged(path.to_path_buf()))?;
        Ok(Some(device))
    }

    /// Keeps the device at `path`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), DeviceError> {
        let mut stored = Stored {
            device_id: self.id,
            psk: BASE64.encode(self.psk.as_slice()),
            identity_keys: self.identity_keys.iter().map(StoredIdentity::from).collect(),
        };
        let json = serde_json::to_vec(&stored).expect("invariant: a stored device has string keys");
        stored.psk.zeroize();
        let kept = private_file::replace(path, &Zeroizing::new(json));
        kept.map_err(|error| DeviceError::Disk(path.to_path_buf(), error))
    }

    fn from_json(json: &[u8]) -> Option<Self> {
        let mut stored: Stored = serde_json::from_slice(json).ok()?;
        let psk = decode_key(&stored.psk).map(Zeroizing::new);
        stored.psk.zeroize();
        let identities = stored.identity_keys.iter();
        Some(Self {
            id: stored.device_id,
            psk: psk?,
            identity_keys: identities
                .map(|identity| Some((identity.key_id, decode_key(&identity.public)?)))
                .collect::<Option<_>>()?,
        })
    }
}

impl From<&(u8, [u8; 32])> for StoredIdentity {
    fn from((key_id, public): &(u8, [u8; 32])) -> Self {
        Self {
            key_id: *key_id,
            public: BASE64.encode(public),
        }
    }
}

/// 32 bytes in base64.
pub(super) fn decode_key(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device {
            id: Uuid::from_u128(7),
            psk: Zeroizing::new([3; 32]),
            identity_keys: vec![(1, [4; 32]), (2, [5; 32])],
        }
    }

    #[test]
    fn a_device_comes_back_from_its_file_and_only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server/device.json");
        device().save(&path).unwrap();
        device().save(&path).unwrap();
        let loaded = Device::load(&path).unwrap().unwrap();
        assert_eq!((loaded.id, *loaded.psk), (device().id, *device().psk));
        assert_eq!(loaded.identity_keys, device().identity_keys);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn no_file_is_no_device_and_a_damaged_one_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.json");
        assert!(Device::load(&path).unwrap().is_none());
        std::fs::write(&path, b"{\"device_id\":1}").unwrap();
        let error = Device::load(&path).unwrap_err();
        assert!(error.to_string().contains("delete it"), "{error}");
    }
}
