//! How long a nudge takes at a hundred live sessions on two cores, for a rule that hears and needs no words (N17: a clipped
//! microphone): from the arrival of the frame that completes the silence after the trigger's last sample until the nudge is back
//! at the client. Waiting for the person to end what they say is the governor's own wish, and left out; a second figure counts it
//! in, from the frame that holds the last voiced sample.
//!
//! Connections, sessions, lanes, queue, Silero, fold and coach are the server's, the clients share the machine with them. Storage
//! forgets: what a commit costs is not in it. The recognizer costs nothing and writes as many words as are spoken. Two and a
//! quarter minutes, at the speed at which people speak, on a quiet machine.

use attune_benches::live::{Clipped, Instant as Recognizes, Models, Node, Pace, Tape};
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_coach::{CoachSetup, Mode};
use attune_engine::conversation::Setup;
use attune_engine::meeting_type::MeetingType;
use attune_engine::recognize::Recognizer;
use attune_engine::speaker::Track;
use attune_engine::voices::VoicesHeard;
use attune_ingest::hearing::Ahead;
use attune_ingest::protocol::{FRAME_MS, ServerEvent};
use std::time::Duration;
use tokio::time::Instant;

/// Live at once.
const SESSIONS: usize = 100;
/// Between the beginnings of two: no frame of a frame's length, so that they do not send in step.
const APART: Duration = Duration::from_millis(117);
/// What a nudge may take.
const GOAL_MS: f64 = 200.0;

fn main() {
    let tape = Clipped::tape();
    let recognizer = Recognizes::default();
    let setup = Setup {
        meeting_type: MeetingType::Other,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: recognizer.info().clone(),
        voices: VoicesHeard::NotInstalled,
        profile: Default::default(),
    };
    let coach = CoachSetup {
        mode: Mode::Practice,
        ..CoachSetup::default()
    };
    let node = Node::start(Models::voice(), [Box::new(recognizer)], Ahead::Shown).expect("threads for a node");
    let node = node.coached(setup, coach);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let waits = runtime.expect("a runtime for the clients").block_on(async {
        let begin = Instant::now() + Duration::from_secs(1);
        let sessions = (0..SESSIONS as u32).map(|index| session(&node, &tape, begin + APART * index));
        futures_util::future::join_all(sessions).await
    });
    let waits: Vec<Wait> = waits.into_iter().flatten().collect();
    let all = |of: fn(&Wait) -> Duration| waits.iter().map(of).collect::<Vec<_>>();
    let (server, whole) = (all(|wait| wait.server), all(|wait| wait.whole));
    let mut table = Table::new("nudges");
    let how = format!(
        "{} nudges of N17 in {SESSIONS} sessions of two tracks, without storage",
        waits.len()
    );
    let row = table.add("nudge_acoustic_p95_ms", ms(quantile(&server, 0.95)), "ms");
    row.goal(Goal::AtMost(GOAL_MS)).how(how);
    table.add("nudge_acoustic_p50_ms", ms(quantile(&server, 0.5)), "ms");
    let row = table.add("nudge_acoustic_whole_p95_ms", ms(quantile(&whole, 0.95)), "ms");
    row.how("from the frame with the last voiced sample: the wait for the end of the phrase counted in");
    table.finish();
    assert!(
        waits.len() >= SESSIONS * 9 / 10,
        "only {} sessions were nudged",
        waits.len()
    );
}

/// How long a nudge took.
struct Wait {
    /// From the frame that completes the silence.
    server: Duration,
    /// From the frame that holds the last voiced sample.
    whole: Duration,
}

async fn session(node: &Node, tape: &Tape, start: Instant) -> Vec<Wait> {
    tokio::time::sleep_until(start - Duration::from_millis(500)).await;
    let client = node.connect(&[Track::Mic, Track::Tab]).await;
    let mut waits = Vec::new();
    let note = |event, at: Instant| {
        let ServerEvent::Nudge(nudge) = event else { return };
        if nudge.rule == Clipped::RULE {
            waits.push(Wait {
                server: at.saturating_duration_since(left(start, nudge.at_ms + Clipped::SILENCE_MS)),
                whole: at.saturating_duration_since(left(start, nudge.at_ms)),
            });
        }
    };
    client.play(tape, 1, Pace { start, speed: 1.0 }, note).await;
    waits
}

/// When the frame left that holds the last sound before `end_ms`.
fn left(start: Instant, end_ms: u64) -> Instant {
    let frame_ms = u64::from(FRAME_MS);
    start + Duration::from_millis(end_ms.div_ceil(frame_ms) * frame_ms)
}
