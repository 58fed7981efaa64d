//! A server in the test's own process: REST as far as a client needs it, and the socket, strict about the protocol. It
//! "decides" plain samples one second after it heard them, so that a test can compare what became durable with what was
//! recorded, sample by sample. All that a real node would lose when it is killed is lost with each connection here.

use crate::keys::{HelloContext, Offer, OfferKey, seal_psk, ticket_sha256};
use crate::protocol::{
    ClientControl, CloseCode, Envelope, Hello, Insight, Limits, Mark, PcmFrame, Prefix, SUBPROTOCOL, ServerEvent, Skip,
    SkipReason, Stream, StreamPosition, TICKET_SUBPROTOCOL_PREFIX, Welcome,
};
use crate::seal::{OpenError, Opener, Sealer};
use attune_engine::speaker::Track;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use uuid::Uuid;

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
    /// It breaks, and everything durable about a stream's position jumps ahead: the client's buffer cannot match.
    Garble { after_frames: u32 },
}

pub(super) struct FakeServer {
    pub(super) addr: SocketAddr,
    pub(super) world: Arc<Mutex<World>>,
    tasks: JoinSet<()>,
}

/// What survives a connection.
pub(super) struct World {
    identity: SigningKey,
    psk: [u8; 32],
    pub(super) device: Uuid,
    pub(super) session: Uuid,
    tenant: Uuid,
    user: Uuid,
    last_epoch: u64,
    tickets: HashMap<[u8; 32], u64>,
    pub(super) faults: VecDeque<Fault>,
    unavailable: u32,
    pub(super) credit_ms: u32,
    /// Broken rules of the protocol, for the test to find.
    pub(super) violations: Vec<String>,
    pub(super) hellos: Vec<Hello>,
    pub(super) durable: Durable,
    /// Numbers the durable events.
    number: u64,
    pub(super) connections: u32,
}

/// What is committed.
#[derive(Default)]
pub(super) struct Durable {
    pub(super) tracks: BTreeMap<Stream, DurableTrack>,
    pub(super) skips: Vec<Skip>,
    pub(super) marks: Vec<Mark>,
    pub(super) insights: Vec<Insight>,
    /// Per stream without audio, the first frame that is not durable.
    next: BTreeMap<Stream, u64>,
    pub(super) ended: bool,
}

#[derive(Default, Clone)]
pub(super) struct DurableTrack {
    /// What was decided, from sample 0; nothing where a skip says so.
    pub(super) samples: Vec<Option<i16>>,
    release_seq: u64,
    release_sample: u64,
}

/// A track on one connection.
struct Hearing {
    /// From `release_sample` on.
    samples: Vec<Option<i16>>,
    base: u64,
    /// Where each frame begins: `(seq, first sample)`.
    frames: VecDeque<(u64, u64)>,
    next_seq: u64,
}

impl Hearing {
    fn end(&self) -> u64 {
        self.base + self.samples.len() as u64
    }
}

impl FakeServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world = World {
            identity: SigningKey::from_bytes(&[9; 32]),
            psk: [7; 32],
            device: Uuid::from_u128(0xD),
            session: Uuid::from_u128(0x5),
            tenant: Uuid::from_u128(0x7),
            user: Uuid::from_u128(0x0),
            last_epoch: 0,
            tickets: HashMap::new(),
            faults: VecDeque::new(),
            unavailable: 0,
            credit_ms: 60_000,
            violations: Vec::new(),
            hellos: Vec::new(),
            durable: Durable::default(),
            number: 0,
            connections: 0,
        };
        let mut server = Self {
            addr: listener.local_addr().unwrap(),
            world: Arc::new(Mutex::new(world)),
            tasks: JoinSet::new(),
        };
        server.serve(listener);
        server
    }

    fn serve(&mut self, listener: TcpListener) {
        let world = self.world.clone();
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
    pub(super) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.addr).await.unwrap();
        self.serve(listener);
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.addr)
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
        ingest(socket, world).await;
    } else {
        rest(socket, world).await;
    }
}

