//! The sound of tones and noise that are known exactly.

use super::*;
use crate::speaker::Track;
use crate::transcript::SegmentId;
use rstest::rstest;
use std::f32::consts::TAU;

const RATE: usize = SAMPLE_RATE_HZ as usize;

/// A voice-like tone: 20 harmonics over a formant, its pitch gliding `range_st` up and down around `hz` each two seconds.
fn voice(hz: f32, range_st: f32, amplitude: f32, seconds: f32) -> Vec<f32> {
    let mut phase = 0.0_f32;
    (0..(seconds * RATE as f32) as usize)
        .map(|n| {
            let glide = range_st * (TAU * 0.5 * n as f32 / RATE as f32).sin();
            let f0 = hz * (glide / 12.0).exp2();
            phase = (phase + f0 / RATE as f32).fract();
            let harmonics = (1..=20_u8).map(f32::from).filter(|h| f0 * h < 7_000.0);
            let sum: f32 = harmonics
                .map(|h| {
                    let formant = 0.3 + 1.0 / (1.0 + ((f0 * h - 600.0) / 300.0).powi(2));
                    formant / h * (TAU * phase * h).sin()
                })
                .sum();
            amplitude * sum
        })
        .collect()
}

/// Noise of this amplitude, the same each time.
fn noise(amplitude: f32, seconds: f32) -> Vec<f32> {
    let mut random = 1_u32;
    (0..(seconds * RATE as f32) as usize)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            amplitude * ((random >> 16) as f32 / 32_768.0 - 1.0)
        })
        .collect()
}

