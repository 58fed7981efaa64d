//! N2, too slow: the 30 s pace (C3) stays below 100 words a minute and 0.8 of the person's own for 25 s, with 40 words. Re-arms
//! above 115; cooldown 8 min; never while presenting (Read 130-175, Microsoft 100-165 `[V]`; durations `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

/// The lower end of the published bands.
const SLOW_WPM: f32 = 100.0;
/// Someone who is always slow is too slow only this far below their own pace.
const SLOW_FACTOR: f32 = 0.8;
/// Where it is lively again.
const LIVELY_WPM: f32 = 115.0;
/// How long it must last.
const SLOW_FOR: Duration = Duration::from_secs(25);
/// Two values further apart than the window of the pace share no speech.
const WINDOW: Duration = Duration::from_secs(30);
/// Fewer words are a short answer, not a pace.
const MIN_WORDS: u32 = 40;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct TooSlow {
    slow_wpm: f32,
    presenting: bool,
    latch: Latch,
}

impl TooSlow {
    pub(crate) fn new(baseline_wpm: Option<f32>, meeting_type: MeetingType) -> Self {
        Self {
            slow_wpm: baseline_wpm.map_or(SLOW_WPM, |own| SLOW_WPM.min(own * SLOW_FACTOR)),
            presenting: meeting_type == MeetingType::Presentation,
            latch: Latch::new(SLOW_FOR, Duration::ZERO, WINDOW),
        }
    }
}

impl Watch for TooSlow {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Pace { at, wpm, words } = *signal else {
            return None;
        };
        let slow = wpm < self.slow_wpm && words >= MIN_WORDS && !self.presenting;
        let since = self.latch.feed(at, slow, wpm > LIVELY_WPM)?;
        let evidence = format!(
            "{wpm:.0} words a minute over your last 30 seconds, below {:.0}.",
            self.slow_wpm
        );
        Some(Moment::new(Rule::TooSlow, since, at, evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::at};
    use rstest::rstest;

    fn paces(paces: &[(u64, f32, u32)]) -> Vec<Signal> {
        let pace = |&(second, wpm, words): &(u64, f32, u32)| Signal::Pace {
            at: at(second),
            wpm,
            words,
        };
        paces.iter().map(pace).collect()
    }

    #[rstest]
    #[case::for_long_enough(None, &[(100, 90.0, 45), (115, 92.0, 46), (125, 95.0, 47)], &[125])]
    #[case::too_short(None, &[(100, 90.0, 45), (124, 92.0, 46)], &[])]
    #[case::too_few_words(None, &[(100, 90.0, 39), (115, 92.0, 39), (130, 92.0, 39)], &[])]
    #[case::always_slow(Some(110.0), &[(100, 90.0, 45), (115, 90.0, 45), (130, 90.0, 45)], &[])]
    #[case::once(None, &[(100, 90.0, 45), (125, 90.0, 45), (140, 90.0, 45), (150, 114.0, 60), (155, 90.0, 45), (182, 90.0, 45)], &[125])]
    #[case::again_after_lively(None, &[(100, 90.0, 45), (125, 90.0, 45), (140, 116.0, 60), (150, 90.0, 45), (176, 90.0, 45)], &[125, 176])]
    fn it_speaks_once_a_slow_pace_has_lasted(
        #[case] own: Option<f32>,
        #[case] heard: &[(u64, f32, u32)],
        #[case] expected: &[u64],
    ) {
        assert_eq!(
            spoke_at(&mut TooSlow::new(own, MeetingType::Other), &paces(heard)),
            expected
        );
    }

    #[test]
    fn a_presenter_may_take_their_time() {
        let heard = paces(&[(100, 80.0, 45), (125, 80.0, 45), (150, 80.0, 45)]);
        let mut rule = TooSlow::new(None, MeetingType::Presentation);
        assert_eq!(spoke_at(&mut rule, &heard), [0; 0]);
    }
}
