//! What bytes from outside must never do. Each target takes any bytes and panics where a rule is broken, so that a fuzzer
//! has something to find; `tests/corpus.rs` runs all of them over what is kept in `corpus/`, and `scripts/fuzz.sh` has
//! libFuzzer look for more.

mod frames;
mod messages;
mod sound;

pub use frames::{messages, prefix, sealed};
pub use messages::{caption, control, hello, insight, server_event};
pub use sound::audio;

/// A target, by the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    ("audio", audio),
    ("caption", caption),
    ("control", control),
    ("hello", hello),
    ("insight", insight),
    ("prefix", prefix),
    ("sealed", sealed),
    ("server_event", server_event),
];
