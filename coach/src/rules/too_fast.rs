//! N1, too fast: the 30 s pace (C3) stays above what is easy to follow.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::signal::Signal;
use std::time::Duration;

/// Words a minute above which listeners lose the thread: the upper end of the published bands (C3).
const FAST_WPM: f32 = 175.0;
/// Where it is calm again; well below [`FAST_WPM`], so that a pace at the edge does not flicker.
const CALM_WPM: f32 = 160.0;
/// Someone who is always quick is fast only this far above their own pace...
const FAST_FACTOR: f32 = 1.2;
/// ...and calm below this.
const CALM_FACTOR: f32 = 1.1;
/// How long it must last: a quick sentence is no habit.
const FAST_FOR: Duration = Duration::from_secs(15);
/// How long it must be calm before the rule listens again.
const CALM_FOR: Duration = Duration::from_secs(20);
/// Two values further apart than the window of the pace share no speech: the run is broken.
const WINDOW: Duration = Duration::from_secs(30);
/// Fewer words than this (14 s of fast speech) are too few to scold for.
const MIN_WORDS: u32 = 40;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct TooFast {
    fast_wpm: f32,
    calm_wpm: f32,
    latch: Latch,
}

impl TooFast {
    pub(crate) fn new(baseline_wpm: Option<f32>) -> Self {
        Self {
            fast_wpm: baseline_wpm.map_or(FAST_WPM, |own| FAST_WPM.max(own * FAST_FACTOR)),
            calm_wpm: baseline_wpm.map_or(CALM_WPM, |own| CALM_WPM.min(own * CALM_FACTOR)),
            latch: Latch::new(FAST_FOR, CALM_FOR, WINDOW),
        }
    }
}

impl Watch for TooFast {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Pace { at, wpm, words } = *signal else {
            return None;
        };
        let since = self
            .latch
            .feed(at, wpm > self.fast_wpm && words >= MIN_WORDS, wpm < self.calm_wpm)?;
        let limit = self.fast_wpm;
        let evidence = format!("{wpm:.0} words a minute over your last 30 seconds, above {limit:.0}.");
        Some(Moment::new(Rule::TooFast, since, at, evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::told_of;
    use attune_engine::clock::MeetingTime;
    use rstest::rstest;

    fn pace(at_s: u64, wpm: f32, words: u32) -> Signal {
        Signal::Pace {
            at: MeetingTime::from_ms(at_s * 1000),
            wpm,
            words,
        }
    }

    /// Seconds at which the rule speaks, given (second, words a minute) with enough words, where all it says is said.
    fn speaks_at(baseline_wpm: Option<f32>, paces: &[(u64, f32)]) -> Vec<u64> {
        let mut rule = TooFast::new(baseline_wpm);
        let mut spoke = Vec::new();
        for &(at_s, wpm) in paces {
            if told_of(&mut rule, &pace(at_s, wpm, 80)).is_some() {
                spoke.push(at_s);
            }
        }
        spoke
    }

    #[rstest]
    #[case::a_quick_sentence(None, &[(100, 190.0), (110, 190.0), (114, 190.0)], &[])]
    #[case::fifteen_seconds(None, &[(100, 190.0), (110, 190.0), (115, 190.0)], &[115])]
    #[case::at_the_limit(None, &[(100, 175.0), (110, 175.0), (120, 175.0)], &[])]
    #[case::a_calm_moment_between(None, &[(100, 190.0), (110, 170.0), (115, 190.0), (125, 190.0)], &[])]
    #[case::another_speech_half_a_minute_later(None, &[(100, 190.0), (131, 190.0), (140, 190.0)], &[])]
    #[case::someone_who_is_always_quick(Some(170.0), &[(100, 200.0), (110, 200.0), (120, 200.0)], &[])]
    #[case::quick_even_for_them(Some(170.0), &[(100, 205.0), (110, 205.0), (120, 205.0)], &[120])]
    #[case::a_slow_baseline_does_not_lower_the_limit(Some(100.0), &[(100, 170.0), (110, 170.0), (120, 170.0)], &[])]
    fn it_speaks_once_a_pace_has_lasted(
        #[case] baseline_wpm: Option<f32>,
        #[case] paces: &[(u64, f32)],
        #[case] expected: &[u64],
    ) {
        assert_eq!(speaks_at(baseline_wpm, paces), expected);
    }

    #[rstest]
    #[case::still_fast(&[(120, 190.0), (140, 190.0), (160, 190.0)], &[115])]
    #[case::between_calm_and_fast(&[(120, 165.0), (145, 165.0), (150, 190.0), (170, 190.0)], &[115])]
    #[case::calm_for_too_short(&[(120, 150.0), (139, 150.0), (141, 190.0), (160, 190.0)], &[115])]
    #[case::calm_for_twenty_seconds(&[(120, 150.0), (140, 150.0), (150, 190.0), (165, 190.0)], &[115, 165])]
    fn it_speaks_again_only_after_a_calm_stretch(#[case] then: &[(u64, f32)], #[case] expected: &[u64]) {
        let paces = [&[(100, 190.0), (115, 190.0)], then].concat();
        assert_eq!(speaks_at(None, &paces), expected);
    }

    #[test]
    fn untold_it_asks_again_under_the_same_name_until_the_pace_is_over() {
        let mut rule = TooFast::new(None);
        let asked = [(100, 190.0), (115, 190.0), (130, 200.0), (140, 170.0)].map(|(at_s, wpm)| {
            rule.observe(&pace(at_s, wpm, 80))
                .map(|moment| (moment.trigger.as_ms() / 1000, moment.true_at.as_ms() / 1000))
        });
        assert_eq!(asked, [None, Some((100, 115)), Some((100, 130)), None]);
    }

    #[test]
    fn a_few_quick_words_are_no_pace() {
        let mut rule = TooFast::new(None);
        for at_s in [100, 110, 120, 130] {
            assert_eq!(rule.observe(&pace(at_s, 240.0, 39)), None);
        }
    }

    #[test]
    fn it_gives_the_number_and_the_limit_as_its_reason() {
        let mut rule = TooFast::new(Some(160.0));
        rule.observe(&pace(100, 210.4, 90));
        let moment = rule.observe(&pace(116, 204.4, 90)).unwrap();
        assert_eq!(
            moment.evidence,
            "204 words a minute over your last 30 seconds, above 192."
        );
        assert_eq!(moment.rule, Rule::TooFast);
    }
}
