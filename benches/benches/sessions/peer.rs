//! The stack that a team would otherwise take, under the same load: Express and Socket.io on one Node process.

use crate::transport::{self, PERIOD, Ran};
use crate::{Failure, asked_for, generator};
use attune_benches::cpu::time_of_process;
use attune_benches::load::{Broken, Down, Due, Message, Up, connect, pace, upgrade};
use attune_benches::memory::resident_of;
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::Table;
use attune_engine::speaker::Track;
use attune_ingest::protocol::{FRAME_MS, Prefix};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peer");

/// How many sockets are tried: the goal of ours, then half as many each time.
const SOCKETS: u64 = 5_000;
const FEWEST: u64 = 75;
const SECONDS: u64 = 15;

/// What a frame may wait for its ack, at its 99th percentile: the goal of ours.
const HOLDS_AT: Duration = Duration::from_millis(25);

/// How long opening may take, and what is left after the last frame.
const OPENS_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// How long everything runs before anything is counted of it.
const SETTLES: Duration = Duration::from_secs(2);

/// Payloads of ours.
const PAYLOAD: usize = 745;

/// Where a client of it speaks.
const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// A running peer.
struct Peer {
    child: Child,
    address: String,
}

/// The two sides of one client.
struct Voice {
    up: Up,
    key: LessSafeKey,
    /// The server asked whether somebody is there.
    asked: Arc<AtomicBool>,
    broke: bool,
}

struct Ear {
    down: Down,
    due: Due,
    asked: Arc<AtomicBool>,
}

/// What a try was like.
struct Tried {
    sockets: u64,
    opened: usize,
    waits: Vec<Duration>,
    frames: u64,
    /// Milliseconds of processor time for a thousand frames that were acked.
    cpu_per_1000: f64,
    bytes_each: f64,
}

impl Tried {
    fn p99(&self) -> Duration {
        quantile(&self.waits, 0.99)
    }

    fn holds(&self) -> bool {
        self.opened as u64 == self.sockets && self.waits.len() as u64 == self.frames && self.p99() <= HOLDS_AT
    }

    fn told(&self) -> String {
        format!(
            "{} sockets: {} opened, {} of {} frames acked in time, p99 {:.0} ms",
            self.sockets,
            self.opened,
            self.waits.len(),
            self.frames,
            ms(self.p99())
        )
    }
}

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let seconds = asked_for("ATTUNE_BENCH_SECONDS", SECONDS)?;
    let mut sockets = asked_for("ATTUNE_BENCH_SOCKETS", SOCKETS)?;
    let mut tries = Vec::new();
    let held = loop {
        let tried = tried(sockets, seconds)?;
        tries.push(tried.told());
        if tried.holds() || sockets / 2 < FEWEST {
            break tried;
        }
        sockets /= 2;
    };
    let ours = transport::run(held.sockets as usize, seconds)?;
    rows(table, &held, &tries, &ours);
    Ok(())
}

fn rows(table: &mut Table, held: &Tried, tries: &[String], ours: &Ran) {
    let lasting = if held.holds() { held.opened } else { 0 };
    let row = table.add("peer_sockets", lasting as f64, "sockets");
    row.how(format!(
        "the most tried whose p99 is at most 25 ms with every frame acked; {}; one Node process, as Socket.io runs unless it is \
         clustered; the generator shares the two cores",
        tries.join("; ")
    ));
    table.add("peer_ack_p99_ms", ms(held.p99()), "ms");
    table.add("peer_bytes_per_connection", held.bytes_each, "bytes");
    table.add("peer_cpu_ms_per_1000_frames", held.cpu_per_1000, "ms");
    let cpu = transport::cpu_per_1000(ours);
    let row = table.compare("cpu_vs_peer", cpu, "ms per 1,000 frames", "peer_cpu_ms_per_1000_frames");
    row.how(format!(
        "ours at the same {} sockets, in the same run: opened, checked, digested, acked under seal and committed; PostgreSQL took {:.1} ms \
         more, and the peer keeps nothing; ours p99 {:.1} ms",
        ours.sockets,
        ms(ours.spent.database) * 1000.0 / ours.frames,
        ms(quantile(&ours.acked.waits(), 0.99)),
    ));
}

