//! Processor time of a whole node over that of whisper.cpp alone on the very audio that the node handed to `base.en`.
//!
//! One worker, with as many meetings as the goals give each of two: four with finals alone, two with partials. The frames of the
//! clients come as far apart as they can, which is where voice activity shares its runs least.
//!
//! Without partials the worker's own thread has whisper.cpp decode each segment right before or after it does itself, and that is
//! taken off the node's time: a virtual machine is not always equally fast, and slower where its other core is at work. With
//! partials, which take what finals leave and so must not be slowed, a block of meetings and then the same segments by
//! whisper.cpp follow each other several times. The node's time is that of all its threads: connections (opening frames,
//! decoding Opus, sealing events), voice activity, the measures of the voice, and recognizers. Clients and encoding are not
//! part of it.

use attune_benches::cpu;
use attune_benches::live::{Clip, Models, Node, Pace, Seen, Talk, Tape};
use attune_benches::sample::{Utterance, in_turn};
use attune_engine::speaker::Track;
use attune_ingest::hearing::Ahead;
use attune_ingest::protocol::FRAME_MS;
use attune_models::seeded::Context;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Meetings at once: half of what two workers should serve.
const fn meetings_at_once(ahead: Ahead) -> usize {
    match ahead {
        Ahead::Nothing | Ahead::Ends => crate::FINALS / 2,
        Ahead::Shown => crate::PARTIALS / 2,
    }
}

/// Utterances of each meeting in a block: what whisper.cpp then decodes alone takes a few seconds.
const UTTERANCES: usize = 5;

/// Blocks of each kind.
const BLOCKS: usize = 3;

/// Two decodes that begin with so much equal audio (400 ms) are of one segment: the second replaces the first.
const SAME_BEGINNING: usize = 6_400;

/// A naive server decodes all that it holds again after so much more.
const NAIVE_STEP: usize = 16_000;

/// Segments that a naive server decodes; each costs seconds.
const NAIVE_SEGMENTS: usize = 8;

/// What a node and whisper.cpp alone took.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// All threads of the node.
    pub(crate) node: Duration,
    /// Its threads without the recognizers'.
    pub(crate) around: Duration,
    /// whisper.cpp alone.
    pub(crate) bare: Duration,
    /// How long the sound of the segments lasts.
    pub(crate) audio: Duration,
    /// The segments.
    pub(crate) segments: Vec<Clip>,
    /// Decided segments that the clients were told of.
    pub(crate) finals: usize,
    /// The smallest and largest ratio of a block.
    pub(crate) spread: (f64, f64),
}

impl Cost {
    /// The node over whisper.cpp.
    pub(crate) fn ratio(&self) -> f64 {
        self.node.as_secs_f64() / self.bare.as_secs_f64()
    }
}

/// What a node costs that recognises so much `ahead`.
pub(crate) fn of(models: &Models, ahead: Ahead, utterances: &[Utterance]) -> Cost {
    let clips = Arc::default();
    let twin = ahead < Ahead::Shown;
    let node = Node::start(Models::voice(), [models.worker(&clips, twin)], ahead).expect("threads for a node");
    let mut bare = models.bare();
    let mut cost = Cost {
        spread: (f64::INFINITY, 0.0),
        ..Cost::default()
    };
    for block in 0..BLOCKS {
        let (before, around) = (node.processor_time(), node.processor_time_without_words());
        cost.finals += meetings(&node, meetings_at_once(ahead), block, utterances);
        let took = node.processor_time() - before - twins(&clips);
        cost.around += node.processor_time_without_words() - around;
        let segments = segments(&clips);
        let mut alone = Duration::ZERO;
        for segment in &segments {
            let decode = || {
                bare.decode(&segment.samples, Context::Trimmed)
                    .expect("whisper.cpp decodes")
            };
            alone += if twin { segment.bare } else { cpu::time_once(decode).1 };
            cost.audio += Duration::from_secs_f64(segment.samples.len() as f64 / 16_000.0);
        }
        let ratio = took.as_secs_f64() / alone.as_secs_f64();
        cost.spread = (cost.spread.0.min(ratio), cost.spread.1.max(ratio));
        cost.node += took;
        cost.bare += alone;
        cost.segments.extend(segments);
    }
    cost
}

