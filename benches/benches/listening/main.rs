//! What live recognition costs and how long it takes, against the goals of its design, with everything that a server does:
//! sealed frames, sessions, voice activity, the queue, recognizers, events. Only storage and the socket are in memory.
//!
//! The weights cannot be had everywhere, and what they have learned does not change the cost: Whisper has seeded numbers in
//! the shapes of `base.en` (finals) and `tiny.en` (partials) and a script of 3.5 tokens a second of speech. What is compared
//! with whisper.cpp alone has the same weights, script, context and parameters there, and hears the very same audio.
//!
//! People are the utterances of the sample meeting (flite's voices), 1.5 to 14 s long, each with a pause of 1.2 s behind it, in
//! rooms with noise of -50 dB; the other track of each meeting is a room in which nobody speaks. Latencies count from
//! when the last sample of an utterance was spoken by the clock to when the client has opened the event.

#![allow(clippy::print_stdout)]

mod alone;
mod cost;
mod memory;
mod streams;

use attune_benches::live::{Models, Soaked};
use attune_benches::quantile::ms;
use attune_benches::sample::{self, Utterance};
use attune_benches::table::{Goal, Table};
use attune_ingest::hearing::Ahead;
use cost::Cost;
use std::time::Duration;
use streams::{Plan, Run};
use tokio::runtime::{Builder, Runtime};

/// Behind every utterance: longer than any silence that only may end a segment.
const PAUSE: Duration = Duration::from_millis(1200);

/// Meetings that two cores should serve with finals alone, and how late those may be.
const FINALS: usize = 8;
const FINALS_P95: Duration = Duration::from_millis(2000);

/// The same with partials.
const PARTIALS: usize = 4;
const PARTIALS_P95: Duration = Duration::from_millis(1500);

/// First words, from the onset of speech.
const FIRST_P95: Duration = Duration::from_millis(1800);

/// Utterances over all meetings of a run: a 95th percentile leaves five of them above it.
const UTTERANCES: usize = 96;

/// Utterances that every meeting of the run for fairness has in each round: the same ones, in another order.
const FAIR_UTTERANCES: usize = 12;
const FAIR_ROUNDS: usize = 4;

/// Meetings that are more than two workers can do, by a little: a queue that never empties, and no step of the ladder that
/// changes what is recognised.
const SATURATING: usize = 32;

/// As `make soak`: over fewer hours the slope is that of a server that still settles.
const SOAK_HOURS: f64 = 8.0;
const SOAK_SPEED: f64 = 60.0;

const CORPUS: &str = "sample meeting, flite voices, utterances of 1.5 to 14 s and pauses of 1.2 s in a room of -50 dB";

/// A name, and what puts its rows into a table.
type Part = (&'static str, fn(&Models, &[Utterance], &mut Table));

/// What is measured, by the name that `cargo bench --bench listening -- NAME…` asks for it.
const PARTS: [Part; 8] = [
    ("cost-of-finals", cost_of_finals),
    ("cost-of-speculation", cost_of_speculation),
    ("cost-of-partials", cost_of_partials),
    ("finals", finals),
    ("partials", partials),
    ("fairness", fairness),
    ("memory", memory_of_tracks),
    ("soak", soaked),
];

fn main() {
    // Cargo says that this is a bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if alone::answers(&asked) {
        return;
    }
    let utterances = utterances();
    let models = Models::load();
    let mut table = Table::new("listening");
    for (name, part) in PARTS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            part(&models, &utterances, &mut table);
        }
    }
    if asked.is_empty() {
        table.finish();
    } else {
        println!("{table}");
    }
}

fn utterances() -> Vec<Utterance> {
    sample::utterances(Duration::from_millis(1500)..Duration::from_secs(14))
}

/// A thread for clients, which no figure of a node counts.
fn clients() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for the clients")
}

fn cost_of_finals(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let cost = cost::of(models, Ahead::Nothing, utterances);
    row_of(&cost, "cpu_vs_whisper_finals", 1.10, table);
}

