//! The same in size, for `make chaos`: two hundred sessions, a hundred kills of the server and ten of its database, a network
//! that fails as networks do, and PocketSphinx. Figures go into `target/bench/sessions.json`.

use super::audit::{Faults, Kept, audit};
use super::fleet::{Fleet, Play};
use super::kills::{Kills, pauses};
use super::rig::Rig;
use super::tape::Round;
use super::weather::{Climate, weather};
use super::{ENDS_WITHIN, undisturbed};
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_ingest::protocol::Codec;
use std::time::{Duration, Instant};

const SESSIONS: usize = 200;
const KILLS: usize = 100;
/// One kill of the database after so many of the server.
const SERVERS_A_DATABASE: usize = 10;
/// Between two kills, on average. With half of it two hundred sessions are not back before the next.
const PAUSE: Duration = Duration::from_millis(9_500);
/// Sessions that say something of their own.
const VARIANTS: usize = 8;
/// The goal of a rolling restart.
const BACK_WITHIN_MS: f64 = 10_000.0;

/// A number of the environment, to try it with fewer.
fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

fn is_asked_for() -> bool {
    let asked = std::env::var_os("ATTUNE_CHAOS").is_some();
    if !asked {
        println!("skipped: `make chaos` runs it");
    }
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_of_the_server_under_two_hundred_sessions() {
    if !is_asked_for() {
        return;
    }
    let (sessions, kills) = (
        number("ATTUNE_CHAOS_SESSIONS", SESSIONS),
        number("ATTUNE_CHAOS_KILLS", KILLS),
    );
    let pauses = pauses(
        number("ATTUNE_CHAOS_SEED", 1) as u64,
        kills + kills / SERVERS_A_DATABASE,
        PAUSE,
    );
    let round = Round::of_the_sample();
    let mut rig = Rig::start(|folder| format!("scripted:{}", round.write_script(folder).display())).await;
    // All are live from the first kill to the last.
    let lasts = pauses.iter().sum::<Duration>() + Duration::from_secs(40);
    let tapes: Vec<_> = (0..VARIANTS)
        .map(|index| round.tape(index, VARIANTS, lasts.as_secs() as usize))
        .collect();
    let model = undisturbed(&rig, &tapes, Codec::PcmS16le, 10.0).await;

    let people = rig.people(sessions).await;
    let play = Play {
        codec: Codec::PcmS16le,
        speed: 1.0,
        apart: Duration::from_millis(53),
    };
    let mut fleet = Fleet::start(people, &tapes, rig.folder.path(), play).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let mut killed = Kills::default();
    let began = Instant::now();
    for (index, pause) in pauses.into_iter().enumerate() {
        if index % (SERVERS_A_DATABASE + 1) == SERVERS_A_DATABASE {
            killed.database(&mut rig).await;
        } else {
            killed.server(&mut rig).await;
        }
        tokio::time::sleep(pause).await;
        let live = fleet.sessions.iter().filter(|session| session.is_live()).count();
        println!(
            "  {:.0} s: kill {}, {live} sessions live",
            began.elapsed().as_secs_f64(),
            index + 1
        );
    }
    fleet.finished(ENDS_WITHIN * 3).await;
    let (faults, kept) = audit(&mut rig.look().await, &fleet.sessions).await;
    killed.print(&fleet);
    let complaints = rig.finish().await;
    println!("  the servers logged {} errors", complaints.len());
    complaints.iter().take(20).for_each(|line| println!("    {line}"));
    let changed = Changed::of(&fleet, &kept, &model);
    println!("  {changed:?}");
    table(&killed, &fleet, faults, &changed);
    assert_eq!(faults, Faults::default());
}

/// Sessions in which something is other than in an undisturbed run.
#[derive(Debug, Default)]
struct Changed {
    words: usize,
    nudges: usize,
    /// Segments that an undisturbed run does not have so, and how many there are.
    segments: usize,
    all_segments: usize,
}

impl Changed {
    fn of(fleet: &Fleet, kept: &[Kept], model: &[Kept]) -> Self {
        let mut changed = Self::default();
        for (session, kept) in fleet.sessions.iter().zip(kept) {
            let model = &model[session.variant];
            changed.words += usize::from(!kept.has_words_of(model));
            changed.nudges += usize::from(kept.nudges != model.nudges);
            changed.segments += kept.segments_beside(model);
            changed.all_segments += kept.said.len();
            if let Some(differs) = kept.first_difference(model) {
                println!("  session {}: {differs}", session.session);
            }
            if kept.nudges != model.nudges {
                println!(
                    "  session {}: {:?} and not {:?}",
                    session.session, kept.nudges, model.nudges
                );
            }
        }
        changed
    }
}

fn table(killed: &Kills, fleet: &Fleet, faults: Faults, changed: &Changed) {
    let sessions = fleet.sessions.len();
    let how = format!(
        "{} kills of the server and {} of PostgreSQL under {sessions} sessions of one track",
        killed.servers.len(),
        killed.databases.len()
    );
    let mut table = Table::new("sessions");
    let none = Goal::AtMost(0.0);
    table
        .add("kill9_lost", faults.lost as f64, "samples")
        .goal(none)
        .how(&*how);
    table
        .add("kill9_duplicated", faults.duplicated as f64, "samples")
        .goal(none);
    table
        .add("kill9_reordered", faults.reordered as f64, "words and events")
        .goal(none);
    let misnumbered = (faults.misnumbered + faults.forgotten) as f64;
    table
        .add("kill9_misnumbered_or_forgotten", misnumbered, "events")
        .goal(none);
    for (name, changed) in [
        ("kill9_words_changed", changed.words),
        ("kill9_nudges_changed", changed.nudges),
    ] {
        table.add(name, changed as f64, "sessions").goal(none);
    }
    table
        .add("kill9_segments_changed", changed.segments as f64, "segments")
        .how(format!(
            "of {}: a segment that was open at a kill may end elsewhere, with the same words",
            changed.all_segments
        ));
    let (back, never) = killed.back(fleet);
    for (name, share) in [
        ("kill9_back_p50_ms", 0.5),
        ("kill9_back_p99_ms", 0.99),
        ("kill9_back_max_ms", 1.0),
    ] {
        table.add(name, ms(quantile(&back, share)), "ms");
    }
    let late = back.iter().filter(|back| ms(**back) > BACK_WITHIN_MS).count() + never;
    table.add("kill9_back_late", late as f64, "sessions").how(format!(
        "of {}: back after 10 s or never; another kill may have come before",
        back.len() + never
    ));
    let (durable, _) = killed.durable_again(fleet);
    table.add("database_kill9_durable_p99_ms", ms(quantile(&durable, 0.99)), "ms");
    table.finish_beside();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_fails_as_networks_do() {
    if !is_asked_for() {
        return;
    }
    let weathered = weather(Climate {
        sessions: number("ATTUNE_CHAOS_CLIENTS", 30),
        rough: Duration::from_secs(30),
        black_hole: Duration::from_secs(30),
        narrow: Duration::from_secs(30),
        speed: 1.0,
    })
    .await;
    println!("  {weathered:?}");
    let mut table = Table::new("sessions");
    table
        .add("fault_lost", weathered.faults.lost as f64, "samples")
        .goal(Goal::AtMost(0.0))
        .how(format!(
            "{} sessions of one track in Opus: 200 ± 100 ms and 5 % resets, two black holes of 30 s, 128 kbit/s; {} connections, \
             {} of them reset",
            weathered.sessions, weathered.connections, weathered.resets
        ));
    table.add("fault_words_changed", weathered.changed as f64, "sessions");
    table
        .add("resume_p99_ms", ms(quantile(&weathered.back, 0.99)), "ms")
        .goal(Goal::AtMost(3_000.0))
        .how("from the end of a black hole to the next new frame received");
    let mut caught_up = weathered.caught_up.clone();
    caught_up.sort_by(f64::total_cmp);
    let slowest = caught_up.first().copied().unwrap_or(0.0);
    table
        .add("catchup_ratio", slowest, "times real time")
        .goal(Goal::AtLeast(20.0))
        .how(format!("the slowest of {}", caught_up.len()));
    table.finish_beside();
    assert_eq!(weathered.faults, Faults::default());
    assert_eq!(caught_up.len(), 2 * weathered.sessions, "all of them caught up");
}

/// A recognizer that hears: what may differ is the segment that was open when the server died.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_pocketsphinx_only_what_was_being_said_at_a_kill_may_differ() {
    if !is_asked_for() {
        return;
    }
    let pauses = pauses(3, 6, Duration::from_secs(20));
    let round = Round::of_the_sample();
    let mut rig = Rig::start(|_| "sphinx".to_owned()).await;
    let lasts = pauses.iter().sum::<Duration>() + Duration::from_secs(20);
    let tapes: Vec<_> = (0..3)
        .map(|index| round.tape(index, 3, lasts.as_secs() as usize))
        .collect();
    let model = undisturbed(&rig, &tapes, Codec::Opus, 1.5).await;
    let people = rig.people(3).await;
    let play = Play {
        codec: Codec::Opus,
        speed: 1.0,
        apart: Duration::from_millis(53),
    };
    let mut fleet = Fleet::start(people, &tapes, rig.folder.path(), play).await;
    let mut killed = Kills::default();
    for pause in pauses {
        tokio::time::sleep(pause).await;
        killed.server(&mut rig).await;
    }
    fleet.finished(ENDS_WITHIN * 3).await;
    let (faults, kept) = audit(&mut rig.look().await, &fleet.sessions).await;
    killed.print(&fleet);
    assert_eq!(faults, Faults::default());
    let (mut differ, mut beyond) = (0, 0);
    for (session, kept) in fleet.sessions.iter().zip(&kept) {
        let model = &model[session.variant];
        let witness = session.witness();
        // At each kill: from what was decided then to what had left.
        let open: Vec<(u64, u64)> = (killed.servers.iter())
            .filter_map(|died| {
                let resumed = witness.connected.iter().find(|(at, _)| at > died)?;
                let sent = witness.sent.iter().rev().find(|(at, _)| at <= died)?;
                Some((resumed.1 / 16, sent.1))
            })
            .collect();
        for said in kept.said.iter().filter(|said| !model.said.contains(said)) {
            differ += 1;
            if !open.iter().any(|(from, to)| said.t0_ms < *to && said.t1_ms > *from) {
                beyond += 1;
                println!(
                    "  {} to {} ms, open were {open:?}: {:?}",
                    said.t0_ms, said.t1_ms, said.text
                );
            }
        }
    }
    println!("  {differ} segments differ, {beyond} of them were not open at a kill");
    let mut table = Table::new("sessions");
    table
        .add("kill9_sphinx_segments_differ", f64::from(differ), "segments")
        .how(format!(
            "{} kills under {} sessions; only those open at a kill may",
            killed.servers.len(),
            fleet.sessions.len()
        ));
    table
        .add("kill9_sphinx_beyond_the_open_one", f64::from(beyond), "segments")
        .goal(Goal::AtMost(0.0));
    table.finish_beside();
    rig.finish().await;
    assert_eq!(beyond, 0);
}