async fn rest(mut socket: TcpStream, world: Arc<Mutex<World>>) {
    let mut request = Vec::new();
    let (head, body) = loop {
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0usize) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, answer) = world
        .lock()
        .unwrap()
        .rest(&path, &serde_json::from_str(&body).unwrap_or(Value::Null));
    let answer = answer.to_string();
    let response = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len(),
    );
    let _ = socket.write_all(response.as_bytes()).await;
}

impl World {
    fn rest(&mut self, path: &str, body: &Value) -> (u16, Value) {
        if path == "/v1/devices" {
            let public = BASE64.decode(body["hpke_public"].as_str().unwrap()).unwrap();
            let sealed = seal_psk(&public.try_into().unwrap(), self.device, &self.psk).unwrap();
            let identity = BASE64.encode(self.identity.verifying_key().as_bytes());
            return (
                201,
                json!({
                    "device_id": self.device,
                    "enc": BASE64.encode(sealed.enc),
                    "ciphertext": BASE64.encode(sealed.ciphertext),
                    "identity_keys": [{"key_id": 3, "public": identity}],
                }),
            );
        }
        if path == "/v1/meetings" {
            return (201, json!({"id": Uuid::from_u128(0x3), "title": body["title"]}));
        }
        if path.ends_with("/sessions") {
            return (200, json!({"session_id": self.session}));
        }
        assert!(path.ends_with("/connections"), "the fake does not know {path}");
        if self.unavailable > 0 {
            self.unavailable -= 1;
            let error = json!({"error": {"code": "unavailable", "message": "later", "retryable": true}});
            return (503, error);
        }
        self.last_epoch += 1;
        let mut ticket = [0; 32];
        getrandom::fill(&mut ticket).unwrap();
        self.tickets.insert(ticket_sha256(&ticket), self.last_epoch);
        (
            200,
            json!({
                "ticket": BASE64URL.encode(ticket),
                "epoch": self.last_epoch,
                "tenant_id": self.tenant,
                "user_id": self.user,
                "limits": Limits::default(),
                "expires_in_s": 30,
            }),
        )
    }

    fn welcome(&self) -> Welcome {
        let json = self.durable.next.iter().map(|(stream, seq)| {
            let position = StreamPosition {
                resume_seq: *seq,
                ..Default::default()
            };
            (*stream, position)
        });
        let audio = self.durable.tracks.iter().map(|(stream, track)| {
            let position = StreamPosition {
                resume_seq: track.release_seq,
                resume_sample: track.release_sample,
                decided_sample: track.samples.len() as u64,
            };
            (*stream, position)
        });
        Welcome {
            streams: json.chain(audio).collect(),
            credit_ms: self.credit_ms,
            limits: Limits::default(),
            ended: self.durable.ended,
        }
    }
}

#[allow(clippy::result_large_err)]
async fn ingest(socket: TcpStream, world: Arc<Mutex<World>>) {
    let mut ticket = String::new();
    let upgraded = tokio_tungstenite::accept_hdr_async(socket, |request: &Request, mut response: Response| {
        let protocols = request.headers()["sec-websocket-protocol"].to_str().unwrap();
        let mut protocols = protocols.split(", ");
        assert_eq!(protocols.next(), Some(SUBPROTOCOL));
        let named = protocols
            .next()
            .and_then(|protocol| protocol.strip_prefix(TICKET_SUBPROTOCOL_PREFIX));
        ticket = named.unwrap().to_owned();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        Ok(response)
    })
    .await;
    let Ok(mut socket) = upgraded else { return };
    let sha256 = ticket_sha256(&BASE64URL.decode(&ticket).unwrap());
    let epoch = world.lock().unwrap().tickets.remove(&sha256);
    let Some(epoch) = epoch else {
        return close(socket, CloseCode::NotAuthenticated).await;
    };
    let key = OfferKey::generate();
    let (offer, context, psk) = {
        let world = world.lock().unwrap();
        let signed = Offer::signed_bytes(3, key.public(), &sha256);
        let offer = key.offer(3, world.identity.sign(&signed).to_bytes());
        let context = HelloContext {
            tenant: world.tenant,
            user: world.user,
            device: world.device,
            session: world.session,
            epoch,
            ticket_sha256: sha256,
        };
        (offer, context, world.psk)
    };
    socket
        .send(Message::Binary(offer.encode().to_vec().into()))
        .await
        .unwrap();
    let Some(Ok(Message::Binary(hello))) = socket.next().await else {
        return;
    };
    let (hello, keys) = match key.accept(&hello, &psk, &context) {
        Ok(accepted) => accepted,
        Err(refused) => return close(socket, refused.close_code()).await,
    };
    let welcome = {
        let mut world = world.lock().unwrap();
        world.hellos.push(hello);
        world.connections += 1;
        world.welcome()
    };
    let mut connection = Connection::new(&world, epoch, &welcome, keys, context.session);
    let welcome = connection.seal(None, ServerEvent::Welcome(welcome));
    let _ = socket.send(welcome).await;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(message) = message else { continue };
        let outcome = connection.take(&message);
        for event in std::mem::take(&mut connection.outgoing) {
            let _ = socket.send(event).await;
        }
        match outcome {
            Outcome::GoOn => {}
            Outcome::Break => return,
            Outcome::Close(code) => return close(socket, code).await,
        }
    }
}

