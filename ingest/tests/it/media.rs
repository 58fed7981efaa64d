//! Every container that a recording may come in, and what is wrong with some.

use attune_ingest::media::{Damage, Decoding, MediaError, Recording, decode, decode_source};
use std::io::Cursor;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn decode_bytes(bytes: Vec<u8>, extension: &str) -> Result<Recording, MediaError> {
    decode_source(Box::new(Cursor::new(bytes)), Some(extension), &mut |_| {})
}

/// A RIFF file: `format` 1 is integers, 3 is floats.
fn wav(format: u16, bits: u16, channels: u16, rate_hz: u32, data: &[u8], announced: usize) -> Vec<u8> {
    let align = channels * bits / 8;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + announced as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&format.to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(rate_hz * u32::from(align)).to_le_bytes());
    file.extend_from_slice(&align.to_le_bytes());
    file.extend_from_slice(&bits.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&(announced as u32).to_le_bytes());
    file.extend_from_slice(data);
    file
}

/// Half a second of silence, then a tone on each channel, as -1 to 1, interleaved.
fn tones(rate_hz: u32, channels: &[f32]) -> Vec<f32> {
    let frame = |index: u32| {
        let at_s = index as f32 / rate_hz as f32;
        channels.iter().map(move |hz| match at_s < 0.5 {
            true => 0.0,
            false => 0.5 * (std::f32::consts::TAU * hz * at_s).sin(),
        })
    };
    (0..rate_hz).flat_map(frame).collect()
}

fn pitch_hz(samples: &[i16]) -> f32 {
    let middle = &samples[samples.len() * 6 / 10..samples.len() * 9 / 10];
    let crossings = middle.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    crossings as f32 * 16_000.0 / middle.len() as f32 / 2.0
}

fn onset_ms(samples: &[i16]) -> usize {
    samples
        .iter()
        .position(|sample| sample.unsigned_abs() > 3_000)
        .unwrap_or(samples.len())
        / 16
}

fn assert_is_the_tone(name: &str, recording: &Recording) {
    assert_eq!(recording.channels.len(), 2, "{name}");
    for (channel, hz) in recording.channels.iter().zip([440.0, 880.0]) {
        assert!(
            (15_600..=17_200).contains(&channel.len()),
            "{name}: {} samples",
            channel.len()
        );
        assert!(
            (pitch_hz(channel) - hz).abs() < 12.0,
            "{name}: {} Hz, not {hz}",
            pitch_hz(channel)
        );
        // An m4a says in an edit list, which is not read, that its encoder is 21 ms late.
        assert!(
            onset_ms(channel).abs_diff(500) <= 22,
            "{name} begins at {} ms",
            onset_ms(channel)
        );
    }
    assert_eq!(recording.channels[0].len(), recording.channels[1].len(), "{name}");
    assert_eq!(recording.damage, Damage::default(), "{name}");
}

#[test]
fn every_container_gives_both_channels_in_their_place() {
    for (name, rate_hz) in [
        ("tone.flac", 8_000),
        ("tone.mp3", 44_100),
        ("tone-vorbis.ogg", 44_100),
        ("tone-opus.ogg", 48_000),
        ("tone.webm", 48_000),
        ("tone.m4a", 48_000),
    ] {
        let mut told: Vec<Decoding> = Vec::new();
        let recording = decode(&fixture(name), &mut |decoding| told.push(decoding)).unwrap_or_else(|error| {
            panic!("{name}: {error:?}");
        });
        assert_is_the_tone(name, &recording);
        assert_eq!(recording.rate_hz, rate_hz, "{name}");
        assert!(told.len() <= 2, "{name}: progress is told once a second");
    }
}

#[test]
fn time_stamps_that_begin_late_are_no_pause() {
    let whole = std::fs::read(fixture("tone.webm")).unwrap();
    let first_cluster = [0xE7, 0x81, 0];
    let at = whole.windows(3).position(|bytes| bytes == first_cluster).unwrap();
    let mut cut_out = whole.clone();
    cut_out[at + 2] = 255;
    let [whole, cut_out] = [whole, cut_out].map(|bytes| decode_bytes(bytes, "webm").unwrap());
    assert_eq!(cut_out.channels, whole.channels);
}

