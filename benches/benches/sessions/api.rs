//! The REST side beside live meetings: what a page waits for while a thousand sockets send, what a flood of tries to sign in does to
//! them, how the database fares with five hundred requests in flight, and how long an erasure takes to bite.

use crate::node::{Ask, Node};
use crate::transport::{PERIOD, storm, tape};
use crate::{Failure, asked_for, generator, s};
use attune_benches::load::{Acked, Paced, People, Plan};
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_engine::speaker::Track;
use attune_ingest::protocol::FRAME_MS;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// Live sockets beside the requests, fifty of each person.
const SOCKETS: u64 = 1_000;
const MEETINGS_EACH: usize = 50;

/// Organisations that ask, and how many meetings each has.
const TENANTS: usize = 40;
const MEETINGS: usize = 12;

/// Requests a second over all of them: ten times what pages of forty people ask for.
const REQUESTS_PER_S: u64 = 500;
const SECONDS: u64 = 60;

/// Tries to sign in, a second.
const TRIES_PER_S: u64 = 50;
const FLOOD_SECONDS: u64 = 20;

/// Requests in flight at once, and how many rounds of them.
const IN_FLIGHT: usize = 500;
const ROUNDS: usize = 20;

/// An erasure that has not bitten by then does not.
const GIVES_UP: Duration = Duration::from_secs(120);

/// How long the database takes to tell what it did.
const STATISTICS_SETTLE: Duration = Duration::from_secs(2);

/// What became of requests: how long each took from the time at which it was due, and what was answered.
#[derive(Debug, Default)]
struct Answers {
    waits: Vec<Duration>,
    statuses: BTreeMap<u16, usize>,
    /// Requests that no answer came to, and why the first of them did not.
    unanswered: usize,
    why: Option<String>,
}

/// Somebody who asks.
#[derive(Clone)]
struct Asker {
    token: String,
    meetings: Arc<[String]>,
}

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let sockets = asked_for("ATTUNE_BENCH_SOCKETS", SOCKETS)? as usize;
    let seconds = asked_for("ATTUNE_BENCH_SECONDS", SECONDS)?;
    let listeners = sockets.div_ceil(MEETINGS_EACH).max(1);
    let node = Node::start(Ask {
        sink: true,
        people: listeners + TENANTS,
    })?;
    generator()?.block_on(async {
        let (live, asking) = node.tokens().split_at(listeners);
        let people = People::enrol(node.address(), live).await?;
        let sessions = people.meet(sockets).await?;
        let base = format!("http://{}", node.address());
        let http = Client::builder().pool_max_idle_per_host(IN_FLIGHT).build()?;
        let mut askers = Vec::with_capacity(asking.len());
        for token in asking {
            askers.push(Asker::with_meetings(&http, &base, token).await?);
        }
        let world = World { http, base, askers };

        let (opened, refused) = storm(people.call(&sessions, &[Track::Mic]).await?).await;
        if !refused.is_empty() {
            return Err(format!("{} sockets were refused", refused.len()).into());
        }
        let lasts = seconds + FLOOD_SECONDS + 2;
        let plan = Plan {
            tape: Arc::new(tape()),
            period: PERIOD,
            frames: lasts * 1000 / PERIOD.as_millis() as u64,
            until_committed: true,
            ends_within: Duration::from_secs(30),
        };
        let begin = Instant::now() + Duration::from_secs(1);
        let asks = async {
            let asked = world.ask_for(begin, seconds).await;
            let flood_begins = Instant::now();
            let tries = world.flood(flood_begins).await;
            (asked, flood_begins, tries)
        };
        let (acked, (asked, flood_begins, tries)) = tokio::join!(Paced::new(plan, opened, begin).run(), asks);
        rows_of_requests(table, &asked, &acked, sockets as u64 >= SOCKETS);
        row_of_flood(table, &tries, &acked, flood_begins - begin);
        row_of_database(table, &world, &node).await?;
        row_of_erasure(table, &world).await
    })
}

impl Asker {
    async fn with_meetings(http: &Client, base: &str, token: &str) -> Result<Self, Failure> {
        let mut meetings = Vec::with_capacity(MEETINGS);
        for number in 0..MEETINGS {
            let about = json!({"title": format!("Meeting {number}"), "meeting_type": "other", "language": "en", "others_told": true});
            let made = http
                .post(format!("{base}/v1/meetings"))
                .bearer_auth(token)
                .json(&about)
                .send()
                .await?;
            let made: Value = made.error_for_status()?.json().await?;
            meetings.push(made["id"].as_str().ok_or("a meeting without an id")?.to_owned());
        }
        Ok(Self {
            token: token.to_owned(),
            meetings: meetings.into(),
        })
    }
}

