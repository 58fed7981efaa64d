//! A network that misbehaves: a TCP proxy in front of a server that delays, slows, cuts and swallows what passes, as asked.
//! What it passes on it passes on whole and in order, as TCP does; only a connection that it cuts loses what was under way.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Bytes that are read at once.
const PIECE: usize = 4 * 1024;
/// Pieces under way in one direction of a connection: what does not fit waits at its sender, as in any network.
const UNDER_WAY: usize = 256;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// How long a piece takes, in each direction.
    pub latency: Duration,
    /// How much more or less that may be.
    pub jitter: Duration,
    /// What passes in a second, in each direction of a connection; as much as comes where nothing is named.
    pub bytes_per_s: Option<u32>,
    /// The part of connections that are reset while they last, 0 to 1, each at a moment of its own in its first
    /// [`Weather::reset_within`].
    pub resets: f64,
    /// See [`Weather::resets`].
    pub reset_within: Duration,
    /// Nothing passes: it waits, and connections stay.
    pub blackhole: bool,
    /// One byte at a time.
    pub drip: bool,
    /// What the server sends no longer reaches anyone, and its connections are shut in that direction alone.
    pub half_closed: bool,
}

impl Weather {
    /// Everything passes at once.
    pub const FAIR: Self = Self {
        latency: Duration::ZERO,
        jitter: Duration::ZERO,
        bytes_per_s: None,
        resets: 0.0,
        reset_within: Duration::from_secs(10),
        blackhole: false,
        drip: false,
        half_closed: false,
    };
}

/// The proxy. It ends when it is dropped, and every connection through it.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    weather: watch::Sender<Weather>,
    counts: Arc<Counts>,
    /// Cut whenever all connections are.
    connections: watch::Sender<CancellationToken>,
    ends: CancellationToken,
}

/// What went through it.
#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    resets: AtomicU64,
    bytes: AtomicU64,
}

impl Proxy {
    /// A proxy on a port of its own before `server`. `seed` decides which connections are reset, and when.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub async fn start(server: SocketAddr, weather: Weather, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let (weather, connections) = (
            watch::Sender::new(weather),
            watch::Sender::new(CancellationToken::new()),
        );
        let proxy = Self {
            addr: listener.local_addr()?,
            counts: Arc::default(),
            ends: CancellationToken::new(),
            weather,
            connections,
        };
        let (weather, connections) = (proxy.weather.subscribe(), proxy.connections.subscribe());
        let (counts, ends) = (Arc::clone(&proxy.counts), proxy.ends.clone());
        tokio::spawn(ends.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = counts.connections.fetch_add(1, Ordering::Relaxed);
                let connection = Connection {
                    number,
                    seed,
                    weather: weather.clone(),
                    counts: Arc::clone(&counts),
                    cut: connections.borrow().child_token(),
                };
                tokio::spawn(ends.clone().run_until_cancelled_owned(connection.carry(client, server)));
            }
        }));
        Ok(proxy)
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on the network is so.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Resets every connection there is.
    pub fn reset_all(&self) {
        self.connections.send_replace(CancellationToken::new()).cancel();
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// Of them, how many were reset.
    pub fn resets(&self) -> u64 {
        self.counts.resets.load(Ordering::Relaxed)
    }

    /// Bytes that arrived, in both directions.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ends.cancel();
    }
}

/// One connection through it.
struct Connection {
    number: u64,
    seed: u64,
    weather: watch::Receiver<Weather>,
    counts: Arc<Counts>,
    cut: CancellationToken,
}

