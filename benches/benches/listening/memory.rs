//! What a track takes in memory: the growth of what is resident with many tracks open, over their number.
//!
//! Of many tracks, so that what every process has once does not count; the client's side of each, a few kilobytes, does. Each kind
//! of track has a process of its own, which this program starts: memory that was given back to the allocator before would be
//! taken again without being counted.

use attune_benches::live::{Instant as Recognizes, Models, Node, Pace, Talk, Tape};
use attune_benches::memory::resident;
use attune_benches::sample::in_turn;
use attune_engine::speaker::Track;
use attune_ingest::hearing::Ahead;
use std::time::Duration;
use tokio::time::Instant;

/// Meetings of two silent tracks.
const SILENT: usize = 64;

/// Meetings in which two people speak on and on, which takes eight times as much.
const SPEAKING: usize = 24;

/// Seconds of sound in a second, so few that nothing waits for a thread: what waits would count.
const SPEED: f64 = 3.0;

/// Long enough to reach the longest segment twice.
const SPEAKING_SECONDS: usize = 40;

/// Bytes of a track on which nobody speaks: digital silence, as of a muted microphone or a quiet tab.
pub(crate) fn of_a_silent_track() -> u64 {
    let silence = vec![0; 30 * 16_000];
    let tape = Tape::new(&[(Track::Mic, &silence), (Track::Tab, &silence)]);
    of_a_track(&tape, SILENT)
}

/// Bytes of a track on which somebody speaks without a pause, at its largest: all in step, so that all are at their largest together.
pub(crate) fn of_a_speaking_track() -> u64 {
    let utterances = crate::utterances();
    let without_pause = |seed: u32| {
        let mut talk = Talk::new(
            in_turn(&utterances, seed as usize, utterances.len()),
            Duration::ZERO,
            seed,
        )
        .samples;
        talk.truncate(SPEAKING_SECONDS * 16_000);
        talk
    };
    let (one, other) = (without_pause(1), without_pause(2));
    let tape = Tape::new(&[(Track::Mic, &one), (Track::Tab, &other)]);
    of_a_track(&tape, SPEAKING)
}

fn of_a_track(tape: &Tape, meetings: usize) -> u64 {
    let node = Node::start(Models::voice(), [Box::<Recognizes>::default()], Ahead::Ends).expect("threads for a node");
    let most = |meetings: usize| {
        let before = resident();
        let most = crate::clients().block_on(async {
            let start = Instant::now() + Duration::from_millis(500);
            let played = (0..meetings).map(|_| async {
                let client = node.connect(&[Track::Mic, Track::Tab]).await;
                client.play(tape, 1, Pace { start, speed: SPEED }, |_, _| {}).await;
            });
            let watch = async {
                let mut most = before;
                while start.elapsed() < tape.lasts().div_f64(SPEED) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    most = most.max(resident());
                }
                most
            };
            tokio::join!(futures_util::future::join_all(played), watch).1
        });
        most - before
    };
    // What the process needs for the first meeting of all is not a track's.
    most(1);
    most(meetings) / (2 * meetings as u64)
}
