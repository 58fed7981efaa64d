//! Thousands of sockets at once: what a frame waits for its ack, what a connection takes in memory, and how fast all of them come back.

use crate::node::{Ask, Node, Spent};
use crate::{Failure, asked_for, generator, s};
use attune_benches::live::Tape;
use attune_benches::load::{Acked, Caller, Found, Opened, Paced, Plan, check};
use attune_benches::quantile::{ms, quantile};
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use attune_engine::speaker::Track;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What two cores should hold.
const SOCKETS: u64 = 5_000;
const SECONDS: u64 = 60;

/// Four frames of 240 ms in a second, each a little after the one before has been spoken.
pub(crate) const PERIOD: Duration = Duration::from_millis(250);

/// Meetings of one person, in a space of their own.
const MEETINGS_EACH: usize = 50;

/// Sound that everybody sends, each from a place of their own.
const TAPE_SECONDS: usize = 60;

/// A commit is due five seconds after the last, and PostgreSQL has a while for it.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// How long everything runs before anything is counted of it.
const SETTLES: Duration = Duration::from_secs(2);

/// What a run was like.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) sockets: usize,
    pub(crate) seconds: u64,
    /// From the first connect to the last welcome, and what was spent meanwhile.
    pub(crate) storm: Duration,
    pub(crate) storm_spent: Spent,
    pub(crate) refused: Vec<String>,
    pub(crate) acked: Acked,
    /// What was spent, while so many frames were due.
    pub(crate) spent: Spent,
    pub(crate) frames: f64,
    /// Bytes of the server's memory, before the first and with all connections.
    pub(crate) idle: u64,
    pub(crate) full: u64,
    pub(crate) found: Found,
}

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let sockets = asked_for("ATTUNE_BENCH_SOCKETS", SOCKETS)? as usize;
    let seconds = asked_for("ATTUNE_BENCH_SECONDS", SECONDS)?;
    let ran = run(sockets, seconds)?;
    let told = told(&ran);
    let waits = ran.acked.waits();
    let whole = sockets as u64 >= SOCKETS;
    let goal = |goal: Goal| whole.then_some(goal);
    let held = if ran.found.is_clean() { ran.acked.held() } else { 0 };
    table
        .add("sockets", held as f64, "sockets")
        .goal(goal(Goal::AtLeast(SOCKETS as f64)))
        .how(told);
    let row = table.add("ack_p99_ms", ms(quantile(&waits, 0.99)), "ms");
    row.goal(goal(Goal::AtMost(25.0))).how(format!(
        "from the time of a frame to its ack opened, {} acks; p50 {:.1} ms, largest {:.0} ms; frames left p99 {:.1} ms late, which is in it",
        waits.len(),
        ms(quantile(&waits, 0.5)),
        ms(quantile(&waits, 1.0)),
        ms(quantile(&ran.acked.lag, 0.99)),
    ));
    let row = table.add("ack_p999_ms", ms(quantile(&waits, 0.999)), "ms");
    row.goal(goal(Goal::AtMost(100.0)));
    let each = ran.full.saturating_sub(ran.idle) as f64 / sockets as f64;
    let row = table.add("bytes_per_connection", each, "bytes");
    row.goal(goal(Goal::AtMost(40_000.0))).how(format!(
        "resident memory of the server's process with all of them sending, {:.1} MB, less {:.1} MB before the first, over their number",
        ran.full as f64 / 1e6,
        ran.idle as f64 / 1e6,
    ));
    let row = table.add("hello_storm_s", s(ran.storm), "s");
    let each = |time: Duration| ms(time) / sockets as f64;
    row.goal(goal(Goal::AtMost(5.0))).how(format!(
        "from the first connect to the last welcome, tickets issued before; {} refused; processor time of each: {:.2} ms of the server, \
         {:.2} ms of PostgreSQL, {:.2} ms of the generator",
        ran.refused.len(),
        each(ran.storm_spent.server),
        each(ran.storm_spent.database),
        each(ran.storm_spent.generator),
    ));
    table.add("cpu_ms_per_1000_frames", cpu_per_1000(&ran), "ms");
    Ok(())
}