impl Connection {
    async fn carry(self, client: TcpStream, server: SocketAddr) {
        let Ok(upstream) = TcpStream::connect(server).await else {
            // Refused, as the server would: there is nobody.
            let _ = client.set_zero_linger();
            return;
        };
        for side in [&client, &upstream] {
            // A network adds no waiting of its own.
            let _ = side.set_nodelay(true);
        }
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), upstream.into_split());
        let is_cut = tokio::select! {
            // Half a connection may go on after the other half has ended.
            _ = async { tokio::join!(self.there(&mut from_client, &mut to_server), self.back(&mut from_server, &mut to_client)) } => false,
            () = self.is_cut() => true,
        };
        if is_cut {
            self.counts.resets.fetch_add(1, Ordering::Relaxed);
            for side in [to_client.as_ref(), to_server.as_ref()] {
                let _ = side.set_zero_linger();
            }
            // Dropping a half writes an orderly end, which nothing of a reset must look like.
            to_client.forget();
            to_server.forget();
        }
    }

    /// From the client to the server.
    async fn there(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        self.pass(from, to, 0, |_| true).await;
    }

    /// And back, which is the direction that is closed where one is.
    async fn back(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        self.pass(from, to, 1, |weather| !weather.half_closed).await;
    }

    /// Passes on what comes, each piece when it is due, until it ends.
    async fn pass(
        &self,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
        way: u64,
        is_open: impl Fn(&Weather) -> bool,
    ) {
        let (under_way, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
        let come = async move {
            let (mut last, mut number) = (Instant::now(), 0_u64);
            let mut piece = vec![0; PIECE];
            while let Ok(length @ 1..) = from.read(&mut piece).await {
                let weather = *self.weather.borrow();
                number += 1;
                // Pieces stay in order: none arrives before the one ahead of it, or before the line is free.
                let on_the_line = weather.bytes_per_s.map_or(Duration::ZERO, |rate| {
                    Duration::from_secs_f64(length as f64 / f64::from(rate.max(1)))
                });
                let swing = 2.0 * self.chance(2 + 2 * number + way) - 1.0;
                let takes = weather.latency.as_secs_f64() + swing * weather.jitter.as_secs_f64();
                let now = Instant::now();
                last = (now + Duration::from_secs_f64(takes.max(0.0))).max(last.max(now) + on_the_line);
                if under_way.send((last, piece[..length].to_vec())).await.is_err() {
                    break;
                }
            }
        };
        let go = async move {
            let mut weather = self.weather.clone();
            while let Some((at, piece)) = due.recv().await {
                sleep_until(at).await;
                if weather.wait_for(|weather| !weather.blackhole).await.is_err() {
                    break;
                }
                let now = *weather.borrow();
                if !is_open(&now) {
                    break;
                }
                let step = if now.drip { 1 } else { piece.len() };
                for part in piece.chunks(step) {
                    if to.write_all(part).await.is_err() {
                        return;
                    }
                    self.counts.bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
                }
            }
            let _ = to.shutdown().await;
        };
        tokio::join!(come, go);
    }

    /// When this connection is reset, if it is.
    async fn is_cut(&self) {
        let weather = *self.weather.borrow();
        let by_chance = async {
            if self.chance(0) < weather.resets {
                sleep(weather.reset_within.mul_f64(self.chance(1))).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.cut.cancelled() => {}
            () = by_chance => {}
        }
    }

    /// A number of this connection's own, 0 to 1.
    fn chance(&self, what: u64) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.number, what).hash(&mut hasher);
        hasher.finish() as f64 / u64::MAX as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// Sends back what it is sent, until its client ends.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        addr
    }

    async fn through(weather: Weather) -> (Proxy, TcpStream) {
        let proxy = Proxy::start(echo().await, weather, 1).await.unwrap();
        let client = TcpStream::connect(proxy.addr()).await.unwrap();
        (proxy, client)
    }

    async fn said_back(client: &mut TcpStream, bytes: &[u8]) -> io::Result<Vec<u8>> {
        client.write_all(bytes).await?;
        let mut back = vec![0; bytes.len()];
        client.read_exact(&mut back).await?;
        Ok(back)
    }

    #[tokio::test]
    async fn whatever_the_weather_what_passes_is_whole_and_in_order() {
        let sent: Vec<u8> = (0..40_000_u32).map(|at| (at % 251) as u8).collect();
        for weather in [
            Weather::FAIR,
            Weather {
                latency: Duration::from_millis(20),
                jitter: Duration::from_millis(20),
                ..Weather::FAIR
            },
            Weather {
                bytes_per_s: Some(400_000),
                ..Weather::FAIR
            },
            Weather {
                drip: true,
                ..Weather::FAIR
            },
        ] {
            let (proxy, mut client) = through(weather).await;
            let (mut from, mut to) = client.split();
            let mut back = vec![0; sent.len()];
            let (written, read) = tokio::join!(to.write_all(&sent), from.read_exact(&mut back));
            written.and(read.map(drop)).unwrap();
            assert!(back == sent, "{weather:?}");
            assert_eq!(proxy.bytes(), 2 * sent.len() as u64);
        }
    }

    #[tokio::test]
    async fn a_slow_line_and_a_long_way_take_their_time() {
        let (_proxy, mut client) = through(Weather {
            bytes_per_s: Some(10_000),
            ..Weather::FAIR
        })
        .await;
        let began = Instant::now();
        said_back(&mut client, &[7; 2_000]).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(400), "0.2 s there and back");
        let (_proxy, mut client) = through(Weather {
            latency: Duration::from_millis(50),
            ..Weather::FAIR
        })
        .await;
        let began = Instant::now();
        said_back(&mut client, b"hello").await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(100));
    }

    #[tokio::test]
    async fn a_black_hole_swallows_nothing_for_good() {
        let (proxy, mut client) = through(Weather::FAIR).await;
        said_back(&mut client, b"before").await.unwrap();
        proxy.set(Weather {
            blackhole: true,
            ..Weather::FAIR
        });
        let waiting = said_back(&mut client, b"during");
        let nothing = tokio::time::timeout(Duration::from_millis(100), waiting).await;
        assert!(nothing.is_err());
        proxy.set(Weather::FAIR);
        let mut back = [0; 6];
        client.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"during");
    }

    #[tokio::test]
    async fn a_reset_is_one_and_the_next_connection_is_well() {
        let (proxy, mut client) = through(Weather::FAIR).await;
        said_back(&mut client, b"before").await.unwrap();
        proxy.reset_all();
        let error = client.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let mut next = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(said_back(&mut next, b"after").await.unwrap(), b"after");
        assert_eq!((proxy.connections(), proxy.resets()), (2, 1));
    }

    #[tokio::test]
    async fn as_many_connections_are_reset_as_were_asked_for() {
        let weather = Weather {
            resets: 0.3,
            reset_within: Duration::from_millis(50),
            ..Weather::FAIR
        };
        let proxy = Proxy::start(echo().await, weather, 7).await.unwrap();
        let mut clients = Vec::new();
        for _ in 0..100 {
            clients.push(TcpStream::connect(proxy.addr()).await.unwrap());
        }
        sleep(Duration::from_millis(200)).await;
        assert!((20..=40).contains(&proxy.resets()), "{} of 100", proxy.resets());
    }

    #[tokio::test]
    async fn half_a_connection_ends_and_the_other_half_goes_on() {
        let (proxy, mut client) = through(Weather {
            half_closed: true,
            ..Weather::FAIR
        })
        .await;
        client.write_all(b"heard").await.unwrap();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0, "its direction has ended");
        client.write_all(b"still heard").await.unwrap();
        assert_eq!(proxy.resets(), 0);
    }
}
