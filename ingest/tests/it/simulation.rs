//! The product's own client against the product's own connection over a network that is made up: links that break, hold
//! everything back and go on, servers that die between a commit and its answer, clients that die and go on from their buffer.
//! Time is made up too, so that minutes of waiting take none. Whatever happens, every sample is committed once, in order, and
//! every word is there once.
//!
//! A seed decides the network and what happens to it and when. `ATTUNE_SIMULATION_SEED=7` runs one alone.

mod faults;
mod network;
mod store;

use crate::meeting::{Loud, Script, Tones, assert_every_word_once, said};
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::client::{Device, Finished, Options, Recorder, RecorderError, Recording, TrackAudio};
use attune_ingest::hearing::Hearing;
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{Codec, SampleClass};
use faults::{Chance, Fault, Faults};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turmoil::{Builder, Sim};
use uuid::Uuid;
use zeroize::Zeroizing;

const SESSION: Uuid = Uuid::from_u128(77);
const SERVER: &str = "server";
const CLIENT: &str = "client";

/// How much time passes in one go: below what anybody here waits for.
const TICK: Duration = Duration::from_millis(10);
/// Longer than any fault lasts, and all of them one after the other.
const AT_MOST: Duration = Duration::from_secs(20 * 60);
/// Seeds of every run of the tests.
const SEEDS: u64 = 100;
/// Seeds of those that take long.
const MANY_SEEDS: u64 = 10_000;

/// Seven seconds of two people.
fn script() -> Script {
    Script {
        said: vec![
            said(Mic, 400, &[3, 5, 7]),
            said(Tab, 1_900, &[8, 4, 9, 3]),
            said(Mic, 3_700, &[9, 4, 6, 8]),
            said(Tab, 4_200, &[5]),
            said(Tab, 5_600, &[6, 7]),
        ],
        length_ms: 7_200,
    }
}

type Ended = Arc<Mutex<Option<Result<Finished, RecorderError>>>>;

/// What every start of the client's process begins with.
fn recorder(memory: &Memory, buffer: &Path) -> Recorder {
    let script = script();
    let audio = |track: Track| TrackAudio {
        track,
        codec: Codec::PcmS16le,
        rate_hz: 16_000,
        samples: script.sound(track).into(),
    };
    let recording = Recording {
        language: "en".to_owned(),
        meeting_type: None,
        glossary: Vec::new(),
        tracks: vec![audio(Mic), audio(Tab)],
        cues: Vec::new(),
        speed: 1.0,
    };
    let device = Device {
        id: Uuid::from_u128(3),
        psk: Zeroizing::new(Memory::PSK),
        identity_keys: memory.pinned().to_vec(),
    };
    // Nobody listens, which stops no recording.
    let (events, _) = mpsc::channel(1);
    let (way, options) = (network::Way { server: SERVER }, Options::new(buffer));
    let recorder = Recorder::new(
        way,
        device,
        SESSION,
        recording,
        options,
        events,
        CancellationToken::new(),
    );
    recorder.expect("the buffer opens: nobody else has it")
}

/// The world of one seed.
struct World<'a> {
    sim: Sim<'a>,
    store: Store,
    ended: Ended,
    _folder: tempfile::TempDir,
}

