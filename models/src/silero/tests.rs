//! Silero, from the store of this user; the first run fetches it.

use super::*;
use crate::spoken::spoken;
use crate::store::Quiet;
use attune_engine::voice::VoiceState;

const TRACKS: usize = 64;
const FRAMES: usize = 40;

fn silero() -> Silero {
    let store = Store::open();
    for name in ["onnxruntime", "silero"] {
        store.fetch(name, &mut Quiet).unwrap();
    }
    Silero::load(&store).unwrap()
}

/// Noise of another loudness and colour for each track.
fn noise(track: usize) -> Vec<[f32; VOICE_FRAME_SAMPLES]> {
    let mut random = track as u32 + 1;
    let mut last = 0.0;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = random as f32 / u32::MAX as f32 - 0.5;
        last += (white - last) / (1 + track % 8) as f32;
        last * (track % 5) as f32 * 0.4
    };
    (0..FRAMES).map(|_| std::array::from_fn(|_| next())).collect()
}

/// The probabilities of each track, in batches of all of them.
fn batched(silero: &mut Silero, tracks: &[Vec<[f32; VOICE_FRAME_SAMPLES]>]) -> Vec<Vec<f32>> {
    let mut states = vec![VoiceState::default(); tracks.len()];
    let mut probabilities = vec![Vec::new(); tracks.len()];
    for frame in 0..FRAMES {
        let mut batch: Vec<VoiceFrame<'_>> = states
            .iter_mut()
            .zip(tracks)
            .map(|(state, track)| VoiceFrame {
                state,
                samples: &track[frame],
                probability: f32::NAN,
            })
            .collect();
        silero.detect(&mut batch).unwrap();
        for (track, frame) in batch.iter().enumerate() {
            probabilities[track].push(frame.probability);
        }
    }
    probabilities
}

#[test]
fn a_track_alone_is_as_likely_speech_as_in_a_batch() {
    let mut silero = silero();
    let tracks: Vec<_> = (0..TRACKS).map(noise).collect();
    let together = batched(&mut silero, &tracks);
    let mut varied = 0.0_f32;
    for (track, frames) in tracks.iter().enumerate() {
        let alone = batched(&mut silero, std::slice::from_ref(frames));
        for (one, many) in alone[0].iter().zip(&together[track]) {
            assert!((one - many).abs() < 1e-4, "track {track}: {one} alone, {many} together");
            varied = varied.max(*one);
        }
    }
    assert!(varied > 0.01, "every probability is zero: the test compares nothing");
}

#[test]
fn speech_is_likely_and_silence_is_not() {
    let speech = spoken("slt", "we should ship the new dashboard on friday, i think");
    let mut silero = silero();
    let mut judge = |samples: &[i16]| {
        let mut state = VoiceState::default();
        let frames = samples.chunks_exact(VOICE_FRAME_SAMPLES);
        let likely = frames.clone().filter(|frame| {
            let samples = std::array::from_fn(|index| f32::from(frame[index]) / 32_768.0);
            let mut batch = [VoiceFrame {
                state: &mut state,
                samples: &samples,
                probability: 0.0,
            }];
            silero.detect(&mut batch).unwrap();
            batch[0].probability > 0.5
        });
        likely.count() as f32 / frames.len() as f32
    };
    assert!(judge(&speech) > 0.7);
    assert!(judge(&[0; 32_000]) < f32::EPSILON);
}

#[test]
fn an_empty_batch_is_nothing_to_do() {
    silero().detect(&mut []).unwrap();
}

#[test]
fn a_store_without_the_model_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), crate::manifest::Manifest::embedded());
    let error = Silero::load(&store).unwrap_err();
    assert!(error.to_string().contains("attune models fetch silero"), "{error}");
}
