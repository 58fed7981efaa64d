//! Keys of the server's own that are nobody's in particular: one finds addresses, one signs access tokens.

use super::seal::Secret;
use super::{KeyError, RootKey, RootKeyError};
use crate::keystore::{KeyStore, StoredServiceKey};
use aws_lc_rs::hmac;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

/// The label under which an address is hashed.
const ADDRESS: &str = "attune/v1|address|";
/// What an Ed25519 seed has in front of it as PKCS #8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The server's own keys.
pub(super) struct ServiceKeys {
    address_index: hmac::Key,
    access_token: SigningKey,
}

impl ServiceKeys {
    /// Opens the keys in the store; makes those that are not there.
    pub(super) async fn open(root: &dyn RootKey, store: &dyn KeyStore) -> Result<Self, KeyError> {
        let address_index = open(root, store, "address-index").await?;
        let access_token = open(root, store, "access-token").await?;
        Ok(Self {
            address_index: hmac::Key::new(hmac::HMAC_SHA256, address_index.bytes()),
            access_token: SigningKey::from_bytes(access_token.bytes()),
        })
    }

    /// What an address is found by: nobody without the key can tell whose it is, nor try addresses.
    pub(super) fn address_hmac(&self, address: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.address_index, [ADDRESS, address].concat().as_bytes());
        tag.as_ref().try_into().expect("invariant: a SHA-256 has 32 bytes")
    }

    /// The key that signs access tokens, as PKCS #8.
    pub(super) fn access_token_private(&self) -> Zeroizing<Vec<u8>> {
        pkcs8(&self.access_token)
    }

    /// Its public half: Ed25519.
    pub(super) fn access_token_public(&self) -> [u8; 32] {
        self.access_token.verifying_key().to_bytes()
    }
}

/// A key as PKCS #8.
pub(crate) fn pkcs8(key: &SigningKey) -> Zeroizing<Vec<u8>> {
    let seed = Zeroizing::new(key.to_bytes());
    Zeroizing::new([PKCS8.as_slice(), seed.as_slice()].concat())
}

async fn open(root: &dyn RootKey, store: &dyn KeyStore, purpose: &'static str) -> Result<Secret, KeyError> {
    let aad = service_aad(purpose);
    if store.service_key(purpose).await?.is_none() {
        let key = StoredServiceKey {
            root_key_id: root.id().to_owned(),
            wrapped: root.wrap(aad.as_bytes(), Secret::random()?.bytes()).await?,
        };
        store.add_service_key(purpose, key).await?;
    }
    // Two servers may start at once: whichever key was stored is the one both read back.
    let stored = store.service_key(purpose).await?.ok_or(KeyError::Gone)?;
    if stored.root_key_id != root.id() {
        let (expected, found) = (stored.root_key_id, root.id().to_owned());
        return Err(RootKeyError::Another { expected, found }.into());
    }
    Ok(Secret::from_plaintext(
        &root.unwrap(aad.as_bytes(), &stored.wrapped).await?,
    )?)
}

pub(super) fn service_aad(purpose: &str) -> String {
    format!("attune/v1|service|{purpose}")
}