fn tried(sockets: u64, seconds: u64) -> Result<Tried, Failure> {
    let peer = Peer::start()?;
    generator()?.block_on(async {
        let idle = peer.resident()?;
        let opened = storm(&peer.address, sockets).await;
        let count = opened.len();
        let frames = seconds * 1000 / PERIOD.as_millis() as u64;
        let begin = Instant::now() + Duration::from_secs(1);
        let ends = begin + PERIOD * u32::try_from(frames)?;
        let (mut voices, mut listening) = (Vec::new(), JoinSet::new());
        for ((up, down, key), due) in opened.into_iter().zip(Due::spread(begin, PERIOD, count)) {
            let asked = Arc::new(AtomicBool::new(false));
            let ear = Ear {
                down,
                due,
                asked: Arc::clone(&asked),
            };
            listening.spawn(ear.hear(frames, ends + ENDS_WITHIN));
            voices.push(Voice {
                up,
                key,
                asked,
                broke: false,
            });
        }
        let watch = async {
            sleep_until(begin + SETTLES).await;
            let before = peer.spent()?;
            sleep_until(ends).await;
            Ok::<_, Failure>((peer.spent()?.saturating_sub(before), peer.resident()?))
        };
        let say = |voice: &mut Voice, _: usize, seq: u64| voice.say(seq);
        let (_, watched) = tokio::join!(pace(&mut voices, PERIOD, frames, begin, say), watch);
        let (spent, full) = watched?;
        let heard: Vec<Vec<(Instant, Duration)>> = listening.join_all().await;
        let counted = |at: &Instant| (begin + SETTLES..ends).contains(at);
        let acked = heard.iter().flatten().filter(|(at, _)| counted(at)).count();
        Ok(Tried {
            sockets,
            opened: count,
            waits: heard.iter().flatten().map(|(_, wait)| *wait).collect(),
            frames: frames * sockets,
            cpu_per_1000: ms(spent) * 1000.0 / acked.max(1) as f64,
            bytes_each: full.saturating_sub(idle) as f64 / count.max(1) as f64,
        })
    })
}

/// Opens all of them at once; those that came to live.
async fn storm(address: &str, sockets: u64) -> Vec<(Up, Down, LessSafeKey)> {
    let mut opening: JoinSet<_> = (0..sockets)
        .map(|number| {
            let address = address.to_owned();
            async move { timeout(OPENS_WITHIN, open(&address, number)).await }
        })
        .collect();
    let mut opened = Vec::new();
    while let Some(ended) = opening.join_next().await {
        if let Ok(Ok(Ok(live))) = ended {
            opened.push(live);
        }
    }
    opened
}

/// A client on its way in: engine.io's handshake, then Socket.io's with the key.
async fn open(address: &str, number: u64) -> Result<(Up, Down, LessSafeKey), Broken> {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    let stream = connect(address).await?;
    let (mut up, mut down) = upgrade(stream, address, PATH, None).await?;
    let said = |message: Message, begins: &str| matches!(message, Message::Text(text) if text.starts_with(begins));
    if !said(down.next().await?, "0{") {
        return Err(Broken::Unreadable);
    }
    up.send_text(&format!(r#"40{{"key":"{}"}}"#, BASE64.encode(secret)))?;
    up.flush().await?;
    if !said(down.next().await?, "40") {
        return Err(Broken::Unreadable);
    }
    let key = UnboundKey::new(&AES_256_GCM, &secret).expect("invariant: a key of 32 bytes");
    Ok((up, down, LessSafeKey::new(key)))
}

impl Voice {
    fn say(&mut self, seq: u64) {
        if self.broke {
            return;
        }
        if self.asked.swap(false, Ordering::Relaxed) {
            self.broke |= self.up.send_text("3").is_err();
        }
        let at_ms = seq * u64::from(FRAME_MS);
        let prefix = Prefix::audio(Track::Mic, seq, at_ms * 16, at_ms as u32).encode();
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&seq.to_be_bytes());
        let mut sealed = vec![seq as u8; PAYLOAD];
        let nonce = Nonce::assume_unique_for_key(nonce);
        let done = self.key.seal_in_place_append_tag(nonce, Aad::from(prefix), &mut sealed);
        done.expect("invariant: a frame is short enough to be sealed");
        let frame = [prefix.as_slice(), &sealed].concat();
        let event = format!(r#"451-{seq}["frame",{{"_placeholder":true,"num":0}}]"#);
        self.broke |= self.up.send_text(&event).is_err() || self.up.send(&frame).is_err();
    }
}

impl Ear {
    /// When each ack came, and how long its frame had waited.
    async fn hear(mut self, frames: u64, ends_at: Instant) -> Vec<(Instant, Duration)> {
        let mut waits = Vec::with_capacity(frames as usize);
        while (waits.len() as u64) < frames {
            let Ok(Ok(Message::Text(text))) = timeout_at(ends_at, self.down.next()).await else {
                break;
            };
            if text == "2" {
                self.asked.store(true, Ordering::Relaxed);
            }
            let seq = text.strip_prefix("43").and_then(|rest| rest.strip_suffix("[]"));
            if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
                let now = Instant::now();
                waits.push((now, now.saturating_duration_since(self.due.at(seq))));
            }
        }
        waits
    }
}

impl Peer {
    fn start() -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Told {
            port: u16,
        }
        if !Path::new(FOLDER).join("node_modules/socket.io").exists() {
            return Err("the peer is not installed: `npm ci` in benches/peer, as make bench-sessions does".into());
        }
        let mut child = Command::new("node")
            .arg("server.mjs")
            .current_dir(FOLDER)
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let printed = child.stdout.take().ok_or("the peer has no output")?;
        let mut line = String::new();
        BufReader::new(printed).read_line(&mut line)?;
        let told: Told = serde_json::from_str(&line)?;
        let address = format!("127.0.0.1:{}", told.port);
        Ok(Self { child, address })
    }

    fn resident(&self) -> Result<u64, Failure> {
        Ok(resident_of(self.child.id()).ok_or("the peer is gone")?)
    }

    fn spent(&self) -> Result<Duration, Failure> {
        Ok(time_of_process(self.child.id()).ok_or("the peer is gone")?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
