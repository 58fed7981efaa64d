//! How many people can speak at once, how long their words take, and whether all wait alike.

use attune_benches::live::{Heard, Models, Node, Pace, Seen, Talk, Tape};
use attune_benches::quantile::quantile;
use attune_benches::sample::Utterance;
use attune_engine::speaker::Track;
use attune_ingest::hearing::{Ahead, Load};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A worker for each core.
const WORKERS: usize = 2;

/// Meetings begin so far apart, as no two people begin in step.
const APART: Duration = Duration::from_millis(730);

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

    /// Mean time to the words of each meeting, in seconds, in order of size.
    pub(crate) fn means(&self) -> Vec<f64> {
        let mean = |heard: &Vec<Heard>| {
            let times = heard
                .iter()
                .map(|heard| heard.to_final.map_or(f64::INFINITY, |time| time.as_secs_f64()));
            times.sum::<f64>() / heard.len() as f64
        };
        let mut means: Vec<f64> = self.meetings.iter().map(mean).collect();
        means.sort_by(f64::total_cmp);
        means
    }
}

/// Plays `meetings` at once, each with `count` utterances, every one beginning at another of them.
pub(crate) fn run(models: &Models, meetings: usize, ahead: Ahead, utterances: &[Utterance], count: usize) -> Run {
    let clips = Arc::new(Mutex::new(Vec::new()));
    let workers = (0..WORKERS).map(|_| models.worker(&clips));
    let node = Node::start(Models::voice(), workers, ahead).expect("threads for a node");
    let stages: Vec<(Talk, Tape)> = (0..meetings)
        .map(|meeting| {
            let first = meeting * utterances.len() / meetings;
            let talk = Talk::new(utterances, first, count, crate::PAUSE, meeting as u32);
            let nobody = Talk::nobody(talk.samples.len(), !(meeting as u32));
            let tape = Tape::new(&[(Track::Mic, &talk.samples), (Track::Tab, &nobody)]);
            (talk, tape)
        })
        .collect();
    let before = node.processor_time_without_words();
    let played: Vec<(Vec<Heard>, usize)> = crate::clients().block_on(async {
        let start = Instant::now() + Duration::from_millis(200);
        let played = stages.iter().enumerate().map(|(meeting, (talk, tape))| {
            let (start, node) = (start + APART * meeting as u32, &node);
            async move {
                let mut seen = Seen::default();
                let client = node.connect(&[Track::Mic, Track::Tab]).await;
                let pace = Pace::Clock { start, speed: 1.0 };
                client.play(tape, 1, pace, |event, at| seen.note(event, at)).await;
                (talk.heard(&seen, start), seen.unheard)
            }
        });
        futures_util::future::join_all(played).await
    });
    let sound: f64 = stages.iter().map(|(_, tape)| 2.0 * tape.lasts().as_secs_f64()).sum();
    Run {
        ingest: (node.processor_time_without_words() - before).as_secs_f64() / sound,
        load: node.hearing().load(),
        unheard: played.iter().map(|(_, unheard)| unheard).sum(),
        meetings: played.into_iter().map(|(heard, _)| heard).collect(),
    }
}