async fn close(mut socket: WebSocketStream<TcpStream>, code: CloseCode) {
    let frame = CloseFrame {
        code: code.as_u16().into(),
        reason: code.as_str().into(),
    };
    let _ = socket.close(Some(frame)).await;
    // Reading on until the peer has closed too makes the close a clean one.
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}

enum Outcome {
    GoOn,
    Break,
    Close(CloseCode),
}

struct Connection<'a> {
    world: &'a Mutex<World>,
    sealer: Sealer,
    opener: Opener,
    epoch: u64,
    next_event: u64,
    tracks: BTreeMap<Stream, Hearing>,
    /// Skips that no frame has come after yet.
    skips: Vec<Skip>,
    controls: VecDeque<(u64, Option<Skip>)>,
    audio_frames: u32,
    outgoing: Vec<Message>,
}

impl<'a> Connection<'a> {
    fn new(
        world: &'a Mutex<World>,
        epoch: u64,
        welcome: &Welcome,
        keys: crate::keys::ConnectionKeys,
        session: Uuid,
    ) -> Self {
        let mut opener = Opener::new(&keys.c2s, epoch, session);
        let mut tracks = BTreeMap::new();
        for stream in Stream::ALL {
            let position = welcome.streams.get(&stream).copied().unwrap_or_default();
            opener.expect(stream, position.resume_seq);
            if stream.track().is_some() {
                let hearing = Hearing {
                    samples: Vec::new(),
                    base: position.resume_sample,
                    frames: VecDeque::new(),
                    next_seq: position.resume_seq,
                };
                tracks.insert(stream, hearing);
            }
        }
        Self {
            world,
            sealer: Sealer::new(&keys.s2c, epoch, session),
            opener,
            epoch,
            next_event: 0,
            tracks,
            skips: Vec::new(),
            controls: VecDeque::new(),
            audio_frames: 0,
            outgoing: Vec::new(),
        }
    }

    fn seal(&mut self, number: Option<u64>, event: ServerEvent) -> Message {
        let prefix = Prefix::json(Stream::Control, self.next_event, 0);
        self.next_event += 1;
        let envelope = Envelope {
            number,
            epoch: self.epoch,
            event,
        };
        Message::Binary(self.sealer.seal(&prefix, &envelope.to_json()).unwrap().into())
    }

    fn say(&mut self, number: Option<u64>, event: ServerEvent) {
        let message = self.seal(number, event);
        self.outgoing.push(message);
    }

    fn violation(&self, what: impl Into<String>) -> Outcome {
        self.world.lock().unwrap().violations.push(what.into());
        Outcome::Close(CloseCode::Malformed)
    }

