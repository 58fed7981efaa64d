//! Pure measurement: from 16 kHz samples to segments, words, turns, measures and a report.
//!
//! Deterministic by construction: nothing here reads a clock, spawns a thread or does I/O, and feeding the same
//! samples in chunks of any size gives the same events. What needs a runtime (voice activity, recognition) is a
//! trait here and an implementation in `attune-models`.

pub mod clock;
pub mod decide;
pub mod listener;
pub mod recognize;
pub mod resample;
mod segmenter;
pub mod speaker;
pub mod transcript;
pub mod voice;
