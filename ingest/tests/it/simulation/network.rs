//! Both ends of the network that is made up: the client's way to the server, and a server that takes reservations on one port
//! and sockets on another.

use super::SESSION;
use super::store::Store;
use crate::recorder::{reserve, upgrade};
use attune_ingest::client::{ApiFailure, ByteStream, Connection};
use attune_ingest::connection::{Arrival, serve};
use attune_ingest::hearing::Hearing;
use attune_ingest::protocol::Limits;
use futures_util::future::BoxFuture;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use turmoil::net::{TcpListener, TcpStream};
use uuid::Uuid;

const RESERVATIONS: u16 = 80;
const SOCKETS: u16 = 81;

/// As long as the real client waits for an answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// The client's way.
pub struct Way {
    pub server: &'static str,
}

impl attune_ingest::client::Way for Way {
    fn reserve(&self, session: Uuid) -> BoxFuture<'_, Result<Connection, ApiFailure>> {
        assert_eq!(session, SESSION);
        Box::pin(async {
            let asked = timeout(ANSWERS_WITHIN, async {
                let mut socket = TcpStream::connect((self.server, RESERVATIONS)).await?;
                let mut answer = Vec::new();
                socket.read_to_end(&mut answer).await?;
                Ok::<_, io::Error>(answer)
            });
            let answer = asked.await.map_err(|_| unreachable())?.map_err(|_| unreachable())?;
            serde_json::from_slice(&answer).map_err(|_| unreachable())
        })
    }

    fn ingest_url(&self) -> String {
        format!("ws://{}:{SOCKETS}/v1/ingest", self.server)
    }

    fn dial(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async {
            let socket = TcpStream::connect((self.server, SOCKETS)).await?;
            Ok(Box::new(socket) as Box<dyn ByteStream>)
        })
    }
}

/// Nobody answered, or only half: asking again may help.
fn unreachable() -> ApiFailure {
    ApiFailure::Refused {
        what: "reserving a connection",
        status: 503,
        code: "unreachable".to_owned(),
        message: "the network is down".to_owned(),
        retryable: true,
        retry_after: None,
        request_id: None,
    }
}

/// A server, until it dies.
pub async fn serve_all(store: Store, hearing: Arc<Hearing>) -> turmoil::Result {
    let reservations = TcpListener::bind((Ipv4Addr::UNSPECIFIED, RESERVATIONS)).await?;
    let sockets = TcpListener::bind((Ipv4Addr::UNSPECIFIED, SOCKETS)).await?;
    loop {
        tokio::select! {
            asked = reservations.accept() => drop(tokio::spawn(answer(asked?.0, store.clone()))),
            came = sockets.accept() => drop(tokio::spawn(ingest(came?.0, store.clone(), Arc::clone(&hearing)))),
        }
    }
}

async fn answer(mut socket: TcpStream, store: Store) {
    let answer = reserve(&store.memory, SESSION, &store.epochs);
    // A client that is gone asks again.
    let _ = socket.write_all(answer.to_string().as_bytes()).await;
    let _ = socket.shutdown().await;
}

async fn ingest(socket: TcpStream, store: Store, hearing: Arc<Hearing>) {
    let Some((socket, ticket_sha256)) = upgrade(socket).await else {
        return;
    };
    let arrival = Arrival {
        ticket_sha256,
        has_origin: false,
    };
    let (ports, never) = (Arc::new(store), CancellationToken::new());
    serve(socket, arrival, ports, hearing, Limits::default(), never).await;
}
