//! Servers on this machine that speak the two protocols as a script tells them, each on a free port and threads of its own.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio_tungstenite::tungstenite;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Message, WebSocket};

/// What the server does with a connection.
pub(super) type Script = Box<dyn Fn(TcpStream, &Seen) + Send + Sync>;

/// What the server saw.
#[derive(Default)]
pub(super) struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Vec<u8>>>,
    /// Sockets that are answered never, kept until the end.
    held: Mutex<Vec<TcpStream>>,
}

impl Seen {
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests, head and body, as far as they were read.
    pub(super) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }

    fn keep(&self, request: Vec<u8>) {
        self.requests.lock().unwrap().push(request);
    }

    fn hold(&self, socket: TcpStream) {
        self.held.lock().unwrap().push(socket);
    }
}

/// A server; gone when dropped.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Serving {
    pub(super) fn with(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, over) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
        let (saw, ended) = (Arc::clone(&seen), Arc::clone(&over));
        let accepting = std::thread::spawn(move || {
            for socket in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                saw.connections.fetch_add(1, Ordering::SeqCst);
                script(socket.unwrap(), &saw);
            }
        });
        Self {
            address,
            seen,
            over,
            accepting: Some(accepting),
        }
    }

    /// An HTTP server whose n-th request, counted from 0, is answered with what `reply` says.
    pub(super) fn http(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Box::new(move |mut socket, seen| {
            let request = read_request(&mut socket);
            let number = seen.requests().len();
            seen.keep(request);
            match reply(number) {
                Reply::Raw(bytes) => {
                    // The client may have left in the middle of it, which is what some tests are about.
                    let _ = socket.write_all(&bytes);
                    let _ = socket.shutdown(Shutdown::Write);
                    let _ = socket.read_to_end(&mut Vec::new());
                }
                Reply::Never => seen.hold(socket),
            }
        }))
    }

    /// A WebSocket server; `talk` is its side of every conversation.
    pub(super) fn socket(talk: impl Fn(WebSocket<TcpStream>, &Seen) + Send + Sync + 'static) -> Self {
        Self::with(Box::new(move |stream, seen| {
            // The type of a refusal is the library's, and none is ever made.
            #[allow(clippy::result_large_err)]
            let note = |request: &Request, response: Response| {
                let key = request.headers().get("authorization").map(|key| key.to_str().unwrap());
                seen.keep(format!("{} {}", request.uri(), key.unwrap_or_default()).into_bytes());
                Ok(response)
            };
            if let Ok(socket) = tungstenite::accept_hdr(stream, note) {
                talk(socket, seen);
            }
        }))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        self.seen.held.lock().unwrap().clear();
        drop(TcpStream::connect(self.address));
        let outcome = self.accepting.take().unwrap().join();
        assert!(
            outcome.is_ok() || std::thread::panicking(),
            "the server's side of a test failed"
        );
    }
}

/// What an HTTP request is answered with.
pub(super) enum Reply {
    /// These bytes, and then the end.
    Raw(Vec<u8>),
    /// Nothing, ever.
    Never,
}

impl Reply {
    pub(super) fn json(status: u16, body: &str) -> Self {
        Self::whole(status, "application/json", body)
    }

    pub(super) fn whole(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        Self::Raw((head + body).into_bytes())
    }
}

fn read_request(socket: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut block = [0; 16 * 1024];
    let mut wanted = None;
    while wanted.is_none_or(|wanted| request.len() < wanted) {
        match socket.read(&mut block) {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&block[..read]),
        }
        if wanted.is_none() {
            wanted = request.windows(4).position(|end| end == b"\r\n\r\n").map(|head| {
                let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
                head + 4 + length.map_or(0, |length| length.trim().parse().unwrap())
            });
        }
    }
    request
}

/// The next text or audio that the client sends; nothing once it is gone.
pub(super) fn next(socket: &mut WebSocket<TcpStream>) -> Option<Message> {
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => return Some(message),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// Says something, if the client is still there.
pub(super) fn say(socket: &mut WebSocket<TcpStream>, text: &str) {
    let _ = socket.send(Message::text(text));
}
