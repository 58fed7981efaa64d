//! One connection: from a ticket to sealed frames in both directions.

use super::api::Connection;
use super::device::Device;
use super::way::{ByteStream, Way};
use crate::keys::{HelloContext, HelloError, Offer, OfferError, say_hello};
use crate::protocol::{
    CloseCode, Envelope, FrameKind, Hello, Limits, Malformed, Prefix, SUBPROTOCOL, ServerEvent, Stream,
    TICKET_SUBPROTOCOL_PREFIX, Welcome,
};
use crate::seal::{OpenError, Opener, SealError, Sealer};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use uuid::Uuid;

/// How long the way to the socket may take, TLS and upgrade included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may take for each step of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one message may take to leave: longer, and the way is dead.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a polite close may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Messages that wait to leave: two seconds of two tracks, so that credit and not this queue is what holds audio back.
const OUTGOING_MESSAGES: usize = 16;

type Socket = WebSocketStream<MaybeTlsStream<Box<dyn ByteStream>>>;

/// A live connection: what goes up and what comes down are independent.
pub struct Link {
    /// To the server.
    pub up: LinkUp,
    /// From the server.
    pub down: LinkDown,
}

/// The way to the server.
pub struct LinkUp {
    sealer: Sealer,
    outgoing: mpsc::Sender<Message>,
    writer: JoinHandle<()>,
}

