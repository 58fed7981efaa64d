//! Where long speech is cut: at the quietest point of what was heard last.

use super::FRAME;
use crate::clock::SAMPLES_PER_MS;
use std::collections::VecDeque;

/// How far back from the end a cut is looked for.
const CUT_WINDOW: u64 = 2_000 * SAMPLES_PER_MS;
/// Frames at either end of the window that are no place to cut: the newest may be a word's beginning.
const MARGIN: usize = 6;
/// Frames over which probabilities are smoothed: 160 ms, about a syllable.
const SMOOTHED: usize = 5;

/// One frame in the window in which a cut is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) end: u64,
    pub(super) probability: f32,
    pub(super) level: f32,
}

/// The frames of the last two seconds.
#[derive(Debug)]
pub(super) struct Recent(VecDeque<Seen>);

impl Recent {
    pub(super) fn starting_with(seen: Seen) -> Self {
        Self(VecDeque::from([seen]))
    }

    pub(super) fn push(&mut self, seen: Seen) {
        self.0.push_back(seen);
        while self.0.front().is_some_and(|first| first.end + CUT_WINDOW < seen.end) {
            self.0.pop_front();
        }
    }

    /// What of it lies behind a cut.
    pub(super) fn since(&self, cut: u64) -> Self {
        Self(self.0.iter().filter(|seen| seen.end > cut).copied().collect())
    }

    /// The middle of the quietest inner frame, and how voiced it is there: probabilities smoothed over five frames first,
    /// in steps of a twentieth, then the level, because a model is equally sure all through fluent speech.
    pub(super) fn quietest(&self) -> Option<(u64, f32)> {
        let seen: Vec<Seen> = self.0.iter().copied().collect();
        let around = |index: usize| &seen[index - SMOOTHED / 2..=index + SMOOTHED / 2];
        let probability = |index: usize| mean(around(index).iter().map(|seen| seen.probability));
        let level = |index: usize| mean(around(index).iter().map(|seen| seen.level));
        let inner = MARGIN..seen.len().saturating_sub(MARGIN);
        let best = inner.min_by_key(|&index| ((probability(index) * 20.0) as u32, (level(index) * 1e12) as u64))?;
        Some((seen[best].end - FRAME / 2, probability(best)))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len().max(1) as f32;
    values.sum::<f32>() / count
}
