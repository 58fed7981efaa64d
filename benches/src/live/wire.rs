//! A socket in memory: the server's end of it.

use attune_ingest::connection::{Incoming, Outgoing, SocketError};
use futures_util::{Sink, Stream};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What a server reads from and writes to. Unbounded, as the bytes under way in a network are not the server's; the client
/// reads at once and sends at its pace.
pub(super) struct Wire {
    pub(super) incoming: UnboundedReceiver<Incoming>,
    pub(super) outgoing: UnboundedSender<Outgoing>,
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
        Poll::Ready(Ok(()))
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