fn cost_of_speculation(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let cost = cost::of(models, Ahead::Ends, utterances);
    row_of(&cost, "cpu_vs_whisper_speculative", 1.30, table);
}

fn cost_of_partials(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let cost = cost::of(models, Ahead::Shown, utterances);
    row_of(&cost, "cpu_vs_whisper_partials", 2.2, table);
    let naive = cost::naive(models, &cost.segments);
    let row = table.add("cpu_vs_naive", cost.ratio() / naive, "x");
    row.goal(Goal::AtMost(1.0 / 6.0)).how(format!(
        "the row with partials, which shows words as early, over naive decoding of the same segments, which costs {naive:.2} times \
         whisper.cpp once: the whole segment again each second, base.en, full context of 30 s"
    ));
}

fn row_of(cost: &Cost, name: &str, goal: f64, table: &mut Table) {
    let (least, most) = cost.spread;
    let row = table.add(name, cost.ratio(), "x");
    row.goal(Goal::AtMost(goal)).how(format!(
        "a node's processor time {:.2} s ({:.2} s of it without the recognizers' threads) over whisper.cpp's {:.2} s on the \
         same {} segments, {:.0} s of audio; {} finals; by block {least:.2} to {most:.2}; {CORPUS}",
        cost.node.as_secs_f64(),
        cost.around.as_secs_f64(),
        cost.bare.as_secs_f64(),
        cost.segments.len(),
        cost.audio.as_secs_f64(),
        cost.finals,
    ));
}

fn finals(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let play = |meetings| played(models, meetings, Ahead::Ends, utterances);
    let at_goal = play(FINALS);
    let most = most(FINALS, &at_goal, |run| run.to_final(0.95) <= FINALS_P95, play);
    let row = table.add("streams_finals", most as f64, "meetings");
    row.goal(Goal::AtLeast(FINALS as f64)).how(format!(
        "the most meetings tried whose p95 is at most 2 s, finals alone, 2 workers, base.en; {CORPUS}"
    ));
    let row = table.add("finals_p95_ms", ms(at_goal.to_final(0.95)), "ms");
    row.goal(Goal::AtMost(ms(FINALS_P95))).how(told(&at_goal));
    let row = table.add("ingest_core_percent", 100.0 * at_goal.ingest, "% of a core");
    row.goal(Goal::AtMost(0.6)).how(format!(
        "processor time of connections and voice activity for each of {} live tracks, half of them speaking, all of them in a room",
        2 * FINALS
    ));
}

fn partials(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let play = |meetings| played(models, meetings, Ahead::Shown, utterances);
    let at_goal = play(PARTIALS);
    let most = most(PARTIALS, &at_goal, |run| run.to_final(0.95) <= PARTIALS_P95, play);
    let row = table.add("streams_partials", most as f64, "meetings");
    row.goal(Goal::AtLeast(PARTIALS as f64)).how(format!(
        "the most meetings tried whose finals' p95 is at most 1.5 s with partials by tiny.en, 2 workers; {CORPUS}"
    ));
    let row = table.add("partials_final_p95_ms", ms(at_goal.to_final(0.95)), "ms");
    row.goal(Goal::AtMost(ms(PARTIALS_P95))).how(told(&at_goal));
    let row = table.add("first_partial_p95_ms", ms(at_goal.to_first(0.95)), "ms");
    row.goal(Goal::AtMost(ms(FIRST_P95))).how(format!(
        "from the onset of an utterance to its first words, {PARTIALS} meetings, {} utterances; p50 {:.0} ms; {CORPUS}",
        at_goal.utterances(),
        ms(at_goal.to_first(0.5)),
    ));
}

/// Plays so many meetings and says at once what that was like: a run takes a minute and more.
fn played(models: &Models, meetings: usize, ahead: Ahead, utterances: &[Utterance]) -> Run {
    let count = UTTERANCES.div_ceil(meetings);
    let run = streams::run(models, Plan::in_turn(utterances, meetings, count, ahead));
    println!("{ahead:?}: {}", told(&run));
    run
}

