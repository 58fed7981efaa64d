//! The nudge rules, under the numbers of measures.md, and what the governor has to know of each.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A nudge rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// N1: too fast for a while.
    TooFast,
    /// N2: too slow for a while.
    TooSlow,
    /// N3: faster than before, and at once, after a question.
    Rushing,
    /// N4: fillers close together.
    FillerCluster,
    /// N5: a long turn.
    Monologue,
    /// N6: a very long turn.
    LongMonologue,
    /// N7: more than my share for a while.
    OverTalking,
    /// N8: less than half of my share for a while.
    UnderTalking,
    /// N9: cut in more than once.
    CutIn,
    /// N10: another tried to speak.
    SomeoneTried,
    /// N11: answers come at once.
    QuickOnTheTrigger,
    /// N12: no question for long.
    NoQuestions,
    /// N13: questions on top of each other.
    StackedQuestions,
    /// N14: closed questions alone.
    ClosedStreak,
    /// N15: a long answer was not taken up.
    FollowUp,
    /// N16: quieter than usual.
    TooQuiet,
    /// N17: clipping, or a noisy room.
    BadSound,
    /// N18: flat while presenting.
    FlatDelivery,
    /// N19: hedges close together.
    HedgeRun,
    /// N20: a commitment without owner or date.
    OwnerDate,
    /// N21: someone has not spoken.
    SilentParticipant,
    /// N22: the end is near and no next step is named.
    TimeLeft,
    /// N23: talking while muted.
    TalkingMuted,
    /// N24: time for a break.
    Break,
    /// N25: well done.
    WellDone,
    /// What a language model wrote, under the same governor.
    Written,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 26] = [
        Self::TooFast,
        Self::TooSlow,
        Self::Rushing,
        Self::FillerCluster,
        Self::Monologue,
        Self::LongMonologue,
        Self::OverTalking,
        Self::UnderTalking,
        Self::CutIn,
        Self::SomeoneTried,
        Self::QuickOnTheTrigger,
        Self::NoQuestions,
        Self::StackedQuestions,
        Self::ClosedStreak,
        Self::FollowUp,
        Self::TooQuiet,
        Self::BadSound,
        Self::FlatDelivery,
        Self::HedgeRun,
        Self::OwnerDate,
        Self::SilentParticipant,
        Self::TimeLeft,
        Self::TalkingMuted,
        Self::Break,
        Self::WellDone,
        Self::Written,
    ];

    /// Its number, as on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooFast => "N1",
            Self::TooSlow => "N2",
            Self::Rushing => "N3",
            Self::FillerCluster => "N4",
            Self::Monologue => "N5",
            Self::LongMonologue => "N6",
            Self::OverTalking => "N7",
            Self::UnderTalking => "N8",
            Self::CutIn => "N9",
            Self::SomeoneTried => "N10",
            Self::QuickOnTheTrigger => "N11",
            Self::NoQuestions => "N12",
            Self::StackedQuestions => "N13",
            Self::ClosedStreak => "N14",
            Self::FollowUp => "N15",
            Self::TooQuiet => "N16",
            Self::BadSound => "N17",
            Self::FlatDelivery => "N18",
            Self::HedgeRun => "N19",
            Self::OwnerDate => "N20",
            Self::SilentParticipant => "N21",
            Self::TimeLeft => "N22",
            Self::TalkingMuted => "N23",
            Self::Break => "N24",
            Self::WellDone => "N25",
            Self::Written => "L1",
        }
    }

    /// What it says: at most four words and 40 characters, to be read in a glance.
    pub const fn headline(self) -> &'static str {
        match self {
            Self::TooFast => "Slow down",
            Self::TooSlow => "Pick up pace",
            Self::Rushing => "Pause, then answer",
            Self::FillerCluster => "Breathe. Pause.",
            Self::Monologue => "Check in?",
            Self::LongMonologue => "Ask a question",
            Self::OverTalking => "Invite others",
            Self::UnderTalking => "Add your view",
            Self::CutIn => "Let them finish",
            Self::SomeoneTried => "Someone has a point",
            Self::QuickOnTheTrigger => "Leave a beat",
            Self::NoQuestions => "Ask: what/how…",
            Self::StackedQuestions => "One at a time",
            Self::ClosedStreak => "Try open: how…",
            Self::FollowUp => "Dig deeper",
            Self::TooQuiet => "Louder",
            Self::BadSound => "Mic too hot",
            Self::FlatDelivery => "Vary your voice",
            Self::HedgeRun => "State it plainly",
            Self::OwnerDate => "Who, by when?",
            Self::SilentParticipant => "Bring them in",
            Self::TimeLeft => "5 min: next steps",
            Self::TalkingMuted => "You're muted",
            Self::Break => "Short break soon",
            Self::WellDone => "Nice pause",
            Self::Written => "A thought",
        }
    }

    /// Meeting time before it may speak again. N22 speaks once; so does a turn that N6 speaks of.
    pub(crate) const fn cooldown(self) -> Duration {
        let minutes = match self {
            Self::TalkingMuted => 2,
            Self::SomeoneTried => 3,
            Self::TooFast => 4,
            Self::FillerCluster | Self::Monologue | Self::LongMonologue | Self::OwnerDate | Self::Written => 5,
            Self::Rushing | Self::CutIn | Self::FollowUp | Self::TooQuiet => 6,
            Self::TooSlow
            | Self::QuickOnTheTrigger
            | Self::StackedQuestions
            | Self::FlatDelivery
            | Self::HedgeRun
            | Self::WellDone => 8,
            Self::OverTalking | Self::ClosedStreak | Self::BadSound => 10,
            Self::UnderTalking | Self::NoQuestions => 12,
            Self::SilentParticipant => 15,
            Self::Break => 45,
            Self::TimeLeft => 24 * 60,
        };
        Duration::from_secs(minutes * 60)
    }

    /// What must not wait for a goal: Focus keeps it.
    pub(crate) const fn is_safety(self) -> bool {
        matches!(self, Self::BadSound | Self::TalkingMuted | Self::Break)
    }

    /// Whether it goes by a target of C3 or of C6 to C9 that is drawn from others: it is silent for whom these are none. N3 goes by
    /// the person's own pace.
    pub(crate) const fn has_target_of_others(self) -> bool {
        matches!(self, Self::TooFast | Self::TooSlow | Self::FillerCluster)
    }

    /// Whether it says that something went well.
    pub(crate) const fn is_positive(self) -> bool {
        matches!(self, Self::WellDone)
    }

    /// Whether it holds for someone who only listens: with the microphone muted nothing else is said.
    pub(crate) const fn is_for_listeners(self) -> bool {
        matches!(
            self,
            Self::SilentParticipant | Self::TimeLeft | Self::TalkingMuted | Self::Break
        )
    }

    /// Whether it rests on what the server heard: the others come from the person's own device.
    pub(crate) const fn is_heard(self) -> bool {
        !matches!(self, Self::TalkingMuted | Self::Break)
    }

    /// What it cannot speak without and does not have yet.
    pub const fn waits_for(self) -> Option<&'static str> {
        match self {
            Self::OwnerDate | Self::Written => Some("needs a language model"),
            _ => None,
        }
    }
}

/// Not the number of a rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no nudge rule")]
pub struct UnknownRule(pub String);

impl std::str::FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(number: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.as_str() == number)
            .ok_or_else(|| UnknownRule(number.to_owned()))
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = String::deserialize(deserializer)?;
        number.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_says_is_read_in_a_glance() {
        for rule in Rule::ALL {
            assert!(rule.headline().split(' ').count() <= 4, "{rule:?}");
            assert!(rule.headline().chars().count() <= 40, "{rule:?}");
        }
    }

    #[test]
    fn every_rule_is_read_back_from_its_number() {
        for rule in Rule::ALL {
            assert_eq!(rule.as_str().parse(), Ok(rule));
        }
        assert_eq!(
            "N26".parse::<Rule>().unwrap_err().to_string(),
            "\"N26\" is no nudge rule"
        );
    }

    #[test]
    fn focus_keeps_three_rules_of_safety() {
        let kept: Vec<&str> = Rule::ALL
            .into_iter()
            .filter(|rule| rule.is_safety())
            .map(Rule::as_str)
            .collect();
        assert_eq!(kept, ["N17", "N23", "N24"]);
    }
}
