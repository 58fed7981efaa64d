//! The three cards of the live page: alertness, steadiness, environment. A card that cannot tell says why.

use super::{Attention, EYES_ENOUGH};
use serde::{Deserialize, Serialize};

/// Below this share of closed eyes is usual, percent (A6: 6.1 at rest, VSS 2012 `[V]`).
const USUAL: f64 = 6.0;
/// From here a break is suggested, percent (A6: 10.5 at microsleep, VSS 2012 `[V]`).
const BREAK: f64 = 10.0;
/// Seconds needed before a share of focus means anything `[D]`.
const FOCUS_ENOUGH: u32 = 60;

/// The three cards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cards {
    /// From the eyes alone (A6), until there is a PVT.
    pub alertness: Alertness,
    /// From an assessment, of which there is none yet.
    pub steadiness: Steadiness,
    /// Where the meeting stands among windows (A7).
    pub environment: Environment,
}

/// What closed eyes say. It fails in moderate drowsiness and in older adults (Abe 2023 `[V]`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Alertness {
    /// Too few seconds with eyes in view.
    NotEnoughData {
        /// Seconds of good quality in the last three minutes.
        seconds: u32,
        /// Seconds needed.
        need: u32,
    },
    /// The usual share of closed eyes.
    Usual {
        /// Percent, mean of three minutes.
        perclos: f64,
    },
    /// More than usual.
    Raised {
        /// Percent, mean of three minutes.
        perclos: f64,
    },
    /// So much that a break is suggested.
    Break {
        /// Percent, mean of three minutes.
        perclos: f64,
    },
}

/// How even reactions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Steadiness {
    /// Told after an assessment: no camera measures it.
    AfterAnAssessment {},
}

/// The meeting among windows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Environment {
    /// Less than a minute.
    NotEnoughData {
        /// Seconds so far.
        seconds: u32,
        /// Seconds needed.
        need: u32,
    },
    /// There is enough.
    Known {
        /// Share of the time that the meeting's tab was in front, percent.
        focus: f64,
        /// Times it went behind another, per 10 minutes.
        switches_per_10_min: f64,
    },
}

impl Attention {
    /// The cards; none before the first second.
    pub fn cards(&self) -> Option<Cards> {
        self.last?;
        Some(Cards {
            alertness: self.alertness(),
            steadiness: Steadiness::AfterAnAssessment {},
            environment: self.environment(),
        })
    }

    fn alertness(&self) -> Alertness {
        match self.perclos() {
            None => Alertness::NotEnoughData {
                seconds: self.eyes.len() as u32,
                need: EYES_ENOUGH as u32,
            },
            Some(perclos) if perclos < USUAL => Alertness::Usual { perclos },
            Some(perclos) if perclos < BREAK => Alertness::Raised { perclos },
            Some(perclos) => Alertness::Break { perclos },
        }
    }

    fn environment(&self) -> Environment {
        match self.focus.mean() {
            Some(focus) if self.focus.seconds >= FOCUS_ENOUGH => Environment::Known {
                focus: 100.0 * focus,
                switches_per_10_min: f64::from(self.switches) * 600.0 / f64::from(self.focus.seconds),
            },
            _ => Environment::NotEnoughData {
                seconds: self.focus.seconds,
                need: FOCUS_ENOUGH,
            },
        }
    }
}