impl World<'_> {
    fn new(seed: u64, chance: &mut Chance, faults: &Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(faults.commits.clone());
        let (fastest_ms, slowest_ms) = (chance.within(1..20), chance.within(20..400));
        let mut builder = Builder::new();
        builder
            .rng_seed(seed)
            .simulation_duration(2 * AT_MOST)
            .tick_duration(TICK)
            .min_message_latency(Duration::from_millis(fastest_ms))
            .max_message_latency(Duration::from_millis(slowest_ms))
            // A whole connection's worth: what is lost here is lost for good, as no segment is sent twice.
            .tcp_capacity(4_096);
        if faults.loses {
            builder.fail_rate(0.002).repair_rate(0.2);
        }
        let mut sim = builder.build();
        let served = store.clone();
        sim.host(SERVER, move || {
            let hearing = Hearing::here(Box::new(Loud), Box::new(Tones::default()));
            network::serve_all(served.clone(), hearing)
        });
        let (ended, memory, buffer): (Ended, Memory, PathBuf) =
            (Ended::default(), store.memory.clone(), folder.path().join("buffer"));
        let end = Arc::clone(&ended);
        sim.host(CLIENT, move || {
            let (end, memory, buffer) = (Arc::clone(&end), memory.clone(), buffer.clone());
            async move {
                let finished = recorder(&memory, &buffer).run().await;
                *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(finished);
                Ok(())
            }
        });
        Self {
            sim,
            store,
            ended,
            _folder: folder,
        }
    }

    /// Lets time pass until the client is done, doing what is due.
    fn run(&mut self, faults: Faults) -> Result<Finished, String> {
        let mut due = faults.due;
        due.sort_by_key(|(at, _)| *at);
        let mut due = due.into_iter().peekable();
        let mut mends: Vec<(Duration, Fault)> = Vec::new();
        loop {
            let now = self.sim.elapsed();
            if now > AT_MOST {
                return Err(format!(
                    "nothing came of it in {AT_MOST:?}: {:?}",
                    self.store.memory.record(SESSION).positions
                ));
            }
            while let Some((_, fault)) = due.next_if(|(at, _)| *at <= now) {
                fault.begin(&mut self.sim);
                mends.push((now + fault.lasts(), fault));
            }
            // A server that is to die in the middle of a commit is killed there, and started again a moment later.
            if self.store.take_death() {
                let fault = Fault::ServerDies(Duration::from_millis(400));
                fault.begin(&mut self.sim);
                mends.push((now + fault.lasts(), fault));
            }
            mends.retain(|(at, fault)| {
                if *at <= now {
                    fault.end(&mut self.sim);
                }
                *at > now
            });
            self.sim.step().map_err(|error| error.to_string())?;
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(ended) = ended {
                return ended.map_err(|error| format!("{error:?}"));
            }
        }
    }
}

/// Everything is there, once, in order.
fn assert_whole(memory: &Memory) {
    let (script, record) = (script(), memory.record(SESSION));
    assert!(record.ended);
    for track in [Mic, Tab] {
        assert_every_word_once(&script, &record.finals(), track, 40);
        let mut next = 0;
        for span in &record.decided[&track] {
            assert_eq!(span.from_sample, next, "{track:?} has a hole or an overlap");
            assert_ne!(span.class, SampleClass::Gap, "{track:?} lost something");
            next = span.to_sample;
        }
        assert_eq!(next, script.length_ms * 16, "{track:?}");
    }
    let numbers: Vec<u64> = record.events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

/// Runs one seed; what it took, in time that was made up, and connections.
fn run(seed: u64) -> (Duration, u32) {
    let mut chance = Chance::new(seed);
    let faults = Faults::draw(&mut chance);
    let told = format!("seed {seed}: {faults:?}");
    let mut world = World::new(seed, &mut chance, &faults);
    let finished = world.run(faults);
    let finished = finished.unwrap_or_else(|error| panic!("{told}: {error}"));
    // Where the last words of the connection were lost, the next one says that it is over, and not which report.
    assert!(finished.report_version.is_none_or(|version| version == 1), "{told}");
    let whole = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_whole(&world.store.memory)));
    assert!(whole.is_ok(), "{told}: see above");
    (world.sim.elapsed(), finished.connections)
}

#[test]
fn whatever_the_network_and_the_servers_do_every_sample_is_committed_once_and_in_order() {
    if let Some(seed) = std::env::var("ATTUNE_SIMULATION_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
    {
        println!("seed {seed}: {:?}", run(seed));
        return;
    }
    let seeds = match std::env::var_os("ATTUNE_LONG_TESTS") {
        Some(_) => MANY_SEEDS,
        None => SEEDS,
    };
    let began = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let (mut passed, mut connections) = (Duration::ZERO, 0);
    std::thread::scope(|scope| {
        let runs = (0..threads).map(|first| {
            scope.spawn(move || {
                let seeds = (first..seeds).step_by(threads as usize);
                seeds
                    .map(run)
                    .fold((Duration::ZERO, 0), |sum, (took, count)| (sum.0 + took, sum.1 + count))
            })
        });
        for run in runs.collect::<Vec<_>>() {
            let (took, count) = run.join().expect("a seed failed");
            passed += took;
            connections += count;
        }
    });
    println!(
        "{seeds} seeds, {connections} connections, {passed:?} of made-up time in {:?}",
        began.elapsed()
    );
    // Faults that break nothing would prove nothing.
    assert!(
        u64::from(connections) > seeds * 3 / 2,
        "{connections} connections of {seeds} clients"
    );
}
