//! Somebody on the wire: hands every byte on, and keeps a copy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A tapped way to a server. Gone when dropped.
pub struct Tap {
    pub addr: SocketAddr,
    listener: Option<TcpListener>,
    heard: Arc<Mutex<Vec<u8>>>,
    accepting: JoinSet<()>,
}

impl Tap {
    /// A way that leads nowhere yet.
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        Self {
            addr,
            listener: Some(listener),
            heard: Arc::default(),
            accepting: JoinSet::new(),
        }
    }

    /// Leads it to `server`.
    pub fn lead_to(&mut self, server: SocketAddr) {
        let listener = self.listener.take().expect("it leads nowhere yet");
        let copy = Arc::clone(&self.heard);
        self.accepting.spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.expect("the server listens");
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                ways.spawn(pass(from_client, to_server, Arc::clone(&copy)));
                ways.spawn(pass(from_server, to_client, Arc::clone(&copy)));
            }
        });
    }

    /// Everything that went by, both ways.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().expect("nobody panicked").clone()
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, heard: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        heard
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(&buffer[..read]);
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
