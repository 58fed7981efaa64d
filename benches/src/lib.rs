//! What things cost, measured. Each file in `benches/benches` is one question; its header says what it asks and why.
//!
//! A figure stands beside a baseline from the same run on the same machine, so that it means something anywhere.

pub mod cpu;
pub mod fault;
pub mod live;
pub mod load;
pub mod memory;
pub mod quantile;
pub mod sample;
pub mod server;
pub mod slope;
pub mod table;
