//! A meeting while it happens, through the real sockets: the reference client on one side, PostgreSQL on the other.
//! What is said is made up sample by sample, so that every word of it is known.

mod balancer;
mod proxy;
mod reader;
mod samples;
mod speech;
mod stage;
mod victim;

pub use balancer::Balancer;
pub use proxy::Tap;
pub use reader::Reader;
pub use samples::{breaks, classes};
pub use speech::{Loudness, Script};
pub use stage::{Heard, Stage, ears, hearing, hello, said, staged};
pub use victim::Victim;
