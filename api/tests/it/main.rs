//! The `attune` program as a person runs it, in one test program.

#![allow(clippy::unwrap_used)]

mod command_line;
mod demo;
mod machine;
mod serving;
mod sound;