#[test]
fn wav_is_read_as_integers_and_as_floats_at_any_rate() {
    for rate_hz in [8_000, 16_000, 44_100, 48_000] {
        let sound = tones(rate_hz, &[440.0, 880.0]);
        let i16s: Vec<u8> = sound
            .iter()
            .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
            .collect();
        let i24s: Vec<u8> = sound
            .iter()
            .flat_map(|s| ((s * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec())
            .collect();
        let floats: Vec<u8> = sound.iter().flat_map(|s| s.to_le_bytes()).collect();
        for (name, format, bits, data) in [("i16", 1, 16, i16s), ("i24", 1, 24, i24s), ("f32", 3, 32, floats)] {
            let file = wav(format, bits, 2, rate_hz, &data, data.len());
            let recording = decode_bytes(file, "wav").unwrap();
            assert_is_the_tone(&format!("{name} at {rate_hz}"), &recording);
            assert_eq!(recording.channels[0].len(), 16_000, "{name} at {rate_hz}");
        }
    }
}

#[test]
fn sixteen_khz_integers_come_through_unchanged() {
    let samples: Vec<i16> = (0..32_000)
        .map(|index| (index * 7919 % 65_536 - 32_768) as i16)
        .collect();
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let recording = decode_bytes(wav(1, 16, 1, 16_000, &data, data.len()), "wav").unwrap();
    assert_eq!(recording.channels, [samples]);
}

#[test]
fn a_recording_that_is_cut_off_is_kept_and_said_to_be() {
    let recording = decode(&fixture("truncated.flac"), &mut |_| {}).unwrap();
    assert!(recording.damage.truncated);
    assert!(recording.channels[0].len() > 8_000 && recording.channels[0].len() < 16_000);
    assert!(onset_ms(&recording.channels[0]).abs_diff(500) <= 5);

    let data: Vec<u8> = tones(16_000, &[440.0])
        .iter()
        .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
        .collect();
    let recording = decode_bytes(wav(1, 16, 1, 16_000, &data[..20_000], data.len()), "wav").unwrap();
    assert!(recording.damage.truncated);
    assert!(recording.channels[0].len() >= 9_000, "{}", recording.channels[0].len());
}

#[test]
fn what_is_no_recording_is_refused_with_its_reason() {
    let refused = |bytes: Vec<u8>, extension| decode_bytes(bytes, extension).unwrap_err();
    assert!(matches!(
        refused(b"these are words, not sound".repeat(40), "wav"),
        MediaError::Container(_)
    ));
    assert!(matches!(refused(Vec::new(), "mp3"), MediaError::Container(_)));
    assert!(matches!(
        refused(wav(1, 16, 1, 16_000, &[], 0), "wav"),
        MediaError::Empty
    ));
    let many = vec![0; 9 * 2 * 1_000];
    let error = refused(wav(1, 16, 9, 16_000, &many, many.len()), "wav");
    assert!(
        matches!(
            error,
            MediaError::Channels(9) | MediaError::Container(_) | MediaError::Codec(_)
        ),
        "{error:?}"
    );
    let missing = decode(Path::new("/nonexistent/meeting.wav"), &mut |_| {}).unwrap_err();
    assert!(matches!(missing, MediaError::Open { .. }));
    let folder = decode(&fixture("."), &mut |_| {}).unwrap_err();
    assert!(matches!(folder, MediaError::Open { .. }));
}

#[test]
fn damaged_bytes_give_an_error_or_a_recording_and_never_a_panic() {
    for name in [
        "tone.flac",
        "tone.mp3",
        "tone-vorbis.ogg",
        "tone-opus.ogg",
        "tone.webm",
        "tone.m4a",
    ] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let mut seed = 88_172_645_463_325_252u64;
        for _ in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..12 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let at = seed as usize % bytes.len();
                bytes[at] = (seed >> 32) as u8;
            }
            let decoded = decode_bytes(bytes, name.rsplit('.').next().unwrap());
            if let Ok(recording) = decoded {
                assert!(
                    recording
                        .channels
                        .iter()
                        .all(|channel| channel.len() < 16_000 * 60 * 60 * 12)
                );
            }
        }
    }
}

#[test]
fn real_recordings_decode_to_their_length() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/audio");
    for (name, channels, samples) in [
        ("quilter.wav", 1, 93_680),
        ("beckett.wav", 1, 159_414),
        ("jfk.wav", 1, 176_000),
        ("stereo_me_them.wav", 2, 80_000),
    ] {
        let path = folder.join(name);
        if !path.exists() {
            println!("skipped: {} is not on this machine", path.display());
            continue;
        }
        let recording = decode(&path, &mut |_| {}).unwrap();
        assert_eq!(recording.damage, Damage::default(), "{name}");
        let lengths: Vec<_> = recording.channels.iter().map(Vec::len).collect();
        assert_eq!(lengths, vec![samples; channels], "{name}");
    }
}
