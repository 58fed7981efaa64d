//! The live edge: the `attune.v1` protocol, its keys and sealing, the reference client, and (on the server) sessions.

pub mod client;
pub mod connection;
pub mod hearing;
pub mod keys;
mod lanes;
pub mod media;
pub mod memory;
pub mod offline;
pub mod ports;
pub mod protocol;
pub mod room;
pub mod seal;
pub mod session;
pub mod sound;
pub mod timeline;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod vectors;
