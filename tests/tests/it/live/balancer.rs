//! The one address of several nodes: each connection goes to the next node that takes it, sockets of meetings to those that hold
//! them. It looks at nothing but the first line, as any load balancer does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a connection that is a meeting's socket begins with.
const SOCKETS: [&[u8]; 2] = [b"GET /v1/ingest", b"GET /v1/live/"];
/// The longest of them.
const FIRST_LINE: usize = 14;

/// A proxy in front of nodes. Gone when dropped.
pub struct Balancer {
    pub addr: SocketAddr,
    nodes: Arc<Mutex<Nodes>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Nodes {
    api: Vec<SocketAddr>,
    sockets: Vec<SocketAddr>,
    turn: usize,
}

impl Balancer {
    /// One that leads nowhere yet.
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let nodes = Arc::<Mutex<Nodes>>::default();
        let behind = Arc::clone(&nodes);
        let accepting = tokio::spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                ways.spawn(lead(client, Arc::clone(&behind)));
                while ways.try_join_next().is_some() {}
            }
        });
        Self { addr, nodes, accepting }
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// New connections go to these from now on.
    pub fn lead_to(&self, api: &[SocketAddr], sockets: &[SocketAddr]) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.api = api.to_vec();
        nodes.sockets = sockets.to_vec();
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Leads one connection to the next node that takes it; to none, if none does.
async fn lead(mut client: TcpStream, nodes: Arc<Mutex<Nodes>>) {
    let mut first = [0; FIRST_LINE];
    loop {
        match client.peek(&mut first).await {
            Ok(0) | Err(_) => return,
            Ok(read) if read < FIRST_LINE => tokio::task::yield_now().await,
            Ok(_) => break,
        }
    }
    let is_socket = SOCKETS.iter().any(|begins| first.starts_with(begins));
    let candidates = {
        let mut nodes = nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.turn += 1;
        let mut candidates = if is_socket {
            nodes.sockets.clone()
        } else {
            nodes.api.clone()
        };
        let turn = nodes.turn % candidates.len().max(1);
        candidates.rotate_left(turn);
        candidates
    };
    for node in candidates {
        // One that stops does not listen any more: the next is asked.
        if let Ok(mut server) = TcpStream::connect(node).await {
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
