//! Sessions that survive anything, measured: thousands of live sockets on two cores, with the load generator, the server and its
//! PostgreSQL on the same machine, and beside them the stack that a team would otherwise take.
//!
//! Whatever is measured is a process of its own, so that its memory and processor time are its own; this one is the load
//! generator. It speaks the whole protocol: tickets over REST, HPKE, SFrame, Opus of the sample meeting. Frames leave at absolute
//! times, and an ack counts from the time at which its frame was due: what a stall holds up is charged in full. The generator
//! keeps the digest of every frame that it sent, and a checker holds that log against the database.
//!
//! Parts run by name, `cargo bench --bench sessions -- transport audio`, and join their rows to `target/bench/sessions.json`.
//! `ATTUNE_BENCH_SOCKETS` and `ATTUNE_BENCH_SECONDS` make a part smaller, to see that it runs; then goals say nothing.
//!
//! * `transport`: a server that is measured as a sink (PROTOCOL.md, 4.2). It opens every frame, checks its place, acks it, and commits
//!   its digest; it decodes nothing. A hundred people, each in a space of their own, have as many meetings each.
//! * `audio`: a server that hears. Opus, voice activity, segments, commits; the recognizer alone costs nothing (`live::Instant`).
//! * `mutated`: frames altered, replayed, spliced and forged, over real sockets; then the checker looks for any of them.
//! * `half-open`: sockets that never finish their first line, while others are being served.
//! * `api`: what pages ask for beside a thousand live sockets, a flood of tries to sign in, five hundred requests in flight, and an
//!   erasure; its rows are in `target/bench/api.json`.
//! * `peer`: Express and Socket.io on Node (`benches/peer`), with the same frames, an ack each, and AES-256-GCM by WebCrypto. It
//!   does less: it keeps nothing, knows no tickets, and its acks are not sealed. Its clients are this generator's, which speak
//!   engine.io for it. Where it saturates, fewer and fewer sockets are tried.

#![allow(clippy::print_stderr)]

mod api;
mod attacks;
mod audio;
mod flood;
mod node;
mod peer;
mod transport;

use attune_benches::table::Table;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

type Failure = Box<dyn Error + Send + Sync>;

/// A name, the table of its rows, and what puts them there.
type Part = (&'static str, &'static str, fn(&mut Table) -> Result<(), Failure>);

/// What is measured, by the name that it is asked for.
const PARTS: [Part; 6] = [
    ("transport", "sessions", transport::measured),
    ("audio", "sessions", audio::measured),
    ("mutated", "sessions", attacks::measured),
    ("half-open", "sessions", flood::measured),
    ("api", "api", api::measured),
    ("peer", "sessions", peer::measured),
];

fn main() -> ExitCode {
    // Cargo says that this is a bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some(ended) = node::serves(&asked) {
        return told("node", ended);
    }
    attune::server::raise_descriptor_limit();
    for (name, rows, part) in PARTS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            let mut table = Table::new(rows);
            if let Err(failure) = part(&mut table) {
                return told(name, Err(failure));
            }
            table.finish_beside();
        }
    }
    ExitCode::SUCCESS
}

fn told(name: &str, ended: Result<(), Failure>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("sessions: {name}: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The thread of the generator.
fn generator() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// What a variable of the environment makes smaller, and whether it does.
fn asked_for(name: &str, usual: u64) -> Result<u64, Failure> {
    match std::env::var(name) {
        Ok(other) => Ok(other.parse()?),
        Err(_) => Ok(usual),
    }
}

/// Seconds as rows tell them.
fn s(time: Duration) -> f64 {
    time.as_secs_f64()
}