/// A server, and who asks it.
struct World {
    http: Client,
    base: String,
    askers: Vec<Asker>,
}

impl World {
    /// Request number `number` of what pages ask for: nine reads and a change.
    fn request(&self, number: usize) -> reqwest::RequestBuilder {
        let asker = &self.askers[number % self.askers.len()];
        let turn = number / self.askers.len();
        let meeting = &asker.meetings[turn % asker.meetings.len()];
        let (method, path) = match turn % 10 {
            0 | 1 => (Method::GET, "/v1/me".to_owned()),
            2..=4 => (Method::GET, "/v1/meetings?limit=20".to_owned()),
            5 => (Method::GET, format!("/v1/meetings/{meeting}")),
            6 => (Method::GET, "/v1/consents".to_owned()),
            7 => (Method::GET, "/v1/devices".to_owned()),
            8 => (Method::GET, "/v1/organisation".to_owned()),
            _ => (Method::PATCH, format!("/v1/meetings/{meeting}")),
        };
        let changes = method == Method::PATCH;
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&asker.token);
        if changes {
            request.json(&json!({"title": format!("Renamed {turn}")}))
        } else {
            request
        }
    }

    /// Asks by the clock: each request has a time of its own, whatever became of those before it.
    async fn ask_for(&self, begin: Instant, seconds: u64) -> Answers {
        let requests = (0..seconds * REQUESTS_PER_S).map(|number| self.request(number as usize));
        by_the_clock(begin, REQUESTS_PER_S, requests).await
    }

    /// Tries to sign in with passwords, each of another account: as many as may come from one place are looked at.
    async fn flood(&self, begin: Instant) -> Answers {
        let tries = (0..FLOOD_SECONDS * TRIES_PER_S).map(|number| {
            let address = format!("p{number}@example.com");
            self.http
                .post(format!("{}/v1/auth/sign-in", self.base))
                .json(&json!({ "address": address, "password": "a guess of many", "client": "native" }))
        });
        by_the_clock(begin, TRIES_PER_S, tries).await
    }

    /// As many at once as there are to be in flight, each followed by the next.
    async fn in_flight(&self) -> Answers {
        let next = AtomicUsize::new(0);
        let streams = (0..IN_FLIGHT).map(|_| async {
            let mut answers = Answers::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= IN_FLIGHT * ROUNDS {
                    return answers;
                }
                answers.add(answer(self.request(number), Instant::now()).await);
            }
        });
        let mut all = Answers::default();
        for answers in futures_util::future::join_all(streams).await {
            all.join(answers);
        }
        all
    }
}

type Answer = Result<(u16, Duration), reqwest::Error>;

async fn by_the_clock(begin: Instant, per_s: u64, requests: impl Iterator<Item = reqwest::RequestBuilder>) -> Answers {
    let mut asked: JoinSet<Answer> = JoinSet::new();
    for (request, number) in requests.zip(0_u32..) {
        let due = begin + Duration::from_secs(1) * number / per_s as u32;
        sleep_until(due).await;
        asked.spawn(answer(request, due));
    }
    let mut answers = Answers::default();
    while let Some(answered) = asked.join_next().await {
        answers.add(answered.expect("invariant: no request panics"));
    }
    answers
}

/// Asks, and reads the whole answer.
async fn answer(request: reqwest::RequestBuilder, due: Instant) -> Answer {
    let response = request.send().await?;
    let status = response.status().as_u16();
    response.bytes().await?;
    Ok((status, due.elapsed()))
}

impl Answers {
    fn add(&mut self, answer: Answer) {
        match answer {
            Ok((status, took)) => {
                self.waits.push(took);
                *self.statuses.entry(status).or_default() += 1;
            }
            Err(error) => {
                self.unanswered += 1;
                self.why.get_or_insert_with(|| error.to_string());
            }
        }
    }

    fn join(&mut self, other: Self) {
        self.waits.extend(other.waits);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.unanswered += other.unanswered;
        self.why = self.why.take().or(other.why);
    }

    /// Answers that are the server's fault, and requests that it answered nothing.
    fn failed(&self) -> usize {
        self.unanswered + self.statuses.range(500..).map(|(_, count)| count).sum::<usize>()
    }

