//! Pure measurement: from 16 kHz samples to segments, words, turns, measures and a report.
//!
//! Deterministic by construction: nothing here reads a clock, spawns a thread or does I/O, and feeding the same
//! samples in chunks of any size gives the same events. What needs a runtime (voice activity, recognition) is a
//! trait here and an implementation in `attune-models`.

pub mod agreement;
pub mod attention;
pub mod attribution;
pub mod bootstrap;
pub mod clock;
pub mod commitments;
pub mod conversation;
pub mod correction;
pub mod decide;
pub mod detect;
pub mod echo;
pub mod fillers;
pub mod gate;
pub mod hrv;
pub mod judged;
pub mod lexicon;
pub mod listener;
pub mod live;
pub mod measures;
pub mod meeting_type;
pub mod page;
pub mod questions;
pub mod recognize;
pub mod repetition;
pub mod report;
pub mod resample;
pub mod score;
pub mod second_pass;
pub mod signal;
pub mod sound;
pub mod speaker;
pub mod transcript;
pub mod turns;
pub mod voice;
pub mod voices;
pub mod wer;

mod content;
mod floor;
mod hedges;
mod phrases;
mod second_opinion;
mod segmenter;
mod shared_list;
#[cfg(test)]
mod spoken;
