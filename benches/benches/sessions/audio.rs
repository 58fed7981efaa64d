//! Live tracks that are heard: every frame decoded and judged for voice, half of the tracks a person who speaks, half a room
//! in which nobody does.

use crate::node::{Ask, Node};
use crate::transport::storm;
use crate::{Failure, asked_for, generator, s};
use attune_benches::live::{Talk, Tape};
use attune_benches::load::{Paced, Plan};
use attune_benches::quantile::{ms, quantile};
use attune_benches::sample::{self, in_turn};
use attune_benches::table::{Goal, Table};
use attune_engine::speaker::Track;
use attune_ingest::protocol::FRAME_MS;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What two cores should hear.
const TRACKS: u64 = 300;
const SECONDS: u64 = 60;

/// Behind every utterance.
const PAUSE: Duration = Duration::from_millis(1_200);

/// Meetings of one person.
const MEETINGS_EACH: usize = 10;

/// How long everything runs before anything is counted of it.
const SETTLES: Duration = Duration::from_secs(2);

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let tracks = asked_for("ATTUNE_BENCH_SOCKETS", TRACKS)? as usize;
    let seconds = asked_for("ATTUNE_BENCH_SECONDS", SECONDS)?;
    let meetings = tracks.div_ceil(2);
    let node = Node::start(Ask {
        sink: false,
        people: meetings.div_ceil(MEETINGS_EACH),
    })?;
    generator()?.block_on(async {
        let people = node.people().await?;
        let sessions = people.meet(meetings).await?;
        let callers = people.call(&sessions, &[Track::Mic, Track::Tab]).await?;
        let (opened, refused) = storm(callers).await;
        let plan = Plan {
            tape: Arc::new(tape(seconds)),
            period: Duration::from_millis(u64::from(FRAME_MS)),
            frames: seconds * 1000 / u64::from(FRAME_MS),
            until_committed: false,
            ends_within: Duration::from_secs(10),
        };
        let begin = Instant::now() + Duration::from_secs(1);
        let paced = Paced::new(plan, opened, begin);
        let ends = paced.ends();
        let watch = async {
            sleep_until(begin + SETTLES).await;
            let before = node.spent()?;
            sleep_until(ends).await;
            Ok::<_, Failure>(node.spent()?.since(before))
        };
        let (acked, spent) = tokio::join!(paced.run(), watch);
        let (spent, waits) = (spent?, acked.waits());
        let p99 = quantile(&waits, 0.99);
        let held = 2 * acked.held();
        let most = |of: fn(&attune_benches::load::Heard) -> u64| acked.heard.iter().map(of).max().unwrap_or(0);
        let share = |time: Duration| 100.0 * s(time) / (seconds as f64 - s(SETTLES));
        let goal = |goal: Goal| (tracks as u64 >= TRACKS).then_some(goal);
        let told = format!(
            "tracks of meetings that lasted {seconds} s, mic speaking (flite voices, pauses of 1.2 s), tab a room of -50 dB; decoded, judged, \
             segmented and committed, {} segments with words by a recognizer that costs nothing; {} refused, {} broke; words at most \
             {} ms behind, overload step {}; of one core the server took {:.0} %, PostgreSQL {:.0} %, the generator {:.0} %",
            acked.heard.iter().map(|heard| heard.finals).sum::<usize>(),
            refused.len(),
            acked.heard.len() - acked.held(),
            most(|heard| heard.lag_ms),
            most(|heard| u64::from(heard.step)),
            share(spent.server),
            share(spent.database),
            share(spent.generator),
        );
        table
            .add("streams_audio", held as f64, "tracks")
            .goal(goal(Goal::AtLeast(TRACKS as f64)))
            .how(told);
        let row = table.add("streams_audio_p99_ms", ms(p99), "ms");
        row.goal(goal(Goal::AtMost(100.0))).how(format!(
            "from the time of a frame to its ack opened, {} acks; p50 {:.1} ms; the second of a meeting's two frames waits up to 20 ms for \
             company; frames left p99 {:.1} ms late, which is in it",
            waits.len(),
            ms(quantile(&waits, 0.5)),
            ms(quantile(&acked.lag, 0.99)),
        ));
        Ok(())
    })
}

/// A minute and more of somebody who speaks, and of a room.
fn tape(seconds: u64) -> Tape {
    let utterances = sample::utterances(Duration::from_millis(1_500)..Duration::from_secs(14));
    let mut mine = Talk::new(in_turn(&utterances, 0, utterances.len()), PAUSE, 1).samples;
    mine.truncate((seconds as usize).max(60) * 16_000);
    let room = Talk::nobody(mine.len(), 2);
    Tape::new(&[(Track::Mic, &mine), (Track::Tab, &room)])
}
