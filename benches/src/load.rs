//! The load generator: thousands of clients of the whole protocol in one thread. Sockets, tickets, HPKE, SFrame and Opus are real.
//! Every frame leaves when its time has come by the clock, whatever became of those before it, and every ack counts from
//! that time: a server that stalls is charged for all that waited meanwhile.
//!
//! It keeps a log of the digest of every frame that it sent, which a checker holds against the database.

mod caller;
mod checker;
mod paced;
mod people;
mod socket;

pub use caller::{Caller, Greeted, Opened, Refused};
pub use checker::{Found, Kept, check};
pub use paced::{Acked, Due, Heard, Paced, Plan, Sent, pace};
pub use people::{Captures, People};
pub use socket::{Broken, Down, Message, Up, connect, upgrade};