    fn take(&mut self, message: &[u8]) -> Outcome {
        let frame = match self.opener.open(message) {
            Ok(frame) => frame,
            Err(OpenError::Seen { stream, seq }) => {
                self.say(None, ServerEvent::Received { stream, seq });
                return Outcome::GoOn;
            }
            Err(error) => return self.violation(error.to_string()),
        };
        let (stream, seq) = (frame.prefix.stream, frame.prefix.seq);
        self.say(None, ServerEvent::Received { stream, seq });
        match stream {
            Stream::Mic | Stream::Tab => return self.hear(&frame.prefix, &frame.payload),
            Stream::Control => return self.control(seq, &frame.payload),
            Stream::Insights => {
                let insight = Insight::parse(&frame.payload).unwrap();
                self.world.lock().unwrap().durable.insights.push(insight);
            }
            Stream::Captions => {}
        }
        self.world.lock().unwrap().durable.next.insert(stream, seq + 1);
        let release_seq = seq + 1;
        self.say(
            None,
            ServerEvent::Committed {
                stream,
                sample: 0,
                release_seq,
            },
        );
        Outcome::GoOn
    }

    fn hear(&mut self, prefix: &Prefix, payload: &[u8]) -> Outcome {
        let pcm = PcmFrame::parse(payload, RATE_HZ as u32).unwrap();
        let skips = &self.skips;
        let hearing = self.tracks.get_mut(&prefix.stream).unwrap();
        while let Some(skip) = skips.iter().find(|skip| {
            Stream::from(skip.track) == prefix.stream
                && skip.from_sample <= hearing.end()
                && hearing.end() < skip.to_sample
        }) {
            let missing = skip.to_sample - hearing.end();
            hearing.samples.extend((0..missing).map(|_| None));
        }
        if hearing.end() != prefix.first_sample {
            let what = format!(
                "{:?} goes on at {}, not at {}",
                prefix.stream,
                hearing.end(),
                prefix.first_sample
            );
            return self.violation(what);
        }
        hearing.frames.push_back((prefix.seq, prefix.first_sample));
        hearing.samples.extend(pcm.iter().map(Some));
        hearing.next_seq = prefix.seq + 1;
        let (base, end) = (hearing.base, hearing.end());
        let decided = base.max(self.decided(prefix.stream));
        let heard_ms = end.saturating_sub(decided) * 1000 / RATE_HZ;
        let credit_ms = self.world.lock().unwrap().credit_ms;
        if heard_ms > u64::from(credit_ms) {
            return self.violation(format!("{heard_ms} ms undecided with a credit of {credit_ms} ms"));
        }
        self.audio_frames += 1;
        self.commit(RATE_HZ);
        self.fault()
    }

    fn decided(&self, stream: Stream) -> u64 {
        let world = self.world.lock().unwrap();
        world
            .durable
            .tracks
            .get(&stream)
            .map_or(0, |track| track.samples.len() as u64)
    }

    /// Makes durable what is older than `lag` samples, on every track.
    fn commit(&mut self, lag: u64) {
        let mut events = Vec::new();
        for (stream, hearing) in &mut self.tracks {
            let mut world = self.world.lock().unwrap();
            let track = world.durable.tracks.entry(*stream).or_default();
            let from = track.samples.len() as u64;
            let to = hearing.end().saturating_sub(lag);
            if to <= from {
                continue;
            }
            let range = (from - hearing.base) as usize..(to - hearing.base) as usize;
            track.samples.extend_from_slice(&hearing.samples[range]);
            // Four seconds stay with the client to warm up with.
            let keep_from = to.saturating_sub(4 * RATE_HZ);
            while hearing.frames.get(1).is_some_and(|(_, first)| *first <= keep_from) {
                hearing.frames.pop_front();
            }
            if let Some((seq, first)) = hearing.frames.front() {
                (track.release_seq, track.release_sample) = (*seq, *first);
            }
            let release_seq = track.release_seq;
            events.push(ServerEvent::Committed {
                stream: *stream,
                sample: to,
                release_seq,
            });
        }
        for event in events {
            self.say(None, event);
        }
        self.release_control();
    }

