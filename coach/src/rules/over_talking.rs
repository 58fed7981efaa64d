//! N7, over-talking: my share (C1) over ten minutes is more than ten points above what is usual for the kind of meeting. Re-arms
//! below the usual; cooldown 10 min; no limit while presenting (bands: C1; the ten points `[D]`).

use super::share::{Share, usual};
use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// The window.
const WINDOW: Duration = Duration::from_secs(600);
/// Points above the usual that are too many.
const MARGIN: f64 = 10.0;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct OverTalking {
    meeting_type: MeetingType,
    people: Option<usize>,
    share: Share,
    latch: Latch,
}

impl OverTalking {
    pub(crate) const fn new(meeting_type: MeetingType) -> Self {
        Self {
            meeting_type,
            people: None,
            share: Share::over(WINDOW),
            latch: Latch::new(Duration::ZERO, Duration::ZERO, WINDOW),
        }
    }
}

impl Watch for OverTalking {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        if let Signal::Present { names, .. } = signal {
            self.people = Some(names.len());
        }
        if !self.share.observe(signal) {
            return None;
        }
        let most = usual(self.meeting_type, self.people).1?;
        let share = 100.0 * self.share.mine()?;
        let since = self.latch.feed(signal.at(), share > most + MARGIN, share < most)?;
        let evidence = format!("You spoke {share:.0} % of the last 10 minutes; {most:.0} % is the usual most.");
        Some(Moment::new(Rule::OverTalking, since, signal.at(), evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{share::shared, spoke_at};
    use rstest::rstest;

    #[rstest]
    #[case::far_above(MeetingType::Discovery, 7, true)]
    #[case::within_the_margin(MeetingType::Discovery, 6, false)]
    #[case::usual_in_a_demo(MeetingType::Demo, 7, false)]
    #[case::presenting(MeetingType::Presentation, 10, false)]
    fn it_speaks_after_ten_minutes_of_too_much(#[case] kind: MeetingType, #[case] mine: u64, #[case] speaks: bool) {
        let spoke = spoke_at(&mut OverTalking::new(kind), &shared(0, 900, mine));
        assert_eq!(spoke.len(), usize::from(speaks), "{spoke:?}");
        assert!(spoke.iter().all(|second| *second >= 600));
    }

    #[test]
    fn it_speaks_again_only_once_the_share_was_usual() {
        let mut rule = OverTalking::new(MeetingType::Discovery);
        let heard = [shared(0, 1_800, 8), shared(1_800, 3_000, 3), shared(3_000, 4_800, 8)].concat();
        let spoke = spoke_at(&mut rule, &heard);
        assert_eq!(spoke.len(), 2, "{spoke:?}");
        assert!(spoke[1] > 3_000);
    }
}
