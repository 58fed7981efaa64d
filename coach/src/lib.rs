//! From measures to advice: nudge rules and the one governor that every one of them asks.
//!
//! A fold like the engine's conversation: the same signals give the same nudges, in an undisturbed run and in a resumed
//! one. It reads no clock; budgets, gaps and cooldowns run on meeting time.

mod coach;
mod governor;
mod mode;
mod nudge;
mod rule;
mod rules;

pub use coach::{Coach, CoachSetup};
pub use mode::{Mode, UnknownMode};
pub use nudge::Nudge;
pub use rule::Rule;
