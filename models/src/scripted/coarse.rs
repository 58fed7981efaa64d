//! Where in a long recording a stretch of speech may be, so that only there is looked closely: an envelope in steps four
//! times as long, in whole numbers. A server that measures hears hundreds of people, and a close look everywhere would cost
//! more than all that is measured.

/// Steps of the envelope in one of these.
const STEPS: usize = 4;
/// Below this many steps (1 s) speech looks alike in too many places.
const SHORTEST: usize = 25;
/// Speech is looked for by its first 20 s at most. With [`LOUDEST`], no sum of products leaves 32 bits.
const LONGEST: usize = 500;
/// Above what the fourth root of any power comes to.
const LOUDEST: f32 = 1_900.0;
/// Tenths of the envelope's unit.
const SCALE: f32 = 10.0;
/// Places that are worth a close look: the true one is among the first few even behind a codec.
const PLACES: usize = 8;

/// An envelope, roughly.
#[derive(Debug)]
pub(super) struct Coarse {
    levels: Vec<i16>,
    /// Sums of the levels before each, and of their squares.
    sums: Vec<i64>,
    squares: Vec<i64>,
}

impl Coarse {
    pub(super) fn of(envelope: &[f32]) -> Self {
        let mean = |steps: &[f32]| steps.iter().sum::<f32>() / STEPS as f32;
        let steps = envelope.chunks_exact(STEPS);
        let levels: Vec<i16> = steps
            .map(|steps| (mean(steps) * SCALE).clamp(0.0, LOUDEST) as i16)
            .collect();
        let running = |of: fn(i64) -> i64| {
            let mut sum = 0;
            let sums = levels.iter().map(|level| {
                sum += of((*level).into());
                sum
            });
            std::iter::once(0).chain(sums).collect()
        };
        Self {
            sums: running(|level| level),
            squares: running(|level| level * level),
            levels,
        }
    }

    /// Steps of the envelope, which has `all` of them, at which `speech` may begin.
    pub(super) fn places(&self, speech: &Self, all: usize) -> Vec<usize> {
        let length = speech.levels.len().min(LONGEST);
        if length < SHORTEST {
            return (0..all).collect();
        }
        let agreements: Vec<f32> = (0..(self.levels.len() + 1).saturating_sub(length))
            .map(|at| self.agreement(speech, at, length))
            .collect();
        let is_peak = |at: &usize| {
            let here = agreements[*at];
            let beside = |other: Option<&f32>| other.is_none_or(|other| *other <= here);
            beside(at.checked_sub(1).and_then(|before| agreements.get(before))) && beside(agreements.get(at + 1))
        };
        let mut peaks: Vec<usize> = (0..agreements.len()).filter(is_peak).collect();
        peaks.sort_by(|a, b| agreements[*b].total_cmp(&agreements[*a]));
        let closely = |peak: usize| (peak * STEPS).saturating_sub(STEPS)..=peak * STEPS + STEPS;
        peaks.into_iter().take(PLACES).flat_map(closely).collect()
    }

    /// Pearson's r of the first `length` steps of `speech` and those from `at` on; 0 where either does not vary.
    fn agreement(&self, speech: &Self, at: usize, length: usize) -> f32 {
        let window = &self.levels[at..at + length];
        let pairs = speech.levels[..length].iter().zip(window);
        let both: i32 = pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        let (a, aa) = speech.total(0, length);
        let (b, bb) = self.total(at, length);
        let count = length as i64;
        let scale = ((count * aa - a * a) as f64 * (count * bb - b * b) as f64).sqrt();
        if scale > 0.0 {
            ((count * i64::from(both) - a * b) as f64 / scale) as f32
        } else {
            0.0
        }
    }

    /// The sum of `length` levels from `at` on, and that of their squares.
    fn total(&self, at: usize, length: usize) -> (i64, i64) {
        let of = |sums: &[i64]| sums[at + length] - sums[at];
        (of(&self.sums), of(&self.squares))
    }
}
