//! The reference client against the server's own session, over real sockets: a node is killed in the middle, the client
//! is killed in the middle, and every word is there once.

use crate::meeting::{Loud, Script, Tones, assert_every_word_once};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::client::{
    Api, ClientEvent, Cue, Device, Finished, Options, Recorder, RecorderError, Recording, TrackAudio, What,
};
use attune_ingest::connection::{Arrival, Incoming, Outgoing, SocketError, serve};
use attune_ingest::hearing::Hearing;
use attune_ingest::keys::ticket_sha256;
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{Codec, Limits, SUBPROTOCOL, SampleClass, ServerEvent, TICKET_SUBPROTOCOL_PREFIX};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use futures_util::{Sink, Stream};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

const SESSION: Uuid = Uuid::from_u128(77);

/// A node: what it serves survives it, it does not.
struct Node {
    /// Kept when it is killed, so that nobody else gets its port: whoever connects then waits for the next one.
    listener: Arc<TcpListener>,
    tasks: JoinSet<()>,
}

/// What all nodes share.
#[derive(Clone, Default)]
struct Cluster {
    memory: Memory,
    epochs: Arc<AtomicU64>,
}

impl Cluster {
    /// Starts a node.
    async fn node(&self) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.node_at(Arc::new(listener))
    }

    /// Kills a node and starts another one in its place.
    async fn replace(&self, mut node: Node) -> Node {
        node.tasks.shutdown().await;
        self.node_at(node.listener)
    }

    fn node_at(&self, listener: Arc<TcpListener>) -> Node {
        let hearing = Hearing::start(Box::new(Loud), vec![Box::new(Tones::default())]).unwrap();
        let (cluster, accepting) = (self.clone(), listener.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = accepting.accept().await {
                connections.spawn(cluster.clone().answer(socket, hearing.clone()));
            }
        });
        Node { listener, tasks }
    }

    async fn answer(self, mut socket: TcpStream, hearing: Arc<Hearing>) {
        let mut start = [0; 4];
        while socket
            .peek(&mut start)
            .await
            .is_ok_and(|read| 0 < read && read < start.len())
        {
            tokio::task::yield_now().await;
        }
        if &start == b"GET " {
            return self.ingest(socket, hearing).await;
        }
        let mut request = vec![0; 4_096];
        if !socket.read(&mut request).await.is_ok_and(|read| read > 0) {
            return;
        }
        let answer = reserve(&self.memory, SESSION, &self.epochs).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        let _ = socket.write_all((head + &answer).as_bytes()).await;
    }

    async fn ingest(self, socket: TcpStream, hearing: Arc<Hearing>) {
        let Some((socket, ticket_sha256)) = upgrade(socket).await else {
            return;
        };
        let arrival = Arrival {
            ticket_sha256,
            has_origin: false,
        };
        let (ports, never) = (Arc::new(self.memory), CancellationToken::new());
        serve(socket, arrival, ports, hearing, Limits::default(), never).await;
    }

    fn recorder(&self, node: &Node, dir: &Path, cues: Vec<Cue>) -> (Recorder, mpsc::Receiver<ClientEvent>) {
        let script = Script::half_a_minute();
        let device = Device {
            id: Uuid::from_u128(3),
            psk: Zeroizing::new(Memory::PSK),
            identity_keys: self.memory.pinned().to_vec(),
        };
        let audio = |track| TrackAudio {
            track,
            codec: Codec::Opus,
            rate_hz: 16_000,
            samples: script.sound(track).into(),
        };
        let recording = Recording {
            language: "en".to_owned(),
            meeting_type: None,
            glossary: Vec::new(),
            tracks: vec![audio(Mic), audio(Tab)],
            cues,
            speed: 8.0,
        };
        let (events, received) = mpsc::channel(8_192);
        let addr = node.listener.local_addr().unwrap();
        let api = Api::new(&format!("http://{addr}"), "token").unwrap();
        let options = Options::new(dir.join("buffer"));
        let cancel = CancellationToken::new();
        let recorder = Recorder::new(api, device, SESSION, recording, options, events, cancel);
        (recorder.unwrap(), received)
    }

    fn assert_whole(&self) {
        let script = Script::half_a_minute();
        let record = self.memory.record(SESSION);
        assert!(record.ended);
        for track in [Mic, Tab] {
            assert_every_word_once(&script, &record.finals(), track, 40);
            assert_eq!(record.decided_to(track), script.length_ms * 16);
            assert!(record.decided[&track].iter().all(|span| span.class != SampleClass::Gap));
        }
    }
}