/// The way from the server.
pub struct LinkDown {
    opener: Opener,
    epoch: u64,
    incoming: SplitStream<Socket>,
    /// When the connection is dead, unless something comes.
    dead_at: Instant,
}

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody there, or the upgrade was refused.
    #[error("connecting to the server's socket")]
    Connect(#[source] Box<tungstenite::Error>),
    /// The upgrade was refused with this HTTP status.
    #[error("the server's socket answered with HTTP {0}")]
    Upgrade(u16),
    /// It took too long.
    #[error("{0} took too long")]
    Timeout(&'static str),
    /// The ticket is not what the protocol says.
    #[error("the server's ticket cannot be used")]
    Ticket,
    /// The offer is not this server's.
    #[error("the server could not prove that it is the one this device was enrolled with")]
    Offer(#[from] OfferError),
    /// The offered key is none.
    #[error(transparent)]
    Hello(#[from] HelloError),
    /// It ended before it was live.
    #[error(transparent)]
    Ended(#[from] LinkEnd),
    /// The first event was another than `welcome`.
    #[error("the server did not begin with a welcome")]
    NoWelcome,
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub enum LinkEnd {
    /// The server closed it.
    #[error("the server closed the connection: {code} {reason}")]
    Closed {
        /// Why, for programs.
        code: u16,
        /// Why, for people.
        reason: String,
    },
    /// It broke.
    #[error("the connection broke")]
    Broken(#[source] Option<Box<tungstenite::Error>>),
    /// Nothing came for too long.
    #[error("the connection went silent")]
    Silent,
    /// The server's message does not open.
    #[error("the server's message does not open")]
    Open(#[from] OpenError),
    /// The server's message does not parse.
    #[error("the server's message does not parse")]
    Malformed(#[from] Malformed),
    /// The server sent what it must not.
    #[error("the server sent a {0}")]
    Unexpected(&'static str),
}

impl LinkEnd {
    /// The protocol's code, where the server closed with one.
    pub const fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Closed { code, .. } => CloseCode::from_u16(*code),
            _ => None,
        }
    }
}

impl Link {
    /// Opens the connection that `connection` reserved for `session`, and says `hello`.
    ///
    /// # Errors
    /// When the server does not answer, cannot prove who it is, or refuses.
    pub async fn open(
        way: &dyn Way,
        device: &Device,
        session: Uuid,
        connection: &Connection,
        hello: &Hello,
    ) -> Result<(Self, Welcome), LinkError> {
        let ticket_sha256 = connection.ticket_sha256().ok_or(LinkError::Ticket)?;
        let mut socket = connect(way, &connection.ticket).await?;
        let offer = Offer::parse(&binary(&mut socket, "the server's offer").await?)?;
        offer.verify(&device.identity_keys, &ticket_sha256)?;
        let context = HelloContext {
            tenant: connection.tenant_id,
            user: connection.user_id,
            device: device.id,
            session,
            epoch: connection.epoch,
            ticket_sha256,
        };
        let (message, keys) = say_hello(&offer, &device.psk, &context, hello)?;
        send(&mut socket, message).await?;
        let (sink, incoming) = socket.split();
        let (outgoing, queue) = mpsc::channel(OUTGOING_MESSAGES);
        let up = LinkUp {
            sealer: Sealer::new(&keys.c2s, connection.epoch, session),
            outgoing,
            writer: tokio::spawn(write(sink, queue)),
        };
        let mut down = LinkDown {
            opener: Opener::new(&keys.s2c, connection.epoch, session),
            epoch: connection.epoch,
            incoming,
            dead_at: Instant::now() + Limits::DEAD_AFTER,
        };
        let first = timeout(HANDSHAKE_TIMEOUT, down.next()).await;
        match first.map_err(|_| LinkError::Timeout("the server's welcome"))??.event {
            ServerEvent::Welcome(welcome) => Ok((Self { up, down }, welcome)),
            _ => Err(LinkError::NoWelcome),
        }
    }
}

impl LinkUp {
    /// Waits until a frame can be sent without waiting. Nothing is lost when it is dropped.
    pub async fn ready(&self) {
        // A closed queue is for `LinkDown::next` to report: until it does, there is nothing to be ready for.
        if self.outgoing.reserve().await.is_err() {
            std::future::pending().await
        }
    }

    /// Seals a frame and sends it on its way; says whether it left. Call it after [`LinkUp::ready`].
    ///
    /// # Errors
    /// When the frame cannot be sealed: a fault of the caller's.
    pub fn send(&mut self, prefix: &Prefix, payload: &[u8]) -> Result<bool, SealError> {
        let Ok(permit) = self.outgoing.try_reserve() else {
            return Ok(false);
        };
        let sealed = self.sealer.seal(prefix, payload)?;
        permit.send(Message::Binary(sealed.into()));
        Ok(true)
    }

    /// Closes the socket and waits a moment for what is queued to leave.
    pub async fn close(mut self) {
        let frame = CloseFrame {
            code: tungstenite::protocol::frame::coding::CloseCode::Normal,
            reason: "".into(),
        };
        let _ = self.outgoing.try_send(Message::Close(Some(frame)));
        let (gone, _) = mpsc::channel(1);
        self.outgoing = gone;
        let _ = timeout(CLOSE_TIMEOUT, &mut self.writer).await;
    }
}

impl Drop for LinkUp {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

impl LinkDown {
    /// The server's next event. Nothing is lost when it is dropped.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn next(&mut self) -> Result<Envelope, LinkEnd> {
        loop {
            let message = timeout_at(self.dead_at, self.incoming.next()).await;
            let message = message.map_err(|_| LinkEnd::Silent)?;
            self.dead_at = Instant::now() + Limits::DEAD_AFTER;
            match message {
                Some(Ok(Message::Binary(message))) => return self.event(&message),
                Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Text(_))) => return Err(LinkEnd::Unexpected("text message")),
                Some(Err(error)) => return Err(LinkEnd::Broken(Some(Box::new(error)))),
                None => return Err(LinkEnd::Broken(None)),
            }
        }
    }

    fn event(&mut self, message: &[u8]) -> Result<Envelope, LinkEnd> {
        let frame = self.opener.open(message)?;
        if frame.prefix.stream != Stream::Control || frame.prefix.kind != FrameKind::Json {
            return Err(LinkEnd::Unexpected("frame on a stream of the client's"));
        }
        let envelope = Envelope::parse(&frame.payload)?;
        if envelope.epoch != self.epoch {
            return Err(LinkEnd::Unexpected("event of another connection"));
        }
        Ok(envelope)
    }
}

async fn connect(way: &dyn Way, ticket: &str) -> Result<Socket, LinkError> {
    let failed = |error| match error {
        tungstenite::Error::Http(response) => LinkError::Upgrade(response.status().as_u16()),
        error => LinkError::Connect(Box::new(error)),
    };
    let mut request = way.ingest_url().into_client_request().map_err(failed)?;
    let protocols = format!("{SUBPROTOCOL}, {TICKET_SUBPROTOCOL_PREFIX}{ticket}");
    let mut protocols = HeaderValue::from_str(&protocols).map_err(|_| LinkError::Ticket)?;
    protocols.set_sensitive(true);
    request.headers_mut().insert("sec-websocket-protocol", protocols);
    let config = WebSocketConfig::default()
        .max_message_size(Some(Limits::MESSAGE_BYTES))
        .max_frame_size(Some(Limits::MESSAGE_BYTES));
    let connecting = async {
        let stream = way.dial().await.map_err(tungstenite::Error::Io)?;
        client_async_tls_with_config(request, stream, Some(config), None).await
    };
    let connected = timeout(CONNECT_TIMEOUT, connecting).await;
    let (socket, _) = connected
        .map_err(|_| LinkError::Timeout("connecting"))?
        .map_err(failed)?;
    Ok(socket)
}

async fn binary(socket: &mut Socket, what: &'static str) -> Result<Bytes, LinkError> {
    let receive = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Binary(message))) => return Ok(message),
                Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
                Some(Ok(Message::Text(_))) => return Err(LinkEnd::Unexpected("text message")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(LinkEnd::Broken(Some(Box::new(error)))),
                None => return Err(LinkEnd::Broken(None)),
            }
        }
    };
    let received = timeout(HANDSHAKE_TIMEOUT, receive).await;
    Ok(received.map_err(|_| LinkError::Timeout(what))??)
}

async fn send(socket: &mut Socket, message: Vec<u8>) -> Result<(), LinkError> {
    let sent = timeout(HANDSHAKE_TIMEOUT, socket.send(Message::Binary(message.into()))).await;
    let sent = sent.map_err(|_| LinkError::Timeout("the hello"))?;
    Ok(sent.map_err(|error| LinkEnd::Broken(Some(Box::new(error))))?)
}

/// Sends what is queued, and a ping now and then. Ends when the queue is dropped or the way is dead; the reading half
/// then finds out by itself.
async fn write(mut sink: SplitSink<Socket, Message>, mut queue: mpsc::Receiver<Message>) {
    let mut pings = interval(Limits::PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = queue.recv() => match message {
                Some(message) => message,
                None => break,
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        match timeout(SEND_TIMEOUT, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => break,
        }
    }
    let _ = timeout(CLOSE_TIMEOUT, sink.close()).await;
}

fn closed(frame: Option<CloseFrame>) -> LinkEnd {
    match frame {
        Some(frame) => LinkEnd::Closed {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        },
        None => LinkEnd::Broken(None),
    }
}
