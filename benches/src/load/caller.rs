//! One client on its way in: ticket, offer, hello, welcome. What it is then can be played by a clock.

use super::people::Captures;
use super::socket::{Broken, Down, Message, Up, connect, upgrade};
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::speaker::Track;
use attune_ingest::client::Connection;
use attune_ingest::keys::{HelloContext, HelloError, Offer, OfferError, say_hello};
use attune_ingest::protocol::{Codec, Envelope, Hello, ServerEvent, TrackDeclaration, Welcome};
use attune_ingest::seal::{Opener, Sealer};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// How long the way in may take: a storm is over long before.
const OPENS_WITHIN: Duration = Duration::from_secs(60);

/// A client with a ticket.
#[derive(Debug)]
pub struct Caller {
    /// Which session it captures.
    pub session: Uuid,
    address: String,
    device: Device,
    connection: Connection,
    tracks: Vec<Track>,
}

#[derive(Clone)]
struct Device(attune_ingest::client::Device);

/// A client whose connection is live.
#[derive(Debug)]
pub struct Opened {
    /// Which session it captures.
    pub session: Uuid,
    /// The number of this connection within it.
    pub epoch: u64,
    /// To the server.
    pub up: Up,
    /// Seals what goes there.
    pub sealer: Sealer,
    /// From the server.
    pub down: Greeted,
    /// What it was told first.
    pub welcome: Welcome,
}

/// The way from a server that has welcomed: its events.
#[derive(Debug)]
pub struct Greeted {
    down: Down,
    opener: Opener,
}

/// Why a connection did not come to live, or is over.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The socket.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The server closed with this code.
    #[error("the server closed: {0:?}")]
    Closed(Option<u16>),
    /// It took too long.
    #[error("the way in took longer than {OPENS_WITHIN:?}")]
    Late,
    /// The offer is not this server's.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// The offered key is none.
    #[error(transparent)]
    Hello(#[from] HelloError),
    /// Something that the protocol does not have there.
    #[error("the server said something out of place")]
    OutOfPlace,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Device").field(&self.0.id).finish()
    }
}

impl Caller {
    /// A client that captures `tracks` for `captures`, with the ticket of `connection`.
    pub fn new(address: &str, captures: &Captures, connection: Connection, tracks: &[Track]) -> Self {
        Self {
            session: captures.session,
            address: address.to_owned(),
            device: Device(captures.device.clone()),
            connection,
            tracks: tracks.to_vec(),
        }
    }

    /// Opens its connection.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn open(self) -> Result<Opened, Refused> {
        timeout(OPENS_WITHIN, self.greet()).await.map_err(|_| Refused::Late)?
    }

    async fn greet(self) -> Result<Opened, Refused> {
        let Self {
            session,
            address,
            device: Device(device),
            connection,
            tracks,
        } = self;
        let stream = connect(&address).await.map_err(Broken::Io)?;
        let protocols = format!("attune.v1, ticket.{}", connection.ticket);
        let (mut up, mut down) = upgrade(stream, &address, "/v1/ingest", Some(&protocols)).await?;
        let ticket_sha256 = connection.ticket_sha256().ok_or(Refused::OutOfPlace)?;
        let offer = Offer::parse(&binary(&mut down).await?)?;
        offer.verify(&device.identity_keys, &ticket_sha256)?;
        let context = HelloContext {
            tenant: connection.tenant_id,
            user: connection.user_id,
            device: device.id,
            session,
            epoch: connection.epoch,
            ticket_sha256,
        };
        let declared = tracks.into_iter().map(|track| TrackDeclaration {
            track,
            codec: Codec::Opus,
            rate_hz: SAMPLE_RATE_HZ,
        });
        let hello = Hello {
            client: "bench/1".to_owned(),
            language: "en".to_owned(),
            tracks: declared.collect(),
            meeting_type: None,
            glossary: Vec::new(),
        };
        let (message, keys) = say_hello(&offer, &device.psk, &context, &hello)?;
        up.send(&message)?;
        up.flush().await?;
        let mut down = Greeted {
            down,
            opener: Opener::new(&keys.s2c, connection.epoch, session),
        };
        let ServerEvent::Welcome(welcome) = down.next().await?.event else {
            return Err(Refused::OutOfPlace);
        };
        Ok(Opened {
            session,
            epoch: connection.epoch,
            up,
            sealer: Sealer::new(&keys.c2s, connection.epoch, session),
            down,
            welcome,
        })
    }
}

impl Greeted {
    /// The server's next event. Nothing is lost when it is dropped.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn next(&mut self) -> Result<Envelope, Refused> {
        let message = binary(&mut self.down).await?;
        let frame = self.opener.open(&message).map_err(|_| Refused::OutOfPlace)?;
        Envelope::parse(&frame.payload).map_err(|_| Refused::OutOfPlace)
    }
}

async fn binary(down: &mut Down) -> Result<Vec<u8>, Refused> {
    match down.next().await? {
        Message::Binary(message) => Ok(message),
        Message::Close(code) => Err(Refused::Closed(code)),
        Message::Text(_) => Err(Refused::OutOfPlace),
    }
}
