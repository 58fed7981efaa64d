//! The way to a server. A client goes there by HTTP and TCP; a simulation by a network that it makes up.

use super::api::{Api, ApiFailure, Connection};
use futures_util::future::BoxFuture;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Bytes in both directions.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// How a recorder reaches its server.
pub trait Way: Send + Sync + 'static {
    /// Reserves a connection of `session`, ending one that is live.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    fn reserve(&self, session: Uuid) -> BoxFuture<'_, Result<Connection, ApiFailure>>;

    /// Where the socket of `/v1/ingest` is, as `ws://` or `wss://`.
    fn ingest_url(&self) -> String;

    /// Connects to where [`Way::ingest_url`] is. TLS and the upgrade come on top.
    ///
    /// # Errors
    /// When nobody is there.
    fn dial(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>>;
}

impl Way for Api {
    fn reserve(&self, session: Uuid) -> BoxFuture<'_, Result<Connection, ApiFailure>> {
        // It is this device's own session: whatever connection of it is still live is one that was lost.
        Box::pin(self.reserve_connection(session, true))
    }

    fn ingest_url(&self) -> String {
        Self::ingest_url(self)
    }

    fn dial(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async {
            let (host, port) = self.host();
            let stream = TcpStream::connect((host, port)).await?;
            // A frame is worth more now than in a full packet later.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        })
    }
}
