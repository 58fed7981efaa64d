//! The network fails: long ways, resets, nothing at all for half a minute, and a narrow line.

use super::audit::{Faults, audit};
use super::fleet::{Fleet, Play, Witness, first_after};
use super::rig::Rig;
use super::tape::Round;
use super::{ENDS_WITHIN, undisturbed};
use attune_benches::fault::Weather;
use attune_ingest::protocol::{Codec, FRAME_MS};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// 128 kbit/s.
const NARROW: u32 = 128_000 / 8;

/// 200 ± 100 ms each way, and one connection in twenty is reset.
const ROUGH: Weather = Weather {
    latency: Duration::from_millis(200),
    jitter: Duration::from_millis(100),
    resets: 0.05,
    ..Weather::FAIR
};

/// What a run of it shows.
#[derive(Debug)]
pub struct Weathered {
    pub faults: Faults,
    pub sessions: usize,
    /// From the end of a black hole until the server had a frame that it had not had before.
    pub back: Vec<Duration>,
    /// From then until all was received that had been spoken by the end of the hole, as times real time.
    pub caught_up: Vec<f64>,
    pub connections: u64,
    pub resets: u64,
    /// Sessions whose words differ from those of an undisturbed run.
    pub changed: usize,
}

/// How long each kind of weather lasts.
#[derive(Debug, Clone, Copy)]
pub struct Climate {
    pub sessions: usize,
    pub rough: Duration,
    pub black_hole: Duration,
    pub narrow: Duration,
    /// How fast people speak: above 1 to see that it runs, 1 to measure.
    pub speed: f64,
}

/// After each hole: time to catch up in fair weather.
const FAIR_SPELL: Duration = Duration::from_secs(8);

impl Climate {
    /// What is spoken in all of it, in seconds.
    fn tape_s(self) -> usize {
        let lasts = self.rough + 2 * (self.black_hole + FAIR_SPELL) + self.narrow;
        (lasts.as_secs_f64() * self.speed) as usize
    }
}

/// Plays sessions through rough weather, two black holes and a narrow line.
pub async fn weather(climate: Climate) -> Weathered {
    let round = Round::of_the_sample();
    let script = |folder: &Path| format!("scripted:{}", round.write_script(folder).display());
    let rig = Rig::start_behind_a_network(script).await;
    let network = rig.network.as_ref().unwrap();
    let tapes: Vec<_> = (0..4).map(|index| round.tape(index, 4, climate.tape_s())).collect();
    let model = undisturbed(&rig, &tapes, Codec::Opus, 8.0).await;

    let play = Play {
        codec: Codec::Opus,
        speed: climate.speed,
        apart: Duration::from_millis(117),
    };
    let people = rig.people(climate.sessions).await;
    let mut fleet = Fleet::start(people, &tapes, rig.folder.path(), play).await;
    let (mut back, mut caught_up) = (Vec::new(), Vec::new());
    network.set(ROUGH);
    sleep(climate.rough).await;
    // A hole that swallows nothing for good, and one after which every connection is dead.
    for loses_connections in [false, true] {
        network.set(Weather {
            blackhole: true,
            ..ROUGH
        });
        sleep(climate.black_hole).await;
        if loses_connections {
            network.reset_all();
        }
        network.set(Weather::FAIR);
        let healed = Instant::now();
        sleep(FAIR_SPELL).await;
        for session in &fleet.sessions {
            let witness = session.witness();
            back.extend(first_after(&witness.received, healed));
            caught_up.extend(times_real_time(&witness, healed, climate.speed));
        }
    }
    network.set(Weather {
        bytes_per_s: Some(NARROW),
        ..ROUGH
    });
    sleep(climate.narrow).await;
    network.set(Weather::FAIR);
    fleet.finished(ENDS_WITHIN).await;

    let (faults, kept) = audit(&mut rig.look().await, &fleet.sessions).await;
    for (session, kept) in fleet.sessions.iter().zip(&kept) {
        if let Some(differs) = kept.first_difference(&model[session.variant]) {
            println!("  session {}: {differs}", session.session);
        }
    }
    let sessions = fleet.sessions.iter().zip(&kept);
    let weathered = Weathered {
        faults,
        sessions: climate.sessions,
        back,
        caught_up,
        connections: network.connections(),
        resets: network.resets(),
        changed: sessions
            .filter(|(session, kept)| !kept.has_words_of(&model[session.variant]))
            .count(),
    };
    rig.finish().await;
    weathered
}

/// How fast a client that was cut off until `healed` caught up: what had been spoken by then and was not received, over the
/// time from the first of it until the last was. Nothing where it did not.
fn times_real_time(witness: &Witness, healed: Instant, speed: f64) -> Option<f64> {
    let frame_ms = u64::from(FRAME_MS);
    let (first_sent, at_ms) = *witness.sent.first()?;
    let spoken_ms = at_ms as f64 + healed.duration_since(first_sent).as_secs_f64() * 1_000.0 * speed;
    let received = &witness.received;
    let next = received.partition_point(|(at, _)| *at <= healed);
    let had_ms = received.get(next.checked_sub(1)?)?.1 * frame_ms;
    let all = (spoken_ms / frame_ms as f64) as u64;
    let last = received.iter().find(|(_, seq)| seq + 1 >= all)?.0;
    let took = last.checked_duration_since(received.get(next)?.0)?;
    // A frame takes some time even where all of them come at once.
    Some((spoken_ms - had_ms as f64) / 1_000.0 / took.as_secs_f64().max(0.001))
}

/// A small one: rough weather, holes of three seconds, a narrow line, and people who speak twice as fast as they can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_misbehaves_costs_no_sample_and_changes_no_word() {
    let weathered = weather(Climate {
        sessions: 6,
        rough: Duration::from_secs(5),
        black_hole: Duration::from_secs(3),
        narrow: Duration::from_secs(5),
        speed: 2.0,
    })
    .await;
    assert_eq!(weathered.faults, Faults::default());
    assert_eq!(weathered.changed, 0, "{weathered:?}");
    assert!(
        weathered.back.len() == 12 && weathered.connections > 12,
        "{weathered:?}"
    );
}
