//! The other nodes that serve the same people. With `REDIS_URL` they hear of each other's live events, and count requests
//! together; without it a node is alone, and everything works inside the process.
//!
//! Redis is never trusted and never kept anything in: what is said goes by publishing alone, sealed under a key of the person
//! it is about, and what lasts is in PostgreSQL. Losing Redis therefore loses nothing: readers find numbered events in the
//! ledger a few seconds later, connections look their standing up there each second, and requests are counted by each node for
//! itself. The node says so, and joins the others again by itself.

mod channels;
mod line;
mod notice;
mod rates;

pub(crate) use channels::Heard;
pub(crate) use line::Line;
pub(crate) use notice::Notice;
pub(crate) use rates::{Allowance, Rates, Subject};

use crate::keys::{FanOutKey, NodeName};
use channels::Channels;
use line::Order;
use redis::aio::MultiplexedConnection;
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// Notices that may wait to leave: a second of a node with a thousand meetings that are followed elsewhere. One that finds no
/// room is dropped, and its readers go to the ledger.
const OUTGOING: usize = 16_384;

/// Notices that may wait to be taken in. Taking one in waits for nothing.
const INCOMING: usize = 4_096;

/// Why the other nodes cannot be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    /// What is said of the address names no server. It is not repeated: it may hold a password.
    #[error("reading the address of Redis in redis_url")]
    Address(#[source] redis::RedisError),
    /// The operating system gave no randomness.
    #[error("naming this node")]
    Random(#[from] getrandom::Error),
}

/// How a node stands with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There are none that it was told of.
    Alone,
    /// They hear each other.
    Together,
    /// Redis is lost: each for itself until it is back.
    CutOff,
}

/// The way to the other nodes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes(Option<Arc<Shared>>);

/// What the line and those who use it share.
#[derive(Debug)]
struct Shared {
    me: NodeName,
    channels: Channels,
    /// Somebody is attended to, or no longer.
    changed: Notify,
    out: Mutex<Out>,
    commands: Mutex<Option<MultiplexedConnection>>,
    together: AtomicBool,
    /// How often the line came about.
    joined: watch::Sender<u64>,
    /// Nodes that were there when it was last known, this one included.
    nodes: AtomicU32,
    counts: Counts,
}

/// What leaves, in the order of its numbers.
#[derive(Debug)]
struct Out {
    count: u64,
    orders: mpsc::Sender<Order>,
}

/// What is counted of notices.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// That left, or were to.
    pub(crate) sent: AtomicU64,
    /// That came from other nodes and were taken in.
    pub(crate) heard: AtomicU64,
    /// That found no room, or no line.
    pub(crate) dropped: AtomicU64,
    /// That did not open, or came a second time.
    pub(crate) refused: AtomicU64,
}

impl Nodes {
    /// Nobody else is there.
    pub(crate) fn alone() -> Self {
        Self::default()
    }

    /// The nodes that meet at this Redis: the way to them, the line that has to run for it, and what is heard on it.
    ///
    /// # Errors
    /// When the address is none. Whether anybody answers there is found out as it goes.
    pub(crate) fn at(redis_url: &SecretString) -> Result<(Self, Line, mpsc::Receiver<Heard>), NodesError> {
        let client = redis::Client::open(redis_url.expose_secret()).map_err(NodesError::Address)?;
        let mut me = NodeName::default();
        getrandom::fill(&mut me)?;
        let (orders, ordered) = mpsc::channel(OUTGOING);
        let (heard, hearing) = mpsc::channel(INCOMING);
        let shared = Arc::new(Shared {
            me,
            channels: Channels::default(),
            changed: Notify::new(),
            out: Mutex::new(Out { count: 0, orders }),
            commands: Mutex::default(),
            together: AtomicBool::new(false),
            joined: watch::Sender::new(0),
            nodes: AtomicU32::new(1),
            counts: Counts::default(),
        });
        let line = Line::new(Arc::clone(&shared), client, ordered, heard);
        Ok((Self(Some(shared)), line, hearing))
    }

    /// How this node stands with the others.
    pub(crate) fn standing(&self) -> Standing {
        match &self.0 {
            None => Standing::Alone,
            Some(shared) if shared.together.load(Ordering::Relaxed) => Standing::Together,
            Some(_) => Standing::CutOff,
        }
    }

    /// What this node does without just now, for whoever asks how it is.
    pub(crate) fn without(&self) -> &'static [&'static str] {
        match self.standing() {
            Standing::CutOff => &["redis"],
            Standing::Alone | Standing::Together => &[],
        }
    }

    /// Nodes that are there, as far as was known last; this one is one of them.
    pub(crate) fn count(&self) -> u32 {
        self.0
            .as_ref()
            .map_or(1, |shared| shared.nodes.load(Ordering::Relaxed).max(1))
    }

    /// What was counted of notices; nothing of a node that is alone.
    pub(crate) fn counts(&self) -> Option<&Counts> {
        self.0.as_ref().map(|shared| &shared.counts)
    }

    /// Changes whenever this node has joined the others, the first time too; nothing where it is alone.
    pub(crate) fn joined(&self) -> Option<watch::Receiver<u64>> {
        self.0.as_ref().map(|shared| shared.joined.subscribe())
    }

    /// Hears of the person whose key this is for as long as the attendance is kept.
    pub(crate) fn attend(&self, key: FanOutKey) -> Attendance {
        if let Some(shared) = &self.0
            && shared.channels.attend(&key)
        {
            shared.changed.notify_one();
        }
        Attendance {
            nodes: self.clone(),
            key: Some(key),
        }
    }

    /// Tells the other nodes that attend to the person whose key this is. Does not wait; drops it where it would have to.
    pub(crate) fn tell(&self, key: &FanOutKey, notice: &Notice) {
        let Some(shared) = &self.0 else { return };
        if !shared.together.load(Ordering::Relaxed) {
            shared.counts.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Numbered, sealed and queued under one lock: whoever hears them takes a lower number for a repetition.
        let mut out = lock(&shared.out);
        out.count += 1;
        let order = Order {
            channel: key.channel(),
            packet: notice.seal(key, &shared.me, out.count),
        };
        let counted = match out.orders.try_send(order) {
            Ok(()) => &shared.counts.sent,
            Err(_) => &shared.counts.dropped,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection for commands, while there is one.
    fn commands(&self) -> Option<MultiplexedConnection> {
        lock(&self.0.as_ref()?.commands).clone()
    }
}

/// This node hears what others say of a person. Over when dropped.
#[derive(Debug)]
pub(crate) struct Attendance {
    nodes: Nodes,
    key: Option<FanOutKey>,
}

impl Attendance {
    /// That of a node that is alone.
    pub(crate) fn of_nobody() -> Self {
        Self {
            nodes: Nodes::alone(),
            key: None,
        }
    }

    /// Tells the other nodes that attend to the person.
    pub(crate) fn tell(&self, notice: &Notice) {
        if let Some(key) = &self.key {
            self.nodes.tell(key, notice);
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        if let (Some(shared), Some(key)) = (&self.nodes.0, &self.key)
            && shared.channels.leave(key)
        {
            shared.changed.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
