//! From a request to a socket (RFC 6455, section 4.2), by hand: axum's own hands out whole messages and hides the stream below
//! them, whose frames are to be counted.

use super::wire::Wire;
use crate::error::ApiError;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// A socket whose frames are counted.
pub(crate) type Socket = WebSocketStream<Wire<TokioIo<Upgraded>>>;

/// A request that may become a socket.
#[derive(Debug)]
pub(crate) struct Upgrade {
    key: HeaderValue,
    protocols: Vec<HeaderValue>,
    upgrading: OnUpgrade,
}

impl Upgrade {
    /// The subprotocols that the client speaks, as it wrote them.
    pub(super) fn requested_protocols(&self) -> impl Iterator<Item = &HeaderValue> {
        self.protocols.iter()
    }

    /// Answers that it becomes one, and has `serve` serve it; a client that is gone before is served nothing.
    pub(crate) fn accept<F>(
        self,
        protocol: &'static str,
        config: WebSocketConfig,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let upgrading = self.upgrading;
        tokio::spawn(async move {
            let Ok(upgraded) = upgrading.await else { return };
            let wire = Wire::new(TokioIo::new(upgraded));
            serve(WebSocketStream::from_raw_socket(wire, Role::Server, Some(config)).await).await;
        });
        let accepted = HeaderValue::from_str(&derive_accept_key(self.key.as_bytes()));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(
            SEC_WEBSOCKET_ACCEPT,
            accepted.expect("invariant: base64 is visible ASCII"),
        );
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        const NO_SOCKET: &str = "it is no WebSocket's: version 13, with an `upgrade` and a key";
        let headers = &parts.headers;
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        let asks = parts.method == Method::GET
            && says(headers, CONNECTION, "upgrade")
            && says(headers, UPGRADE, "websocket")
            && says(headers, SEC_WEBSOCKET_VERSION, "13");
        let protocols = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().cloned().collect();
        let upgrading = parts.extensions.remove::<OnUpgrade>();
        match (key, upgrading) {
            (Some(key), Some(upgrading)) if asks => Ok(Self {
                key,
                protocols,
                upgrading,
            }),
            _ => Err(ApiError::Malformed(NO_SOCKET.into())),
        }
    }
}

/// Whether a header's list has this word.
fn says(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let words = headers.get_all(name);
    let mut words = words
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    words.any(|found| found.trim().eq_ignore_ascii_case(word))
}