fn segment(parts: &[&[f32]], voiced: &[(u64, u64)], context: usize, from_sample: u64) -> Segment {
    let audio: Vec<i16> = parts
        .concat()
        .iter()
        .map(|sample| (sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16)
        .collect();
    Segment {
        id: SegmentId::new(Track::Mic, from_sample),
        track: Track::Mic,
        from_sample,
        to_sample: from_sample + (audio.len() - context) as u64,
        audio_from_sample: from_sample - context as u64,
        audio,
        context,
        voiced: voiced
            .iter()
            .map(|&(from, to)| (from_sample + from, from_sample + to))
            .collect(),
        voice: 0.9,
        flags: Vec::new(),
    }
}

/// A vowel on a pitch that goes from one frequency to another, with resonances at `formants_hz`.
fn vowel(hz: (f32, f32), formants_hz: &[f32], seconds: f32) -> Vec<f32> {
    let length = (seconds * RATE as f32) as usize;
    let mut phase = 0.0_f32;
    let mut sound: Vec<f32> = (0..length)
        .map(|n| {
            phase += (hz.0 + (hz.1 - hz.0) * n as f32 / length as f32) / RATE as f32;
            let pulse = phase >= 1.0;
            phase -= phase.floor();
            if pulse { 1.0 } else { 0.0 }
        })
        .collect();
    for formant_hz in formants_hz {
        let radius = (-std::f32::consts::PI * 80.0 / RATE as f32).exp();
        let (first, second) = (2.0 * radius * (TAU * formant_hz / RATE as f32).cos(), -radius * radius);
        for at in 2..sound.len() {
            sound[at] += first * sound[at - 1] + second * sound[at - 2];
        }
    }
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    sound.iter().map(|sample| 0.3 * sample / peak).collect()
}

const UH: &[f32] = &[620.0, 1_450.0, 2_500.0];

/// What sounds like a filled pause in `parts` with half a second of room before and after.
fn filled_pauses(parts: &[&[f32]]) -> Vec<FilledPause> {
    let room = noise(0.001, 0.5);
    let sound = [&[room.as_slice()], parts, &[room.as_slice()]].concat();
    let length = sound.iter().map(|part| part.len() as u64).sum();
    sound_of(&segment(&sound, &[(0, length)], 0, 0)).filled_pauses
}

#[test]
fn a_resting_voice_between_pauses_is_a_filled_pause_and_told_to_a_few_hundredths() {
    let uh = vowel((120.0, 115.0), UH, 0.3);
    let murmur = vowel((115.0, 110.0), &[230.0], 0.2);
    for (parts, to_ms) in [
        (vec![uh.as_slice()], 800),
        (vec![uh.as_slice(), murmur.as_slice()], 1_000),
    ] {
        let found = filled_pauses(&parts);
        let [pause] = found[..] else { panic!("{found:?}") };
        assert!(
            pause.from_ms.abs_diff(500) <= 30 && pause.to_ms.abs_diff(to_ms) <= 30,
            "{pause:?}"
        );
    }
}

#[rstest]
#[case::whose_vowel_is_another(&vowel((120.0, 115.0), &[580.0, 1_900.0, 2_600.0], 0.3))]
#[case::whose_pitch_rises_as_a_word_does(&vowel((110.0, 180.0), UH, 0.3))]
#[case::too_short(&vowel((120.0, 115.0), UH, 0.08))]
#[case::too_long(&vowel((120.0, 115.0), UH, 1.6))]
#[case::with_a_murmur_first(&[vowel((120.0, 118.0), &[230.0], 0.15), vowel((118.0, 115.0), UH, 0.2)].concat())]
#[case::that_is_noise(&noise(0.2, 0.3))]
fn a_sound_is_no_filled_pause(#[case] sound: &[f32]) {
    assert_eq!(filled_pauses(&[sound]), []);
}

#[test]
fn a_resting_voice_that_runs_into_a_word_is_not_told_from_it() {
    let closure = noise(0.001, 0.08);
    let uh = vowel((120.0, 115.0), UH, 0.3);
    let word = vowel((120.0, 150.0), &[300.0, 2_300.0, 3_000.0], 0.4);
    assert_eq!(filled_pauses(&[&uh, &closure, &word]), []);
}

/// The spread of all voiced frames, joined from seconds as a measure joins them.
fn spread(seconds: &[PitchSecond]) -> f64 {
    let frames: f64 = seconds.iter().map(|s| f64::from(s.frames)).sum();
    let mean = seconds
        .iter()
        .map(|s| f64::from(s.frames) * f64::from(s.mean_st))
        .sum::<f64>()
        / frames;
    let square = seconds
        .iter()
        .map(|s| f64::from(s.frames) * (f64::from(s.variance_st2) + (f64::from(s.mean_st) - mean).powi(2)))
        .sum::<f64>();
    (square / frames).sqrt()
}

#[test]
fn the_spread_of_a_gliding_pitch_is_found_within_a_tenth_of_a_semitone() {
    for (hz, range_st) in [(80.0, 2.0), (120.0, 3.0), (200.0, 4.0), (320.0, 1.0)] {
        let tone = voice(hz, range_st, 0.1, 10.0);
        let samples = tone.len() as u64;
        let sound = sound_of(&segment(&[&tone], &[(0, samples)], 0, 32_000));
        // A sine's spread is its amplitude over the root of two.
        let truth = f64::from(range_st) / 2.0_f64.sqrt();
        assert!(
            (spread(&sound.pitch) - truth).abs() < 0.1,
            "{hz}: {}",
            spread(&sound.pitch)
        );
        let mean = 12.0 * f64::from(hz / 100.0).log2();
        let heard = sound.pitch.iter().map(|s| f64::from(s.mean_st)).sum::<f64>() / sound.pitch.len() as f64;
        assert!((heard - mean).abs() < 0.3, "{hz}: {heard}");
        assert_eq!(sound.pitch.first().map(|s| s.second), Some(0));
        assert!(sound.pitch.windows(2).all(|pair| pair[0].second + 1 == pair[1].second));
    }
}

#[test]
fn noise_has_no_pitch_and_a_pitch_outside_the_voice_is_not_told() {
    let hiss = noise(0.1, 3.0);
    let length = hiss.len() as u64;
    assert_eq!(sound_of(&segment(&[&hiss], &[(0, length)], 0, 0)).pitch, []);
    let tone = voice(150.0, 2.0, 0.1, 3.0);
    assert_eq!(sound_of(&segment(&[&tone], &[], 0, 0)).pitch, []);
}

#[test]
fn level_of_voice_and_room_are_told_apart() {
    let room = noise(0.001, 0.5);
    let tone = voice(150.0, 2.0, 0.2, 2.0);
    let voiced = [(room.len() as u64, (room.len() + tone.len()) as u64)];
    let sound = sound_of(&segment(&[&room, &tone, &room], &voiced, 0, 0));
    let (voice_db, floor_db) = (sound.voice_dbfs.unwrap(), sound.floor_dbfs.unwrap());
    // Uniform noise of amplitude a has the energy a²/3: -64.8 dBFS.
    assert!((floor_db + 64.8).abs() < 1.5, "{floor_db}");
    let energy = tone.iter().map(|s| s * s).sum::<f32>() / tone.len() as f32;
    assert!((voice_db - 10.0 * energy.log10()).abs() < 0.2, "{voice_db}");
    // Blocks that are mostly room are left out.
    let quietest = sound.loudness_lufs.iter().copied().fold(f32::INFINITY, f32::min);
    let loudest = sound.loudness_lufs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    assert!(loudest - quietest < 4.0, "{quietest} {loudest}");
}

#[test]
fn what_was_cut_off_at_full_scale_is_counted_and_a_single_peak_is_not() {
    let mut samples = vec![0.1_f32; 1_600];
    samples[100] = 1.0;
    samples[200..205].fill(1.0);
    samples[300..303].fill(-1.0);
    samples[1_596..].fill(1.0);
    let sound = sound_of(&segment(&[&samples], &[], 0, 0));
    assert_eq!((sound.clipped_samples, sound.samples), (12, 1_600));
}

#[test]
fn context_is_not_part_of_a_segments_sound() {
    let loud = voice(300.0, 0.0, 0.8, 2.0);
    let soft = voice(120.0, 1.0, 0.05, 2.0);
    let voiced = [(0, soft.len() as u64)];
    let with = segment(&[&loud, &soft], &voiced, loud.len(), 64_000);
    let without = segment(&[&soft], &voiced, 0, 64_000);
    assert_eq!(sound_of(&with), sound_of(&without));
}

#[test]
fn digital_silence_and_nothing_at_all_have_a_sound_without_values() {
    for samples in [vec![], vec![0.0; 8_000]] {
        let sound = sound_of(&segment(&[&samples], &[(0, samples.len() as u64)], 0, 0));
        assert_eq!((sound.pitch.len(), sound.loudness_lufs.len()), (0, 0));
        assert_eq!((sound.voice_dbfs, sound.floor_dbfs), (None, None));
    }
}

#[test]
fn a_sound_is_read_back_as_it_was_written() {
    let uh = vowel((120.0, 115.0), UH, 0.3);
    let room = noise(0.001, 0.5);
    let sound = [&room, &uh, &room].map(Vec::as_slice);
    let length = sound.iter().map(|part| part.len() as u64).sum();
    let sound = sound_of(&segment(&sound, &[(0, length)], 0, 0));
    assert!(!sound.pitch.is_empty() && !sound.loudness_lufs.is_empty() && !sound.filled_pauses.is_empty());
    let json = serde_json::to_string(&sound).unwrap();
    assert_eq!(serde_json::from_str::<Sound>(&json).unwrap(), sound);
}
