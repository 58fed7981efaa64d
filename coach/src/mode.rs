//! How much coaching a person wants while a meeting happens, and the budget that goes with it.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much coaching.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// None: nothing is said, and nothing is kept for the report.
    Off,
    /// The person's one goal, and what must not wait.
    #[default]
    Focus,
    /// The one useful thing at the right moment.
    Balanced,
    /// The meeting is an exercise.
    Practice,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Off, Self::Focus, Self::Balanced, Self::Practice];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Focus => "focus",
            Self::Balanced => "balanced",
            Self::Practice => "practice",
        }
    }

    /// Meeting time between any two nudges: long enough to act on one before the next (measures.md, governor, `[D]`).
    pub(crate) const fn gap(self) -> Duration {
        match self {
            Self::Practice => Duration::from_secs(45),
            Self::Off | Self::Focus | Self::Balanced => Duration::from_secs(180),
        }
    }

    /// Most nudges in any half hour; in practice the gap alone limits them.
    pub(crate) const fn per_half_hour(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Focus => 4,
            Self::Balanced => 6,
            Self::Practice => usize::MAX,
        }
    }
}

/// Not the name of a mode.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no coaching mode")]
pub struct UnknownMode(pub String);

impl std::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_back_from_its_name() {
        for mode in Mode::ALL {
            assert_eq!(mode.as_str().parse(), Ok(mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
    }

    #[test]
    fn an_unknown_mode_is_refused_by_its_name() {
        let refused = "loud".parse::<Mode>().unwrap_err();
        assert_eq!(refused.to_string(), "\"loud\" is no coaching mode");
    }
}
