//! N4, filler cluster: three fillers (C6, C7) within ten seconds (C8).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// A cluster has this many fillers...
const CLUSTER: usize = 3;
/// ...within this.
const WITHIN: Duration = Duration::from_secs(10);
/// The rule listens again once this stretch...
const CALM_FOR: Duration = Duration::from_secs(45);
/// ...holds no more fillers than this.
const CALM: usize = 1;

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct FillerCluster {
    /// Fillers of the last [`CALM_FOR`].
    recent: VecDeque<MeetingTime>,
    /// A cluster that waits for the end of its segment, as nobody is told mid-phrase, and then to be told.
    waiting: Option<Cluster>,
    /// It was told, and it has not been calm since.
    told: bool,
}

#[derive(Debug, Clone, Copy)]
struct Cluster {
    first: MeetingTime,
    last: MeetingTime,
    fillers: usize,
}

impl Watch for FillerCluster {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        self.forget_before(signal.at().minus(CALM_FOR));
        let at = match *signal {
            Signal::Filler { at, .. } => at,
            Signal::Pace { .. } | Signal::Turn { .. } => return self.waiting.map(Cluster::moment),
            _ => return None,
        };
        self.recent.push_back(at);
        let close: Vec<MeetingTime> = self
            .recent
            .iter()
            .copied()
            .filter(|filler| at.since(*filler) <= WITHIN)
            .collect();
        if close.len() >= CLUSTER && !self.told {
            self.waiting = Some(Cluster {
                first: close[0],
                last: at,
                fillers: close.len(),
            });
        }
        None
    }

    fn told(&mut self, _: &Moment) {
        self.waiting = None;
        self.told = true;
    }
}

impl FillerCluster {
    fn forget_before(&mut self, moment: MeetingTime) {
        while self.recent.front().is_some_and(|filler| *filler < moment) {
            self.recent.pop_front();
        }
        if self.recent.len() <= CALM {
            self.waiting = None;
            self.told = false;
        }
    }
}

impl Cluster {
    fn moment(self) -> Moment {
        // Never one: "1 seconds" is no English, and three fillers with their words take longer anyway.
        let seconds = self.last.since(self.first).as_secs_f32().ceil().max(2.0);
        let evidence = format!("{} filler words in {seconds:.0} seconds.", self.fillers);
        Moment::new(Rule::FillerCluster, self.last, self.last, evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::told_of;
    use attune_engine::fillers::FillerKind;
    use rstest::rstest;

    fn filler(at_ms: u64) -> Signal {
        Signal::Filler {
            at: MeetingTime::from_ms(at_ms),
            kind: FillerKind::Lexical,
        }
    }

    fn turn(at_ms: u64) -> Signal {
        Signal::Turn {
            start: MeetingTime::START,
            at: MeetingTime::from_ms(at_ms),
        }
    }

    /// What the rule says of fillers at these times, each the only one of a segment that ends 100 ms later, where all it says
    /// is said.
    fn clusters(fillers_ms: &[u64]) -> Vec<(u64, String)> {
        let mut rule = FillerCluster::default();
        let signals = fillers_ms.iter().flat_map(|&at_ms| [filler(at_ms), turn(at_ms + 100)]);
        let moments = signals.filter_map(|signal| told_of(&mut rule, &signal));
        moments
            .map(|moment| (moment.trigger.as_ms(), moment.evidence))
            .collect()
    }

    #[rstest]
    #[case::two(&[1_000, 2_000], &[])]
    #[case::three_in_eleven_seconds(&[1_000, 6_000, 12_000], &[])]
    #[case::three_in_ten_seconds(&[1_000, 6_000, 11_000], &[11_000])]
    #[case::a_fourth_adds_nothing(&[1_000, 2_000, 3_000, 4_000], &[3_000])]
    #[case::another_cluster_at_once(&[1_000, 2_000, 3_000, 20_000, 21_000, 22_000], &[3_000])]
    #[case::two_in_the_calm_stretch(&[1_000, 2_000, 3_000, 30_000, 40_000, 50_000, 51_000, 52_000], &[3_000])]
    #[case::calm_and_then_another(&[1_000, 2_000, 3_000, 50_000, 51_000, 52_000], &[3_000, 52_000])]
    fn three_fillers_in_ten_seconds_are_a_cluster_until_it_is_calm(
        #[case] fillers_ms: &[u64],
        #[case] expected_ms: &[u64],
    ) {
        let triggers: Vec<u64> = clusters(fillers_ms).into_iter().map(|(trigger, _)| trigger).collect();
        assert_eq!(triggers, expected_ms);
    }

    #[test]
    fn a_cluster_is_told_at_the_end_of_its_segment_and_as_a_whole() {
        let mut rule = FillerCluster::default();
        for at_ms in [1_000, 3_000, 5_500, 8_200] {
            assert_eq!(rule.observe(&filler(at_ms)), None);
        }
        let moment = rule.observe(&turn(12_000)).unwrap();
        assert_eq!(moment.evidence, "4 filler words in 8 seconds.");
        assert_eq!(moment.true_at.as_ms(), 8_200);
        rule.told(&moment);
        assert_eq!(rule.observe(&turn(12_100)), None);
    }

    #[test]
    fn untold_a_cluster_is_asked_for_again_until_it_is_calm() {
        let mut rule = FillerCluster::default();
        for at_ms in [1_000, 3_000, 5_500] {
            rule.observe(&filler(at_ms));
        }
        let first = rule.observe(&turn(6_000));
        assert!(first.is_some());
        assert_eq!(rule.observe(&turn(16_000)), first);
        assert_eq!(rule.observe(&turn(48_500)), None);
    }

    #[test]
    fn fillers_in_one_breath_are_said_to_take_two_seconds() {
        assert_eq!(clusters(&[500, 600, 700])[0].1, "3 filler words in 2 seconds.");
    }
}
