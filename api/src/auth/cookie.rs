//! The web session's cookie. `__Host-` binds it to this host, this origin's root and a secure transport; scripts cannot
//! read it, and no other site's page can make a browser send it.

use super::Token;
use axum::http::HeaderValue;
use axum::http::header::{COOKIE as COOKIE_HEADER, HeaderMap};
use time::Duration;
use zeroize::Zeroizing;

/// The cookie's name.
pub const COOKIE: &str = "__Host-attune";

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The header that gives a browser its session.
pub(crate) fn set_cookie(token: &Token, lifetime: Duration) -> HeaderValue {
    let value = Zeroizing::new(format!(
        "{COOKIE}={}; {ATTRIBUTES}; Max-Age={}",
        *token.reveal(),
        lifetime.whole_seconds()
    ));
    let mut value = HeaderValue::from_str(&value).expect("invariant: base64url is visible ASCII");
    value.set_sensitive(true);
    value
}

/// The header that takes it away.
pub(crate) fn clear_cookie() -> HeaderValue {
    HeaderValue::from_str(&format!("{COOKIE}=; {ATTRIBUTES}; Max-Age=0"))
        .expect("invariant: all of it is visible ASCII")
}

/// The session's token in a request's cookies.
pub(super) fn token_in(headers: &HeaderMap) -> Option<Token> {
    token_named(headers, COOKIE)
}

/// The token in a cookie of this name.
pub(super) fn token_named(headers: &HeaderMap, cookie: &str) -> Option<Token> {
    headers
        .get_all(COOKIE_HEADER)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == cookie).then_some(value))
        .and_then(Token::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies_and_nowhere_else() {
        let token = Token::random().unwrap();
        let text = token.reveal();
        let found = |header: String| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE_HEADER, header.parse().unwrap());
            token_in(&headers).map(|token| token.digest())
        };
        assert_eq!(found(format!("a=b; {COOKIE}={}; c=d", *text)), Some(token.digest()));
        assert_eq!(found(format!("x{COOKIE}={}", *text)), None);
        assert_eq!(found(format!("{COOKIE}=nonsense")), None);
    }

    #[test]
    fn the_cookie_is_bound_to_host_and_transport_and_hidden_from_scripts() {
        let header = set_cookie(&Token::random().unwrap(), Duration::days(1));
        let text = header.to_str().unwrap();
        for attribute in [
            "__Host-attune=",
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=Strict",
            "Max-Age=86400",
        ] {
            assert!(text.contains(attribute), "{attribute}");
        }
        assert!(!text.contains("Domain"));
    }
}
