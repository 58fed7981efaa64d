//! How a command fails: one line for a person, every cause of it included.

use std::error::Error;
use std::fmt;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) struct Failure(String);

impl Failure {
    /// In our own words.
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// What we tried, and what came of it.
    pub(super) fn while_doing(what: impl fmt::Display, error: &dyn Error) -> Self {
        Self(format!("{what}: {}", chain(error)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(chain(&error))
    }
}

/// An error and its causes. A cause that its effect already quotes is not said twice.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !line.contains(&said) {
            line = format!("{line}: {said}");
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("opening the door")]
    struct Door(#[source] std::io::Error);

    #[test]
    fn a_failure_is_one_line_with_its_causes() {
        let error = Door(std::io::Error::other("it is locked"));
        assert_eq!(Failure::from(error).to_string(), "opening the door: it is locked");
    }
}
