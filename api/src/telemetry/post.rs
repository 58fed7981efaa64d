//! Posts what is told to one address, on a thread of its own: whoever tells something waits for nothing, and what finds no room
//! is gone.

use reqwest::Url;
use reqwest::blocking::Client;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tracing::subscriber::NoSubscriber;

/// What may wait: ten seconds of a busy node's requests.
const WAITING: usize = 8_192;
/// What goes in one body.
const TOGETHER: usize = 512;
/// How long whoever is told may take. Meanwhile the rest waits.
const TAKES_AT_MOST: Duration = Duration::from_secs(5);

/// How it is told.
pub(super) struct Address {
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    /// How long the first of a body waits for others.
    pub(super) gather: Duration,
    /// One body of several things that are told.
    pub(super) body: fn(Vec<Vec<u8>>) -> Vec<u8>,
}

enum Order {
    Tell(Vec<u8>),
    Flush(SyncSender<()>),
}

/// The way to the thread. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Poster(SyncSender<Order>);

impl Poster {
    pub(super) fn start(name: &str, address: Address) -> io::Result<Self> {
        let (orders, ordered) = sync_channel(WAITING);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            // What this thread's own libraries log is not told again.
            tracing::subscriber::with_default(NoSubscriber::default(), || run(&address, &ordered));
        })?;
        Ok(Self(orders))
    }

    pub(super) fn tell(&self, what: Vec<u8>) {
        let _ = self.0.try_send(Order::Tell(what));
    }

    pub(super) fn flush(&self, within: Duration) {
        let (flushed, done) = sync_channel(1);
        if self.0.try_send(Order::Flush(flushed)).is_ok() {
            let _ = done.recv_timeout(within);
        }
    }
}

fn run(address: &Address, orders: &Receiver<Order>) {
    let Ok(client) = Client::builder().timeout(TAKES_AT_MOST).build() else {
        return;
    };
    while let Ok(first) = orders.recv() {
        let (mut together, mut flushed) = (Vec::new(), None);
        let until = Instant::now() + address.gather;
        let mut next = Some(first);
        while let Some(order) = next.take() {
            match order {
                Order::Tell(what) => together.push(what),
                Order::Flush(done) => flushed = Some(done),
            }
            if flushed.is_some() || together.len() >= TOGETHER {
                break;
            }
            next = orders
                .recv_timeout(until.saturating_duration_since(Instant::now()))
                .ok();
        }
        if !together.is_empty() {
            let mut request = client.post(address.url.clone()).body((address.body)(together));
            for (name, value) in &address.headers {
                request = request.header(*name, value);
            }
            // Who is not there is not told, and nobody here could do anything about it.
            let _ = request.send();
        }
        if let Some(flushed) = flushed {
            let _ = flushed.try_send(());
        }
    }
}
