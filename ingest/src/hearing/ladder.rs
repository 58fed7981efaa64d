//! The overload ladder: what a node gives up, in which order, when words come late. Nothing is ever dropped for it: what
//! cannot be done now waits, at last with the clients.

use std::time::Duration;
use tokio::time::Instant;

/// How late words must be for each step.
const UP: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
    Duration::from_secs(6),
    Duration::from_secs(8),
    Duration::from_secs(12),
];

/// How long words must be less than half as late before a step is taken back: load comes in bursts, and a partial that
/// comes and goes is worse than none.
const CALM: Duration = Duration::from_secs(2);

/// How much a node has given up; each step includes those below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// L0: nothing.
    #[default]
    All,
    /// L1: partials come half as often.
    FewerPartials,
    /// L2: no partials of the others, and nothing is recognised before its segment has ended.
    OwnPartials,
    /// L3: no partials.
    NoPartials,
    /// L4: the smaller model writes the finals, where there is one.
    SmallerModel,
    /// L5: segments that wait are recognised together.
    Merged,
    /// L6: no new sessions.
    Closed,
    /// L7: no credit is given: clients hold their audio until what waits is done.
    Deferred,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::All,
        Self::FewerPartials,
        Self::OwnPartials,
        Self::NoPartials,
        Self::SmallerModel,
        Self::Merged,
        Self::Closed,
        Self::Deferred,
    ];

    /// 0 to 7, as `status` says it.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// Where on it a node is.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    step: Step,
    /// Since when words have been less than half as late as this step allows.
    calm_since: Option<Instant>,
}

impl Ladder {
    pub(super) const fn step(&self) -> Step {
        self.step
    }

    /// Words are `lag` late: up at once, down one step at a time.
    pub(super) fn observe(&mut self, lag: Duration, now: Instant) {
        let reached = UP.iter().take_while(|up| lag >= **up).count();
        let at = self.step as usize;
        if reached > at {
            self.step = Step::ALL[reached];
            self.calm_since = None;
            return;
        }
        if at == 0 || lag >= UP[at - 1] / 2 {
            self.calm_since = None;
            return;
        }
        let since = *self.calm_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= CALM {
            self.step = Step::ALL[at - 1];
            self.calm_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DEFERRED_STEP;

    #[test]
    fn it_goes_up_at_once_and_down_a_step_at_a_time_once_it_is_calm() {
        let mut ladder = Ladder::default();
        let begin = Instant::now();
        let mut now = begin;
        let mut at = |lag_ms: u64, later_ms: u64| {
            now += Duration::from_millis(later_ms);
            ladder.observe(Duration::from_millis(lag_ms), now);
            ladder.step().number()
        };
        let course = [
            (900, 0, 0),
            (1_000, 0, 1),
            (600, 5_000, 1),
            // Calm, but not for long enough, and then not.
            (400, 0, 1),
            (400, 1_900, 1),
            (500, 0, 1),
            (400, 1_900, 1),
            (400, 2_000, 0),
            // Up over several steps.
            (6_500, 0, 5),
            (12_000, 0, 7),
            (12_000, 60_000, 7),
            (5_900, 0, 7),
            (5_900, 2_000, 6),
            (0, 0, 6),
            (0, 2_000, 5),
            (0, 1_999, 5),
            (0, 1, 5),
            (0, 2_000, 4),
        ];
        for (index, (lag_ms, later_ms, step)) in course.into_iter().enumerate() {
            assert_eq!(at(lag_ms, later_ms), step, "at {index}");
        }
    }

    #[test]
    fn steps_are_numbered_as_the_design_does() {
        let numbers: Vec<u8> = Step::ALL.iter().map(|step| step.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(Step::Deferred > Step::NoPartials);
        assert_eq!(Step::Deferred.number(), DEFERRED_STEP);
    }
}
