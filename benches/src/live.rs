//! A node and its clients in one process: the server's own connections, sessions, lanes, queue and threads, clients that
//! speak the whole protocol to it, and in between a channel in place of a socket. What a bench of live listening needs.

mod client;
mod clipped;
mod instant;
mod ledger;
mod models;
mod node;
mod soak;
mod talk;
mod wire;

pub use client::{Client, Pace, Seen, Tape};
pub use clipped::Clipped;
pub use instant::Instant;
pub use models::{Clip, Models};
pub use node::Node;
pub use soak::{Soaked, soak};
pub use talk::{Heard, Said, Talk};
