//! The server's side of `attune.v1`, through what the crate shows: sessions over a scripted meeting whose every word is
//! known, connections over a socket in memory.
#![allow(missing_docs, clippy::unwrap_used, unreachable_pub)]

mod account;
mod accounting;
mod clocks;
mod connection;
mod echo;
mod hearing;
mod hostile;
mod laps;
mod leaving;
mod life;
mod line;
mod media;
mod meeting;
mod off_the_record;
mod offline;
mod order;
mod recorder;
mod resume;
mod simulation;
mod sink;
mod tracks;
mod troubles;
mod wire;
