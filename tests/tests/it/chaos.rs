//! Sessions that survive anything: the `attune` program and its database are killed while clients are live, and the network
//! between them fails. What is asked afterwards is always the same: is every sample that was spoken in exactly one class,
//! once, and is what was made of them what an undisturbed run makes of them?
//!
//! The tests here are small. `make chaos` plays them in size and keeps the figures: see `docs/reliability.md`.

// What a run found is read by whoever runs it.
#![allow(clippy::print_stdout)]

mod audit;
mod fleet;
mod kills;
mod rig;
mod tape;
mod weather;
mod whole;

use attune_ingest::protocol::Codec;
use audit::{Faults, Kept, audit};
use fleet::{Fleet, Play};
use rig::Rig;
use std::sync::Arc;
use std::time::Duration;
use tape::Round;

/// How long the last words of a session, and its report, may take once all is spoken.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

/// What undisturbed sessions keep of each of the tapes, played at `speed`.
async fn undisturbed(rig: &Rig, tapes: &[Arc<[i16]>], codec: Codec, speed: f64) -> Vec<Kept> {
    let play = Play {
        codec,
        speed,
        apart: Duration::from_millis(500),
    };
    let people = rig.people(tapes.len()).await;
    let mut fleet = Fleet::start(people, tapes, rig.folder.path(), play).await;
    let lasts = Duration::from_secs_f64(tapes[0].len() as f64 / 16_000.0 / speed);
    fleet.finished(lasts + ENDS_WITHIN).await;
    let (faults, kept) = audit(&mut rig.look().await, &fleet.sessions).await;
    assert_eq!(faults, Faults::default(), "of sessions that nothing disturbed");
    for kept in &kept {
        assert!(!kept.said.is_empty(), "the tape has words");
    }
    kept
}

/// A small one of everything: the server dies twice and its database once under ten sessions, and nobody loses anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_and_a_database_that_are_killed_cost_no_sample_and_change_no_word() {
    let round = Round::of_the_sample();
    let mut rig = Rig::start(|folder| format!("scripted:{}", round.write_script(folder).display())).await;
    let tapes: Vec<_> = (0..2).map(|index| round.tape(index, 2, 40)).collect();
    let model = undisturbed(&rig, &tapes, Codec::PcmS16le, 8.0).await;

    let people = rig.people(10).await;
    let play = Play {
        codec: Codec::PcmS16le,
        speed: 2.5,
        apart: Duration::from_millis(70),
    };
    let mut fleet = Fleet::start(people, &tapes, rig.folder.path(), play).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut kills = kills::Kills::default();
    let pauses = kills::pauses(5, 3, Duration::from_millis(3_500));
    for (index, pause) in pauses.into_iter().enumerate() {
        tokio::time::sleep(pause).await;
        if index == 1 {
            kills.database(&mut rig).await;
        } else {
            kills.server(&mut rig).await;
        }
    }
    fleet.finished(ENDS_WITHIN).await;
    let (faults, kept) = audit(&mut rig.look().await, &fleet.sessions).await;
    kills.print(&fleet);
    assert_eq!(faults, Faults::default());
    for (session, kept) in fleet.sessions.iter().zip(&kept) {
        let model = &model[session.variant];
        let differs = kept.first_difference(model);
        assert!(kept.has_words_of(model), "session {}: {differs:?}", session.session);
        assert_eq!(kept.nudges, model.nudges, "session {}", session.session);
        assert!(
            session.witness().connected.len() >= 2,
            "a kill of the server costs a connection"
        );
    }
    rig.finish().await;
}
