//! How many people can speak at once, how long their words take, and whether all wait alike.

use attune_benches::live::{Heard, Models, Node, Pace, Seen, Talk, Tape};
use attune_benches::quantile::quantile;
use attune_benches::sample::Utterance;
use attune_engine::speaker::Track;
use attune_ingest::hearing::{Ahead, Load};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A worker for each core.
const WORKERS: usize = 2;

/// Meetings begin one after the other within so long, as no two people begin in step: an utterance and its pause.
const BEGIN_WITHIN: Duration = Duration::from_millis(5_800);

/// What is played.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// What the node recognises ahead.
    pub(crate) ahead: Ahead,
    /// What people say.
    pub(crate) utterances: &'a [Utterance],
    /// The numbers of the utterances in each of the meetings at once, in order.
    pub(crate) orders: Vec<Vec<usize>>,
}

impl<'a> Plan<'a> {
    /// `count` utterances in each of `meetings`, round and round, each beginning at another.
    pub(crate) fn in_turn(utterances: &'a [Utterance], meetings: usize, count: usize, ahead: Ahead) -> Self {
        let all = utterances.len();
        let order = |meeting: usize| (0..all).cycle().skip(meeting * all / meetings).take(count).collect();
        Self {
            ahead,
            utterances,
            orders: (0..meetings).map(order).collect(),
        }
    }

    /// All utterances in each of `meetings`, so many `rounds`, each round in an order of its own: who speaks beside whom is
    /// another matter in every round, so that chance alone favours nobody.
    pub(crate) fn mixed(utterances: &'a [Utterance], meetings: usize, rounds: usize, ahead: Ahead) -> Self {
        let mixed = |meeting: usize, round: usize| {
            let mut order: Vec<usize> = (0..utterances.len()).collect();
            order.sort_by_cached_key(|number| {
                let mut hasher = DefaultHasher::new();
                (meeting, round, number).hash(&mut hasher);
                hasher.finish()
            });
            order
        };
        let order = |meeting| (0..rounds).flat_map(|round| mixed(meeting, round)).collect();
        Self {
            ahead,
            utterances,
            orders: (0..meetings).map(order).collect(),
        }
    }
}

/// What meetings at once were like.
#[derive(Debug)]
pub(crate) struct Run {
    /// What became of every utterance, by meeting.
    pub(crate) meetings: Vec<Vec<Heard>>,
    /// Processor time of everything but recognizers, as a part of a core for each track.
    pub(crate) ingest: f64,
    /// What the recognizers did.
    pub(crate) load: Load,
    /// Segments that were suppressed or lost.
    pub(crate) unheard: usize,
    /// The most that any client was told words were behind.
    pub(crate) lag_ms: u64,
}

/// How long a meeting waited for its words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    /// On average, in seconds.
    pub(crate) mean: f64,
    /// How much that average may be off by chance: its standard error.
    pub(crate) error: f64,
}

impl Run {
    /// From the end of an utterance to its words, over all; one that was lost took longer than any.
    pub(crate) fn to_final(&self, share: f64) -> Duration {
        let times = self.meetings.iter().flatten();
        let times: Vec<Duration> = times.map(|heard| heard.to_final.unwrap_or(Duration::MAX)).collect();
        quantile(&times, share)
    }

    /// From the beginning of an utterance to its first words.
    pub(crate) fn to_first(&self, share: f64) -> Duration {
        let times = self.meetings.iter().flatten();
        let times: Vec<Duration> = times.map(|heard| heard.to_first.unwrap_or(Duration::MAX)).collect();
        quantile(&times, share)
    }

    /// Utterances.
    pub(crate) fn utterances(&self) -> usize {
        self.meetings.iter().map(Vec::len).sum()
    }

    /// How long each meeting waited from the end of an utterance to its words, the shortest first.
    pub(crate) fn waits(&self) -> Vec<Wait> {
        let wait = |heard: &Vec<Heard>| {
            let times = heard
                .iter()
                .map(|heard| heard.to_final.map_or(f64::INFINITY, |time| time.as_secs_f64()));
            let times: Vec<f64> = times.collect();
            let count = times.len() as f64;
            let mean = times.iter().sum::<f64>() / count;
            let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / count;
            Wait {
                mean,
                error: (variance / count).sqrt(),
            }
        };
        let mut waits: Vec<Wait> = self.meetings.iter().map(wait).collect();
        waits.sort_by(|one, other| one.mean.total_cmp(&other.mean));
        waits
    }
}

/// Plays the meetings.
pub(crate) fn run(models: &Models, plan: Plan<'_>) -> Run {
    let Plan {
        ahead,
        utterances,
        orders,
    } = plan;
    let meetings = orders.len();
    let clips = Arc::new(Mutex::new(Vec::new()));
    let workers = (0..WORKERS).map(|_| models.worker(&clips, false));
    let node = Node::start(Models::voice(), workers, ahead).expect("threads for a node");
    let stages: Vec<(Talk, Tape)> = orders
        .iter()
        .enumerate()
        .map(|(meeting, order)| {
            let said = order.iter().map(|&number| &utterances[number]);
            let talk = Talk::new(said, crate::PAUSE, meeting as u32);
            let nobody = Talk::nobody(talk.samples.len(), !(meeting as u32));
            let tape = Tape::new(&[(Track::Mic, &talk.samples), (Track::Tab, &nobody)]);
            (talk, tape)
        })
        .collect();
    let before = node.processor_time_without_words();
    let played: Vec<(Vec<Heard>, Seen)> = crate::clients().block_on(async {
        let start = Instant::now() + Duration::from_millis(200);
        let played = stages.iter().enumerate().map(|(meeting, (talk, tape))| {
            let apart = BEGIN_WITHIN * meeting as u32 / meetings as u32;
            let (start, node) = (start + apart, &node);
            async move {
                let mut seen = Seen::default();
                let client = node.connect(&[Track::Mic, Track::Tab]).await;
                let pace = Pace { start, speed: 1.0 };
                client.play(tape, 1, pace, |event, at| seen.note(event, at)).await;
                (talk.heard(&seen, start), seen)
            }
        });
        futures_util::future::join_all(played).await
    });
    let sound: f64 = stages.iter().map(|(_, tape)| 2.0 * tape.lasts().as_secs_f64()).sum();
    Run {
        ingest: (node.processor_time_without_words() - before).as_secs_f64() / sound,
        load: node.hearing().load(),
        unheard: played.iter().map(|(_, seen)| seen.unheard).sum(),
        lag_ms: played.iter().map(|(_, seen)| seen.lag_ms).max().unwrap_or(0),
        meetings: played.into_iter().map(|(heard, _)| heard).collect(),
    }
}
