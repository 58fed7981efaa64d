//! Who the server is: an Ed25519 key that signs every offer and every receipt of an erasure. Clients pin it when a device is enrolled.

use super::{KeyError, RootKey, RootKeyError};
use crate::keystore::{KeyStore, StoredIdentity};
use ed25519_dalek::{Signer as _, SigningKey};

/// The first identity key's number.
const FIRST_KEY_ID: u8 = 1;

/// An identity key as clients pin it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityKey {
    /// Which one.
    pub key_id: u8,
    /// Its Ed25519 public key.
    pub public: [u8; 32],
}

/// A signature of the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentitySignature {
    /// Which identity key made it.
    pub key_id: u8,
    /// Ed25519.
    pub signature: [u8; 64],
}

/// The identity keys that are valid: oldest first, at most two.
pub(super) struct Identity(Vec<(u8, SigningKey)>);

impl Identity {
    /// Opens the keys in the store; makes the first where there is none.
    pub(super) async fn open(root: &dyn RootKey, store: &dyn KeyStore) -> Result<Self, KeyError> {
        let mut stored = store.identity_keys().await?;
        if stored.is_empty() {
            // Two servers may start at once: whichever key was stored is the one both read back.
            let seed = super::Secret::random()?;
            let signing = SigningKey::from_bytes(seed.bytes());
            let wrapped = root.wrap(aad(FIRST_KEY_ID).as_bytes(), seed.bytes()).await?;
            let public = signing.verifying_key().to_bytes().to_vec();
            let root_key_id = root.id().to_owned();
            store
                .add_identity_key(StoredIdentity {
                    key_id: FIRST_KEY_ID,
                    root_key_id,
                    public,
                    wrapped,
                })
                .await?;
            stored = store.identity_keys().await?;
        }
        let mut keys = Vec::with_capacity(stored.len());
        for key in stored {
            if key.root_key_id != root.id() {
                let (expected, found) = (key.root_key_id, root.id().to_owned());
                return Err(RootKeyError::Another { expected, found }.into());
            }
            let seed = super::Secret::from_plaintext(&root.unwrap(aad(key.key_id).as_bytes(), &key.wrapped).await?)?;
            keys.push((key.key_id, SigningKey::from_bytes(seed.bytes())));
        }
        Ok(Self(keys))
    }

    pub(super) fn current_id(&self) -> u8 {
        self.current().0
    }

    pub(super) fn sign(&self, message: &[u8]) -> IdentitySignature {
        let (key_id, key) = self.current();
        IdentitySignature {
            key_id: *key_id,
            signature: key.sign(message).to_bytes(),
        }
    }

    pub(super) fn public_keys(&self) -> Vec<IdentityKey> {
        self.0
            .iter()
            .map(|(key_id, key)| IdentityKey {
                key_id: *key_id,
                public: key.verifying_key().to_bytes(),
            })
            .collect()
    }

    fn current(&self) -> &(u8, SigningKey) {
        self.0.last().expect("invariant: open leaves at least one key")
    }
}

pub(super) fn aad(key_id: u8) -> String {
    format!("attune/v1|identity|{key_id}")
}
