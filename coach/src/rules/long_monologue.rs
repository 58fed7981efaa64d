//! N6, long monologue: my turn passes 150 s, where customers tune out (C10 `[M]`). Once a turn; re-arms when it ends; presenting
//! is speaking alone, and exempt.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Where a turn becomes very long.
const VERY_LONG: Duration = Duration::from_secs(150);

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct LongMonologue {
    presenting: bool,
    /// How far the turn had come that it was told of. A turn that begins later is another.
    told_at: Option<MeetingTime>,
}

impl LongMonologue {
    pub(crate) fn new(meeting_type: MeetingType) -> Self {
        Self {
            presenting: meeting_type == MeetingType::Presentation,
            told_at: None,
        }
    }
}

impl Watch for LongMonologue {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Turn { start, at } = *signal else {
            return None;
        };
        let length = at.since(start);
        let told = self.told_at.is_some_and(|told_at| start < told_at);
        (length > VERY_LONG && !told && !self.presenting).then(|| {
            let evidence = format!("You have had the floor for {} seconds.", length.as_secs());
            Moment::new(Rule::LongMonologue, start, at, evidence)
        })
    }

    fn told(&mut self, moment: &Moment) {
        self.told_at = Some(moment.true_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::at};
    use rstest::rstest;

    fn turns(turns: &[(u64, u64)]) -> Vec<Signal> {
        turns
            .iter()
            .map(|&(start, end)| Signal::Turn {
                start: at(start),
                at: at(end),
            })
            .collect()
    }

    #[rstest]
    #[case::at_the_limit(MeetingType::Other, &[(10, 160)], &[])]
    #[case::over_it_once(MeetingType::Other, &[(10, 161), (10, 170), (10, 180)], &[161])]
    #[case::the_next_turn(MeetingType::Other, &[(10, 170), (200, 351)], &[170, 351])]
    #[case::presenting(MeetingType::Presentation, &[(10, 400)], &[])]
    fn it_speaks_once_a_very_long_turn(
        #[case] kind: MeetingType,
        #[case] heard: &[(u64, u64)],
        #[case] expected: &[u64],
    ) {
        assert_eq!(spoke_at(&mut LongMonologue::new(kind), &turns(heard)), expected);
    }
}
