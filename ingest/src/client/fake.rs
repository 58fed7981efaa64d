//! A server in the test's own process: REST as far as a client needs it, and the socket, strict about the protocol. It
//! "decides" plain samples one second after it heard them, so that a test can compare what became durable with what was
//! recorded, sample by sample. All that a real node would lose when it is killed is lost with each connection here.

mod hearing;
mod rest;
mod serving;
mod socket;
mod world;

pub(super) use world::skipped;

use crate::protocol::CloseCode;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use world::World;

/// The rate of every track here: a sample is a sample on both sides.
const RATE_HZ: u64 = 16_000;

/// What happens to the connection once it has taken so many frames of audio.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It breaks, and all that is not durable is gone: a node that is killed looks like this.
    Break { after_frames: u32 },
    /// It is closed with this code.
    Close { after_frames: u32, code: CloseCode },
    /// It breaks, and the next so many requests for a connection are answered with 503.
    Unavailable { after_frames: u32, requests: u32 },
    /// It breaks, and the next request for a connection is told that consent is missing.
    Withdrawn { after_frames: u32 },
    /// It breaks, and everything durable about a stream's position jumps ahead: the client's buffer cannot match.
    Garble { after_frames: u32 },
}

pub(super) struct FakeServer {
    /// Kept while the server is down, so that nobody else gets its port: whoever connects then waits for the restart.
    listener: Arc<TcpListener>,
    world: Arc<Mutex<World>>,
    tasks: JoinSet<()>,
}

impl FakeServer {
    pub(super) async fn start() -> Self {
        let mut server = Self {
            listener: Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap()),
            world: Arc::new(Mutex::new(World::new())),
            tasks: JoinSet::new(),
        };
        server.serve();
        server
    }

    fn serve(&mut self) {
        let (listener, world) = (self.listener.clone(), self.world.clone());
        self.tasks.spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(answer(socket, world.clone()));
            }
        });
    }

    /// Kills it: no close, no goodbye.
    pub(super) async fn kill(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Starts it again where it was.
    pub(super) fn restart(&mut self) {
        self.serve();
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

async fn answer(socket: TcpStream, world: Arc<Mutex<World>>) {
    let mut start = [0; 14];
    while socket
        .peek(&mut start)
        .await
        .is_ok_and(|read| 0 < read && read < start.len())
    {
        tokio::task::yield_now().await;
    }
    if &start == b"GET /v1/ingest" {
        socket::ingest(socket, world).await;
    } else {
        rest::rest(socket, world).await;
    }
}
