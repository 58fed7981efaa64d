//! Meetings that go on and on, faster than people speak: whether memory grows, and whether words come ever later.
//!
//! One meeting lasts throughout; beside it others follow each other, as people come and go. Everything is as a server has it
//! (connections, sessions, lanes, queue, threads, Silero) but for storage, which forgets, and the recognizer, which costs nothing.

use super::{Instant as Recognizes, Node, Pace, Talk, Tape};
use crate::memory::resident;
use crate::sample::{Utterance, in_turn};
use crate::slope::slope;
use attune_engine::speaker::Track;
use attune_engine::voice::VoiceActivity;
use attune_ingest::hearing::Ahead;
use attune_ingest::protocol::ServerEvent;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Sound of the part of a meeting that is played again and again.
const UTTERANCES: usize = 30;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(1200);

/// How often the tape is played in a meeting of those that follow each other: a quarter of an hour or so.
const SHORT: usize = 4;

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Hours in which a server reaches its size, and that no slope counts.
const WARM_UP: f64 = 1.0;

/// What was seen.
#[derive(Debug, Serialize, Deserialize)]
pub struct Soaked {
    /// Growth of resident memory, in bytes for each hour of the long meeting.
    pub bytes_per_h: f64,
    /// Growth of the wait from the end of a segment to its words, in milliseconds of the clock for each hour.
    pub lag_ms_per_h: f64,
    /// Resident memory at the end of the warm-up and at the end.
    pub resident: (u64, u64),
    /// Meetings that were begun and ended.
    pub meetings: usize,
    /// Segments of all.
    pub finals: usize,
    /// Hours of sound of all tracks.
    pub track_hours: f64,
}

/// Plays `hours` of a meeting, `speed` times as fast as people speak.
///
/// # Panics
/// When the node does not start, or a meeting does not end.
pub fn soak(voice: Box<dyn VoiceActivity>, utterances: &[Utterance], hours: f64, speed: f64) -> Soaked {
    let node = Node::start(voice, [Box::<Recognizes>::default()], Ahead::Shown).expect("threads for a node");
    let tape = tape(utterances);
    let rounds = (hours * 3600.0 / tape.lasts().as_secs_f64()).ceil() as usize;
    let lasts = tape.lasts() * rounds as u32;
    let noted = Mutex::new(Noted::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for the clients").block_on(async {
        let begin = Instant::now();
        let hours_at = |at: Instant| at.saturating_duration_since(begin).as_secs_f64() * speed / 3600.0;
        let long = play(&node, &tape, rounds, speed, |at, lag| {
            noted.lock().expect("no client panics").lag(hours_at(at), lag)
        });
        let others = async {
            // Whoever comes last is gone before the long meeting is.
            for _ in 0..(rounds - 1) / SHORT {
                play(&node, &tape, SHORT, speed, |_, _| {
                    noted.lock().expect("no client panics").finals += 1
                })
                .await;
            }
        };
        let watch = async {
            let until = begin + lasts.div_f64(speed);
            while Instant::now() < until {
                tokio::time::sleep(LOOK_EVERY).await;
                noted
                    .lock()
                    .expect("no client panics")
                    .resident
                    .push((hours_at(Instant::now()), resident()));
            }
        };
        tokio::join!(long, others, watch)
    });
    let noted = noted.into_inner().expect("no client panics");
    let meetings = 1 + (rounds - 1) / SHORT;
    let track_hours = 2.0 * (rounds + (meetings - 1) * SHORT) as f64 * tape.lasts().as_secs_f64() / 3600.0;
    noted.soaked(WARM_UP, meetings, track_hours)
}

#[derive(Debug, Default)]
struct Noted {
    resident: Vec<(f64, u64)>,
    lags: Vec<(f64, f64)>,
    finals: usize,
}

impl Noted {
    fn lag(&mut self, hours: f64, lag: Duration) {
        self.finals += 1;
        self.lags.push((hours, lag.as_secs_f64() * 1000.0));
    }

    fn soaked(self, warm: f64, meetings: usize, track_hours: f64) -> Soaked {
        let memory: Vec<(f64, u64)> = self.resident.into_iter().filter(|(at, _)| *at >= warm).collect();
        let points: Vec<(f64, f64)> = memory.iter().map(|&(at, bytes)| (at, bytes as f64)).collect();
        let lags: Vec<(f64, f64)> = self.lags.into_iter().filter(|(at, _)| *at >= warm).collect();
        let end = |place: Option<&(f64, u64)>| place.map_or(0, |(_, bytes)| *bytes);
        Soaked {
            bytes_per_h: slope(&points),
            lag_ms_per_h: slope(&lags),
            resident: (end(memory.first()), end(memory.last())),
            meetings,
            finals: self.finals,
            track_hours,
        }
    }
}

/// Somebody who speaks, and another who speaks meanwhile too.
fn tape(utterances: &[Utterance]) -> Tape {
    let one = Talk::new(in_turn(utterances, 0, UTTERANCES), PAUSE, 1);
    let mut other = Talk::new(in_turn(utterances, UTTERANCES, UTTERANCES), PAUSE, 2).samples;
    other.resize(one.samples.len(), 0);
    Tape::new(&[(Track::Mic, &one.samples), (Track::Tab, &other)])
}

/// Plays the tape `times` and tells of each final when it came and how long after its segment's end, by the clock.
async fn play(node: &Node, tape: &Tape, times: usize, speed: f64, mut told: impl FnMut(Instant, Duration)) {
    let client = node.connect(&[Track::Mic, Track::Tab]).await;
    let start = Instant::now();
    let note = |event, at: Instant| {
        if let ServerEvent::Final(decided) = event {
            let spoken = start + Duration::from_millis(decided.span.end.as_ms()).div_f64(speed);
            told(at, at.saturating_duration_since(spoken));
        }
    };
    client.play(tape, times, Pace { start, speed }, note).await;
}
