//! A reader of a live meeting.

use super::Stage;
use crate::app::within;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

/// A socket of `/v1/live`.
pub struct Reader(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Reader {
    /// A ticket to follow the stage's meeting.
    pub async fn ticket(stage: &Stage) -> String {
        let path = format!("/v1/meetings/{}/live-tickets", stage.meeting);
        let body = stage.owner.post(&path, json!({})).await.expect(200).body;
        body["ticket"].as_str().expect("a ticket").to_owned()
    }

    /// Follows the stage's meeting after a number.
    pub async fn follow(stage: &Stage, sockets: &str, after: u64) -> Self {
        let ticket = Self::ticket(stage).await;
        Self::open(sockets, stage.meeting, &ticket, after, &[])
            .await
            .expect("the socket opens")
    }

    /// Opens a socket; the HTTP status if it is refused.
    pub async fn open(
        sockets: &str,
        meeting: Uuid,
        ticket: &str,
        after: u64,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let url = format!("{sockets}/v1/live/{meeting}?after={after}");
        let mut request = url.into_client_request().expect("a URL");
        let protocols = format!("attune.live.v1, ticket.{ticket}");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocols.parse().expect("a header"));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, response)) => {
                assert_eq!(response.headers()["sec-websocket-protocol"], "attune.live.v1");
                Ok(Self(socket))
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("neither opened nor refused: {error}"),
        }
    }

    /// The next event, or the code it was closed with.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match within(self.0.next())
                .await
                .expect("a socket ends with a close")
                .expect("the socket holds")
            {
                Message::Text(text) => return Ok(serde_json::from_str(&text).expect("an event is JSON")),
                Message::Close(frame) => return Err(frame.expect("a close has a code").code.into()),
                _ => {}
            }
        }
    }

    /// The next event with a number, or the code it was closed with.
    pub async fn next_numbered(&mut self) -> Result<Value, u16> {
        loop {
            let told = self.next().await?;
            if !told["number"].is_null() {
                return Ok(told);
            }
        }
    }

    /// Every numbered event until the close, and its code.
    pub async fn rest(mut self) -> (Vec<Value>, u16) {
        let mut events = Vec::new();
        loop {
            match self.next_numbered().await {
                Ok(event) => events.push(event),
                Err(code) => return (events, code),
            }
        }
    }
}
