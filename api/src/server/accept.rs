//! The accept loop: hyper by hand, because it alone can drop a socket that never finishes its first line.

use crate::config::Limits;
use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The pause after the system refused a socket: out of descriptors, it will not have one in the next microsecond.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// How long the kernel's queue has to be empty before nobody waits in it, once we stop.
const LATECOMERS: Duration = Duration::from_millis(50);
/// How long latecomers are answered: a proxy that does not notice keeps sending them.
const LATECOMERS_AT_MOST: Duration = Duration::from_secs(1);

/// How long a client that is let in while we stop has to begin its request.
const FIRST_WORDS: Duration = Duration::from_millis(100);

/// Accepts until told to stop, then waits for requests under way.
pub(super) async fn serve(listener: TcpListener, service: Router, limits: Limits, stopping: CancellationToken) {
    let connections = Arc::new(Semaphore::new(limits.connections));
    let answering = TaskTracker::new();
    loop {
        // The permit first: a full server leaves newcomers in the kernel's queue, and answers them when there is room.
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (
                listener.accept().await,
                permit.expect("invariant: the semaphore is never closed"),
            )
        };
        let Some((accepted, permit)) = stopping.run_until_cancelled(next).await else {
            break;
        };
        match accepted {
            Ok((stream, from)) => {
                let peer = Peer(from.ip());
                answering.spawn(answer(stream, peer, permit, service.clone(), limits, stopping.clone()));
            }
            Err(error) if is_about_one_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
    // Whoever was let in by the kernel before it was told is answered too, and told to leave: nobody finds a dead end.
    let late = async {
        while let Ok(Ok((stream, from))) = timeout(LATECOMERS, listener.accept()).await {
            let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
                break;
            };
            let peer = Peer(from.ip());
            answering.spawn(answer(stream, peer, permit, service.clone(), limits, stopping.clone()));
        }
    };
    let _ = timeout(LATECOMERS_AT_MOST, late).await;
    drop(listener);
    answering.close();
    if timeout(limits.drain, answering.wait()).await.is_err() {
        tracing::warn!("stopped while requests were under way");
    }
}

/// A connection's place among those there is room for. Whoever takes a socket over from hyper keeps it along with that.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// The other end of a connection: a client, or a proxy in front of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Answers one client until it leaves, or until the request under way when we stop is answered.
async fn answer(
    stream: TcpStream,
    peer: Peer,
    permit: OwnedSemaphorePermit,
    service: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    // Small answers and acks go out at once.
    let _ = stream.set_nodelay(true);
    let place = Place {
        _permit: Arc::new(permit),
    };
    let service = TowerToHyperService::new(service);
    let placed = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(place.clone());
        request.extensions_mut().insert(peer);
        service.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout)
        // What was asked for is done whether or not who asked stays. To notice that they leave would take a second read
        // buffer of each socket that waits for its ticket to be looked up, when thousands come at once.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), placed)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = match stopping.run_until_cancelled(connection.as_mut()).await {
        Some(ended) => ended,
        // Who was let in a moment ago has said nothing yet, and hyper would hang up on them.
        None => match timeout(FIRST_WORDS, connection.as_mut()).await {
            Ok(ended) => ended,
            Err(_) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    // A client that leaves early, or speaks something else, is its own business.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The client gave up between its hello and our accept.
fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Upgrade;
    use axum::Extension;
    use futures_util::StreamExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

    const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    #[tokio::test]
    async fn a_socket_keeps_its_place_until_it_is_closed() {
        let follow = async |Extension(place): Extension<Place>, upgrade: Upgrade| {
            upgrade.accept("a", WebSocketConfig::default(), async move |mut socket| {
                while let Some(Ok(_)) = socket.next().await {}
                drop(place);
            })
        };
        let service = Router::new().route("/", axum::routing::get(follow));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, from) = listener.accept().await.unwrap();
        let places = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&places).acquire_owned().await.unwrap();

        client.write_all(UPGRADE).await.unwrap();
        let peer = Peer(from.ip());
        answer(
            stream,
            peer,
            permit,
            service,
            Limits::default(),
            CancellationToken::new(),
        )
        .await;
        let mut status = [0; 12];
        client.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 101");
        assert_eq!(places.available_permits(), 0, "hyper is done, and the socket is open");

        drop(client);
        places.acquire().await.unwrap().forget();
    }
}