/// The most meetings for which `is_met`, at most twice the `goal`: by halves, because each run takes a minute and more.
fn most(goal: usize, at_goal: &Run, is_met: impl Fn(&Run) -> bool, play: impl Fn(usize) -> Run) -> usize {
    let (mut met, mut missed) = if is_met(at_goal) {
        (goal, 2 * goal + 1)
    } else {
        (0, goal)
    };
    while missed - met > 1 {
        let tried = met.midpoint(missed);
        if is_met(&play(tried)) {
            met = tried;
        } else {
            missed = tried;
        }
    }
    met
}

fn told(run: &Run) -> String {
    format!(
        "from the end of an utterance to its words, {} meetings, {} utterances, {} lost: p50 {:.0} ms, p95 {:.0} ms; first words p95 \
         {:.0} ms; recognised {} at their end, {} before it, {} open, {} stopped; {CORPUS}",
        run.meetings.len(),
        run.utterances(),
        run.unheard,
        ms(run.to_final(0.5)),
        ms(run.to_final(0.95)),
        ms(run.to_first(0.95)),
        run.load.finals.jobs,
        run.load.likely.jobs,
        run.load.partials.jobs,
        run.load.stopped,
    )
}

fn fairness(models: &Models, utterances: &[Utterance], table: &mut Table) {
    let some = utterances.iter().step_by(utterances.len() / FAIR_UTTERANCES);
    let some: Vec<Utterance> = some.take(FAIR_UTTERANCES).cloned().collect();
    let run = streams::run(models, Plan::mixed(&some, SATURATING, FAIR_ROUNDS, Ahead::Ends));
    let waits = run.waits();
    let (fastest, slowest) = (waits[0], waits[waits.len() - 1]);
    let all: Vec<String> = waits.iter().map(|wait| format!("{:.2}", wait.mean)).collect();
    let row = table.add("fairness", slowest.mean / fastest.mean, "x");
    row.goal(Goal::AtMost(1.5)).how(format!(
        "mean wait for finals of the slowest meeting {:.2} ± {:.2} s over the fastest {:.2} ± {:.2} s, {SATURATING} meetings, each with the \
         same {FAIR_UTTERANCES} utterances {FAIR_ROUNDS} times, more than two workers can do: words were up to {:.1} s behind; all: {}; {CORPUS}",
        slowest.mean,
        slowest.error,
        fastest.mean,
        fastest.error,
        run.lag_ms as f64 / 1000.0,
        all.join(" "),
    ));
}

fn memory_of_tracks(_: &Models, _: &[Utterance], table: &mut Table) {
    let [silent, speaking]: [u64; 2] = ["silent-track", "speaking-track"].map(alone::measured);
    let row = table.add("silent_track_bytes", silent as f64, "bytes");
    row.goal(Goal::AtMost(98_304.0))
        .how("growth of resident memory for each of 128 tracks, digital silence".to_owned());
    let row = table.add("speaking_track_bytes", speaking as f64, "bytes");
    row.goal(Goal::AtMost(1.2 * 1024.0 * 1024.0))
        .how("the most for each of 48 tracks, speech without a pause for 40 s, flite voices".to_owned());
}

fn soaked(_: &Models, _: &[Utterance], table: &mut Table) {
    let soaked: Soaked = alone::measured("soak-alone");
    let row = table.add("soak_rss_slope_bytes_per_h", soaked.bytes_per_h, "bytes/h");
    row.goal(Goal::AtMost(1024.0 * 1024.0)).how(format!(
        "{SOAK_HOURS} h of a meeting at {SOAK_SPEED} times the speed, {} meetings in all, {} finals; the wait for words grows by {:.2} ms an \
         hour",
        soaked.meetings, soaked.finals, soaked.lag_ms_per_h
    ));
}
