//! Alignment, length and independence of chunking, at every rate that files come in.

use super::*;
use proptest::prelude::*;
use rstest::rstest;
use std::f64::consts::TAU;

/// A second and a bit of a 440 Hz tone.
fn tone(rate_hz: u32) -> Vec<f32> {
    let frames = u64::from(rate_hz) * 11 / 10 + 7;
    (0..frames)
        .map(|n| (0.5 * (TAU * 440.0 * n as f64 / f64::from(rate_hz)).sin()) as f32)
        .collect()
}

fn resampled(rate_hz: u32, frames: &[f32], chunk: usize) -> Vec<i16> {
    let mut resampler = Resampler::new(rate_hz).unwrap();
    let mut out: Vec<i16> = frames.chunks(chunk).flat_map(|chunk| resampler.push(chunk)).collect();
    out.extend(resampler.finish());
    out
}

#[rstest]
fn output_sample_n_is_the_sound_at_n_sixteen_thousandths(
    #[values(
        8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000, 12_345
    )]
    rate_hz: u32,
) {
    let frames = tone(rate_hz);
    let out = resampled(rate_hz, &frames, 1_000);
    let expected_len = (frames.len() as u64 * 16_000).div_ceil(u64::from(rate_hz));
    assert_eq!(out.len() as u64, expected_len);
    // Away from the ends, where a filter sees silence: within half a percent of full scale of the true tone.
    for (n, sample) in out.iter().enumerate().skip(400).take(out.len() - 1_200) {
        let truth = 0.5 * (TAU * 440.0 * n as f64 / 16_000.0).sin();
        let heard = f64::from(*sample) / 32_768.0;
        assert!(
            (truth - heard).abs() < 0.005,
            "sample {n} is {heard:.3}, not {truth:.3}"
        );
    }
}

#[test]
fn at_sixteen_kilohertz_samples_pass_as_they_are_and_are_clipped() {
    assert_eq!(
        resampled(16_000, &[0.0, 0.5, -0.5, 1.5, -1.5, f32::NAN], 2),
        [0, 16_384, -16_384, 32_767, -32_768, 0]
    );
}

#[test]
fn a_rate_that_no_recording_has_is_refused() {
    for rate_hz in [0, 7_999, 192_001, u32::MAX] {
        assert_eq!(Resampler::new(rate_hz).err(), Some(RateRefused(rate_hz)));
    }
    assert_eq!(
        RateRefused(7).to_string(),
        "a sample rate of 7 Hz is outside 8 to 192 kHz"
    );
}

#[test]
fn nothing_in_is_nothing_out_and_an_end_is_an_end() {
    let mut resampler = Resampler::new(48_000).unwrap();
    assert!(resampler.finish().is_empty());
    assert!(resampler.push(&[0.1; 3]).is_empty());
    assert_eq!(resampler.finish().len(), 1);
    assert!(format!("{resampler:?}").contains("48000"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn how_the_frames_arrive_makes_no_difference(
        rate_hz in prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000]),
        frames in prop::collection::vec(-1.0f32..1.0, 0..6_000),
        chunk in 1usize..5_000,
    ) {
        let whole = resampled(rate_hz, &frames, frames.len().max(1));
        prop_assert_eq!(&whole, &resampled(rate_hz, &frames, chunk));
        prop_assert_eq!(whole.len(), (frames.len() * 16_000).div_ceil(rate_hz as usize));
    }
}
