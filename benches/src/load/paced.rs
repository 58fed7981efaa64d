//! Live connections, played by the clock: frame `n` of each leaves at its own absolute time, and its ack counts from that time.

use super::caller::{Greeted, Opened, Refused};
use super::socket::Up;
use crate::live::Tape;
use attune_engine::clock::MeetingTime;
use attune_ingest::ports::Checked;
use attune_ingest::protocol::{FRAME_MS, Prefix, ServerEvent, Stream};
use attune_ingest::seal::Sealer;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use uuid::Uuid;

/// Frames that leave before whoever reads has a turn, when the sender is late.
const BETWEEN_TURNS: usize = 32;

/// What is played, and when.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What each sends, from a place of its own, round and round.
    pub tape: Arc<Tape>,
    /// From one frame to the next.
    pub period: Duration,
    /// Frames of each track.
    pub frames: u64,
    /// Every frame is durable before it is over; else every frame is acked.
    pub until_committed: bool,
    /// How long that may take after the last frame.
    pub ends_within: Duration,
}

/// Live connections that are about to send.
#[derive(Debug)]
pub struct Paced {
    plan: Plan,
    voices: Vec<Voice>,
    ears: Vec<Ear>,
    begin: Instant,
}

/// What went out of one stream: the log that a checker takes.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Whose.
    pub session: Uuid,
    /// Of which stream.
    pub stream: Stream,
    /// The digest of each frame, from the first.
    pub digests: Vec<[u8; 32]>,
}

/// What one connection was told.
#[derive(Debug, Default)]
pub struct Heard {
    /// From the time of each frame to its ack.
    pub waits: Vec<Duration>,
    /// Frames of each stream that were acked.
    pub acked: BTreeMap<Stream, u64>,
    /// Frames of each stream that need not be kept.
    pub released: BTreeMap<Stream, u64>,
    /// The most that words were behind.
    pub lag_ms: u64,
    /// Steps of the overload ladder, at the most.
    pub step: u8,
    /// Segments with words.
    pub finals: usize,
    /// Why it was over before its time.
    pub broke: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct Acked {
    /// What went out.
    pub sent: Vec<Sent>,
    /// What came back, connection by connection.
    pub heard: Vec<Heard>,
    /// How late each frame left: the sender's own fault, and part of every wait.
    pub lag: Vec<Duration>,
}

/// The sending side of one connection.
#[derive(Debug)]
struct Voice {
    session: Uuid,
    up: Up,
    sealer: Sealer,
    logs: BTreeMap<Stream, Vec<[u8; 32]>>,
    broke: bool,
}

/// The receiving side.
#[derive(Debug)]
struct Ear {
    down: Greeted,
    due: Due,
    ends_at: Instant,
    until_committed: bool,
    /// Streams and how many frames each has.
    streams: Vec<Stream>,
    frames: u64,
}

/// When the frames of one connection are due.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    first: Instant,
    period: Duration,
}

impl Due {
    /// Those of `count` connections that begin at `begin`, spread over one period.
    pub fn spread(begin: Instant, period: Duration, count: usize) -> Vec<Self> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let due = |index| Self {
            first: begin + period * index / count,
            period,
        };
        (0..count).map(due).collect()
    }

    /// When frame `seq` is.
    pub fn at(self, seq: u64) -> Instant {
        self.first + self.period * u32::try_from(seq).unwrap_or(u32::MAX)
    }
}

impl Acked {
    /// Every wait for an ack.
    pub fn waits(&self) -> Vec<Duration> {
        self.heard
            .iter()
            .flat_map(|heard| heard.waits.iter().copied())
            .collect()
    }

    /// Frames that were acked.
    pub fn frames(&self) -> u64 {
        self.heard.iter().flat_map(|heard| heard.acked.values()).sum()
    }

    /// Connections that lasted.
    pub fn held(&self) -> usize {
        self.heard.iter().filter(|heard| heard.broke.is_none()).count()
    }
}

impl Paced {
    /// Has `connections` begin at `begin`, spread over one period.
    pub fn new(plan: Plan, connections: Vec<Opened>, begin: Instant) -> Self {
        let dues = Due::spread(begin, plan.period, connections.len());
        let streams: Vec<Stream> = plan.tape.frame(0).map(|(track, _)| Stream::from(track)).collect();
        let (mut voices, mut ears) = (Vec::new(), Vec::new());
        for (due, opened) in dues.into_iter().zip(connections) {
            voices.push(Voice {
                session: opened.session,
                up: opened.up,
                sealer: opened.sealer,
                logs: BTreeMap::new(),
                broke: false,
            });
            ears.push(Ear {
                down: opened.down,
                due,
                ends_at: due.at(plan.frames) + plan.ends_within,
                until_committed: plan.until_committed,
                streams: streams.clone(),
                frames: plan.frames,
            });
        }
        Self {
            plan,
            voices,
            ears,
            begin,
        }
    }

