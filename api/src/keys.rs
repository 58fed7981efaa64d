//! The key tree: root → tenant → member → meeting, each wrapped by the one above it, and the server's own identity key.
//!
//! A key in the clear lives in memory only, for at most a minute unless a live session holds it. Everything a person
//! said is sealed under a key derived for that one object, and bound to tenant, person, table, column, object and version.

mod cache;
mod fan_out;
mod identity;
mod root;
mod rotation;
mod seal;
mod service;

pub use fan_out::FanOutKey;
pub(crate) use fan_out::NodeName;
pub use identity::{IdentityKey, IdentitySignature};
pub use root::{FileRootKey, RootKey, RootKeyError};
pub use rotation::rotate_root;
pub use seal::{MeetingKey, MemberKey, OpenError, Place};
#[cfg(test)]
pub(crate) use service::pkcs8;

pub(crate) use seal::{open_with, seal_with};

use crate::ids::{MeetingId, Member, TenantId};
use crate::keystore::{KeyStore, KeyStoreError, NewKey, StoredKey};
use cache::{Cache, Name};
use ed25519_dalek::{Signature, VerifyingKey};
use identity::Identity;
use seal::Secret;
use service::ServiceKeys;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The version every key is born with.
const FIRST_VERSION: i32 = 1;

/// What the signed bytes of a receipt begin with.
const RECEIPT: &str = "attune/v1|erasure-receipt|";

/// What the signed bytes of a batch of what was done begin with.
const AUDIT: &[u8] = b"attune/v1|audit-seal|";

fn audit_message(digest: &[u8; 32]) -> Vec<u8> {
    [AUDIT, digest].concat()
}

