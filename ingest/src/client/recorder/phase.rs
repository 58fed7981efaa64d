//! Where a recording stands with its connection, and what happens to it next.

use super::RetryCause;
use super::outbox::Outbox;
use crate::client::{Buffer, Connection, Link, LinkEnd};
use crate::protocol::{Envelope, Stream, Welcome};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use tokio::time::{Instant, sleep_until};

/// A connection being opened.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<(Connection, Link, Welcome), RetryCause>> + Send>>;

/// What the recorder is doing about a connection.
pub(super) enum Phase {
    Waiting(Instant),
    Opening(Opening),
    Live(Box<Live>),
}

/// A live connection.
pub(super) struct Live {
    pub(super) epoch: u64,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    /// Set by `report_ready`: the server has until then to close.
    pub(super) close_by: Option<Instant>,
}

/// What happened to it.
pub(super) enum Step {
    Retry,
    Opened(Box<Result<(Connection, Link, Welcome), RetryCause>>),
    Event(Result<Envelope, LinkEnd>),
    Send(Stream, u64),
    CloseLate,
}

impl Phase {
    /// The next thing that happens to the connection. Nothing is lost when it is dropped.
    pub(super) async fn step(&mut self, buffer: &Buffer, urgent: &BTreeSet<u64>) -> Step {
        match self {
            Self::Waiting(until) => {
                sleep_until(*until).await;
                Step::Retry
            }
            Self::Opening(opening) => Step::Opened(Box::new(opening.await)),
            Self::Live(live) => {
                let Live {
                    link, outbox, close_by, ..
                } = &mut **live;
                let next = outbox.next(buffer, urgent);
                let wait_until = outbox.ready_at();
                tokio::select! {
                    event = link.down.next() => Step::Event(event),
                    () = sleep_until(close_by.unwrap_or_else(Instant::now)), if close_by.is_some() => Step::CloseLate,
                    () = async {
                        sleep_until(wait_until).await;
                        link.up.ready().await;
                    }, if next.is_some() => {
                        let (stream, seq) = next.expect("invariant: the branch is taken only with a frame to send");
                        Step::Send(stream, seq)
                    }
                }
            }
        }
    }
}