async fn sent(events: &mut mpsc::Receiver<ClientEvent>, until_ms: u64) {
    while let Some(event) = events.recv().await {
        if matches!(event, ClientEvent::Sent { to, .. } if to.as_ms() >= until_ms) {
            return;
        }
    }
    panic!("the recording ended before {until_ms} ms");
}

#[tokio::test]
async fn a_recording_is_heard_committed_and_ended() {
    let cluster = Cluster::default();
    let node = cluster.node().await;
    let dir = tempfile::tempdir().unwrap();
    let (recorder, mut events) = cluster.recorder(&node, dir.path(), vec![]);
    let finished = recorder.run().await.unwrap();
    assert_eq!(
        finished,
        Finished {
            report_version: Some(1),
            connections: 1
        }
    );
    cluster.assert_whole();
    let mut numbers = Vec::new();
    while let Some(event) = events.recv().await {
        if let ClientEvent::Server(envelope) = event {
            numbers.extend(envelope.number);
        }
    }
    assert_eq!(
        numbers,
        (1..=cluster.memory.record(SESSION).events.len() as u64).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn nodes_that_are_killed_cost_no_word_and_repeat_none() {
    let cluster = Cluster::default();
    let mut node = cluster.node().await;
    let dir = tempfile::tempdir().unwrap();
    let (recorder, mut events) = cluster.recorder(&node, dir.path(), vec![]);
    let run = tokio::spawn(recorder.run());
    for until_ms in [5_000, 9_000, 21_500] {
        sent(&mut events, until_ms).await;
        node = cluster.replace(node).await;
    }
    drop(events);
    assert_eq!(run.await.unwrap().unwrap().connections, 4);
    cluster.assert_whole();
}

#[tokio::test]
async fn a_client_that_is_killed_goes_on_and_no_word_is_lost_or_repeated() {
    let cluster = Cluster::default();
    let node = cluster.node().await;
    let dir = tempfile::tempdir().unwrap();
    for until_ms in [4_500, 8_500, 22_000] {
        let (recorder, mut events) = cluster.recorder(&node, dir.path(), vec![]);
        let run = tokio::spawn(recorder.run());
        sent(&mut events, until_ms).await;
        run.abort();
        assert!(run.await.is_err());
    }
    let (recorder, _events) = cluster.recorder(&node, dir.path(), vec![]);
    recorder.run().await.unwrap();
    cluster.assert_whole();
}

#[tokio::test]
async fn what_is_said_off_the_record_is_in_no_final() {
    let cluster = Cluster::default();
    let node = cluster.node().await;
    let dir = tempfile::tempdir().unwrap();
    let off = |at_ms, on| Cue {
        at_ms,
        what: What::OffTheRecord(on),
    };
    let mark = Cue {
        at_ms: 26_000,
        what: What::Mark(Some("after".to_owned())),
    };
    // The second turn of the microphone, and what the tab says into it.
    let (recorder, _events) = cluster.recorder(&node, dir.path(), vec![off(5_900, true), off(10_000, false), mark]);
    recorder.run().await.unwrap();
    let record = cluster.memory.record(SESSION);
    let within = |ms: u64| (5_900..10_000).contains(&ms);
    for track in [Mic, Tab] {
        let words = crate::meeting::words_of(&record.finals(), track);
        let expected = Script::half_a_minute()
            .words(track)
            .into_iter()
            .filter(|(_, ms)| !within(*ms))
            .count();
        assert_eq!(words.len(), expected, "{track:?}");
        assert!(words.iter().all(|(_, ms)| !within(*ms)), "{track:?}");
        let withheld = record.decided[&track]
            .iter()
            .filter(|span| span.class == SampleClass::Withheld);
        let samples: u64 = withheld.map(|span| span.to_sample - span.from_sample).sum();
        assert!(
            (4_100 * 16..4_600 * 16).contains(&samples),
            "{samples} samples of {track:?} are withheld"
        );
    }
    let marks = record
        .events
        .iter()
        .filter(|numbered| matches!(numbered.event, ServerEvent::Marked { .. }));
    assert_eq!(marks.count(), 1);
}

#[tokio::test]
async fn withdrawn_consent_ends_the_recording_and_its_buffer() {
    let cluster = Cluster::default();
    let node = cluster.node().await;
    let dir = tempfile::tempdir().unwrap();
    let change = Cue {
        at_ms: 10_000,
        what: What::ConsentChanged,
    };
    let (recorder, mut events) = cluster.recorder(&node, dir.path(), vec![change]);
    let run = tokio::spawn(recorder.run());
    sent(&mut events, 5_000).await;
    cluster.memory.withdraw_consent();
    assert!(matches!(run.await.unwrap(), Err(RecorderError::Consent)));
    assert!(!dir.path().join("buffer").exists());
}

/// Reserves the next connection of a session: what its client is answered.
pub fn reserve(memory: &Memory, session: Uuid, epochs: &AtomicU64) -> serde_json::Value {
    let epoch = epochs.fetch_add(1, Ordering::SeqCst) + 1;
    let ticket = [session.as_bytes().as_slice(), &epoch.to_be_bytes()].concat();
    let reservation = memory.reserve(session, epoch);
    assert_eq!(reservation.ticket_sha256, ticket_sha256(&ticket));
    serde_json::json!({
        "ticket": BASE64URL.encode(ticket),
        "epoch": epoch,
        "tenant_id": reservation.tenant,
        "user_id": reservation.user,
        "expires_in_s": 30,
    })
}

/// Upgrades a socket as a node does: what a connection takes, and the digest of the ticket it came with.
#[allow(clippy::result_large_err)]
pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(socket: S) -> Option<(Wire<S>, [u8; 32])> {
    let mut ticket = String::new();
    let upgraded = tokio_tungstenite::accept_hdr_async(socket, |request: &Request, mut response: Response| {
        let protocols = request.headers()["sec-websocket-protocol"].to_str().unwrap();
        ticket = protocols.split_once(TICKET_SUBPROTOCOL_PREFIX).unwrap().1.to_owned();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        Ok(response)
    });
    let socket = upgraded.await.ok()?;
    Some((Wire(socket), ticket_sha256(&BASE64URL.decode(ticket).unwrap())))
}

/// A WebSocket as a connection takes it.
pub struct Wire<S>(WebSocketStream<S>);

fn broke(error: Error) -> SocketError {
    SocketError(Box::new(error))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Wire<S> {
    type Item = Result<Incoming, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx).map(|next| {
            next.map(|message| match message.map_err(broke)? {
                Message::Binary(bytes) => Ok(Incoming::Binary(bytes)),
                Message::Text(_) => Ok(Incoming::Text),
                Message::Close(_) => Ok(Incoming::Closed),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Incoming::Alive),
            })
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Outgoing> for Wire<S> {
    type Error = SocketError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Pin::new(&mut self.0).poll_ready(cx).map_err(broke)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Outgoing) -> Result<(), SocketError> {
        let message = match message {
            Outgoing::Binary(bytes) => Message::Binary(bytes),
            Outgoing::Ping => Message::Ping(bytes::Bytes::new()),
            Outgoing::Close { code, reason } => Message::Close(Some(CloseFrame {
                code: code.as_u16().into(),
                reason: reason.into(),
            })),
        };
        Pin::new(&mut self.0).start_send(message).map_err(broke)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Pin::new(&mut self.0).poll_flush(cx).map_err(broke)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Pin::new(&mut self.0).poll_close(cx).map_err(broke)
    }
}
