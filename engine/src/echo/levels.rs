//! How loud a track was, kept for a minute in a byte a frame, and two tracks side by side on the meeting's clock.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use std::collections::VecDeque;
use std::ops::Range;

/// Length of a frame: that of voice activity.
pub const LEVEL_FRAME_MS: u64 = 32;
/// Samples in it.
const FRAME: u64 = LEVEL_FRAME_MS * SAMPLES_PER_MS;
/// Frames kept: a minute, as far as a person may go back off the record, and far more than a segment waits for words.
const KEPT: usize = 60_000 / LEVEL_FRAME_MS as usize;
/// What a byte of zero stands for, dBFS: below it nothing is heard.
const FLOOR_DB: f32 = -96.0;
/// Steps a byte counts in: finer than two microphones agree.
const STEPS_PER_DB: f32 = 2.0;
/// Each sample less this much of the one before: small loudspeakers and microphones lose the low end of a voice, so that
/// rumble says nothing about an echo. The usual pre-emphasis of speech recognition is 0.9 to 0.97.
const PRE_EMPHASIS: f32 = 0.9;

/// Levels of one track, frame by frame of 32 ms on the session's grid of samples.
#[derive(Debug, Clone)]
pub struct Levels {
    /// The number of the first frame kept.
    first: u64,
    kept: VecDeque<u8>,
    /// The sample after the last one taken in.
    at: u64,
    /// Of the frame that is not full yet: the sum of squares.
    sum: f32,
    previous: f32,
}

impl Levels {
    /// Of a track that begins with the 16 kHz sample `at`.
    pub const fn new(at: u64) -> Self {
        Self {
            first: at / FRAME,
            kept: VecDeque::new(),
            at,
            sum: 0.0,
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

    /// The samples up to `sample` do not come: as if there had been silence.
    pub fn skip_to(&mut self, sample: u64) {
        if sample <= self.at {
            return;
        }
        self.previous = 0.0;
        if sample / FRAME - self.at / FRAME > KEPT as u64 {
            *self = Self::new(sample);
            return;
        }
        while self.at / FRAME < sample / FRAME {
            self.at = (self.at / FRAME + 1) * FRAME;
            self.close();
        }
        self.at = sample;
    }

    fn close(&mut self) {
        let db = 10.0 * (self.sum / FRAME as f32).max(1e-10).log10();
        self.sum = 0.0;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.first += 1;
        }
        // Saturates: what is out of a byte's range is as loud as its ends.
        self.kept.push_back(((db - FLOOR_DB) * STEPS_PER_DB) as u8);
    }

    /// The level of the frame that holds `sample`, dBFS; silence where it is not known.
    pub fn db(&self, sample: u64) -> f32 {
        let known = (sample / FRAME).checked_sub(self.first);
        let level = known.and_then(|index| self.kept.get(usize::try_from(index).ok()?));
        FLOOR_DB + f32::from(level.copied().unwrap_or(0)) / STEPS_PER_DB
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
    fn how_samples_arrive_makes_no_difference_and_a_skip_is_silence() {
        let sound = alternating(1_000, 5_000);
        let mut whole = Levels::new(700);
        whole.push(&sound);
        let mut parts = Levels::new(700);
        for part in sound.chunks(77) {
            parts.push(part);
        }
        assert_eq!(whole.kept, parts.kept);
        whole.skip_to(20_000);
        whole.push(&sound);
        assert!(whole.db(4_000) > -30.0 && whole.db(21_000) > -30.0);
        assert_eq!(whole.db(10_000), -96.0);
    }

    #[test]
    fn a_minute_is_kept_and_no_more() {
        let mut levels = Levels::new(0);
        for _ in 0..70 {
            levels.push(&alternating(1_000, 16_000));
        }
        assert_eq!(levels.kept.len(), 1_875);
        assert_eq!(levels.db(9 * 16_000), -96.0);
        assert!(levels.db(11 * 16_000) > -96.0);
        levels.skip_to(1_000 * 16_000);
        assert_eq!(levels.db(69 * 16_000), -96.0);
    }
}
