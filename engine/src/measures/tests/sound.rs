//! Pitch and level of a meeting, from sounds whose numbers are known.

use super::*;
use crate::sound::{PitchSecond, Sound};

/// `seconds` of my speech from `from_s` on, which sounded like this.
fn sounding(from_s: u64, seconds: u64, sound: Sound) -> Final {
    Final {
        sound: Some(Box::new(sound)),
        ..talk(Me, from_s as f64, (from_s + seconds) as f64)
    }
}

/// `seconds` full of voice, each at one of `pitches_st` in turn, without any movement inside.
fn melody(from_s: u64, seconds: u32, pitches_st: &[f32]) -> Final {
    let second = |second: u32| PitchSecond {
        second,
        frames: 100,
        mean_st: pitches_st[second as usize % pitches_st.len()],
        variance_st2: 0.0,
    };
    let pitch = (0..seconds).map(second).collect();
    sounding(
        from_s,
        seconds.into(),
        Sound {
            pitch,
            ..Sound::default()
        },
    )
}

#[test]
fn c24_is_the_median_spread_of_pitch_in_ten_seconds() {
    // Half the frames of each window 3 st above their mean, half 3 st below.
    let measure = measured("C24", &[melody(0, 100, &[2.0, 8.0])]);
    assert!((measure.value.unwrap() - 3.0).abs() < 1e-9, "{measure:?}");
    assert_eq!(measure.parts["monotone_share"], 0.0);
    assert_eq!(measure.exposure.have, 100.0);
    assert_eq!(measure.standing(), Some(Standing::On));
}

#[test]
fn c24_joins_what_varies_within_a_second_with_what_varies_between_seconds() {
    let pitch = (0..90).map(|second| PitchSecond {
        second,
        frames: 100,
        mean_st: if second % 2 == 0 { 1.0 } else { -1.0 },
        variance_st2: 3.0,
    });
    let sound = Sound {
        pitch: pitch.collect(),
        ..Sound::default()
    };
    // Variance 3 within, 1 between.
    assert!(close(value("C24", &[sounding(0, 90, sound)]), 2.0));
}

#[test]
fn c24_counts_windows_that_hardly_move_as_monotone_over_segments() {
    // 60 s flat, then 60 s of 3 st, in segments of 10 s; 119 windows hold 2 s of voice.
    let flat = (0..6).map(|index| melody(index * 10, 10, &[5.0]));
    let lively = (6..12).map(|index| melody(index * 10, 10, &[2.0, 8.0]));
    let measure = measured("C24", &flat.chain(lively).collect::<Vec<_>>());
    // With k of its ten seconds in the lively part a window has the variance 0.9 k, 0.09 less where k is odd: under 4 up to
    // k = 4, which is 51 windows wholly in the flat part and four more.
    assert!(
        close(measure.parts["monotone_share"], 100.0 * 55.0 / 119.0),
        "{:?}",
        measure.parts
    );
    // Next in order of spread come k = 5 to 8, and then the one window that holds but three seconds: 9 - 1.
    assert!(close(measure.value.unwrap(), 8.0_f64.sqrt()));
}

#[test]
fn c24_needs_a_minute_of_voice_and_windows_with_two_seconds_of_it() {
    let short = measured("C24", &[melody(0, 59, &[2.0, 8.0])]);
    assert_eq!((short.state, short.value), (MeasureState::NotEnoughSpeech, None));
    assert!(short.parts.is_empty());
    // A second of voice every twenty is never enough for a window.
    let sparse: Vec<Final> = (0..61).map(|index| melody(20 * index, 1, &[2.0])).collect();
    assert_eq!(measured("C24", &sparse).state, MeasureState::NotEnoughSpeech);
}

#[test]
fn c25_is_the_median_loudness_with_what_it_varies_by() {
    // 30 s at -20, 30 s at -24, 10 s at -40 LUFS.
    let mut loudness_lufs = vec![-20.0; 300];
    loudness_lufs.extend([-24.0; 300]);
    loudness_lufs.extend([-40.0; 100]);
    let sound = Sound {
        loudness_lufs,
        clipped_samples: 160,
        samples: 1_120_000,
        voice_dbfs: Some(-22.0),
        floor_dbfs: Some(-62.5),
        ..Sound::default()
    };
    let measure = measured("C25", &[sounding(0, 70, sound)]);
    assert_eq!((measure.value, measure.target), (Some(-24.0), None));
    let parts = &measure.parts;
    assert!(close(parts["quiet_share"], 100.0 / 7.0), "{parts:?}");
    // Mean -24.5714; squares (300 * 4.5714² + 300 * 0.5714² + 100 * 15.4286²) / 700 = 43.10.
    assert!((parts["sd_lu"] - 6.565).abs() < 0.001, "{parts:?}");
    assert!(close(parts["clipped_share"], 100.0 / 7_000.0));
    assert_eq!(parts["snr_db"], 40.5);
}

#[test]
fn c25_says_nothing_of_noise_where_no_segment_had_a_quiet_part() {
    let sound = Sound {
        loudness_lufs: vec![-20.0; 600],
        samples: 960_000,
        ..Sound::default()
    };
    let measure = measured("C25", &[sounding(0, 60, sound)]);
    assert_eq!((measure.value, measure.parts.get("snr_db")), (Some(-20.0), None));
    assert_eq!(measure.parts["clipped_share"], 0.0);
}

#[test]
fn the_sound_of_others_and_of_segments_without_words_is_not_mine() {
    let mut theirs = melody(0, 100, &[2.0, 8.0]);
    (theirs.speaker, theirs.track) = (Them, Track::Tab);
    let mut cough = melody(100, 100, &[2.0, 8.0]);
    cough.words.clear();
    let heard = melody(200, 60, &[4.0, 4.0]);
    let measure = measured("C24", &[theirs, cough, heard]);
    assert_eq!((measure.exposure.have, measure.value), (60.0, Some(0.0)));
    assert_eq!(measure.parts["monotone_share"], 100.0);
}

#[test]
fn a_meeting_whose_sound_was_not_measured_is_not_covered_rather_than_silent() {
    for id in ["C24", "C25"] {
        let measure = measured(id, &[talk(Me, 0.0, 200.0)]);
        assert_eq!((measure.state, measure.value), (MeasureState::NotCovered, None));
        assert!(measure.note.is_some());
    }
}

#[test]
fn segments_decided_out_of_order_sound_the_same() {
    let finals = [melody(0, 50, &[2.0, 8.0]), melody(50, 50, &[1.0, 9.0])];
    let turned = [finals[1].clone(), finals[0].clone()];
    assert_eq!(measured("C24", &finals), measured("C24", &turned));
}
