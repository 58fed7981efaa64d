//! Fundamental frequency with a voicing probability, by pYIN (Mauch & Dixon 2014): several candidates for each frame from
//! YIN's difference function under a distribution of thresholds, and the likeliest path through them.
//!
//! Works on a whole segment, so that a path can be chosen: up to 14 s, at a cost of about a thousandth of real time.

use crate::clock::SAMPLE_RATE_HZ;

/// A frame every 10 ms: the frame of every sound measure.
pub(super) const HOP_MS: u32 = 10;

/// Every other sample is enough: what tells the pitch lies below 2 kHz.
const STEP: usize = 2;
/// Of the halved sound.
pub(super) const RATE_HZ: f32 = (SAMPLE_RATE_HZ as usize / STEP) as f32;
const HOP: usize = (RATE_HZ as usize) * HOP_MS as usize / 1_000;

/// The voices of adults, creak below and shrieks above left out.
const LOWEST_HZ: f32 = 65.0;
const HIGHEST_HZ: f32 = 500.0;
const LONGEST_LAG: usize = (RATE_HZ / LOWEST_HZ) as usize;
const SHORTEST_LAG: usize = (RATE_HZ / HIGHEST_HZ) as usize;

/// Samples that are compared with their shifted selves: 25 ms, more than a period of the lowest voice.
const WINDOW: usize = RATE_HZ as usize / 40;
/// Sums that are kept side by side: two registers of any x86-64; a window is a multiple of it.
const LANES: usize = 8;
/// Samples that a frame looks at.
const SPAN: usize = WINDOW + LONGEST_LAG;

/// Samples of the halved sound that an envelope looks at: 25 ms, as the pitch.
const AROUND: usize = WINDOW;

/// Frames quieter than this mean square (-60 dBFS) have no pitch worth knowing.
const QUIET: f32 = 1e-6;

/// Candidates kept of a frame.
const CANDIDATES: usize = 6;

/// Thresholds of the distribution, 0.01 to 1 in steps of 0.01, weighted by Beta(2, 18): mean 0.1, as in the paper.
const THRESHOLDS: usize = 100;

/// What is believed of the deepest dip where no threshold is met, as in the paper.
const UNMET: f32 = 0.01;

/// Cost, in nats, of a jump of an octave between neighbouring frames: voices glide.
const OCTAVE_COST: f32 = 12.0;
/// Cost of falling silent or speaking up.
const SWITCH_COST: f32 = 3.0;
/// How much less "unvoiced" is believed than its probability says. In the paper its probability is spread over all pitch
/// bins; this value agrees best with Praat's voicing on recorded speech (jfk, quilter, beckett: 92 % of frames), and still
/// finds no voice in white noise.
const UNVOICED_BINS: f32 = 200.0;
/// No probability is less than this.
const LEAST: f32 = 1e-6;

/// A frame of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Pitch {
    /// Fundamental frequency, 65 to 500 Hz; none where nothing is voiced.
    pub(super) hz: Option<f32>,
    /// How likely the frame is voiced at all, 0 to 1.
    pub(super) voicing: f32,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    octaves: f32,
    probability: f32,
}

/// A sound at half the rate: what tells a voice lies below 4 kHz.
pub(super) struct Halved(Vec<f32>);

impl Halved {
    /// `samples` (16 kHz, full scale 1) after a low pass.
    pub(super) fn of(samples: &[f32]) -> Self {
        Self(halve(samples))
    }

    /// 25 ms around the middle of `frame`, one that [`track`] has.
    pub(super) fn around(&self, frame: usize) -> &[f32] {
        let from = frame * HOP + (SPAN - AROUND) / 2;
        &self.0[from..from + AROUND]
    }
}

/// The middle of the sound of `frame`, in samples at 16 kHz.
pub(super) const fn middle(frame: usize) -> usize {
    STEP * (frame * HOP + SPAN / 2)
}

/// The pitch in every whole frame of `halved`.
pub(super) fn track(halved: &Halved) -> Vec<Pitch> {
    let weights = beta_weights();
    let frames: Vec<Vec<Candidate>> = halved
        .0
        .windows(SPAN)
        .step_by(HOP)
        .map(|window| candidates(window, &weights))
        .collect();
    let path = likeliest_path(&frames);
    frames
        .iter()
        .zip(path)
        .map(|(frame, state)| Pitch {
            hz: state.map(|index| frame[index].octaves.exp2()),
            voicing: voicing(frame),
        })
        .collect()
}

/// The probability that a frame is voiced: candidates against "unvoiced", as the path weighs them.
fn voicing(frame: &[Candidate]) -> f32 {
    let voiced = believed_voiced(frame);
    voiced / (voiced + (1.0 - voiced) / UNVOICED_BINS)
}

fn believed_voiced(frame: &[Candidate]) -> f32 {
    frame
        .iter()
        .map(|candidate| candidate.probability)
        .sum::<f32>()
        .min(1.0)
}

/// Half the rate, after a short low pass (a windowed sinc of 31 taps, -6 dB at 3.4 kHz).
fn halve(samples: &[f32]) -> Vec<f32> {
    const HALF: usize = 15;
    const CUTOFF: f32 = 3_400.0 / SAMPLE_RATE_HZ as f32;
    let mut taps: Vec<f32> = (0..=2 * HALF)
        .map(|index| {
            let at = index as f32 - HALF as f32;
            let phase = std::f32::consts::TAU * CUTOFF * at;
            let sinc = if at == 0.0 { 1.0 } else { phase.sin() / phase };
            let hann = 0.5 + 0.5 * (std::f32::consts::PI * at / (HALF + 1) as f32).cos();
            sinc * hann
        })
        .collect();
    let gain: f32 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= gain);
    (0..samples.len() / STEP)
        .map(|index| {
            let centre = index * STEP;
            let from = centre.saturating_sub(HALF);
            let to = (centre + HALF + 1).min(samples.len());
            let first_tap = from + HALF - centre;
            samples[from..to]
                .iter()
                .zip(&taps[first_tap..])
                .map(|(sample, tap)| sample * tap)
                .sum()
        })
        .collect()
}

