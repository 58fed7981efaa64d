//! What is asked before a socket is opened.

use super::world::World;
use crate::keys::{seal_psk, ticket_sha256};
use crate::protocol::Limits;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

pub(super) async fn rest(mut socket: TcpStream, world: Arc<Mutex<World>>) {
    let mut request = Vec::new();
    let (head, body) = loop {
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0usize) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, answer) = world
        .lock()
        .unwrap()
        .rest(&path, &serde_json::from_str(&body).unwrap_or(Value::Null));
    let answer = answer.to_string();
    let response = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len(),
    );
    let _ = socket.write_all(response.as_bytes()).await;
}

impl World {
    fn rest(&mut self, path: &str, body: &Value) -> (u16, Value) {
        match path {
            "/v1/devices" => self.enrol(body),
            "/v1/meetings" => (201, json!({"id": Uuid::from_u128(0x3), "title": body["title"]})),
            _ if path.ends_with("/sessions") => (200, json!({"session_id": self.session})),
            _ if path.ends_with("/connections") => self.reserve(),
            _ => panic!("the fake does not know {path}"),
        }
    }

    fn enrol(&self, body: &Value) -> (u16, Value) {
        let public = BASE64.decode(body["hpke_public"].as_str().unwrap()).unwrap();
        let sealed = seal_psk(&public.try_into().unwrap(), self.device, &self.psk).unwrap();
        let identity = BASE64.encode(self.identity.verifying_key().as_bytes());
        (
            201,
            json!({
                "device_id": self.device,
                "enc": BASE64.encode(sealed.enc),
                "ciphertext": BASE64.encode(sealed.ciphertext),
                "identity_keys": [{"key_id": 3, "public": identity}],
            }),
        )
    }

    fn reserve(&mut self) -> (u16, Value) {
        if self.unavailable > 0 {
            self.unavailable -= 1;
            let error = json!({"error": {"code": "unavailable", "message": "later", "retryable": true}});
            return (503, error);
        }
        if self.withdrawn {
            let error = json!({"error": {"code": "consent_missing", "message": "withdrawn", "retryable": false}});
            return (403, error);
        }
        let epoch = self.next_epoch();
        let mut ticket = [0; 32];
        getrandom::fill(&mut ticket).unwrap();
        self.tickets.insert(ticket_sha256(&ticket), epoch);
        (
            200,
            json!({
                "ticket": BASE64URL.encode(ticket),
                "epoch": epoch,
                "tenant_id": self.tenant,
                "user_id": self.user,
                "limits": Limits::default(),
                "expires_in_s": 30,
            }),
        )
    }
}
