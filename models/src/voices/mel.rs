//! Mel powers as the encoder was trained on them: `librosa.feature.melspectrogram` with its defaults. 40 bands on Slaney's
//! scale, each of the same area, over the power spectrum of 25 ms under a Hann window every 10 ms; no logarithm.

use super::arithmetic::{Matrix, Work, widest};

/// A frame: 25 ms.
const FRAME: usize = 400;
/// From one frame to the next: 10 ms.
const HOP: usize = 160;
/// Frequencies of the spectrum of a frame.
const BINS: usize = FRAME / 2 + 1;
/// Mel bands.
pub(super) const BANDS: usize = 40;
/// The highest frequency.
const NYQUIST_HZ: f64 = 8_000.0;
/// A window is brought to this level first: the encoder knows no logarithm, so how near somebody sits would be part of their
/// voice. Of the levels from −30 to −20 dBFS this parts voices best (docs/measured.md). dBFS.
const LEVEL_DBFS: f32 = -25.0;

/// Frames of a window: each is around a multiple of the hop, and what is missing beyond its ends is silence.
pub(super) const fn frames(window: &[i16]) -> usize {
    window.len() / HOP
}

/// What turns samples into mel powers.
pub(super) struct Mel {
    /// Cosines, then sines, under the window.
    transform: Matrix,
    bands: Matrix,
}

impl Mel {
    pub(super) fn new() -> Self {
        use std::f64::consts::TAU;
        let of_frame = |sample: usize| TAU * sample as f64 / FRAME as f64;
        let transform = Matrix::new(FRAME, 2 * BINS, |sample, output| {
            let hann = 0.5 - 0.5 * of_frame(sample).cos();
            let angle = of_frame(sample * (output % BINS) % FRAME);
            let wave = if output < BINS { angle.cos() } else { angle.sin() };
            (hann * wave) as f32
        });
        let edges: Vec<f64> = (0..BANDS + 2)
            .map(|edge| hz(mel(NYQUIST_HZ) * edge as f64 / (BANDS + 1) as f64))
            .collect();
        let bands = Matrix::new(BINS, BANDS, |bin, band| triangle(&edges[band..band + 3], bin) as f32);
        Self { transform, bands }
    }

    /// The powers of `window`: [`frames`] × [`BANDS`].
    pub(super) fn of(&self, window: &[i16]) -> Vec<f32> {
        widest(Powers { mel: self, window })
    }
}

struct Powers<'a> {
    mel: &'a Mel,
    window: &'a [i16],
}

impl Work for Powers<'_> {
    type Made = Vec<f32>;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Vec<f32> {
        let Mel { transform, bands } = self.mel;
        let count = frames(self.window);
        let samples = levelled(self.window);
        // Half a frame of silence before the first sample.
        let mut padded = vec![0.0; FRAME / 2];
        padded.extend(samples);
        padded.resize(count * HOP + FRAME, 0.0);
        let rows: Vec<f32> = (0..count)
            .flat_map(|frame| &padded[frame * HOP..][..FRAME])
            .copied()
            .collect();
        let mut spectra = vec![0.0; count * transform.outputs()];
        transform.add::<FUSED>(&rows, &mut spectra);
        let power = |spectrum: &[f32], bin: usize| spectrum[bin].powi(2) + spectrum[BINS + bin].powi(2);
        let powers: Vec<f32> = spectra
            .chunks_exact(transform.outputs())
            .flat_map(|spectrum| (0..BINS).map(move |bin| power(spectrum, bin)))
            .collect();
        let mut mel = vec![0.0; count * bands.outputs()];
        bands.add::<FUSED>(&powers, &mut mel);
        mel.chunks_exact(bands.outputs())
            .flat_map(|frame| &frame[..BANDS])
            .copied()
            .collect()
    }
}

/// The samples at [`LEVEL_DBFS`]; silence stays silent.
#[inline(always)]
fn levelled(window: &[i16]) -> impl Iterator<Item = f32> {
    let scaled = |sample: &i16| f32::from(*sample) / 32_768.0;
    let square: f32 = window.iter().map(scaled).map(|sample| sample * sample).sum();
    let level = (square / window.len().max(1) as f32).sqrt();
    let gain = 10.0_f32.powf(LEVEL_DBFS / 20.0) / level;
    let gain = if gain.is_finite() { gain } else { 0.0 };
    window.iter().map(move |sample| scaled(sample) * gain)
}

/// What a band that rises from the first of `edges` to the second and falls to the third makes of a bin.
fn triangle(edges: &[f64], bin: usize) -> f64 {
    let hz = bin as f64 * 2.0 * NYQUIST_HZ / FRAME as f64;
    let rising = (hz - edges[0]) / (edges[1] - edges[0]);
    let falling = (edges[2] - hz) / (edges[2] - edges[1]);
    rising.min(falling).max(0.0) * 2.0 / (edges[2] - edges[0])
}

/// Slaney's scale: even up to 1 kHz, and 27 steps to each factor of 6.4 above.
const LINEAR_HZ: f64 = 200.0 / 3.0;
const LOG_FROM_HZ: f64 = 1_000.0;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel(hz: f64) -> f64 {
    if hz < LOG_FROM_HZ {
        return hz / LINEAR_HZ;
    }
    LOG_FROM_HZ / LINEAR_HZ + (hz / LOG_FROM_HZ).ln() / log_step()
}

fn hz(mel: f64) -> f64 {
    let log_from = LOG_FROM_HZ / LINEAR_HZ;
    if mel < log_from {
        return mel * LINEAR_HZ;
    }
    LOG_FROM_HZ * (log_step() * (mel - log_from)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_in_its_band_and_as_strong_however_loud_it_was() {
        let tone = |amplitude: f32| -> Vec<i16> {
            let wave = |sample: u16| (f32::from(sample) * 1_000.0 / 16_000.0 * std::f32::consts::TAU).sin();
            (0..16_000).map(|sample| (wave(sample) * amplitude) as i16).collect()
        };
        let mel = Mel::new();
        let (loud, quiet) = (mel.of(&tone(20_000.0)), mel.of(&tone(2_000.0)));
        let strongest = |powers: &[f32]| {
            let frame = &powers[50 * BANDS..51 * BANDS];
            (0..BANDS).max_by(|one, other| frame[*one].total_cmp(&frame[*other]))
        };
        // 1 kHz is 15 on the scale, and the bands' middles are 1.104 apart.
        assert_eq!((strongest(&loud), loud.len()), (Some(13), 100 * BANDS));
        let far = loud
            .iter()
            .zip(&quiet)
            .filter(|(one, other)| (*one - *other).abs() > 0.01 * **one + 1e-4);
        assert_eq!(far.count(), 0);
    }

    #[test]
    fn silence_has_no_power() {
        assert!(Mel::new().of(&[0; 16_000]).iter().all(|power| *power == 0.0));
    }

    #[test]
    fn the_scale_and_its_reverse_are_one() {
        for step in 0..=80 {
            let at_hz = f64::from(step) * 100.0;
            assert!((hz(mel(at_hz)) - at_hz).abs() < 1e-6);
        }
    }
}
