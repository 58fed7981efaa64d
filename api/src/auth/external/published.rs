//! What an OpenID provider publishes of itself: where it is spoken to, and the keys that it signs with. Kept for an hour.

use super::outside::{Outside, ProviderError};
use crate::config::endpoint;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// How long it is believed to be as it was. Providers announce keys a day before they sign with them.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// A token under a key that is unknown has the keys asked for again, but no oftener than this: anybody can make such tokens.
const KEYS_AGAIN: Duration = Duration::from_secs(60);

/// What stands in the issuer of Microsoft's provider for everybody, for the organisation that a person belongs to.
pub(super) const TENANT: &str = "{tenantid}";

/// What a provider said of itself.
#[derive(Debug)]
pub(super) struct Published {
    /// Who signs its ID tokens; Microsoft's has [`TENANT`] in it.
    pub(super) issuer: String,
    /// Where people agree.
    pub(super) authorize: Url,
    /// Where a code is exchanged.
    pub(super) token: Url,
    jwks: Url,
    read_at: Instant,
}

/// The keys of a provider, as it wrote them.
#[derive(Debug)]
pub(super) struct KeySet {
    /// JSON Web Keys.
    pub(super) keys: Vec<Value>,
    read_at: Instant,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeyDocument {
    keys: Vec<Value>,
}

/// What one provider publishes, asked for when it is needed.
#[derive(Debug)]
pub(super) struct Publications {
    issuer: String,
    /// Whether the document for everybody names an issuer with [`TENANT`] in it.
    has_tenants: bool,
    document: Mutex<Option<Arc<Published>>>,
    keys: Mutex<Option<Arc<KeySet>>>,
}

impl Publications {
    pub(super) fn of(issuer: &str, has_tenants: bool) -> Self {
        Self {
            issuer: issuer.to_owned(),
            has_tenants,
            document: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    /// Whom we were told to ask.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether an account of this issuer is one that the provider vouches for.
    pub(super) fn speaks_for(&self, iss: &str) -> bool {
        let everybody = self.issuer.replace("/common/", "/{tenantid}/");
        iss == self.issuer
            || self.has_tenants && tenant_in(&everybody, iss).is_some_and(|tenant| tenant.parse::<uuid::Uuid>().is_ok())
    }

    /// Where the provider is spoken to.
    pub(super) async fn document(&self, outside: &Outside) -> Result<Arc<Published>, ProviderError> {
        let kept = lock(&self.document).clone();
        if let Some(kept) = kept.filter(|kept| kept.read_at.elapsed() < KEPT_FOR) {
            return Ok(kept);
        }
        let read = Arc::new(self.read(outside).await?);
        *lock(&self.document) = Some(Arc::clone(&read));
        Ok(read)
    }

    async fn read(&self, outside: &Outside) -> Result<Published, ProviderError> {
        let at = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let answer = outside.ask(|http| http.get(&at)).await?;
        let document: Document = answer
            .success()
            .ok_or(ProviderError::Published("no description of itself"))?;
        let is_itself = document.issuer == self.issuer || self.has_tenants && document.issuer.contains(TENANT);
        if !is_itself {
            return Err(ProviderError::Published("a description of another issuer"));
        }
        let read = |text: &str| endpoint(text).ok_or(ProviderError::Published("an endpoint without TLS"));
        Ok(Published {
            authorize: read(&document.authorization_endpoint)?,
            token: read(&document.token_endpoint)?,
            jwks: read(&document.jwks_uri)?,
            issuer: document.issuer,
            read_at: Instant::now(),
        })
    }

    /// The keys that the provider signs with.
    pub(super) async fn keys(&self, outside: &Outside) -> Result<Arc<KeySet>, ProviderError> {
        self.keys_younger_than(outside, KEPT_FOR).await
    }

    /// The same, asked for once more, where one of them is missing.
    pub(super) async fn keys_again(&self, outside: &Outside) -> Result<Arc<KeySet>, ProviderError> {
        self.keys_younger_than(outside, KEYS_AGAIN).await
    }

    async fn keys_younger_than(&self, outside: &Outside, age: Duration) -> Result<Arc<KeySet>, ProviderError> {
        let kept = lock(&self.keys).clone();
        if let Some(kept) = kept.filter(|kept| kept.read_at.elapsed() < age) {
            return Ok(kept);
        }
        let published = self.document(outside).await?;
        let answer = outside.ask(|http| http.get(published.jwks.clone())).await?;
        let KeyDocument { keys } = answer.success().ok_or(ProviderError::Published("no keys"))?;
        let read = Arc::new(KeySet {
            keys,
            read_at: Instant::now(),
        });
        *lock(&self.keys) = Some(Arc::clone(&read));
        Ok(read)
    }
}

/// What stands in `iss` where `template` has [`TENANT`].
pub(super) fn tenant_in<'a>(template: &str, iss: &'a str) -> Option<&'a str> {
    let (before, after) = template.split_once(TENANT)?;
    iss.strip_prefix(before)?.strip_suffix(after)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("invariant: nothing panics while holding this lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsoft_vouches_for_the_accounts_of_every_organisation_and_for_no_other_s() {
        let everybody = Publications::of("https://login.example/common/v2.0", true);
        let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
        assert!(everybody.speaks_for(&format!("https://login.example/{tenant}/v2.0")));
        for foreign in [
            "https://login.example/v2.0".to_owned(),
            "https://login.example/elsewhere/v2.0".to_owned(),
            format!("https://evil.example/{tenant}/v2.0"),
            format!("https://login.example/{tenant}/v2.0/more"),
        ] {
            assert!(!everybody.speaks_for(&foreign), "{foreign}");
        }
        let google = Publications::of("https://accounts.google.com", false);
        assert!(google.speaks_for("https://accounts.google.com"));
        assert!(!google.speaks_for("https://accounts.google.com/"));
    }
}