/// The dips of YIN's difference function, each with the share of thresholds that would choose it.
fn candidates(window: &[f32], weights: &[f32; THRESHOLDS]) -> Vec<Candidate> {
    let level = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32;
    if level < QUIET {
        return Vec::new();
    }
    let difference = normalised_difference(window);
    let dips: Vec<usize> = (SHORTEST_LAG..LONGEST_LAG)
        .filter(|&lag| difference[lag] < difference[lag - 1] && difference[lag] <= difference[lag + 1])
        .collect();
    let Some(&deepest) = dips.iter().min_by(|&&a, &&b| difference[a].total_cmp(&difference[b])) else {
        return Vec::new();
    };
    let mut beliefs = vec![0.0; dips.len()];
    for (step, weight) in weights.iter().enumerate() {
        let threshold = (step + 1) as f32 / THRESHOLDS as f32;
        // The first dip under the threshold is the one with the shortest period: not an octave too low.
        match dips.iter().position(|&lag| difference[lag] < threshold) {
            Some(index) => beliefs[index] += weight,
            None => {
                let index = dips.iter().position(|&lag| lag == deepest).unwrap_or_default();
                beliefs[index] += weight * UNMET;
            }
        }
    }
    let mut found: Vec<Candidate> = dips
        .iter()
        .zip(beliefs)
        .filter(|(_, belief)| *belief > 0.0)
        .map(|(&lag, probability)| Candidate {
            octaves: (RATE_HZ / refined(&difference, lag)).log2(),
            probability,
        })
        .collect();
    found.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    found.truncate(CANDIDATES);
    found
}

/// YIN's cumulative mean normalised difference for lags up to the longest, and one more.
fn normalised_difference(window: &[f32]) -> [f32; LONGEST_LAG + 1] {
    let mut normalised = [1.0; LONGEST_LAG + 1];
    let mut sum = 0.0;
    for lag in 1..=LONGEST_LAG {
        let difference = squared_distance(&window[..WINDOW], &window[lag..lag + WINDOW]);
        sum += difference;
        normalised[lag] = if sum > 0.0 { difference * lag as f32 / sum } else { 1.0 };
    }
    normalised
}

/// The sum of squared differences of two sounds of equal length. This is nearly all that a pitch costs: one sum would wait for
/// each addition before the next, several side by side keep a processor's lanes busy.
fn squared_distance(one: &[f32], other: &[f32]) -> f32 {
    let (chunks, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest = chunks.remainder().iter().zip(others.remainder());
    let rest: f32 = rest.map(|(a, b)| (a - b) * (a - b)).sum();
    let mut sums = [0.0_f32; LANES];
    for (one, other) in chunks.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(one).zip(other) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Where a dip truly lies between its lags: the lowest point of the parabola through three.
fn refined(difference: &[f32], lag: usize) -> f32 {
    let (before, at, after) = (difference[lag - 1], difference[lag], difference[lag + 1]);
    let curve = before - 2.0 * at + after;
    let shift = if curve > 0.0 {
        0.5 * (before - after) / curve
    } else {
        0.0
    };
    lag as f32 + shift.clamp(-0.5, 0.5)
}

/// Beta(2, 18) over the thresholds, summing to 1.
fn beta_weights() -> [f32; THRESHOLDS] {
    let mut weights = [0.0; THRESHOLDS];
    for (step, weight) in weights.iter_mut().enumerate() {
        let x = (step as f32 + 0.5) / THRESHOLDS as f32;
        *weight = x * (1.0 - x).powi(17);
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Viterbi over each frame's candidates and "unvoiced"; the index of the chosen candidate, if any.
fn likeliest_path(frames: &[Vec<Candidate>]) -> Vec<Option<usize>> {
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(frames.len());
    // The last state of each frame is "unvoiced".
    let mut costs = vec![0.0];
    let mut previous: &[Candidate] = &[];
    for frame in frames {
        let voiced = believed_voiced(frame);
        let mut next = Vec::with_capacity(frame.len() + 1);
        let mut from = Vec::with_capacity(frame.len() + 1);
        for state in frame.iter().map(Some).chain([None]) {
            let (best, cost) = (0..costs.len())
                .map(|index| (index, costs[index] + step_cost(previous.get(index), state)))
                .min_by(|(_, a), (_, b)| a.total_cmp(b))
                .unwrap_or_default();
            let believed = state.map_or((1.0 - voiced) / UNVOICED_BINS, |candidate| candidate.probability);
            next.push(cost - believed.max(LEAST).ln());
            from.push(best);
        }
        back.push(from);
        costs = next;
        previous = frame;
    }
    let mut state = (0..costs.len())
        .min_by(|&a, &b| costs[a].total_cmp(&costs[b]))
        .unwrap_or_default();
    let mut path = vec![None; frames.len()];
    for (index, from) in back.iter().enumerate().rev() {
        path[index] = (state < frames[index].len()).then_some(state);
        state = from[state];
    }
    path
}

fn step_cost(from: Option<&Candidate>, to: Option<&Candidate>) -> f32 {
    match (from, to) {
        (Some(from), Some(to)) => OCTAVE_COST * (from.octaves - to.octaves).abs(),
        (None, None) => 0.0,
        _ => SWITCH_COST,
    }
}
