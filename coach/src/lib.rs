//! From measures to advice: nudge rules and the one governor that every one of them asks.
//!
//! A fold like the engine's conversation: the same signals give the same nudges, in an undisturbed run and in a resumed
//! one. It reads no clock; budgets, gaps and cooldowns run on meeting time. What the node knows of itself (lag, load) comes
//! from outside, and what was decided under it is read back after a resume, not decided anew.

mod coach;
mod effect;
mod governor;
mod mode;
mod nudge;
mod quiet;
mod rule;
mod rules;
pub mod written;

pub use coach::{Coach, CoachSetup, Usual};
pub use effect::{Effect, Verdict, verdict};
pub use governor::Reaction;
pub use mode::{Mode, UnknownMode};
pub use nudge::{Nudge, Slot};
pub use quiet::Conditions;
pub use rule::{Rule, UnknownRule};
pub use rules::Commitment;
