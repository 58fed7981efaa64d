//! A socket as a connection sees it: binary messages, both ways. `api` puts axum's WebSocket under it, tests a channel.

use crate::protocol::CloseCode;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::timeout;

/// Sealed messages that wait for the socket; the rest waits as events, where it can still be coalesced.
const WAITING_MESSAGES: usize = 32;

/// How long a peer may take to read what is left to tell it, and then to answer a Close.
pub(super) const GOODBYE_WITHIN: Duration = Duration::from_secs(5);

/// What a socket brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A binary message.
    Binary(Bytes),
    /// A text message: the protocol has none.
    Text,
    /// A ping or a pong: someone is there.
    Alive,
    /// Consent has changed, says the world outside and not the peer: it is to be looked up.
    ConsentChanged,
    /// The peer closed.
    Closed,
}

/// What a socket takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A binary message.
    Binary(Bytes),
    /// Are you there?
    Ping,
    /// The end.
    Close {
        /// Why.
        code: CloseCode,
        /// The same in a word.
        reason: &'static str,
    },
}

/// The socket broke.
#[derive(Debug, thiserror::Error)]
#[error("the socket broke")]
pub struct SocketError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Messages both ways.
pub trait Socket:
    Stream<Item = Result<Incoming, SocketError>> + Sink<Outgoing, Error = SocketError> + Send + Unpin + 'static
{
}

impl<S> Socket for S where
    S: Stream<Item = Result<Incoming, SocketError>> + Sink<Outgoing, Error = SocketError> + Send + Unpin + 'static
{
}

/// Messages on their way into the socket. Kept outside of any future, so that a loop that turns to something else loses
/// none.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Outgoing>,
    unflushed: bool,
}

impl Outbox {
    pub(super) fn push(&mut self, message: Vec<u8>) {
        self.waiting.push_back(Outgoing::Binary(message.into()));
    }

    pub(super) fn ping(&mut self) {
        self.waiting.push_back(Outgoing::Ping);
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MESSAGES
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.unflushed
    }

    /// Gets everything that waits out.
    pub(super) async fn drive<S: Socket>(&mut self, sink: &mut SplitSink<S, Outgoing>) -> Result<(), SocketError> {
        poll_fn(|context| self.poll_drive(sink, context)).await
    }

    fn poll_drive<S: Socket>(
        &mut self,
        sink: &mut SplitSink<S, Outgoing>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SocketError>> {
        while !self.waiting.is_empty() {
            ready!(sink.poll_ready_unpin(context))?;
            if let Some(message) = self.waiting.pop_front() {
                self.unflushed = true;
                sink.start_send_unpin(message)?;
            }
        }
        ready!(sink.poll_flush_unpin(context))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }
}

/// Closes, and reads on until the peer has closed too: otherwise what it still sends breaks the Close on its way.
pub(super) async fn say_goodbye<S: Socket>(
    sink: &mut SplitSink<S, Outgoing>,
    stream: &mut SplitStream<S>,
    code: CloseCode,
    reason: &'static str,
) {
    let goodbye = async {
        sink.send(Outgoing::Close { code, reason }).await?;
        while let Some(Ok(_)) = stream.next().await {}
        Ok::<(), SocketError>(())
    };
    // A peer that does not answer is cut off.
    let _ = timeout(GOODBYE_WITHIN, goodbye).await;
}
