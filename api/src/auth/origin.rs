//! Whose pages may talk to us. A browser says where a script came from; what it says decides whether a cookie counts,
//! and whether a socket opens.

use crate::config::Config;
use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::{Method, Uri};
use std::net::SocketAddr;

/// The origins that are ours, and those that are let in besides.
#[derive(Debug, Clone)]
pub struct Origins {
    own: Vec<String>,
    allowed: Vec<String>,
    hosts: Vec<String>,
}

impl Origins {
    /// Those of a server that listens on `addr`.
    pub fn new(config: &Config, addr: SocketAddr) -> Self {
        let own = match &config.public_url {
            Some(url) => vec![url.trim_end_matches('/').to_ascii_lowercase()],
            None => ["127.0.0.1", "localhost", "[::1]"]
                .map(|host| format!("http://{host}:{}", addr.port()))
                .to_vec(),
        };
        let hosts = own
            .iter()
            .filter_map(|origin| origin.split_once("://"))
            .map(|(_, host)| host.to_owned())
            .collect();
        let allowed = config
            .allowed_origins
            .iter()
            .map(|origin| origin.to_ascii_lowercase())
            .collect();
        Self { own, allowed, hosts }
    }

    /// The address people reach the server at.
    pub fn public_url(&self) -> &str {
        &self.own[0]
    }

    /// Whether a request names one of our hosts: a page elsewhere whose name was pointed at us (DNS rebinding) does not.
    pub fn is_own_host(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let named = uri
            .authority()
            .map(|authority| authority.as_str())
            .or_else(|| text(headers, HOST));
        named.is_some_and(|host| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
    }

    /// Whether a request that carries our cookie comes from our own page. Reading is harmless: no other page can see
    /// the answer.
    pub fn may_use_cookie(&self, method: &Method, headers: &HeaderMap) -> bool {
        if method.is_safe() {
            return true;
        }
        match (text(headers, "sec-fetch-site"), text(headers, ORIGIN)) {
            // Every browser since 2023 says it, and no script can forge it.
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => self.is_own(origin),
            (None, None) => false,
        }
    }

    /// Whether a socket may open for a script of this origin; none is no origin.
    pub fn may_open_socket(&self, headers: &HeaderMap) -> SocketOrigin {
        match text(headers, ORIGIN) {
            Some(origin)
                if self.is_own(origin) || self.allowed.iter().any(|known| known.eq_ignore_ascii_case(origin)) =>
            {
                SocketOrigin::Known
            }
            None if !headers.contains_key(ORIGIN) => SocketOrigin::Missing,
            _ => SocketOrigin::Foreign,
        }
    }

    fn is_own(&self, origin: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(origin))
    }
}

/// Where a socket is opened from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketOrigin {
    /// One of our pages, or an extension that was let in.
    Known,
    /// No browser: only a native device's ticket opens it.
    Missing,
    /// Anyone else's page.
    Foreign,
}

fn text(headers: &HeaderMap, name: impl axum::http::header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
