//! How loud a track was, kept for minutes in a byte a frame, and two tracks side by side on the meeting's clock.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use std::collections::VecDeque;
use std::ops::Range;

/// Length of a frame: that of voice activity.
pub const LEVEL_FRAME_MS: u64 = 32;
/// Samples in it.
const FRAME: u64 = LEVEL_FRAME_MS * SAMPLES_PER_MS;
/// Frames kept at most: five minutes, for which a queue takes 16 KiB. Whoever asks for levels lets go of them long before; this
/// bounds what a track costs that nobody asks about.
const KEPT: usize = 5 * 60_000 / LEVEL_FRAME_MS as usize;
/// Breaks remembered at most: nobody mutes more often than that in the seconds that are asked for.
const RUNS: usize = 64;
/// What a byte of zero stands for, dBFS: below it nothing is heard.
const FLOOR_DB: f32 = -96.0;
/// Steps a byte counts in: finer than two microphones agree.
const STEPS_PER_DB: f32 = 2.0;
/// Each sample less this much of the one before: small loudspeakers and microphones lose the low end of a voice, so that
/// rumble says nothing about an echo. The usual pre-emphasis of speech recognition is 0.9 to 0.97.
const PRE_EMPHASIS: f32 = 0.9;

/// Levels of one track, frame by frame of 32 ms on the session's grid of samples. What was not heard has none.
#[derive(Debug, Clone)]
pub struct Levels {
    /// Stretches without a break, in order.
    runs: VecDeque<Run>,
    /// Frames in all of them.
    kept: usize,
    /// The sample after the last one taken in.
    at: u64,
    /// Of the frame that is not full yet: the sum of squares.
    sum: f32,
    /// It was heard from its first sample on.
    whole: bool,
    /// It continues the run before it.
    continues: bool,
    previous: f32,
}

/// Frames that follow each other.
#[derive(Debug, Clone)]
struct Run {
    /// The number of the first one.
    first: u64,
    levels: VecDeque<u8>,
}

impl Run {
    fn end(&self) -> u64 {
        self.first + self.levels.len() as u64
    }
}

impl Levels {
    /// Of a track that begins with the 16 kHz sample `at`.
    pub const fn new(at: u64) -> Self {
        Self {
            runs: VecDeque::new(),
            kept: 0,
            at,
            sum: 0.0,
            whole: at.is_multiple_of(FRAME),
            continues: false,
            previous: 0.0,
        }
    }

    /// Takes the next 16 kHz samples in.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let sample = f32::from(sample) / 32_768.0;
            let change = sample - PRE_EMPHASIS * self.previous;
            self.previous = sample;
            self.sum += change * change;
            self.at += 1;
            if self.at.is_multiple_of(FRAME) {
                self.close();
            }
        }
    }

    /// The samples up to `sample` do not come.
    pub fn skip_to(&mut self, sample: u64) {
        if sample > self.at {
            self.at = sample;
            self.part();
        }
    }

    /// What comes next does not continue what came before.
    pub fn part(&mut self) {
        (self.sum, self.previous) = (0.0, 0.0);
        self.whole = self.at.is_multiple_of(FRAME);
        self.continues = false;
    }

    /// Whatever was heard from `sample` on is forgotten.
    pub fn forget_from(&mut self, sample: u64) {
        let frame = sample / FRAME;
        while let Some(run) = self.runs.back_mut()
            && run.end() > frame
        {
            let left = frame.saturating_sub(run.first) as usize;
            self.kept -= run.levels.len() - left;
            run.levels.truncate(left);
            if left > 0 {
                break;
            }
            self.runs.pop_back();
        }
        self.part();
    }

    /// Nobody asks for what lies before `sample` any more.
    pub fn let_go_before(&mut self, sample: u64) {
        let frame = sample / FRAME;
        while self.runs.front().is_some_and(|run| run.first < frame) {
            self.drop_first();
        }
    }

    /// Since which sample the frame that holds `sample` is heard without a break; none where it is not heard whole.
    pub fn heard_since(&self, sample: u64) -> Option<u64> {
        self.run_at(sample / FRAME).map(|run| run.first * FRAME)
    }

    /// The level of the frame that holds `sample`, dBFS; silence where it is not known.
    pub fn db(&self, sample: u64) -> f32 {
        let frame = sample / FRAME;
        let level = self
            .run_at(frame)
            .and_then(|run| run.levels.get((frame - run.first) as usize));
        FLOOR_DB + f32::from(level.copied().unwrap_or(0)) / STEPS_PER_DB
    }

    fn run_at(&self, frame: u64) -> Option<&Run> {
        self.runs
            .iter()
            .rev()
            .find(|run| run.first <= frame)
            .filter(|run| frame < run.end())
    }

    fn close(&mut self) {
        let sum = std::mem::take(&mut self.sum);
        if !std::mem::replace(&mut self.whole, true) {
            return;
        }
        let db = 10.0 * (sum / FRAME as f32).max(1e-10).log10();
        // Saturates: what is out of a byte's range is as loud as its ends.
        let level = ((db - FLOOR_DB) * STEPS_PER_DB) as u8;
        let frame = self.at / FRAME - 1;
        let continues = std::mem::replace(&mut self.continues, true);
        match self.runs.back_mut() {
            Some(run) if continues && run.end() == frame => run.levels.push_back(level),
            _ => self.runs.push_back(Run {
                first: frame,
                levels: VecDeque::from([level]),
            }),
        }
        self.kept += 1;
        while self.kept > KEPT || self.runs.len() > RUNS {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some(run) = self.runs.front_mut() else { return };
        run.levels.pop_front();
        run.first += 1;
        self.kept -= 1;
        if run.levels.is_empty() {
            self.runs.pop_front();
        }
    }
}

