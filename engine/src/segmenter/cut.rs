//! The frames of open speech, and where it is cut: at the quietest point of what was heard last, or near a given one.

use super::FRAME;
use crate::clock::SAMPLES_PER_MS;
use std::ops::Range;

/// How far back from the end a cut is looked for.
pub(super) const CUT_WINDOW: u64 = 2_000 * SAMPLES_PER_MS;
/// Frames at either end of the window that are no place to cut: the newest may be a word's beginning.
const MARGIN: usize = 6;
/// Frames over which probabilities are smoothed: 160 ms, about a syllable.
const SMOOTHED: usize = 5;

/// How far from a wanted place a cut may be made, in samples: words' times are off by that much.
pub const CUT_REACH: u64 = 300 * SAMPLES_PER_MS;

/// One frame of open speech.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) end: u64,
    pub(super) probability: f32,
    pub(super) level: f32,
}

/// The frames of open speech since its onset: at most 14 s, 7 KB.
#[derive(Debug)]
pub(super) struct Frames(Vec<Seen>);

impl Frames {
    pub(super) fn starting_with(seen: Seen) -> Self {
        Self(vec![seen])
    }

    pub(super) fn push(&mut self, seen: Seen) {
        self.0.push(seen);
    }

    /// Takes what lies behind a cut away.
    pub(super) fn split_off(&mut self, cut: u64) -> Self {
        let at = self.0.partition_point(|seen| seen.end <= cut);
        Self(self.0.split_off(at))
    }

    /// Mean probability of the frames at or above `voiced`, 0 to 1.
    pub(super) fn mean_voice(&self, voiced: f32) -> f32 {
        let probabilities = self.0.iter().map(|seen| seen.probability);
        let voiced: Vec<f32> = probabilities.filter(|&probability| probability >= voiced).collect();
        mean(voiced.into_iter())
    }

    /// The quietest point of the last two seconds, and how voiced it is there.
    pub(super) fn quietest(&self) -> Option<(u64, f32)> {
        let last = self.0.last()?.end;
        let first = self.0.partition_point(|seen| seen.end + CUT_WINDOW < last);
        self.quietest_of(first + MARGIN..self.0.len().saturating_sub(MARGIN))
    }

    /// The quietest point near `sample`, and how voiced it is there.
    pub(super) fn quietest_near(&self, sample: u64) -> Option<(u64, f32)> {
        let first = self.0.partition_point(|seen| seen.end - FRAME / 2 + CUT_REACH < sample);
        let last = self.0.partition_point(|seen| seen.end <= sample + CUT_REACH);
        self.quietest_of(first.max(MARGIN)..last.min(self.0.len().saturating_sub(MARGIN)))
    }

    /// The middle of the quietest inner frame, and how voiced it is there: probabilities smoothed over five frames first,
    /// in steps of a twentieth, then the level, because a model is equally sure all through fluent speech.
    fn quietest_of(&self, inner: Range<usize>) -> Option<(u64, f32)> {
        let seen = &self.0;
        let around = |index: usize| &seen[index - SMOOTHED / 2..=index + SMOOTHED / 2];
        let probability = |index: usize| mean(around(index).iter().map(|seen| seen.probability));
        let level = |index: usize| mean(around(index).iter().map(|seen| seen.level));
        let best = inner.min_by_key(|&index| ((probability(index) * 20.0) as u32, (level(index) * 1e12) as u64))?;
        Some((seen[best].end - FRAME / 2, probability(best)))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len().max(1) as f32;
    values.sum::<f32>() / count
}