    /// A skip is released once no resume begins before its end.
    fn release_control(&mut self) {
        let released = |world: &World, skip: &Skip| {
            let track = world.durable.tracks.get(&Stream::from(skip.track));
            track.is_some_and(|track| track.release_sample >= skip.to_sample)
        };
        let mut release = None;
        {
            let mut world = self.world.lock().unwrap();
            while let Some((seq, skip)) = self.controls.front() {
                if skip.as_ref().is_some_and(|skip| !released(&world, skip)) {
                    break;
                }
                release = Some(seq + 1);
                self.controls.pop_front();
            }
            if let Some(release) = release {
                world.durable.next.insert(Stream::Control, release);
            }
        }
        if let Some(release_seq) = release {
            let stream = Stream::Control;
            self.say(
                None,
                ServerEvent::Committed {
                    stream,
                    sample: 0,
                    release_seq,
                },
            );
        }
    }

    fn control(&mut self, seq: u64, json: &[u8]) -> Outcome {
        let control = ClientControl::parse(json).unwrap();
        let mut skip = None;
        match control {
            ClientControl::Skip(skipped) => {
                self.skips.push(skipped);
                skip = Some(skipped);
                let mut world = self.world.lock().unwrap();
                if !world.durable.skips.contains(&skipped) {
                    world.durable.skips.push(skipped);
                }
            }
            ClientControl::Mark(mark) => {
                let (at_ms, note) = (mark.at_ms, mark.note.clone());
                let number = {
                    let mut world = self.world.lock().unwrap();
                    if !world.durable.marks.contains(&mark) {
                        world.durable.marks.push(mark);
                    }
                    world.number += 1;
                    world.number
                };
                self.say(Some(number), ServerEvent::Marked { at_ms, note });
            }
            ClientControl::End {} => return self.end(),
            _ => {}
        }
        self.controls.push_back((seq, skip));
        self.release_control();
        Outcome::GoOn
    }

    fn end(&mut self) -> Outcome {
        self.say(None, ServerEvent::Ending { left_ms: 1_000 });
        for (stream, hearing) in &mut self.tracks {
            let skips = self.skips.iter().filter(|skip| Stream::from(skip.track) == *stream);
            for skip in skips.filter(|skip| skip.to_sample > hearing.base) {
                if skip.from_sample == hearing.end() {
                    let missing = skip.to_sample - hearing.end();
                    hearing.samples.extend((0..missing).map(|_| None));
                }
            }
        }
        self.commit(0);
        let number = {
            let mut world = self.world.lock().unwrap();
            world.durable.ended = true;
            world.number += 1;
            world.number
        };
        let _ = number;
        self.say(None, ServerEvent::ReportReady { version: 1 });
        Outcome::Close(CloseCode::Ended)
    }

    fn fault(&mut self) -> Outcome {
        let mut world = self.world.lock().unwrap();
        let Some(fault) = world.faults.front().copied() else {
            return Outcome::GoOn;
        };
        let (Fault::Break { after_frames }
        | Fault::Close { after_frames, .. }
        | Fault::Unavailable { after_frames, .. }
        | Fault::Garble { after_frames }) = fault;
        if self.audio_frames < after_frames {
            return Outcome::GoOn;
        }
        world.faults.pop_front();
        match fault {
            Fault::Break { .. } => Outcome::Break,
            Fault::Close { code, .. } => Outcome::Close(code),
            Fault::Unavailable { requests, .. } => {
                world.unavailable = requests;
                Outcome::Break
            }
            Fault::Garble { .. } => {
                let track = world.durable.tracks.get_mut(&Stream::Mic).unwrap();
                track.release_seq += 1_000;
                Outcome::Break
            }
        }
    }
}

/// What `reason` did to the samples of `track`, as `(from, to)`.
pub(super) fn skipped(durable: &Durable, track: Track, reason: SkipReason) -> Vec<(u64, u64)> {
    let matching = durable
        .skips
        .iter()
        .filter(|skip| skip.track == track && skip.reason == reason);
    matching.map(|skip| (skip.from_sample, skip.to_sample)).collect()
}
