//! The nudge rules that exist, under the numbers of measures.md.

use std::time::Duration;

/// A nudge rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// N1: too fast for a while.
    TooFast,
    /// N4: fillers close together.
    FillerCluster,
    /// N5: a long turn.
    Monologue,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::TooFast, Self::FillerCluster, Self::Monologue];

    /// Its number, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooFast => "N1",
            Self::FillerCluster => "N4",
            Self::Monologue => "N5",
        }
    }

    /// What it says: at most four words and 40 characters, to be read in a glance.
    pub const fn headline(self) -> &'static str {
        match self {
            Self::TooFast => "Slow down",
            Self::FillerCluster => "Breathe. Pause.",
            Self::Monologue => "Check in?",
        }
    }

    /// Meeting time before it may speak again.
    pub(crate) const fn cooldown(self) -> Duration {
        match self {
            Self::TooFast => Duration::from_secs(4 * 60),
            Self::FillerCluster | Self::Monologue => Duration::from_secs(5 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_says_is_read_in_a_glance() {
        for rule in Rule::ALL {
            assert!(rule.headline().split(' ').count() <= 4);
            assert!(rule.headline().len() <= 40);
        }
    }
}
