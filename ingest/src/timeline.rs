//! When a sample was: a straight line per track from its samples to meeting time, because the clock of a sound card and
//! the clock of the meeting drift apart, by up to 0.2 s an hour.
//!
//! The line holds while captures agree with it, is laid anew from the capture that does not, and time never runs
//! back along a track. A pure function of the frames, so that a resumed connection lays the same lines.

use crate::ports::Line;
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::transcript::Final;
use std::collections::VecDeque;

/// A line that is off by more than this is laid anew: what a listener notices between two voices starts near 30 ms.
pub const REFIT_OVER_MS: u64 = 20;

/// A capture that is off by more than this did not drift: the capturing stood still in between.
pub const JUMP_OVER_MS: u64 = 250;

/// What a capture said about the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// They agree.
    Held,
    /// The line goes through the capture from here on.
    Refitted,
    /// So it does, and the sound from here on does not continue what came before.
    Jumped,
}

/// The lines of one track, as far back as something is undecided.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    lines: VecDeque<Line>,
}

impl Timeline {
    /// Goes on with the line that was in force.
    pub fn resumed(line: Option<Line>) -> Self {
        Self {
            lines: line.into_iter().collect(),
        }
    }

    /// The newest line; nothing before the first capture.
    pub fn line(&self) -> Option<Line> {
        self.lines.back().copied()
    }

    /// A frame that begins with the 16 kHz sample `sample` was captured at `capture_ms`. Samples never go back.
    pub fn observe(&mut self, sample: u64, capture_ms: u32) -> Fit {
        let at_ms = u64::from(capture_ms);
        let Some(line) = self.line() else {
            self.lines.push_back(Line {
                sample,
                at_ms,
                floor_ms: 0,
            });
            return Fit::Refitted;
        };
        let predicted = at(line, sample);
        let off = predicted.abs_diff(at_ms);
        if off <= REFIT_OVER_MS {
            return Fit::Held;
        }
        self.lines.push_back(Line {
            sample,
            at_ms,
            floor_ms: predicted.max(line.floor_ms),
        });
        if off > JUMP_OVER_MS { Fit::Jumped } else { Fit::Refitted }
    }

    /// When the 16 kHz sample `sample` was. Before the first capture, samples count from the start.
    pub fn at(&self, sample: u64) -> MeetingTime {
        let line = self
            .lines
            .iter()
            .rev()
            .find(|line| line.sample <= sample)
            .or(self.lines.front());
        line.map_or(MeetingTime::from_sample(sample), |&line| {
            MeetingTime::from_ms(at(line, sample))
        })
    }

    /// The 16 kHz sample that is heard at `when`: of those that share a time the first, where one is known.
    pub fn sample(&self, when: MeetingTime) -> u64 {
        let ms = when.as_ms();
        let Some(index) = self.lines.iter().rposition(|line| at(*line, line.sample) <= ms) else {
            let before = |line: &Line| {
                line.sample
                    .saturating_sub(line.at_ms.saturating_sub(ms) * SAMPLES_PER_MS)
            };
            return self.lines.front().map_or(when.as_sample(), before);
        };
        let line = self.lines[index];
        if ms <= line.floor_ms {
            return line.sample;
        }
        let sample = line.sample + ms.saturating_sub(line.at_ms) * SAMPLES_PER_MS;
        let next = self.lines.get(index + 1);
        next.map_or(sample, |next| sample.min(next.sample.saturating_sub(1)))
    }

    /// When the samples from `from` up to `to` were.
    pub fn span(&self, from: u64, to: u64) -> Span {
        Span::new(self.at(from), self.at(to))
    }

    /// Moves a final, which counts samples, to meeting time.
    pub fn place(&self, mut decided: Final) -> Final {
        let place = |time: MeetingTime| self.at(time.as_sample());
        let place_span = |span: Span| Span::new(place(span.start), place(span.end));
        decided.span = place_span(decided.span);
        for word in &mut decided.words {
            (word.start, word.end) = (place(word.start), place(word.end));
        }
        for voiced in &mut decided.voiced {
            *voiced = place_span(*voiced);
        }
        decided
    }

    /// Drops the lines that no sample from `sample` on needs.
    pub fn forget_before(&mut self, sample: u64) {
        while self.lines.get(1).is_some_and(|next| next.sample <= sample) {
            self.lines.pop_front();
        }
    }
}

