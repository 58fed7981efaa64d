//! The chain that what was done hangs on. Entries are sealed in batches: each holds the digest of the one before and of its own
//! entries, and is signed by the server's identity key. Nobody waits for it: an act writes its entry, and a job seals later.
//!
//! An entry names people and objects by ids that say nothing once the person is erased, so an erasure changes no entry.

use crate::ids::TenantId;
use crate::keys::verify_audit;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

/// What the digested bytes of a batch begin with.
const BATCH: &[u8] = b"attune/v1|audit-batch|";

/// Something that was done, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its own id.
    pub id: Uuid,
    /// Who did it, or had it done.
    pub user_id: Uuid,
    /// What, such as `meeting.deleted`.
    pub action: String,
    /// To which object.
    pub object_id: Uuid,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Entries that were sealed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// From 1, without a hole.
    pub number: i64,
    /// Which entries, by id.
    pub entries: Vec<Uuid>,
    /// SHA-256 over the batch before and these.
    pub digest: Vec<u8>,
    /// The identity key that signed it.
    pub key_id: i16,
    /// Ed25519 over the digest.
    pub signature: Vec<u8>,
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A batch is missing, or there twice.
    #[error("batch {expected} should follow, and batch {found} does")]
    Order {
        /// The number that should be next.
        expected: i64,
        /// The number that is.
        found: i64,
    },
    /// An entry that was sealed is gone.
    #[error("entry {entry} of batch {batch} is gone")]
    Removed {
        /// In this batch.
        batch: i64,
        /// This entry.
        entry: Uuid,
    },
    /// An entry, or the batch before, is another one than was sealed.
    #[error("an entry of batch {batch} is not what was sealed")]
    Changed {
        /// In this batch.
        batch: i64,
    },
    /// The server did not sign it.
    #[error("batch {batch} was not sealed by this server")]
    Forged {
        /// This batch.
        batch: i64,
    },
    /// An entry that was put among those that are sealed.
    #[error("entry {entry} was added behind the seals")]
    Added {
        /// This entry.
        entry: Uuid,
    },
}

/// The digest of a batch: of its tenant, its number, the batch before, and its entries by id.
pub fn digest(tenant: TenantId, number: i64, previous: [u8; 32], entries: &[Entry]) -> [u8; 32] {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.id);
    let mut hash = Sha256::new();
    hash.update(BATCH);
    hash.update(tenant.0.as_bytes());
    hash.update(number.to_be_bytes());
    hash.update(previous);
    for entry in sorted {
        hash.update(entry.id.as_bytes());
        hash.update(entry.user_id.as_bytes());
        hash.update(entry.object_id.as_bytes());
        // As exact as the database keeps it.
        hash.update((entry.created_at.unix_timestamp_nanos() / 1_000).to_be_bytes());
        hash.update((entry.action.len() as u64).to_be_bytes());
        hash.update(entry.action.as_bytes());
    }
    hash.finalize().into()
}

/// A tenant's chain, followed from its first batch.
#[derive(Debug)]
pub struct Chain {
    tenant: TenantId,
    next: i64,
    head: [u8; 32],
}

impl Chain {
    /// Before its first batch.
    pub const fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            next: 1,
            head: [0; 32],
        }
    }

    /// Takes the next batch, with those of its entries that are there, and the server's public keys by number.
    ///
    /// # Errors
    /// Where it is not what was sealed.
    pub fn follow(&mut self, batch: &Batch, there: &[Entry], keys: &[(u8, [u8; 32])]) -> Result<(), Broken> {
        let number = batch.number;
        if number != self.next {
            let (expected, found) = (self.next, number);
            return Err(Broken::Order { expected, found });
        }
        let is_there = |id: &Uuid| there.iter().any(|entry| entry.id == *id);
        if let Some(entry) = batch.entries.iter().find(|id| !is_there(id)) {
            let (batch, entry) = (number, *entry);
            return Err(Broken::Removed { batch, entry });
        }
        let digest = digest(self.tenant, number, self.head, there);
        if digest[..] != batch.digest {
            return Err(Broken::Changed { batch: number });
        }
        let key = keys.iter().find(|(id, _)| i16::from(*id) == batch.key_id);
        if !key.is_some_and(|(_, public)| verify_audit(public, &digest, &batch.signature)) {
            return Err(Broken::Forged { batch: number });
        }
        (self.next, self.head) = (number + 1, digest);
        Ok(())
    }

    /// The digest of the newest batch that was followed: whoever wrote it down elsewhere finds batches that were cut off at the end.
    pub const fn head(&self) -> [u8; 32] {
        self.head
    }

    /// How many batches were followed.
    pub const fn batches(&self) -> i64 {
        self.next - 1
    }
}