/// Levels of the microphone and of the tab, frame by frame of 32 ms from a moment of the meeting on.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelopes {
    /// When the first frame begins.
    pub from: MeetingTime,
    /// The microphone's, dBFS.
    pub mic: Vec<f32>,
    /// The tab's, dBFS; as many.
    pub tab: Vec<f32>,
}

impl Envelopes {
    /// Over `span`, as `mic` and `tab` tell the level at a moment.
    pub fn over(span: Span, mic: impl Fn(MeetingTime) -> f32, tab: impl Fn(MeetingTime) -> f32) -> Self {
        let frames = (span.start.as_ms()..span.end.as_ms()).step_by(LEVEL_FRAME_MS as usize);
        let (mic, tab) = frames.map(MeetingTime::from_ms).map(|at| (mic(at), tab(at))).unzip();
        Self {
            from: span.start,
            mic,
            tab,
        }
    }

    /// The frames that `span` mostly covers, one at least as far as there are any.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let frame = |at: MeetingTime| {
            let since_ms = at.as_ms().saturating_sub(self.from.as_ms());
            ((since_ms + LEVEL_FRAME_MS / 2) / LEVEL_FRAME_MS) as usize
        };
        let from = frame(span.start).min(self.mic.len());
        from..frame(span.end).max(from + 1).min(self.mic.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone at half the sampling rate: each sample is the negative of the one before.
    fn alternating(peak: i16, count: usize) -> Vec<i16> {
        (0..count)
            .map(|index| if index % 2 == 0 { peak } else { -peak })
            .collect()
    }

    #[test]
    fn a_level_is_that_of_the_changes_in_a_frame() {
        let mut levels = Levels::new(0);
        levels.push(&alternating(16_384, 1024));
        // Changes of 0.5 · 1.9: 20 log10(0.95) = -0.45 dBFS, in half decibels.
        assert_eq!(levels.db(512), -0.5);
        assert_eq!(levels.db(1023), -0.5);
        assert_eq!(levels.db(1024), -96.0);
    }

    #[test]
    fn how_samples_arrive_makes_no_difference_and_what_does_not_come_has_no_level() {
        let sound = alternating(1_000, 5_000);
        let (mut whole, mut parts) = (Levels::new(700), Levels::new(700));
        whole.push(&sound);
        for part in sound.chunks(77) {
            parts.push(part);
        }
        let levels = |levels: &Levels| (0..50).map(|frame| levels.db(frame * FRAME)).collect::<Vec<_>>();
        assert_eq!(levels(&whole), levels(&parts));
        whole.skip_to(20_000);
        whole.push(&sound);
        assert!(whole.db(4_000) > -30.0 && whole.db(21_000) > -30.0);
        assert_eq!(whole.db(10_000), -96.0);
        // Frames that were heard in part are not: 700 and 20,000 lie inside of one.
        assert_eq!((whole.heard_since(800), whole.heard_since(20_200)), (None, None));
        assert_eq!(
            (whole.heard_since(1_024), whole.heard_since(5_500)),
            (Some(1_024), Some(1_024))
        );
        assert_eq!(
            (whole.heard_since(5_700), whole.heard_since(24_000)),
            (None, Some(20_480))
        );
    }

    #[test]
    fn however_long_a_break_is_what_was_before_it_is_known() {
        let mut levels = Levels::new(0);
        levels.push(&alternating(1_000, 16_000));
        levels.skip_to(7_200 * 16_000);
        levels.push(&alternating(1_000, 16_000));
        assert!(levels.db(8_000) > -96.0 && levels.db(7_200 * 16_000 + 8_000) > -96.0);
        assert_eq!(levels.db(3_600 * 16_000), -96.0);
    }

    #[test]
    fn what_is_forgotten_and_what_is_let_go_has_no_level_any_more() {
        let mut levels = Levels::new(0);
        levels.push(&alternating(1_000, 20 * 512));
        levels.let_go_before(5 * 512 + 3);
        assert_eq!(
            (levels.heard_since(4 * 512), levels.heard_since(5 * 512)),
            (None, Some(5 * 512))
        );
        levels.forget_from(9 * 512 + 3);
        assert_eq!(
            (levels.heard_since(8 * 512), levels.heard_since(9 * 512)),
            (Some(5 * 512), None)
        );
        levels.push(&alternating(1_000, 512));
        assert_eq!(levels.heard_since(20 * 512), Some(20 * 512));
        levels.forget_from(0);
        assert_eq!((levels.heard_since(20 * 512), levels.kept), (None, 0));
    }

    #[test]
    fn five_minutes_are_kept_and_no_more_breaks_than_that() {
        let mut levels = Levels::new(0);
        for _ in 0..310 {
            levels.push(&alternating(1_000, 16_000));
        }
        assert_eq!(levels.kept, 9_375);
        assert_eq!(levels.db(9 * 16_000), -96.0);
        assert!(levels.db(11 * 16_000) > -96.0);
        for _ in 0..100 {
            levels.skip_to(levels.at.next_multiple_of(FRAME) + FRAME);
            levels.push(&alternating(1_000, 512));
        }
        assert_eq!((levels.runs.len(), levels.kept), (RUNS, RUNS));
        let since = levels.heard_since(levels.at - 1);
        levels.push(&alternating(1_000, 512));
        assert_eq!(levels.heard_since(levels.at - 1), since);
        levels.part();
        levels.push(&alternating(1_000, 512));
        assert_eq!(levels.heard_since(levels.at - 1), Some(levels.at - 512));
    }
}
