//! The measure that a person works on, where they chose a nudge rule as their goal.

use attune_coach::Rule;

/// The measure that the rule of this number is about; none of a rule that is about none, or of no rule.
pub(super) fn measure_of(goal: &str) -> Option<&'static str> {
    Some(match goal.parse().ok()? {
        Rule::TooFast | Rule::TooSlow | Rule::Rushing => "C3",
        Rule::FillerCluster => "C8",
        Rule::Monologue | Rule::LongMonologue => "C10",
        Rule::OverTalking | Rule::UnderTalking => "C1",
        Rule::CutIn => "C14",
        Rule::SomeoneTried => "C15",
        Rule::QuickOnTheTrigger => "C13",
        Rule::NoQuestions | Rule::StackedQuestions | Rule::ClosedStreak | Rule::FollowUp => "C17",
        Rule::TooQuiet => "C25",
        Rule::FlatDelivery => "C24",
        Rule::HedgeRun => "C19",
        Rule::OwnerDate => "C29",
        Rule::BadSound
        | Rule::SilentParticipant
        | Rule::TimeLeft
        | Rule::TalkingMuted
        | Rule::Break
        | Rule::WellDone
        | Rule::Written => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_looked_for_among_the_measures_that_there_are() {
        assert_eq!(measure_of("N1"), Some("C3"));
        assert_eq!((measure_of("N23"), measure_of("N99")), (None, None));
    }
}
