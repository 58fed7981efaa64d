//! Another root key in place of one that may be known: everything that it wrapped is wrapped by the new one, and nothing that those
//! keys sealed is touched.

use super::service::service_aad;
use super::{KeyError, RootKey, identity, tenant_aad};
use crate::keystore::{PostgresKeyStore, UnderRoot, Wrapped};

/// Keys that are wrapped anew before progress is told.
const BATCH: i64 = 500;

/// Wraps everything that `old` wrapped by `new`. Begins where one that was interrupted stopped; `progress` gets how many keys were
/// wrapped anew so far. No server may run meanwhile: it knows the old one alone.
///
/// # Errors
/// [`KeyError::Root`] if something does not unwrap; all that was wrapped anew until then stays so.
pub async fn rotate_root(
    store: &PostgresKeyStore,
    old: &dyn RootKey,
    new: &dyn RootKey,
    mut progress: impl FnMut(u64),
) -> Result<u64, KeyError> {
    let mut done = 0;
    loop {
        let batch = store.wrapped_by(old.id(), BATCH).await?;
        if batch.is_empty() {
            return Ok(done);
        }
        for key in batch {
            let aad = aad_of(&key.what);
            let plain = super::Secret::from_plaintext(&old.unwrap(aad.as_bytes(), &key.wrapped).await?)?;
            let wrapped = new.wrap(aad.as_bytes(), plain.bytes()).await?;
            let again = Wrapped { wrapped, ..key };
            store.rewrap(&again, old.id(), new.id()).await?;
            done += 1;
        }
        progress(done);
    }
}

fn aad_of(what: &UnderRoot) -> String {
    match what {
        UnderRoot::Tenant(tenant, version) => tenant_aad(*tenant, *version),
        UnderRoot::Identity(key_id) => identity::aad(*key_id),
        UnderRoot::Service(purpose) => service_aad(purpose),
    }
}
