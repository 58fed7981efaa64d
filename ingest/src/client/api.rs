//! What a client asks the server for over REST before it opens a socket.

mod failure;

pub use failure::ApiFailure;

use super::device::{Device, decode_key};
use crate::keys::{Enrolment, SealedPsk, ticket_sha256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// How long a request may take, connecting included: the server answers in milliseconds or is in trouble.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// More than any answer that a client asks for here has.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A server, and the right to ask it.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    server: Url,
    access_token: String,
}

/// What a new meeting is.
#[derive(Debug, Clone, Serialize)]
pub struct NewMeeting {
    /// Its title.
    pub title: String,
    /// Its kind, such as `discovery`.
    pub meeting_type: String,
    /// The language spoken, as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// "I have told the others."
    pub others_told: bool,
    /// How much coaching, such as `balanced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// It is a recording that is played, and nobody is there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub played_back: bool,
}

/// A meeting.
#[derive(Debug, Clone, Deserialize)]
pub struct Meeting {
    /// Its id.
    pub id: Uuid,
}

/// A reserved connection: its ticket opens one socket, once, within `expires_in_s`.
#[derive(Clone, Deserialize)]
pub struct Connection {
    /// 32 random bytes in base64url without padding.
    pub ticket: String,
    /// The connection's number.
    pub epoch: u64,
    /// The organisation.
    pub tenant_id: Uuid,
    /// Whose meeting it is.
    pub user_id: Uuid,
    /// How long the ticket lives.
    pub expires_in_s: u32,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// SHA-256 of the ticket's bytes; nothing if the ticket is not base64url.
    pub fn ticket_sha256(&self) -> Option<[u8; 32]> {
        BASE64URL.decode(&self.ticket).ok().map(|ticket| ticket_sha256(&ticket))
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api")
            .field("server", &self.server.as_str())
            .finish_non_exhaustive()
    }
}

impl Api {
    /// The server at `server`, asked with `access_token`.
    ///
    /// # Errors
    /// When the address is not https, and not http on this machine either: a token must not travel in the clear.
    pub fn new(server: &str, access_token: &str) -> Result<Self, ApiFailure> {
        let address = || ApiFailure::Address(server.to_owned());
        let server = Url::parse(server).map_err(|_| address())?;
        let local = matches!(server.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if !(server.scheme() == "https" || server.scheme() == "http" && local) {
            return Err(address());
        }
        let mut http = reqwest::Client::builder();
        if local {
            // A proxy that the environment names may be on another machine.
            http = http.no_proxy();
        }
        let http = http
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("attune-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| ApiFailure::Unreachable {
                what: "preparing to ask",
                server: server.to_string(),
                source,
            })?;
        Ok(Self {
            http,
            server,
            access_token: access_token.to_owned(),
        })
    }

