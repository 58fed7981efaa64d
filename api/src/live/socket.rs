//! A WebSocket as ingest sees a socket, and the way in which the world outside ends one: a sign-in that is revoked,
//! a newer connection, a consent taken back elsewhere.

use super::upgrade::Socket;
use super::wire::TooManyFrames;
use attune_ingest::connection::{Incoming, Outgoing, SocketError};
use attune_ingest::protocol::CloseCode;
use axum::body::Bytes;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

/// How long a client has to answer our close.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// What one connection is told from outside: its end, where the first word holds, or to look consent up again.
#[derive(Debug, Clone)]
pub(crate) struct Verdict(Arc<Told>);

#[derive(Debug)]
struct Told {
    close: watch::Sender<Option<CloseCode>>,
    doubt: Notify,
    /// What the connection knows of whether its audio may leave.
    may_leave: AtomicBool,
}

impl Verdict {
    pub(super) fn new() -> Self {
        Self(Arc::new(Told {
            close: watch::Sender::new(None),
            doubt: Notify::new(),
            may_leave: AtomicBool::new(false),
        }))
    }

    /// Has the connection look up whether the person still agrees: what it has heard and not committed is withheld if not.
    pub(super) fn doubt_consent(&self) {
        self.0.doubt.notify_one();
    }

    /// The connection looked up whether its audio may leave.
    pub(super) fn know_may_leave(&self, may: bool) {
        self.0.may_leave.store(may, Ordering::Relaxed);
    }

    /// Has the connection look it up again, if it knows otherwise.
    pub(super) fn expect_may_leave(&self, may: bool) {
        if self.0.may_leave.load(Ordering::Relaxed) != may {
            self.doubt_consent();
        }
    }

    async fn doubted(self) {
        self.0.doubt.notified().await;
    }

    /// Closes the connection with this code.
    pub(super) fn close(&self, code: CloseCode) {
        self.0
            .close
            .send_if_modified(|verdict| verdict.is_none() && verdict.insert(code) == &code);
    }

    async fn spoken(self) -> CloseCode {
        let mut verdict = self.0.close.subscribe();
        let spoken = verdict.wait_for(Option::is_some).await;
        let spoken = spoken.expect("invariant: the sender is ours and lives as long");
        spoken.expect("invariant: waited for")
    }
}

/// A WebSocket that may be ended from outside.
pub(super) struct IngestSocket {
    socket: Socket,
    outside: Verdict,
    verdict: Pin<Box<dyn Future<Output = CloseCode> + Send>>,
    doubted: Pin<Box<dyn Future<Output = ()> + Send>>,
    closing: Option<Closing>,
}

/// A close of ours on its way.
struct Closing {
    code: CloseCode,
    sent: bool,
    until: Pin<Box<Sleep>>,
}

impl IngestSocket {
    pub(super) fn new(socket: Socket, verdict: Verdict) -> Self {
        Self {
            socket,
            verdict: Box::pin(verdict.clone().spoken()),
            doubted: Box::pin(verdict.clone().doubted()),
            outside: verdict,
            closing: None,
        }
    }

    fn close_with(&mut self, code: CloseCode) {
        self.closing = Some(Closing {
            code,
            sent: false,
            until: Box::pin(tokio::time::sleep(GOODBYE_WITHIN)),
        });
    }

    /// Sends our close, then reads on until the client has closed too: what it still sends would break ours on its way.
    fn poll_goodbye(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(closing) = &mut self.closing else {
            return Poll::Ready(());
        };
        if closing.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if !closing.sent {
            if ready!(self.socket.poll_ready_unpin(context)).is_err() {
                return Poll::Ready(());
            }
            let frame = CloseFrame {
                code: closing.code.as_u16().into(),
                reason: closing.code.as_str().into(),
            };
            closing.sent = true;
            if self.socket.start_send_unpin(Message::Close(Some(frame))).is_err() {
                return Poll::Ready(());
            }
        }
        if ready!(self.socket.poll_flush_unpin(context)).is_err() {
            return Poll::Ready(());
        }
        while let Some(Ok(_)) = ready!(self.socket.poll_next_unpin(context)) {}
        Poll::Ready(())
    }
}

impl Stream for IngestSocket {
    type Item = Result<Incoming, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.closing.is_none()
            && let Poll::Ready(code) = self.verdict.as_mut().poll(context)
        {
            self.close_with(code);
        }
        if self.closing.is_some() {
            ready!(self.poll_goodbye(context));
            return Poll::Ready(None);
        }
        if self.doubted.as_mut().poll(context).is_ready() {
            self.doubted = Box::pin(self.outside.clone().doubted());
            return Poll::Ready(Some(Ok(Incoming::ConsentChanged)));
        }
        let Some(message) = ready!(self.socket.poll_next_unpin(context)) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(match message {
            Ok(Message::Binary(bytes)) => Ok(Incoming::Binary(bytes)),
            Ok(Message::Text(_)) => Ok(Incoming::Text),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(Incoming::Alive),
            Ok(Message::Close(_)) => Ok(Incoming::Closed),
            Err(error) if is_flood(&error) => {
                self.close_with(CloseCode::Overloaded);
                return self.poll_next(context);
            }
            Err(error) => Err(broke(error)),
        }))
    }
}

impl Sink<Outgoing> for IngestSocket {
    type Error = SocketError;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.socket.poll_ready_unpin(context).map_err(broke)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Outgoing) -> Result<(), SocketError> {
        if self.closing.is_some() {
            // After a close nothing may follow.
            return Ok(());
        }
        let message = match message {
            Outgoing::Binary(bytes) => Message::Binary(bytes),
            Outgoing::Ping => Message::Ping(Bytes::new()),
            Outgoing::Close { code, reason } => Message::Close(Some(CloseFrame {
                code: code.as_u16().into(),
                reason: reason.into(),
            })),
        };
        self.socket.start_send_unpin(message).map_err(broke)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.socket.poll_flush_unpin(context).map_err(broke)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.socket.poll_close_unpin(context).map_err(broke)
    }
}

fn broke(error: Error) -> SocketError {
    SocketError(error.into())
}

/// Whether the peer sent more frames than any client does.
fn is_flood(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.get_ref().is_some_and(|error| error.is::<TooManyFrames>()))
}