    /// Answers that refuse for now.
    fn refused(&self) -> usize {
        self.statuses.get(&429).copied().unwrap_or(0)
    }

    fn told(&self) -> String {
        let statuses: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{count} answered {status}"))
            .collect();
        let why = self
            .why
            .as_ref()
            .map_or_else(String::new, |why| format!(" (the first: {why})"));
        format!("{}, {} not answered{why}", statuses.join(", "), self.unanswered)
    }
}

fn rows_of_requests(table: &mut Table, asked: &Answers, acked: &Acked, whole: bool) {
    let goal = |goal: Goal| whole.then_some(goal);
    let row = table.add("api_p95_ms", ms(quantile(&asked.waits, 0.95)), "ms");
    row.goal(goal(Goal::AtMost(50.0))).how(format!(
        "{REQUESTS_PER_S} requests a second of {TENANTS} organisations beside {} live sockets, each from the time at which it was due to the end \
         of its answer; p50 {:.1} ms, largest {:.0} ms",
        acked.held(),
        ms(quantile(&asked.waits, 0.5)),
        ms(quantile(&asked.waits, 1.0)),
    ));
    let row = table.add("api_p99_ms", ms(quantile(&asked.waits, 0.99)), "ms");
    row.goal(goal(Goal::AtMost(200.0)));
    let row = table.add("api_5xx", asked.failed() as f64, "requests");
    row.goal(Goal::AtMost(0.0)).how(asked.told());
}

/// Acks of the frames that were due while the flood went on.
fn row_of_flood(table: &mut Table, tries: &Answers, acked: &Acked, after: Duration) {
    let first = (after.as_millis() / PERIOD.as_millis()) as usize;
    let last = first + (FLOOD_SECONDS * 1000 / PERIOD.as_millis() as u64) as usize;
    let of_flood = |waits: &Vec<Duration>| waits.get(first..last.min(waits.len())).unwrap_or_default().to_vec();
    let waits: Vec<Duration> = acked.heard.iter().flat_map(|heard| of_flood(&heard.waits)).collect();
    let row = table.add("login_flood_ack_p99_ms", ms(quantile(&waits, 0.99)), "ms");
    row.goal(Goal::AtMost(100.0)).how(format!(
        "of frames of {FRAME_MS} ms that were due while {TRIES_PER_S} tries to sign in came each second: {}",
        tries.told()
    ));
}

/// What the database took for a transaction, with so many requests in flight.
async fn row_of_database(table: &mut Table, world: &World, node: &Node) -> Result<(), Failure> {
    sleep(STATISTICS_SETTLE).await;
    let before = node.worked().await?;
    let answers = world.in_flight().await;
    sleep(STATISTICS_SETTLE).await;
    let worked = node.worked().await?.since(before);
    let row = table.add("db_mean_ms", ms(worked.active) / worked.transactions as f64, "ms");
    row.goal(Goal::AtMost(50.0)).how(format!(
        "the database's own time for each of {} transactions, with {IN_FLIGHT} requests in flight: {}; {} refused; a request took {:.0} ms at the \
         median, {:.0} ms at p99",
        worked.transactions,
        answers.told(),
        answers.refused() + answers.failed(),
        ms(quantile(&answers.waits, 0.5)),
        ms(quantile(&answers.waits, 0.99)),
    ));
    Ok(())
}

/// From asking for the end of everything to the first request that is refused.
async fn row_of_erasure(table: &mut Table, world: &World) -> Result<(), Failure> {
    let asker = world.askers.first().ok_or("nobody is there to be erased")?;
    let began = Instant::now();
    let asked = world
        .http
        .post(format!("{}/v1/me/erasure", world.base))
        .bearer_auth(&asker.token)
        .json(&json!({"confirm": "erase everything"}));
    let receipt: Value = asked.send().await?.error_for_status()?.json().await?;
    if receipt["signature"].as_str().is_none_or(str::is_empty) {
        return Err("an erasure without a receipt".into());
    }
    loop {
        let me = world
            .http
            .get(format!("{}/v1/me", world.base))
            .bearer_auth(&asker.token);
        if me.send().await?.status() == StatusCode::UNAUTHORIZED {
            break;
        }
        if began.elapsed() > GIVES_UP {
            return Err("an erased person is still signed in".into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    let row = table.add("erasure_s", s(began.elapsed()), "s");
    row.goal(Goal::AtMost(60.0)).how(format!(
        "one person with {MEETINGS} meetings, on one node: from asking to a receipt, keys destroyed, and a request refused"
    ));
    Ok(())
}
