use super::*;

const RATE_HZ: u32 = 48_000;

fn loud(seconds: usize) -> Vec<f32> {
    vec![0.5; seconds * RATE_HZ as usize]
}

#[test]
fn a_pause_that_was_not_written_is_silent_and_a_damaged_stamp_is_none() {
    for (at_s, seconds) in [(1.05, 2), (61.5, 63), (LONGEST_S as f64 + 1.0, 2), (f64::INFINITY, 2)] {
        let mut sound = Sound::default();
        sound.push(RATE_HZ, &[loud(1)]).unwrap();
        sound.wait_for(at_s);
        sound.push(RATE_HZ, &[loud(1)]).unwrap();
        let recording = sound.finish(Damage::default()).unwrap();
        let length = recording.channels[0].len() as f64 / 16_000.0;
        assert_eq!(length.round() as u64, seconds, "at {at_s} s: {length} s");
    }
}

#[test]
fn a_channel_that_comes_later_is_silent_until_then() {
    for rate_hz in [RATE_HZ, 44_100] {
        let mut sound = Sound::default();
        sound.push(RATE_HZ, &[loud(2)]).unwrap();
        sound.push(rate_hz, &[loud(1), loud(1)]).unwrap();
        let recording = sound.finish(Damage::default()).unwrap();
        let [first, second] = &recording.channels[..] else {
            panic!("{} channels", recording.channels.len());
        };
        assert_eq!(first.len(), second.len(), "{rate_hz} Hz");
        assert!(second[..31_000].iter().all(|&sample| sample == 0));
        assert!(second[33_000] > 8_000);
    }
}
