//! How sure a number is: the block bootstrap over turns (measures.md, primitives). A meeting is drawn anew from its own turns
//! again and again, each draw is measured, and the middle 90 % of what comes out is the interval.
//!
//! A measure hands in a [`Sample`]: how it is computed from the turns, given how often each was drawn. Its value is the draw of
//! every turn once, so that a value and its interval have one definition. Everything that belongs to a turn (words, gaps, the
//! silence up to the next one) is drawn with it: what depends on each other within a turn stays together.

use serde::{Deserialize, Serialize};

/// Draws of the whole meeting (measures.md).
const RESAMPLES: usize = 1_000;
/// What lies between these quantiles is the 90 % interval.
const TAILS: (f64, f64) = (0.05, 0.95);
/// Fewer turns than this say nothing of how turns differ. `[D]`
const MIN_TURNS: usize = 5;
/// A measure that has no value in more draws than this has no interval. `[D]`
const MIN_DRAWN: usize = RESAMPLES / 2;

/// Where a value may as well lie: 90 % of draws from the meeting's own turns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interval {
    /// 5 % of draws lie below.
    pub low: f64,
    /// 5 % of draws lie above.
    pub high: f64,
}

/// What is computed from how often each turn was drawn; nothing where too little was.
type Statistic = dyn Fn(&[u32]) -> Option<f64>;

/// A measure as a function of how often each turn was drawn.
pub(crate) struct Sample {
    turns: usize,
    statistic: Box<Statistic>,
}

impl Sample {
    /// Computed by `statistic` from how often each of `turns` was drawn; it has no value where too little was.
    pub(crate) fn of(turns: usize, statistic: impl Fn(&[u32]) -> Option<f64> + 'static) -> Self {
        Self {
            turns,
            statistic: Box::new(statistic),
        }
    }

    /// `scale` times the sum of the first by the sum of the second, both by turn.
    pub(crate) fn ratio(scale: f64, parts: Vec<(f64, f64)>) -> Self {
        Self::of(parts.len(), move |drawn| {
            let (part, whole) = drawn.iter().zip(&parts).fold((0.0, 0.0), |sums, (&times, turn)| {
                (sums.0 + f64::from(times) * turn.0, sums.1 + f64::from(times) * turn.1)
            });
            (whole > 0.0).then(|| scale * part / whole)
        })
    }

    /// The value at `quantile` of values that belong to turns, linear between neighbours.
    pub(crate) fn quantile(turns: usize, quantile: f64, mut values: Vec<(usize, f64)>) -> Self {
        values.sort_by(|one, other| one.1.total_cmp(&other.1));
        let mut of_turn = vec![0u64; turns];
        for (turn, _) in &values {
            of_turn[*turn] += 1;
        }
        Self::of(turns, move |drawn| {
            let all: u64 = of_turn
                .iter()
                .zip(drawn)
                .map(|(count, &times)| count * u64::from(times))
                .sum();
            let at = quantile * all.checked_sub(1)? as f64;
            let (below, above) = (at.floor() as u64, at.ceil() as u64);
            let (mut seen, mut low) = (0, None);
            for (turn, value) in &values {
                seen += u64::from(drawn[*turn]);
                if low.is_none() && seen > below {
                    low = Some(*value);
                }
                if seen > above {
                    let low = low.unwrap_or(*value);
                    return Some(low + (value - low) * (at - below as f64));
                }
            }
            None
        })
    }

    /// The standard deviation of values that belong to turns by their mean; with n − 1.
    pub(crate) fn variation(turns: usize, values: Vec<(usize, f64)>) -> Self {
        Self::of(turns, move |drawn| {
            let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
            for (turn, value) in &values {
                let times = f64::from(drawn[*turn]);
                count += times;
                sum += times * value;
                squares += times * value * value;
            }
            let mean = sum / count;
            let variance = (squares - count * mean * mean) / (count - 1.0);
            (count >= 2.0 && mean > 0.0).then(|| variance.max(0.0).sqrt() / mean)
        })
    }

    /// The largest of values that belong to turns.
    pub(crate) fn largest(turns: usize, values: Vec<(usize, f64)>) -> Self {
        Self::of(turns, move |drawn| {
            let heard = values.iter().filter(|(turn, _)| drawn[*turn] > 0);
            heard.map(|(_, value)| *value).max_by(f64::total_cmp)
        })
    }

    /// The value itself: every turn once.
    pub(crate) fn value(&self) -> Option<f64> {
        self.drawn(&vec![1; self.turns])
    }

    /// The value of one draw.
    pub(crate) fn drawn(&self, times: &[u32]) -> Option<f64> {
        (self.statistic)(times)
    }

    /// Its 90 % interval, the same for the same seed.
    pub(crate) fn interval(&self, seed: u64) -> Option<Interval> {
        interval(seed, self.turns, |times| self.drawn(times))
    }
}

/// The 90 % interval of what `statistic` makes of draws of `turns` turns. Nothing where there are too few of them, where
/// most draws have no value, or where all have the same.
pub(crate) fn interval(seed: u64, turns: usize, statistic: impl Fn(&[u32]) -> Option<f64>) -> Option<Interval> {
    if turns < MIN_TURNS {
        return None;
    }
    let mut chance = Chance(seed);
    let mut times = vec![0; turns];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            times.fill(0);
            for _ in 0..turns {
                times[chance.below(turns)] += 1;
            }
            statistic(&times).filter(|value| value.is_finite())
        })
        .collect();
    if values.len() < MIN_DRAWN {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let (low, high) = (between(&values, TAILS.0), between(&values, TAILS.1));
    // Draws that never differ tell nothing: of what was counted not once, it is not known that it never happens.
    (low < high).then_some(Interval { low, high })
}

/// The value at `quantile` of sorted values, of which there is one at least; linear between neighbours.
fn between(sorted: &[f64], quantile: f64) -> f64 {
    let at = quantile * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// A seed from what names a meeting and a measure: FNV-1a, the same on every machine.
pub(crate) fn seed(meeting: &str, measure: &str) -> u64 {
    let bytes = meeting.bytes().chain([0]).chain(measure.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Splitmix64 (Steele, Lea & Flood 2014): ten lines instead of a crate, and the same numbers for good.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`, each as likely.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests;
