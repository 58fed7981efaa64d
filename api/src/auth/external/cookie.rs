//! The cookie of an attempt: what binds the way back to the browser that set out.

use crate::auth::{Token, cookie::token_named};
use axum::http::HeaderValue;
use axum::http::header::HeaderMap;
use time::Duration;
use zeroize::Zeroizing;

const COOKIE: &str = "__Host-attune-attempt";

/// How a browser comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WayBack {
    /// By an address that it is sent to.
    Address,
    /// By a form that the provider's page posts. A browser sends no cookie along with that unless the cookie says so.
    Form,
}

/// The header that gives a browser its attempt.
pub(super) fn set_attempt_cookie(secret: &Token, way_back: WayBack, lifetime: Duration) -> HeaderValue {
    let same_site = match way_back {
        WayBack::Address => "Lax",
        WayBack::Form => "None",
    };
    let value = Zeroizing::new(format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={}",
        *secret.reveal(),
        lifetime.whole_seconds()
    ));
    let mut value = HeaderValue::from_str(&value).expect("invariant: base64url is visible ASCII");
    value.set_sensitive(true);
    value
}

/// The header that takes it away.
pub(crate) fn clear_attempt_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-attune-attempt=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// What a browser that comes back has of its attempt.
pub(super) fn attempt_in(headers: &HeaderMap) -> Option<Token> {
    token_named(headers, COOKIE)
}