    /// Turns the token of a sign-in link into an access token.
    ///
    /// # Errors
    /// When the link is used, expired or unknown, or the server does not answer.
    pub async fn redeem_login_link(server: &str, token: &str) -> Result<String, ApiFailure> {
        #[derive(Serialize)]
        struct Redeem<'a> {
            token: &'a str,
            client: &'static str,
        }
        #[derive(Deserialize)]
        struct Redeemed {
            access_token: String,
        }
        let client = "native";
        let redeemed: Redeemed = Self::new(server, "")?
            .post("signing in", "/v1/auth/login-links/redeem", &Redeem { token, client })
            .await?;
        Ok(redeemed.access_token)
    }

    /// Enrols this machine as a device of kind `native`.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or its answer was not made for this request.
    pub async fn enrol_device(&self, name: &str) -> Result<Device, ApiFailure> {
        #[derive(Serialize)]
        struct Ask<'a> {
            kind: &'static str,
            name: &'a str,
            hpke_public: String,
        }
        #[derive(Deserialize)]
        struct Answer {
            device_id: Uuid,
            enc: String,
            ciphertext: String,
            identity_keys: Vec<Identity>,
        }
        #[derive(Deserialize)]
        struct Identity {
            key_id: u8,
            public: String,
        }
        let what = "enrolling this device";
        let enrolment = Enrolment::generate();
        let ask = Ask {
            kind: "native",
            name,
            hpke_public: BASE64.encode(enrolment.public()),
        };
        let answer: Answer = self.post(what, "/v1/devices", &ask).await?;
        let unreadable = || ApiFailure::Answer { what, source: None };
        let identities = answer.identity_keys.iter();
        let identity_keys = identities
            .map(|identity| Some((identity.key_id, decode_key(&identity.public)?)))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(unreadable)?;
        let sealed = SealedPsk {
            enc: decode_key(&answer.enc).ok_or_else(unreadable)?,
            ciphertext: BASE64.decode(&answer.ciphertext).map_err(|_| unreadable())?,
        };
        Ok(Device {
            id: answer.device_id,
            psk: enrolment.open(answer.device_id, &sealed)?,
            identity_keys,
        })
    }

    /// Records the person's consent to be recorded.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn consent_to_record_self(&self) -> Result<(), ApiFailure> {
        #[derive(Serialize)]
        struct Consent {
            kind: &'static str,
            granted: bool,
        }
        let consent = Consent {
            kind: "record_self",
            granted: true,
        };
        let _: serde_json::Value = self.post("giving consent", "/v1/consents", &consent).await?;
        Ok(())
    }

    /// Creates a meeting.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn create_meeting(&self, meeting: &NewMeeting) -> Result<Meeting, ApiFailure> {
        self.post("creating a meeting", "/v1/meetings", meeting).await
    }

    /// Deletes a meeting and everything recorded of it.
    ///
    /// # Errors
    /// When it is not there or the server does not answer.
    pub async fn delete_meeting(&self, meeting: Uuid) -> Result<(), ApiFailure> {
        let request = self.request(Method::DELETE, &format!("/v1/meetings/{meeting}"));
        self.ask("deleting a meeting", request).await
    }

    /// The session of `device` in `meeting`: the same one each time.
    ///
    /// # Errors
    /// When consent is missing, the meeting is over, or the server does not answer.
    pub async fn open_session(&self, meeting: Uuid, device: Uuid) -> Result<Uuid, ApiFailure> {
        #[derive(Serialize)]
        struct Ask {
            device_id: Uuid,
        }
        #[derive(Deserialize)]
        struct Answer {
            session_id: Uuid,
        }
        let path = format!("/v1/meetings/{meeting}/sessions");
        let ask = Ask { device_id: device };
        let answer: Answer = self.post("opening a session", &path, &ask).await?;
        Ok(answer.session_id)
    }

    /// Reserves a connection of `session`. `take_over` ends one that is live, on this or another device.
    ///
    /// # Errors
    /// When the session is closed or live elsewhere, or the server does not answer.
    pub async fn reserve_connection(&self, session: Uuid, take_over: bool) -> Result<Connection, ApiFailure> {
        #[derive(Serialize)]
        struct Ask {
            take_over: bool,
        }
        let path = format!("/v1/sessions/{session}/connections");
        self.post("reserving a connection", &path, &Ask { take_over }).await
    }

    /// Where the socket of `/v1/ingest` is.
    pub fn ingest_url(&self) -> String {
        let mut url = self.server.clone();
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        url.set_scheme(scheme)
            .expect("invariant: an http address can become a ws address");
        url.set_path("/v1/ingest");
        url.to_string()
    }

    /// The server's host, and its port.
    pub(super) fn host(&self) -> (&str, u16) {
        let host = self.server.host_str().unwrap_or_default();
        // Brackets are an address' in a URL alone.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.server.port_or_known_default();
        (host, port.expect("invariant: http and https have a port"))
    }

    /// Where a person sees `path` of the server.
    pub fn page(&self, path: &str) -> String {
        let mut url = self.server.clone();
        url.set_path(path);
        url.to_string()
    }

    /// Gets `path` as JSON.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn get<T: DeserializeOwned>(&self, what: &'static str, path: &str) -> Result<T, ApiFailure> {
        self.ask(what, self.request(Method::GET, path)).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiFailure> {
        self.ask(what, self.request(Method::POST, path).json(body)).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut url = self.server.clone();
        url.set_path(path);
        let request = self.http.request(method, url);
        if self.access_token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.access_token)
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, ApiFailure> {
        let unreachable = |source: reqwest::Error| ApiFailure::Unreachable {
            what,
            server: self.server.to_string(),
            source: source.without_url(),
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(ApiFailure::Answer { what, source: None });
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            // 204 has no body; whoever wants nothing takes `null`.
            let json = if body.is_empty() { b"null" } else { body.as_slice() };
            let parsed = serde_json::from_slice(json);
            return parsed.map_err(|source| ApiFailure::Answer {
                what,
                source: Some(source),
            });
        }
        Err(failure::refusal(
            what,
            status.as_u16(),
            retry_after.map(Duration::from_secs),
            &body,
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::fake::FakeServer;

    /// A proxy that is not there: the port is that of no program.
    const NOBODY: &str = "http://127.0.0.1:1";

    #[test]
    fn a_token_never_travels_in_the_clear() {
        for (server, allowed) in [
            ("https://attune.example", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("http://attune.example", false),
            ("http://127.0.0.1.attune.example", false),
            ("ftp://127.0.0.1", false),
            ("attune", false),
        ] {
            assert_eq!(Api::new(server, "token").is_ok(), allowed, "{server}");
        }
    }

    /// A process of its own, because a proxy is named by the environment.
    #[tokio::test]
    async fn a_server_on_this_machine_is_asked_without_a_proxy() {
        const THIS: &str = "client::api::tests::a_server_on_this_machine_is_asked_without_a_proxy";
        if std::env::var_os("http_proxy").is_none_or(|proxy| proxy != NOBODY) {
            let again = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", THIS])
                .env("http_proxy", NOBODY)
                .env_remove("no_proxy")
                .env_remove("NO_PROXY")
                .output()
                .unwrap();
            assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
            return;
        }
        let server = FakeServer::start().await;
        Api::new(&server.url(), "token")
            .unwrap()
            .enrol_device("test")
            .await
            .unwrap();
    }

    #[test]
    fn the_socket_is_beside_the_api() {
        let url = |server| Api::new(server, "").unwrap().ingest_url();
        assert_eq!(url("https://attune.example"), "wss://attune.example/v1/ingest");
        assert_eq!(url("http://127.0.0.1:8080/"), "ws://127.0.0.1:8080/v1/ingest");
        for (server, host) in [
            ("https://attune.example", ("attune.example", 443)),
            ("http://[::1]:8080", ("::1", 8080)),
        ] {
            assert_eq!(Api::new(server, "").unwrap().host(), host);
        }
    }
}
