//! A socket in memory, and a client on the other end that speaks the whole protocol: offer, hello, sealed frames.

use attune_ingest::connection::{Arrival, Incoming, Outgoing, Served, SocketError, serve};
use attune_ingest::hearing::Hearing;
use attune_ingest::keys::{HelloContext, Offer, say_hello};
use attune_ingest::memory::Memory;
use attune_ingest::ports::Reservation;
use attune_ingest::protocol::{CloseCode, Envelope, Hello, Limits, Prefix, ServerEvent, Welcome};
use attune_ingest::seal::{Opener, Sealer};
use bytes::Bytes;
use futures_util::{Sink, Stream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The server's end.
pub struct Wire {
    incoming: mpsc::UnboundedReceiver<Incoming>,
    outgoing: mpsc::UnboundedSender<Outgoing>,
    reads: Arc<AtomicBool>,
}

impl Stream for Wire {
    type Item = Result<Incoming, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(context).map(|message| message.map(Ok))
    }
}

impl Sink<Outgoing> for Wire {
    type Error = SocketError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        match self.reads.load(Ordering::SeqCst) {
            true => Poll::Ready(Ok(())),
            // For good: nobody is woken.
            false => Poll::Pending,
        }
    }

    fn start_send(self: Pin<&mut Self>, message: Outgoing) -> Result<(), SocketError> {
        self.outgoing.send(message).map_err(|gone| SocketError(Box::new(gone)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Poll::Ready(Ok(()))
    }
}

/// The client's end.
pub struct Peer {
    pub to: Option<mpsc::UnboundedSender<Incoming>>,
    from: mpsc::UnboundedReceiver<Outgoing>,
    pub served: JoinHandle<Served>,
    pub cancel: CancellationToken,
    pub reservation: Reservation,
    keys: Option<(Sealer, Opener)>,
    pub events: Vec<Envelope>,
    /// Answers pings.
    pub answers: bool,
    /// Takes what the server sends.
    pub reads: Arc<AtomicBool>,
}

impl Peer {
    /// A socket on its way in with the ticket of `reservation`.
    pub fn arrive(memory: &Memory, hearing: &Arc<Hearing>, reservation: Reservation, has_origin: bool) -> Self {
        let (to, incoming) = mpsc::unbounded_channel();
        let (outgoing, from) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let reads = Arc::new(AtomicBool::new(true));
        let wire = Wire {
            incoming,
            outgoing,
            reads: Arc::clone(&reads),
        };
        let arrival = Arrival {
            ticket_sha256: reservation.ticket_sha256,
            has_origin,
        };
        let served = tokio::spawn(serve(
            wire,
            arrival,
            Arc::new(memory.clone()),
            Arc::clone(hearing),
            Limits::default(),
            cancel.clone(),
        ));
        Self {
            to: Some(to),
            from,
            served,
            cancel,
            reservation,
            keys: None,
            events: Vec::new(),
            answers: true,
            reads,
        }
    }

    pub fn send_raw(&self, bytes: impl Into<Bytes>) {
        // A server that has closed no longer reads.
        if let Some(to) = &self.to {
            let _ = to.send(Incoming::Binary(bytes.into()));
        }
    }

    /// The server's next message; pings are answered on the way.
    pub async fn next(&mut self) -> Option<Outgoing> {
        loop {
            match self.from.recv().await? {
                Outgoing::Ping if self.answers => {
                    if let Some(to) = &self.to {
                        let _ = to.send(Incoming::Alive);
                    }
                }
                Outgoing::Ping => {}
                message => return Some(message),
            }
        }
    }

    pub async fn offer(&mut self, memory: &Memory) -> Offer {
        let Some(Outgoing::Binary(bytes)) = self.next().await else {
            panic!("the server speaks first");
        };
        let offer = Offer::parse(&bytes).unwrap();
        offer.verify(&memory.pinned(), &self.reservation.ticket_sha256).unwrap();
        offer
    }

    pub fn context(&self) -> HelloContext {
        HelloContext {
            tenant: self.reservation.tenant,
            user: self.reservation.user,
            device: self.reservation.device,
            session: self.reservation.session,
            epoch: self.reservation.epoch,
            ticket_sha256: self.reservation.ticket_sha256,
        }
    }

    /// Greets with a key, and takes the welcome.
    pub async fn greet(&mut self, memory: &Memory, hello: &Hello) -> Welcome {
        let offer = self.offer(memory).await;
        let (message, keys) = say_hello(&offer, &Memory::PSK, &self.context(), hello).unwrap();
        self.send_raw(message);
        let (epoch, session) = (self.reservation.epoch, self.reservation.session);
        self.keys = Some((
            Sealer::new(&keys.c2s, epoch, session),
            Opener::new(&keys.s2c, epoch, session),
        ));
        match self.event().await {
            Some(ServerEvent::Welcome(welcome)) => welcome,
            other => panic!("no welcome but {other:?}"),
        }
    }

    pub fn send(&mut self, prefix: &Prefix, payload: &[u8]) {
        let (sealer, _) = self.keys.as_mut().unwrap();
        let sealed = sealer.seal(prefix, payload).unwrap();
        self.send_raw(sealed);
    }

    /// The next event; nothing once the server closes, which is put back for [`Peer::closed`].
    pub async fn event(&mut self) -> Option<ServerEvent> {
        match self.next().await? {
            Outgoing::Binary(bytes) => {
                let (_, opener) = self.keys.as_mut().unwrap();
                let frame = opener.open(&bytes).unwrap();
                let envelope = Envelope::parse(&frame.payload).unwrap();
                self.events.push(envelope.clone());
                Some(envelope.event)
            }
            Outgoing::Close { .. } => {
                self.to = None;
                None
            }
            Outgoing::Ping => unreachable!("answered on the way"),
        }
    }

    /// Reads on to the Close, hangs up, and gives what the server says of it.
    pub async fn closed(mut self) -> (Option<CloseCode>, Vec<Envelope>) {
        loop {
            match self.next().await {
                Some(Outgoing::Close { .. }) | None => break,
                Some(Outgoing::Binary(bytes)) => {
                    if let Some((_, opener)) = self.keys.as_mut() {
                        let frame = opener.open(&bytes).unwrap();
                        self.events.push(Envelope::parse(&frame.payload).unwrap());
                    }
                }
                Some(Outgoing::Ping) => {}
            }
        }
        drop(self.to.take());
        (self.served.await.unwrap().closed, self.events)
    }
}