/// Plays a block of meetings to the node, at the speed at which people speak: with more waiting it would take the smaller model.
/// Says how many finals there were.
fn meetings(node: &Node, meetings: usize, block: usize, utterances: &[Utterance]) -> usize {
    let runtime = crate::clients();
    let talks: Vec<Talk> = (0..meetings)
        .map(|meeting| {
            let number = block * meetings + meeting;
            let said = in_turn(utterances, number * UTTERANCES, UTTERANCES);
            Talk::new(said, crate::PAUSE, number as u32)
        })
        .collect();
    runtime.block_on(async {
        let start = Instant::now();
        let played = talks.iter().zip(0..).map(|(talk, number)| async move {
            let nobody = Talk::nobody(talk.samples.len(), u32::MAX);
            let tape = Tape::new(&[(Track::Mic, &talk.samples), (Track::Tab, &nobody)]);
            let start = start + Duration::from_millis(FRAME_MS.into()) * number / meetings as u32;
            let pace = Pace { start, speed: 1.0 };
            let mut seen = Seen::default();
            let client = node.connect(&[Track::Mic, Track::Tab]).await;
            client.play(&tape, 1, pace, |event, at| seen.note(event, at)).await;
            assert_eq!(seen.unheard, 0, "speech was suppressed or lost");
            seen.finals.len()
        });
        futures_util::future::join_all(played).await.into_iter().sum()
    })
}

/// What whisper.cpp alone took of the node's time, for all that was decoded.
fn twins(clips: &Mutex<Vec<Clip>>) -> Duration {
    let decoded = clips.lock().expect("no recognizer panics");
    decoded.iter().map(|clip| clip.bare).sum()
}

/// What was decoded since the last call and decided something: a decode whose segment went on was replaced by a later one.
fn segments(clips: &Arc<Mutex<Vec<Clip>>>) -> Vec<Clip> {
    let decoded = std::mem::take(&mut *clips.lock().expect("no recognizer panics"));
    let beginning = |clip: &Clip| clip.samples.get(..SAME_BEGINNING).map(<[i16]>::to_vec);
    let is_replaced = |index: usize| {
        let begins = beginning(&decoded[index]);
        begins.is_some() && decoded[index + 1..].iter().any(|later| beginning(later) == begins)
    };
    let is_decided = |index: &usize| !decoded[*index].samples.is_empty() && !is_replaced(*index);
    let decided = (0..decoded.len()).filter(is_decided);
    decided.map(|index| decoded[index].clone()).collect()
}

/// How much more naive decoding costs than whisper.cpp once: the whole of a segment again after each second of it, in the full
/// context of 30 s (LocalAgreement as it is usually served).
pub(crate) fn naive(models: &Models, segments: &[Clip]) -> f64 {
    let mut bare = models.bare();
    let (mut naive, mut once) = (Duration::ZERO, Duration::ZERO);
    for segment in segments.iter().step_by((segments.len() / NAIVE_SEGMENTS).max(1)) {
        let segment = &segment.samples;
        let ends = (1..=segment.len().div_ceil(NAIVE_STEP)).map(|step| (step * NAIVE_STEP).min(segment.len()));
        for end in ends {
            naive += cpu::time_once(|| {
                bare.decode(&segment[..end], Context::Full)
                    .expect("whisper.cpp decodes")
            })
            .1;
        }
        once += cpu::time_once(|| bare.decode(segment, Context::Trimmed).expect("whisper.cpp decodes")).1;
    }
    naive.as_secs_f64() / once.as_secs_f64()
}
