//! One browser's way to a provider and back: ten minutes, once. What comes back names the attempt by a secret in its address
//! (`state`), and only the browser that set out can use it: PKCE verifier and nonce are derived from a secret in its cookie.

use super::cookie::{attempt_in, set_attempt_cookie};
use super::outside::ProviderError;
use super::provider::External;
use crate::auth::{Digest, Token};
use crate::config::Provider;
use crate::db::attempts::{self, NewAttempt};
use crate::error::ApiError;
use crate::ids::FamilyId;
use crate::server::AppState;
use axum::http::HeaderValue;
use axum::http::header::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use time::Duration;
use utoipa::IntoParams;
use zeroize::Zeroizing;

/// Long enough to find a password and a second factor.
const LIFETIME: Duration = Duration::minutes(10);

/// What the exchange with a provider needs and only the browser knows.
pub(super) struct Secrets {
    /// What the provider wants to see before it exchanges a code.
    pub(super) verifier: Zeroizing<String>,
    /// What an ID token must repeat.
    pub(super) nonce: Zeroizing<String>,
}

impl Secrets {
    /// Those of the browser with this cookie.
    pub(super) fn of(browser: &Token) -> Self {
        Self {
            verifier: browser.derived(b"attune/v1|external|pkce").reveal(),
            nonce: browser.derived(b"attune/v1|external|nonce").reveal(),
        }
    }

    /// What the provider is told of the verifier, before it sees it.
    pub(super) fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

/// Somebody may set out.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where to.
    pub(crate) url: Url,
    /// What their browser keeps until they are back.
    pub(crate) cookie: HeaderValue,
}

/// Makes an attempt to sign in with `provider`, or to have it linked for the person of a sign-in.
pub(crate) async fn begin(state: &AppState, provider: Provider, family: Option<FamilyId>) -> Result<Begun, ApiError> {
    let external = state.providers.find(provider).ok_or(ApiError::NotFound("provider"))?;
    let [secret, browser] = [Token::random(), Token::random()];
    let (secret, browser) = (
        secret.map_err(ApiError::internal)?,
        browser.map_err(ApiError::internal)?,
    );
    let redirect_uri = redirect_uri(state, provider);
    // Before anything is stored: a provider that is away makes no attempt.
    let url = external
        .address(&redirect_uri, &secret, &Secrets::of(&browser))
        .await
        .map_err(|error: ProviderError| ApiError::Unavailable(error.into()))?;
    let (state_sha256, browser_sha256) = (secret.digest(), browser.digest());
    let attempt = NewAttempt {
        state_sha256: &state_sha256,
        browser_sha256: &browser_sha256,
        provider: provider.as_str(),
        family,
    };
    state
        .db
        .without_tenant(async |tx| attempts::insert(tx, attempt, LIFETIME).await)
        .await?;
    Ok(Begun {
        url,
        cookie: set_attempt_cookie(&browser, external.way_back(), LIFETIME),
    })
}

/// Where a provider sends people back to: to the letter what it was told when we registered there.
pub(super) fn redirect_uri(state: &AppState, provider: Provider) -> String {
    let (base, provider) = (state.origins.public_url(), provider.as_str());
    format!("{base}/v1/auth/external/{provider}/callback")
}

/// What a browser brings back from a provider.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Returned {
    /// Names the attempt.
    pub(super) state: Option<String>,
    /// What the provider exchanges for what it says of the person.
    pub(super) code: Option<String>,
    /// Why there is no code, such as `access_denied`.
    pub(super) error: Option<String>,
}

/// An attempt that somebody came back with. It is used up.
#[derive(Debug)]
pub(crate) struct TakenAttempt {
    /// The sign-in that asked to have the identity linked; none where somebody signs in with it.
    pub(crate) family: Option<FamilyId>,
    provider: String,
    browser_sha256: Vec<u8>,
}

/// Uses up the attempt that is named, if it is good.
pub(crate) async fn take(state: &AppState, returned: &Returned) -> sqlx::Result<Option<TakenAttempt>> {
    let Some(secret) = returned.state.as_deref().and_then(Token::parse) else {
        return Ok(None);
    };
    let digest: Digest = secret.digest();
    let taken = state
        .db
        .without_tenant(async |tx| attempts::take(tx, &digest).await)
        .await?;
    Ok(taken.map(|taken| TakenAttempt {
        family: taken.family,
        provider: taken.provider,
        browser_sha256: taken.browser_sha256,
    }))
}

impl TakenAttempt {
    /// What the exchange needs, if it is `external` that they were sent to, and this the browser that was sent.
    pub(super) fn secrets(&self, external: &External, headers: &HeaderMap) -> Option<Secrets> {
        let browser = attempt_in(headers)?;
        let is_its_own = browser.digest().as_slice() == self.browser_sha256 && self.provider == external.name();
        is_its_own.then(|| Secrets::of(&browser))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifier_and_nonce_are_the_browser_s_own_and_neither_tells_the_other() {
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        let again = Secrets::of(&Token::parse(&one.reveal()).unwrap());
        let (one, other) = (Secrets::of(&one), Secrets::of(&other));
        assert_eq!((&*one.verifier, &*one.nonce), (&*again.verifier, &*again.nonce));
        assert_ne!(*one.verifier, *one.nonce);
        assert_ne!(*one.verifier, *other.verifier);
        assert_ne!(*one.nonce, *other.nonce);
        // RFC 7636 takes 43 to 128 characters.
        assert_eq!((one.verifier.len(), one.challenge().len()), (43, 43));
    }
}
