//! Loudness by ITU-R BS.1770-4: the K-weighted energy of 400 ms, in LUFS ("momentary").

use crate::clock::SAMPLE_RATE_HZ;

/// Momentary loudness looks at 400 ms, and is told every 100 ms.
pub(super) const BLOCK: usize = SAMPLE_RATE_HZ as usize * 2 / 5;
/// See [`BLOCK`].
pub(super) const BLOCK_HOP: usize = SAMPLE_RATE_HZ as usize / 10;

/// The standard's gain of the weighting at 997 Hz, taken off again.
const OFFSET_LU: f64 = -0.691;

/// The momentary loudness of every whole block of `samples` (16 kHz, full scale 1), in LUFS; block `n` begins at sample
/// `n * BLOCK_HOP`. Digital silence is minus infinity.
pub(super) fn momentary(samples: &[f32]) -> Vec<f64> {
    let mut shelf = Biquad::shelf();
    let mut high_pass = Biquad::high_pass();
    // Energy in steps of a hop, so that overlapping blocks are sums of four.
    let energies: Vec<f64> = samples
        .chunks_exact(BLOCK_HOP)
        .map(|hop| {
            hop.iter()
                .map(|&sample| {
                    let weighted = high_pass.step(shelf.step(f64::from(sample)));
                    weighted * weighted
                })
                .sum()
        })
        .collect();
    energies
        .windows(BLOCK / BLOCK_HOP)
        .map(|hops| OFFSET_LU + 10.0 * (hops.iter().sum::<f64>() / BLOCK as f64).log10())
        .collect()
}

/// A second-order filter, transposed direct form II.
struct Biquad {
    feed: [f64; 3],
    back: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    /// The pre-filter: what a head does to high frequencies. The standard gives coefficients for 48 kHz; these are its
    /// analogue parameters (as libebur128 derives them), warped to our rate.
    fn shelf() -> Self {
        const CENTRE_HZ: f64 = 1_681.974_450_955_533;
        const GAIN_DB: f64 = 3.999_843_853_973_347;
        const Q: f64 = 0.707_175_236_955_419_6;
        const BAND: f64 = 0.499_666_774_154_541_6;
        let k = (std::f64::consts::PI * CENTRE_HZ / f64::from(SAMPLE_RATE_HZ)).tan();
        let high = 10.0_f64.powf(GAIN_DB / 20.0);
        let band = high.powf(BAND);
        let norm = 1.0 + k / Q + k * k;
        Self {
            feed: [
                (high + band * k / Q + k * k) / norm,
                2.0 * (k * k - high) / norm,
                (high - band * k / Q + k * k) / norm,
            ],
            back: [2.0 * (k * k - 1.0) / norm, (1.0 - k / Q + k * k) / norm],
            state: [0.0; 2],
        }
    }

    /// The revised low-frequency B curve, likewise.
    fn high_pass() -> Self {
        const CENTRE_HZ: f64 = 38.135_470_876_024_44;
        const Q: f64 = 0.500_327_037_323_877_3;
        let k = (std::f64::consts::PI * CENTRE_HZ / f64::from(SAMPLE_RATE_HZ)).tan();
        let norm = 1.0 + k / Q + k * k;
        Self {
            feed: [1.0, -2.0, 1.0],
            back: [2.0 * (k * k - 1.0) / norm, (1.0 - k / Q + k * k) / norm],
            state: [0.0; 2],
        }
    }

    fn step(&mut self, input: f64) -> f64 {
        let output = self.feed[0] * input + self.state[0];
        self.state[0] = self.feed[1] * input - self.back[0] * output + self.state[1];
        self.state[1] = self.feed[2] * input - self.back[1] * output;
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, amplitude: f64, seconds: usize) -> Vec<f32> {
        (0..seconds * SAMPLE_RATE_HZ as usize)
            .map(|n| (amplitude * (std::f64::consts::TAU * hz * n as f64 / f64::from(SAMPLE_RATE_HZ)).sin()) as f32)
            .collect()
    }

    #[test]
    fn a_full_scale_sine_at_997_hz_is_minus_3_01_lufs_as_the_standard_says() {
        for loudness in momentary(&sine(997.0, 1.0, 3)).into_iter().skip(1) {
            // The filters are warped to 16 kHz, which costs 0.04 LU here; meters may be off by 0.1.
            assert!((loudness + 3.01).abs() < 0.05, "{loudness}");
        }
    }

    #[test]
    fn half_the_amplitude_is_6_lu_quieter() {
        let (loud, quiet) = (momentary(&sine(500.0, 0.5, 2)), momentary(&sine(500.0, 0.25, 2)));
        assert!((loud[5] - quiet[5] - 6.02).abs() < 0.01);
    }

    #[test]
    fn low_rumble_weighs_less_than_a_voice() {
        let (rumble, voice) = (momentary(&sine(25.0, 0.5, 2)), momentary(&sine(500.0, 0.5, 2)));
        assert!(voice[10] - rumble[10] > 8.0, "{} {}", voice[10], rumble[10]);
    }

    #[test]
    fn silence_is_minus_infinity_and_less_than_a_block_says_nothing() {
        assert!(
            momentary(&[0.0; BLOCK])
                .iter()
                .all(|loudness| *loudness == f64::NEG_INFINITY)
        );
        assert_eq!(momentary(&[0.1; BLOCK - 1]).len(), 0);
    }
}