    /// When the last frame leaves.
    pub fn ends(&self) -> Instant {
        self.begin + self.plan.period * u32::try_from(self.plan.frames).unwrap_or(u32::MAX)
    }

    /// Plays, and hears everything out.
    ///
    /// # Panics
    /// When a reader does.
    pub async fn run(self) -> Acked {
        let Self {
            plan,
            mut voices,
            ears,
            begin,
        } = self;
        let mut listening = JoinSet::new();
        for (index, ear) in ears.into_iter().enumerate() {
            listening.spawn(async move { (index, ear.hear().await) });
        }
        let say = |voice: &mut Voice, place: usize, seq: u64| voice.say(&plan, place, seq);
        let lag = pace(&mut voices, plan.period, plan.frames, begin, say).await;
        let mut heard: Vec<(usize, Heard)> = listening.join_all().await;
        heard.sort_by_key(|(index, _)| *index);
        let sent = voices.into_iter().flat_map(|voice| {
            let session = voice.session;
            voice.logs.into_iter().map(move |(stream, digests)| Sent {
                session,
                stream,
                digests,
            })
        });
        Acked {
            sent: sent.collect(),
            heard: heard.into_iter().map(|(_, heard)| heard).collect(),
            lag,
        }
    }
}

/// Has each of `voices` say frame `n` at its own time, from `begin` on, spread over one `period`. How late each left.
pub async fn pace<T>(
    voices: &mut [T],
    period: Duration,
    frames: u64,
    begin: Instant,
    mut say: impl FnMut(&mut T, usize, u64),
) -> Vec<Duration> {
    let dues = Due::spread(begin, period, voices.len());
    let mut lag = Vec::with_capacity(voices.len() * frames as usize);
    let mut since_turn = 0;
    for seq in 0..frames {
        for (index, (voice, due)) in voices.iter_mut().zip(&dues).enumerate() {
            let due = due.at(seq);
            if due > Instant::now() {
                sleep_until(due).await;
                since_turn = 0;
            } else if since_turn >= BETWEEN_TURNS {
                tokio::task::yield_now().await;
                since_turn = 0;
            }
            since_turn += 1;
            lag.push(due.elapsed());
            say(voice, index, seq);
        }
    }
    lag
}

impl Voice {
    /// Sends the next frame of each track. Its ear learns of it where the socket breaks.
    fn say(&mut self, plan: &Plan, place: usize, seq: u64) {
        if self.broke {
            return;
        }
        let first_sample = MeetingTime::from_ms(seq * u64::from(FRAME_MS)).as_sample();
        let capture_ms = (plan.period.as_millis() as u64 * seq) as u32;
        // Nobody says the same as somebody else at the same time.
        let frame = (place * 7 + seq as usize) % plan.tape.frames();
        for (track, payload) in plan.tape.frame(frame) {
            let prefix = Prefix::audio(track, seq, first_sample, capture_ms);
            let sealed = self.sealer.seal(&prefix, payload).expect("each number is sealed once");
            let log = self.logs.entry(prefix.stream).or_default();
            log.push(Checked::digest(&prefix, payload));
            self.broke |= self.up.send(&sealed).is_err();
        }
    }
}

impl Ear {
    async fn hear(mut self) -> Heard {
        let mut heard = Heard::default();
        while !self.is_done(&heard) {
            match timeout_at(self.ends_at, self.down.next()).await {
                Ok(Ok(envelope)) => self.note(envelope.event, &mut heard),
                Ok(Err(broke)) => {
                    heard.broke = Some(told(&broke));
                    return heard;
                }
                Err(_) => {
                    heard.broke = Some("not everything was acked in time".to_owned());
                    return heard;
                }
            }
        }
        heard
    }

    fn is_done(&self, heard: &Heard) -> bool {
        let counted = if self.until_committed {
            &heard.released
        } else {
            &heard.acked
        };
        self.streams
            .iter()
            .all(|stream| counted.get(stream) == Some(&self.frames))
    }

    fn note(&self, event: ServerEvent, heard: &mut Heard) {
        match event {
            ServerEvent::Received { stream, seq } => {
                let now = Instant::now();
                let acked = heard.acked.entry(stream).or_default();
                let new = (*acked..=seq).map(|seq| now.saturating_duration_since(self.due.at(seq)));
                heard.waits.extend(new);
                *acked = (*acked).max(seq + 1);
            }
            ServerEvent::Committed {
                stream, release_seq, ..
            } => drop(heard.released.insert(stream, release_seq)),
            ServerEvent::Status { lag_ms, step, .. } => {
                heard.lag_ms = heard.lag_ms.max(lag_ms);
                heard.step = heard.step.max(step);
            }
            ServerEvent::Final(_) => heard.finals += 1,
            _ => {}
        }
    }
}

/// An error with its causes.
fn told(error: &Refused) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(because) = cause {
        told = format!("{told}: {because}");
        cause = because.source();
    }
    told
}
