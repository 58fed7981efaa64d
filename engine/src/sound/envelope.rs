//! The spectral envelope of a moment of voice by linear prediction, and what it says of the mouth: open and neutral as in
//! "uh", closed as in "m", or neither.

use std::f32::consts::TAU;

/// Poles of the model: two for each formant below 4 kHz, and two for the tilt.
const ORDER: usize = 10;
/// Points of the envelope, evenly from the lowest to the highest.
const POINTS: usize = 24;
const LOWEST_HZ: f32 = 200.0;
const HIGHEST_HZ: f32 = 3_300.0;
/// Lifts what falls off above, as every voice does.
const PRE_EMPHASIS: f32 = 0.9;
/// Keeps the model stable where hardly anything is heard.
const WHITE: f64 = 1e-4;

/// The first formant of the vowel of "uh". Set on the sample meeting's voice: with 450 Hz here and 1050 below, the same eight
/// of its nine filled pauses were found in one piece, and four other words instead of one.
const NEUTRAL_F1_HZ: std::ops::RangeInclusive<f32> = 520.0..=900.0;
/// Its second formant: neither back as in "or", nor front as in "eh".
const NEUTRAL_F2_HZ: std::ops::RangeInclusive<f32> = 1_250.0..=1_720.0;
/// Where a second formant may lie at all.
const SECOND_HZ: std::ops::RangeInclusive<f32> = 1_050.0..=2_600.0;
/// A second formant further below the first is not one.
const SECOND_BELOW_DB: f32 = 20.0;
/// How far a murmur through the nose stands out over everything above 700 Hz.
const MURMUR_DB: f32 = 12.0;

/// What the mouth does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mouth {
    /// The vowel of "uh".
    Neutral,
    /// "m", "n".
    Closed,
    /// Anything else.
    Other,
}

/// What the mouth does in `window`, 25 ms at `rate_hz`.
pub(super) fn mouth(window: &[f32], rate_hz: f32) -> Mouth {
    let envelope = envelope_db(window, rate_hz);
    let loudest = |range: std::ops::RangeInclusive<f32>| {
        let inside = (0..POINTS).filter(|&point| range.contains(&hz(point)));
        inside.map(|point| envelope[point]).fold(f32::NEG_INFINITY, f32::max)
    };
    let murmur = loudest(0.0..=350.0);
    if murmur - loudest(700.0..=HIGHEST_HZ) >= MURMUR_DB && murmur >= loudest(350.0..=700.0) {
        return Mouth::Closed;
    }
    let highest = |points: &mut dyn Iterator<Item = usize>| points.max_by(|&a, &b| envelope[a].total_cmp(&envelope[b]));
    let first = highest(&mut (0..POINTS).filter(|&point| hz(point) < 1_000.0));
    let is_peak = |point: usize| envelope[point] >= envelope[point - 1] && envelope[point] > envelope[point + 1];
    let second = highest(&mut (1..POINTS - 1).filter(|&point| SECOND_HZ.contains(&hz(point)) && is_peak(point)));
    match (first, second) {
        (Some(first), Some(second))
            if NEUTRAL_F1_HZ.contains(&hz(first))
                && NEUTRAL_F2_HZ.contains(&hz(second))
                && envelope[first] - envelope[second] <= SECOND_BELOW_DB =>
        {
            Mouth::Neutral
        }
        _ => Mouth::Other,
    }
}

fn hz(point: usize) -> f32 {
    LOWEST_HZ + point as f32 * (HIGHEST_HZ - LOWEST_HZ) / (POINTS - 1) as f32
}

/// The envelope at each point, dB, its level arbitrary.
fn envelope_db(window: &[f32], rate_hz: f32) -> [f32; POINTS] {
    let prediction = prediction(window);
    std::array::from_fn(|point| {
        let step = f64::from(TAU * hz(point) / rate_hz);
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (lag, weight) in prediction.iter().enumerate() {
            let (sin, cos) = (step * lag as f64).sin_cos();
            real += weight * cos;
            imaginary -= weight * sin;
        }
        (-10.0 * (real * real + imaginary * imaginary).log10()) as f32
    })
}

/// The predictor of `window` by Levinson and Durbin's recursion: `1, a1, …`.
fn prediction(window: &[f32]) -> [f64; ORDER + 1] {
    let last = window.len().saturating_sub(1).max(1) as f32;
    let shaped: Vec<f64> = (1..window.len())
        .map(|at| {
            let lifted = window[at] - PRE_EMPHASIS * window[at - 1];
            let hamming = 0.54 - 0.46 * (TAU * at as f32 / last).cos();
            f64::from(lifted * hamming)
        })
        .collect();
    let correlation: [f64; ORDER + 1] = std::array::from_fn(|lag| {
        let shifted = shaped.iter().skip(lag);
        shaped.iter().zip(shifted).map(|(one, other)| one * other).sum()
    });
    let mut predictor = [0.0; ORDER + 1];
    predictor[0] = 1.0;
    let mut error = correlation[0] * (1.0 + WHITE) + f64::MIN_POSITIVE;
    for order in 1..=ORDER {
        let so_far: f64 = (0..order).map(|lag| predictor[lag] * correlation[order - lag]).sum();
        let reflection = -so_far / error;
        let before = predictor;
        for lag in 1..=order {
            predictor[lag] = before[lag] + reflection * before[order - lag];
        }
        error *= 1.0 - reflection * reflection;
    }
    predictor
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// 25 ms of a voice at 120 Hz with resonances at these frequencies, at 8 kHz.
    fn vowel(formants_hz: &[f32]) -> Vec<f32> {
        const RATE_HZ: f32 = 8_000.0;
        let mut sound: Vec<f32> = (0..800).map(|at| if at % 67 == 0 { 1.0 } else { 0.0 }).collect();
        for formant_hz in formants_hz {
            let radius = (-std::f32::consts::PI * 80.0 / RATE_HZ).exp();
            let (first, second) = (2.0 * radius * (TAU * formant_hz / RATE_HZ).cos(), -radius * radius);
            for at in 2..sound.len() {
                sound[at] += first * sound[at - 1] + second * sound[at - 2];
            }
        }
        sound.split_off(600)
    }

    #[rstest]
    #[case::uh(&[620.0, 1_450.0, 2_500.0], Mouth::Neutral)]
    #[case::ee(&[300.0, 2_300.0, 3_000.0], Mouth::Other)]
    #[case::oo(&[320.0, 870.0, 2_250.0], Mouth::Other)]
    #[case::eh(&[580.0, 1_900.0, 2_600.0], Mouth::Other)]
    #[case::m(&[230.0], Mouth::Closed)]
    fn vowels_and_murmurs_are_told_by_their_formants(#[case] formants_hz: &[f32], #[case] expected: Mouth) {
        assert_eq!(mouth(&vowel(formants_hz), 8_000.0), expected);
    }

    #[test]
    fn digital_silence_is_nothing() {
        assert_eq!(mouth(&[0.0; 200], 8_000.0), Mouth::Other);
    }
}
