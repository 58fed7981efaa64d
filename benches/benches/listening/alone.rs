//! What is measured of the whole process has one of its own, which this program starts: memory that was given back to the
//! allocator before would be taken again without being counted.

use crate::memory;
use attune_benches::live::{Models, soak};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// What this program is asked for in such a process, and what answers, as JSON.
type Child = (&'static str, fn() -> Value);

const CHILDREN: [Child; 3] = [
    ("silent-track", || json!(memory::of_a_silent_track())),
    ("speaking-track", || json!(memory::of_a_speaking_track())),
    ("soak-alone", || {
        json!(soak(
            Models::voice(),
            &crate::utterances(),
            crate::SOAK_HOURS,
            crate::SOAK_SPEED
        ))
    }),
];

/// Answers the parent, where this is such a process.
pub(crate) fn answers(asked: &[String]) -> bool {
    let Some((_, measure)) = CHILDREN.iter().find(|(name, _)| asked == [*name]) else {
        return false;
    };
    println!("{}", measure());
    true
}

/// What a process says that is asked for `name`.
///
/// # Panics
/// When it says something else.
pub(crate) fn measured<T: DeserializeOwned>(name: &str) -> T {
    let program = std::env::current_exe().expect("this program has a path");
    let answered = Command::new(program)
        .arg(name)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program starts again");
    let printed = String::from_utf8_lossy(&answered.stdout);
    serde_json::from_str(printed.trim()).unwrap_or_else(|error| panic!("{name} was not measured ({error}): {printed}"))
}