fn at(line: Line, sample: u64) -> u64 {
    let ms = if sample >= line.sample {
        line.at_ms.saturating_add((sample - line.sample) / SAMPLES_PER_MS)
    } else {
        line.at_ms
            .saturating_sub((line.sample - sample).div_ceil(SAMPLES_PER_MS))
    };
    ms.max(line.floor_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 16_000;

    #[test]
    fn the_first_capture_lays_the_line() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.at(SECOND).as_ms(), 1000);
        assert_eq!(timeline.observe(0, 130), Fit::Refitted);
        assert_eq!(timeline.at(0).as_ms(), 130);
        assert_eq!(timeline.at(SECOND).as_ms(), 1130);
    }

    #[test]
    fn a_line_holds_within_20_ms_and_is_laid_anew_beyond() {
        for (capture_ms, fit, at_ms) in [
            (1020, Fit::Held, 1000),
            (980, Fit::Held, 1000),
            (1021, Fit::Refitted, 1021),
            (1250, Fit::Refitted, 1250),
            (1251, Fit::Jumped, 1251),
        ] {
            let mut timeline = Timeline::default();
            timeline.observe(0, 0);
            assert_eq!(timeline.observe(SECOND, capture_ms), fit, "{capture_ms} ms");
            assert_eq!(timeline.at(SECOND).as_ms(), at_ms, "{capture_ms} ms");
            assert_eq!(timeline.at(SECOND / 2).as_ms(), 500, "what was before keeps its line");
        }
    }

    #[test]
    fn a_lowered_line_stands_still_until_time_has_caught_up() {
        let mut timeline = Timeline::default();
        timeline.observe(0, 0);
        assert_eq!(timeline.observe(SECOND, 900), Fit::Refitted);
        assert_eq!(timeline.at(SECOND).as_ms(), 1000);
        assert_eq!(timeline.at(SECOND + 50 * 16).as_ms(), 1000);
        assert_eq!(timeline.at(SECOND + 150 * 16).as_ms(), 1050);
    }

    #[test]
    fn a_resumed_line_goes_on_where_it_was() {
        let mut timeline = Timeline::default();
        timeline.observe(0, 40);
        timeline.observe(10 * SECOND, 10_100);
        let line = timeline.line();
        let mut resumed = Timeline::resumed(line);
        assert_eq!(
            timeline.observe(20 * SECOND, 20_130),
            resumed.observe(20 * SECOND, 20_130)
        );
        assert_eq!(timeline.at(21 * SECOND), resumed.at(21 * SECOND));
    }

    #[test]
    fn a_moment_finds_its_sample_on_every_line_between_and_before_them() {
        let mut timeline = Timeline::default();
        let sample = |timeline: &Timeline, ms| timeline.sample(MeetingTime::from_ms(ms));
        assert_eq!(sample(&timeline, 500), 8_000);
        timeline.observe(SECOND, 1_100);
        timeline.observe(10 * SECOND, 30_000);
        assert_eq!(sample(&timeline, 600), SECOND / 2);
        assert_eq!(sample(&timeline, 1_100), SECOND);
        assert_eq!(sample(&timeline, 2_100), 2 * SECOND);
        // Capturing stood still: the last sample before that.
        assert_eq!(sample(&timeline, 20_000), 10 * SECOND - 1);
        assert_eq!(sample(&timeline, 31_000), 11 * SECOND);

        let floored = Line {
            sample: 10 * SECOND,
            at_ms: 5_000,
            floor_ms: 60_000,
        };
        let timeline = Timeline::resumed(Some(floored));
        assert_eq!(sample(&timeline, 20_000), 10 * SECOND, "before a time that lasts");
        assert_eq!(sample(&timeline, 60_000), 10 * SECOND);
        assert_eq!(sample(&timeline, 60_001), 10 * SECOND + 55_001 * 16);
    }

    #[test]
    fn lines_are_forgotten_once_nothing_needs_them() {
        let mut timeline = Timeline::default();
        for second in 0..100u64 {
            timeline.observe(second * SECOND, (second * 1100) as u32);
            timeline.forget_before(second * SECOND);
        }
        assert!(timeline.lines.len() <= 2);
    }

    proptest! {
        #[test]
        fn a_samples_moment_finds_a_sample_of_that_moment(
            floor_ms in prop::option::of(0u64..5_000),
            captures in prop::collection::vec((1u64..40_000, 0u32..9_000), 1..20),
        ) {
            // A clock that was put back before a resume leaves a time that lasts.
            let floored = floor_ms.map(|floor_ms| Line { sample: 0, at_ms: 0, floor_ms });
            let mut timeline = Timeline::resumed(floored);
            let (mut sample, mut at_ms) = (0, 0);
            for (samples, more_ms) in captures {
                timeline.observe(sample, at_ms);
                sample += samples;
                at_ms += more_ms;
            }
            for at in (0..sample).step_by(997) {
                let moment = timeline.at(at);
                let found = timeline.at(timeline.sample(moment));
                prop_assert!(found <= moment && moment.as_ms() - found.as_ms() <= 1, "{moment:?} {found:?}");
            }
        }

        #[test]
        fn time_never_runs_back_along_a_track(captures in prop::collection::vec((1u64..40_000, any::<u32>()), 1..40)) {
            let mut timeline = Timeline::default();
            let mut sample = 0;
            for (samples, capture_ms) in captures {
                timeline.observe(sample, capture_ms);
                sample += samples;
            }
            let mut last = MeetingTime::START;
            for at in (0..sample).step_by(997) {
                prop_assert!(timeline.at(at) >= last);
                last = timeline.at(at);
            }
        }
    }
}