/// Whether an identity key signed the digest of a batch of what was done.
pub(crate) fn verify_audit(public: &[u8; 32], digest: &[u8; 32], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(public), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify_strict(&audit_message(digest), &signature).is_ok()
}

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none of that name, or it was erased.
    #[error("there is no such key, or it was erased")]
    Gone,
    /// The root key did not wrap or unwrap.
    #[error("using the root key")]
    Root(#[from] RootKeyError),
    /// A stored key does not open under the key above it.
    #[error("unwrapping a key")]
    Unwrap(#[from] OpenError),
    /// The key store did not answer.
    #[error("reaching the key store")]
    Store(#[from] KeyStoreError),
    /// The operating system gave no randomness.
    #[error("making a random key")]
    Random(#[from] getrandom::Error),
}

/// Every key the server can reach. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    root: Box<dyn RootKey>,
    store: Box<dyn KeyStore>,
    cache: Cache,
    identity: Identity,
    service: ServiceKeys,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("root", &self.0.root.id())
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Opens the tree under `root`; on first start this makes the server's own keys.
    ///
    /// # Errors
    /// [`KeyError::Root`] if what is stored was wrapped by another root key.
    pub async fn open(root: Box<dyn RootKey>, store: Box<dyn KeyStore>) -> Result<Self, KeyError> {
        let erased = store.erase_again().await?;
        if erased > 0 {
            tracing::warn!(
                keys = erased,
                "a backup brought back keys that had been erased; they are erased again"
            );
        }
        let identity = Identity::open(root.as_ref(), store.as_ref()).await?;
        let service = ServiceKeys::open(root.as_ref(), store.as_ref()).await?;
        Ok(Self(Arc::new(Inner {
            root,
            store,
            cache: Cache::default(),
            identity,
            service,
        })))
    }

    /// Makes the key of a tenant, unless it has one.
    pub async fn create_tenant(&self, tenant: TenantId) -> Result<(), KeyError> {
        let aad = tenant_aad(tenant, FIRST_VERSION);
        let wrapped = self.0.root.wrap(aad.as_bytes(), Secret::random()?.bytes()).await?;
        let key = NewKey {
            version: FIRST_VERSION,
            wrapped,
        };
        Ok(self.0.store.add_tenant_key(tenant, self.0.root.id(), key).await?)
    }

    /// Makes the key of a person in a tenant, unless they have one. The tenant's must be there.
    pub async fn create_member(&self, member: Member) -> Result<(), KeyError> {
        let (tenant_version, tenant_key) = self.tenant(member.tenant).await?;
        let aad = member_aad(member, FIRST_VERSION);
        let wrapped = tenant_key.wrap(
            "member",
            member.user.as_bytes(),
            aad.as_bytes(),
            Secret::random()?.bytes(),
        );
        let key = NewKey {
            version: FIRST_VERSION,
            wrapped,
        };
        Ok(self.0.store.add_member_key(member, tenant_version, key).await?)
    }

    /// Makes the key of a new meeting, wrapped to the person whose meeting it is.
    pub async fn create_meeting(&self, member: Member, meeting: MeetingId) -> Result<MeetingKey, KeyError> {
        let member_key = self.member(member).await?;
        let secret = Secret::random()?;
        let wrapped = member_key.wrap_meeting(meeting, secret.bytes());
        self.0
            .store
            .add_meeting_key(
                member,
                meeting,
                NewKey {
                    version: member_key.version(),
                    wrapped,
                },
            )
            .await?;
        let secret = self.0.cache.put(Name::Meeting(member, meeting), FIRST_VERSION, secret);
        Ok(MeetingKey::new(member, FIRST_VERSION, secret))
    }

    /// The key of a person in a tenant.
    pub async fn member(&self, member: Member) -> Result<MemberKey, KeyError> {
        let name = Name::Member(member);
        if let Some((version, secret)) = self.0.cache.get(&name) {
            return Ok(MemberKey::new(member, version, secret));
        }
        let stored = present(self.0.store.member_key(member).await?)?;
        let (_, tenant_key) = self.tenant(member.tenant).await?;
        let aad = member_aad(member, stored.version);
        let secret = tenant_key.unwrap("member", member.user.as_bytes(), aad.as_bytes(), &stored.wrapped)?;
        let secret = self.0.cache.put(name, stored.version, secret);
        Ok(MemberKey::new(member, stored.version, secret))
    }

    /// The key of a meeting, for a person entitled to it.
    pub async fn meeting(&self, member: Member, meeting: MeetingId) -> Result<MeetingKey, KeyError> {
        let name = Name::Meeting(member, meeting);
        if let Some((version, secret)) = self.0.cache.get(&name) {
            return Ok(MeetingKey::new(member, version, secret));
        }
        let stored = present(self.0.store.meeting_key(member, meeting).await?)?;
        let secret = self.member(member).await?.unwrap_meeting(meeting, &stored.wrapped)?;
        let secret = self.0.cache.put(name, FIRST_VERSION, secret);
        Ok(MeetingKey::new(member, FIRST_VERSION, secret))
    }

    /// The keys of a person's meetings, as many as are there, with one question to the store at most.
    pub async fn meetings(
        &self,
        member: Member,
        meetings: &[MeetingId],
    ) -> Result<HashMap<MeetingId, MeetingKey>, KeyError> {
        let mut keys = HashMap::with_capacity(meetings.len());
        let mut unknown = Vec::new();
        for &meeting in meetings {
            match self.0.cache.get(&Name::Meeting(member, meeting)) {
                Some((version, secret)) => drop(keys.insert(meeting, MeetingKey::new(member, version, secret))),
                None => unknown.push(meeting),
            }
        }
        if unknown.is_empty() {
            return Ok(keys);
        }
        let stored = self.0.store.meeting_keys(member, &unknown).await?;
        let member_key = match self.member(member).await {
            // Erased, and their meetings with them.
            Err(KeyError::Gone) => return Ok(keys),
            key => key?,
        };
        for (meeting, stored) in stored {
            let Ok(stored) = present(Some(stored)) else { continue };
            let secret = member_key.unwrap_meeting(meeting, &stored.wrapped)?;
            let secret = self.0.cache.put(Name::Meeting(member, meeting), FIRST_VERSION, secret);
            keys.insert(meeting, MeetingKey::new(member, FIRST_VERSION, secret));
        }
        Ok(keys)
    }

    /// Destroys the key of a meeting for everyone entitled to it: what it sealed is noise from here on.
    pub async fn erase_meeting(&self, tenant: TenantId, meeting: MeetingId) -> Result<(), KeyError> {
        self.0.store.erase_meeting_key(tenant, meeting).await?;
        self.0
            .cache
            .forget(|name| matches!(name, Name::Meeting(_, cached) if *cached == meeting));
        Ok(())
    }

    /// Destroys the keys of a person in a tenant: whatever they sealed is noise from here on, in every backup too. The entry of the
    /// ledger that says so. Other nodes hold a key for a minute at most.
    pub async fn erase_member(&self, member: Member) -> Result<Uuid, KeyError> {
        let entry = self.0.store.erase_member_keys(member).await?;
        self.0.cache.forget(|name| match name {
            Name::Tenant(_) => false,
            Name::Member(cached) | Name::Meeting(cached, _) => *cached == member,
        });
        Ok(entry)
    }

    /// Signs the receipt of an erasure with the identity key in force. No offer begins like one.
    pub fn sign_receipt(&self, receipt: &str) -> IdentitySignature {
        self.0.identity.sign([RECEIPT, receipt].concat().as_bytes())
    }

    /// Signs the digest of a batch of what was done. No offer and no receipt begins like one.
    pub(crate) fn sign_audit(&self, digest: &[u8; 32]) -> IdentitySignature {
        self.0.identity.sign(&audit_message(digest))
    }

    /// Signs an offer with the identity key in force.
    pub fn sign_offer(&self, offer: &[u8]) -> IdentitySignature {
        self.0.identity.sign(offer)
    }

    /// The id of the key that signs offers now.
    pub fn identity_key_id(&self) -> u8 {
        self.0.identity.current_id()
    }

    /// The identity keys a client may pin: the one in force, and one that is being replaced.
    pub fn identity_keys(&self) -> Vec<IdentityKey> {
        self.0.identity.public_keys()
    }

    /// What an address is found by in the data. The same address is to come in the same letters.
    pub(crate) fn address_hmac(&self, address: &str) -> [u8; 32] {
        self.0.service.address_hmac(address)
    }

    /// The key that signs access tokens, as PKCS #8.
    pub(crate) fn access_token_private(&self) -> Zeroizing<Vec<u8>> {
        self.0.service.access_token_private()
    }

    /// Its public half: Ed25519.
    pub(crate) fn access_token_public(&self) -> [u8; 32] {
        self.0.service.access_token_public()
    }

    /// Drops the keys whose minute is over. The server calls it on a timer, so that an idle server holds none.
    pub fn sweep(&self) {
        self.0.cache.sweep();
    }

    async fn tenant(&self, tenant: TenantId) -> Result<(i32, Arc<Secret>), KeyError> {
        let name = Name::Tenant(tenant);
        if let Some(found) = self.0.cache.get(&name) {
            return Ok(found);
        }
        let stored = present(self.0.store.tenant_key(tenant).await?)?;
        let aad = tenant_aad(tenant, stored.version);
        let secret = Secret::from_plaintext(&self.0.root.unwrap(aad.as_bytes(), &stored.wrapped).await?)?;
        Ok((stored.version, self.0.cache.put(name, stored.version, secret)))
    }
}

/// An erased key is stored empty.
fn present(stored: Option<StoredKey>) -> Result<StoredKey, KeyError> {
    stored.filter(|key| !key.wrapped.is_empty()).ok_or(KeyError::Gone)
}

fn tenant_aad(tenant: TenantId, version: i32) -> String {
    format!("attune/v1|tenant|{tenant}|{version}")
}

fn member_aad(member: Member, version: i32) -> String {
    format!("attune/v1|member|{}|{}|{version}", member.tenant, member.user)
}
