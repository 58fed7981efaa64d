//! A WebSocket for thousands of clients in one thread: what RFC 6455 asks of a client, without a task or a queue for each. Data
//! frames are signs of life for the server, so its pings are read and not answered.

use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Room for a message from the server, at first: an offer, an ack, a status.
const READ_BYTES: usize = 2 * 1024;

/// More than any message that a server under load has to tell.
const MOST_BYTES: usize = 256 * 1024;

/// The way to a server.
#[derive(Debug)]
pub struct Up {
    half: OwnedWriteHalf,
    /// What the socket did not take yet.
    left: Vec<u8>,
    mask: u32,
}

/// The way from a server.
#[derive(Debug)]
pub struct Down {
    half: OwnedReadHalf,
    buffer: Vec<u8>,
    /// What of the buffer is read and not parsed.
    from: usize,
    to: usize,
}

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// Bytes.
    Binary(Vec<u8>),
    /// Text.
    Text(String),
    /// The end, with its code.
    Close(Option<u16>),
}

/// Why a socket is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The system says so.
    #[error("the socket broke")]
    Io(#[from] io::Error),
    /// The server ended it without a word.
    #[error("the server hung up")]
    HungUp,
    /// The upgrade was answered otherwise.
    #[error("the upgrade was answered with {0:?}")]
    Refused(String),
    /// Not the protocol.
    #[error("the server sent what no server sends")]
    Unreadable,
}

/// Connects to `address` (a host and a port).
///
/// # Errors
/// When nobody takes the connection.
pub async fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Has a connection upgraded at `path`, with this `Sec-WebSocket-Protocol` if there is one.
///
/// # Errors
/// When the server does not.
pub async fn upgrade(
    mut stream: TcpStream,
    address: &str,
    path: &str,
    protocols: Option<&str>,
) -> Result<(Up, Down), Broken> {
    let protocols = protocols.map_or_else(String::new, |protocols| {
        format!("Sec-WebSocket-Protocol: {protocols}\r\n")
    });
    // The key keeps caches apart, of which there are none on the way.
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocols}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = vec![0; READ_BYTES];
    let mut to = 0;
    let head = loop {
        if to == buffer.len() {
            return Err(Broken::Unreadable);
        }
        match stream.read(&mut buffer[to..]).await? {
            0 => return Err(Broken::HungUp),
            count => to += count,
        }
        let end = buffer[..to].windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
    };
    if !buffer.starts_with(b"HTTP/1.1 101") {
        let first = buffer[..head].split(|byte| *byte == b'\r').next().unwrap_or_default();
        return Err(Broken::Refused(String::from_utf8_lossy(first).into_owned()));
    }
    let (read, write) = stream.into_split();
    let up = Up {
        half: write,
        left: Vec::new(),
        mask: 0x9E37_79B9,
    };
    let down = Down {
        half: read,
        buffer,
        from: head,
        to,
    };
    Ok((up, down))
}

impl Up {
    /// Sends bytes, as far as the socket takes them now; the rest leaves with the next.
    ///
    /// # Errors
    /// When the socket is broken.
    pub fn send(&mut self, payload: &[u8]) -> Result<(), Broken> {
        self.frame(0x82, payload);
        self.push()
    }

    /// The same for text.
    ///
    /// # Errors
    /// When the socket is broken.
    pub fn send_text(&mut self, text: &str) -> Result<(), Broken> {
        self.frame(0x81, text.as_bytes());
        self.push()
    }

    /// Adds a frame to what leaves with the next push.
    fn frame(&mut self, first: u8, payload: &[u8]) {
        // xorshift32: a mask has to differ from frame to frame, and hides nothing here.
        self.mask ^= self.mask << 13;
        self.mask ^= self.mask >> 17;
        self.mask ^= self.mask << 5;
        let mask = self.mask.to_be_bytes();
        self.left.push(first);
        match payload.len() {
            length @ 0..=125 => self.left.push(0x80 | length as u8),
            length @ 126..=0xFFFF => {
                self.left.push(0x80 | 126);
                self.left.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                self.left.push(0x80 | 127);
                self.left.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        self.left.extend_from_slice(&mask);
        let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        self.left.extend(masked);
    }

    fn push(&mut self) -> Result<(), Broken> {
        while !self.left.is_empty() {
            match self.half.try_write(&self.left) {
                Ok(count) => drop(self.left.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until everything has left.
    ///
    /// # Errors
    /// When the socket is broken.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        let left = std::mem::take(&mut self.left);
        Ok(self.half.write_all(&left).await?)
    }
}

impl Down {
    /// What the server says next, pings aside. Nothing is lost when it is dropped.
    ///
    /// # Errors
    /// When the socket is broken.
    pub async fn next(&mut self) -> Result<Message, Broken> {
        loop {
            if let Some(message) = self.parse()? {
                return Ok(message);
            }
            self.make_room()?;
            match self.half.read(&mut self.buffer[self.to..]).await? {
                0 => return Err(Broken::HungUp),
                count => self.to += count,
            }
        }
    }

    /// Room to read on into.
    fn make_room(&mut self) -> Result<(), Broken> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        }
        if self.to < self.buffer.len() {
            return Ok(());
        }
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        if self.to == self.buffer.len() {
            if self.buffer.len() >= MOST_BYTES {
                return Err(Broken::Unreadable);
            }
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        Ok(())
    }

    /// The next message of what is read, if all of it is.
    fn parse(&mut self) -> Result<Option<Message>, Broken> {
        loop {
            let read = &self.buffer[self.from..self.to];
            let [first, second, rest @ ..] = read else {
                return Ok(None);
            };
            let (length, head) = match (second & 0x7F, rest) {
                (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
                (127, [a, b, c, d, e, f, g, h, ..]) => {
                    (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as usize, 10)
                }
                (126 | 127, _) => return Ok(None),
                (length, _) => (usize::from(length), 2),
            };
            // A server masks nothing, and ours does not fragment.
            if second & 0x80 != 0 || first & 0x80 == 0 || length > MOST_BYTES {
                return Err(Broken::Unreadable);
            }
            let Some(payload) = read.get(head..head + length) else {
                return Ok(None);
            };
            let message = match first & 0x0F {
                1 => Some(Message::Text(String::from_utf8_lossy(payload).into_owned())),
                2 => Some(Message::Binary(payload.to_vec())),
                8 => Some(Message::Close(
                    payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
                )),
                9 | 10 => None,
                _ => return Err(Broken::Unreadable),
            };
            self.from += head + length;
            if message.is_some() {
                return Ok(message);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;
    use tokio_tungstenite::tungstenite::Message as Theirs;

    /// A server that says back what it hears, written by others.
    async fn echo() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            socket.send(Theirs::Ping(b"there?".as_slice().into())).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if message.is_binary() || message.is_text() {
                    socket.send(message).await.unwrap();
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn what_a_server_of_others_says_back_is_what_was_sent() {
        let address = echo().await;
        let stream = connect(&address).await.unwrap();
        let (mut up, mut down) = upgrade(stream, &address, "/", None).await.unwrap();
        for length in [0, 1, 125, 126, 743, 65_535, 65_536, 200_000] {
            let sent: Vec<u8> = (0..length).map(|index| index as u8).collect();
            up.send(&sent).unwrap();
            up.flush().await.unwrap();
            assert_eq!(down.next().await.unwrap(), Message::Binary(sent));
        }
        up.send_text("2probe").unwrap();
        assert_eq!(down.next().await.unwrap(), Message::Text("2probe".to_owned()));
    }
}