/// Processor time of the server's process for a thousand frames, in milliseconds.
pub(crate) fn cpu_per_1000(ran: &Ran) -> f64 {
    ms(ran.spent.server) * 1000.0 / ran.frames
}

fn told(ran: &Ran) -> String {
    let Found {
        whole,
        lost,
        twice,
        foreign,
    } = ran.found;
    let mut broke: Vec<&str> = ran
        .acked
        .heard
        .iter()
        .filter_map(|heard| heard.broke.as_deref())
        .collect();
    broke.extend(ran.refused.iter().map(String::as_str));
    let first = broke
        .first()
        .map_or_else(String::new, |why| format!(" (the first: {why})"));
    let share = |time: Duration| 100.0 * s(time) / (ran.seconds as f64 - s(SETTLES));
    format!(
        "sink sessions that sent 4 frames a second for {} s and lasted; {} broke or were refused{first}; the checker found {whole} frames \
         durable, {lost} lost, {twice} twice, {foreign} foreign; of one core the server took {:.0} %, PostgreSQL {:.0} %, the \
         generator {:.0} %",
        ran.seconds,
        broke.len(),
        share(ran.spent.server),
        share(ran.spent.database),
        share(ran.spent.generator),
    )
}

/// Opens so many sockets at once, and has all of them send for so long.
pub(crate) fn run(sockets: usize, seconds: u64) -> Result<Ran, Failure> {
    let node = Node::start(Ask {
        sink: true,
        people: sockets.div_ceil(MEETINGS_EACH),
    })?;
    generator()?.block_on(async {
        let people = node.people().await?;
        let meetings = people.meet(sockets).await?;
        let callers = people.call(&meetings, &[Track::Mic]).await?;
        let idle = node.resident()?;
        let (began, before) = (Instant::now(), node.spent()?);
        let (opened, refused) = storm(callers).await;
        let (storm, storm_spent) = (began.elapsed(), node.spent()?.since(before));
        let plan = Plan {
            tape: Arc::new(tape()),
            period: PERIOD,
            frames: seconds * 1000 / PERIOD.as_millis() as u64,
            until_committed: true,
            ends_within: ENDS_WITHIN,
        };
        let begin = Instant::now() + Duration::from_secs(1);
        let paced = Paced::new(plan, opened, begin);
        let ends = paced.ends();
        let watch = async {
            sleep_until(begin + SETTLES).await;
            let before = node.spent()?;
            sleep_until(ends).await;
            Ok::<_, Failure>((node.spent()?.since(before), node.resident()?))
        };
        let (acked, watched) = tokio::join!(paced.run(), watch);
        let (spent, full) = watched?;
        let found = check(&acked.sent, &node.kept().await?);
        let counted = (ends - begin - SETTLES).as_secs_f64() / PERIOD.as_secs_f64();
        Ok(Ran {
            sockets,
            seconds,
            storm,
            storm_spent,
            refused,
            frames: counted * acked.sent.len() as f64,
            acked,
            spent,
            idle,
            full,
            found,
        })
    })
}

/// Opens all of them at once; those that are live, and why others are not.
pub(crate) async fn storm(callers: Vec<Caller>) -> (Vec<Opened>, Vec<String>) {
    let mut opening: JoinSet<_> = callers.into_iter().map(Caller::open).collect();
    let (mut opened, mut refused) = (Vec::new(), Vec::new());
    while let Some(ended) = opening.join_next().await {
        match ended.expect("invariant: no opening panics") {
            Ok(live) => opened.push(live),
            Err(why) => refused.push(why.to_string()),
        }
    }
    (opened, refused)
}

/// The microphone of the sample meeting.
pub(crate) fn tape() -> Tape {
    Tape::new(&[(Track::Mic, &sample::microphone(TAPE_SECONDS))])
}
