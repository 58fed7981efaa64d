//! Sockets that never finish their first line: how long they are kept, and what everybody else feels of them.

use crate::node::{Ask, Node};
use crate::transport::{PERIOD, storm, tape};
use crate::{Failure, asked_for, generator, s};
use attune_benches::load::{Paced, Plan, connect};
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_engine::speaker::Track;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Half-open sockets, and people who are being served meanwhile.
const HALF_OPEN: u64 = 2_000;
const SERVED: usize = 200;

/// People send for so long; the flood begins a while after them.
const SECONDS: u64 = 25;
const BEGINS_AFTER: Duration = Duration::from_secs(3);

/// A server that has not hung up by then keeps them.
const GIVES_UP: Duration = Duration::from_secs(60);

/// From one byte to the next of a client that takes its time.
const DRIP: Duration = Duration::from_millis(500);

const HEAD: &[u8] = b"GET /v1/ingest HTTP/1.1\r\nHost: here\r\nX-Slow: ";

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let count = asked_for("ATTUNE_BENCH_SOCKETS", HALF_OPEN)? as usize;
    let node = Node::start(Ask {
        sink: true,
        people: SERVED / 50,
    })?;
    generator()?.block_on(async {
        let people = node.people().await?;
        let sessions = people.meet(SERVED).await?;
        let (opened, refused) = storm(people.call(&sessions, &[Track::Mic]).await?).await;
        if !refused.is_empty() {
            return Err(format!("{} were refused before the flood", refused.len()).into());
        }
        let plan = Plan {
            tape: Arc::new(tape()),
            period: PERIOD,
            frames: SECONDS * 1000 / PERIOD.as_millis() as u64,
            until_committed: true,
            ends_within: Duration::from_secs(15),
        };
        let begin = Instant::now() + Duration::from_secs(1);
        let paced = Paced::new(plan, opened, begin);
        let flood = async {
            sleep_until(begin + BEGINS_AFTER).await;
            let mut sockets: JoinSet<_> = (0..count).map(|number| half_open(node.address().to_owned(), number)).collect();
            let mut kept = Vec::with_capacity(count);
            while let Some(closed) = sockets.join_next().await {
                kept.push(closed.expect("invariant: no half-open socket panics")?);
            }
            Ok::<_, Failure>(kept)
        };
        let (acked, kept) = tokio::join!(paced.run(), flood);
        let (kept, waits) = (kept?, acked.waits());
        let p99 = quantile(&waits, 0.99);
        let whole = count as u64 >= HALF_OPEN;
        let goal = |goal: Goal| whole.then_some(goal);
        let row = table.add("half_open_closed_s", s(quantile(&kept, 1.0)), "s");
        row.goal(goal(Goal::AtMost(10.0))).how(format!(
            "the longest that any of {count} sockets was kept which said nothing, half a request's head, or a byte of it every half second; \
             median {:.1} s",
            s(quantile(&kept, 0.5)),
        ));
        let row = table.add("half_open_ack_p99_ms", ms(p99), "ms");
        row.goal(goal(Goal::AtMost(100.0))).how(format!(
            "of {} sink sessions that sent 4 frames a second meanwhile, {} of which lasted",
            SERVED,
            acked.held(),
        ));
        Ok(())
    })
}

/// How long the server keeps a socket of one of three kinds.
async fn half_open(address: String, number: usize) -> Result<Duration, Failure> {
    let mut stream = connect(&address).await?;
    let began = Instant::now();
    let (mut from, mut to) = stream.split();
    let read = async {
        let mut rest = [0; 64];
        // An answer is not yet the end; a reset is one.
        while from.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    };
    let write = async {
        match number % 3 {
            0 => {}
            1 => drop(to.write_all(HEAD).await),
            _ => {
                for byte in HEAD.iter().chain(std::iter::repeat(&b'x')) {
                    if to.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    sleep(DRIP).await;
                }
            }
        }
        std::future::pending::<()>().await;
    };
    let closed = timeout(GIVES_UP, async {
        tokio::select! {
            () = read => {}
            () = write => {}
        }
    });
    closed.await.map_err(|_| "a half-open socket was kept for a minute")?;
    Ok(began.elapsed())
}
