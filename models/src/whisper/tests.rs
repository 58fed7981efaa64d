//! Whisper from end to end, on a model file that is written here.

use super::*;
use crate::seeded::{self, Context, Dims, Script, ScriptedToken, stamp, token};
use attune_engine::recognize::RecognizedWord;
use std::sync::OnceLock;
use tempfile::TempDir;

/// One small model for all tests, in a folder that goes with the process.
fn weights() -> &'static Path {
    static MODEL: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = MODEL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ggml-seeded.en.bin");
        seeded::write(&path, Dims::SMALL, 7).unwrap();
        (folder, path)
    });
    path
}

fn scripted(tokens: Vec<(i32, f32)>) -> Script {
    Script::new(move |_| {
        tokens
            .iter()
            .map(|&(id, probability)| ScriptedToken { id, probability })
            .collect()
    })
}

/// A tone with a beat, loud from 0.3 s before to the end: `pitch` tells one from another.
fn tone(seconds: f32, pitch: f32) -> Vec<i16> {
    let samples = (seconds * 16_000.0) as usize;
    let sample = |index: usize| {
        let time = index as f32 / 16_000.0;
        let loudness = if time < 0.3 {
            0.0
        } else {
            6_000.0 + 3_000.0 * (time * 9.0).sin()
        };
        ((time * pitch * std::f32::consts::TAU).sin() * loudness) as i16
    };
    (0..samples).map(sample).collect()
}

fn recognized(whisper: &mut Whisper, samples: &[i16]) -> Recognition {
    whisper.recognize(Speech::of(samples)).unwrap()
}

fn spans(words: &[RecognizedWord]) -> Vec<(&str, u32, u32)> {
    words
        .iter()
        .map(|word| (word.text.as_str(), word.start_ms, word.end_ms))
        .collect()
}

#[test]
fn words_times_and_confidence_come_out_of_the_tokens() {
    let script = scripted(vec![
        (stamp(0), 0.9),
        (token(" so"), 0.9),
        (token(" we"), 0.6),
        (token(" dash"), 0.9),
        (token("board"), 0.4),
        (token("."), 0.9),
        (stamp(1_900), 0.9),
    ]);
    let mut whisper = Whisper::load(weights()).unwrap().following(script);
    let recognition = recognized(&mut whisper, &tone(2.5, 220.0));
    assert!(!recognition.hit_loop_guard);
    // From the first loud sample to the closing stamp, by length of text: 2, 2 and 10 and a pause of 3.
    assert_eq!(
        spans(&recognition.words),
        [("so", 300, 488), ("we", 488, 676), ("dashboard.", 676, 1_900)]
    );
    let confidence: Vec<f32> = recognition.words.iter().map(|word| word.confidence).collect();
    let expected = [0.9, 0.6, (0.9_f32 * 0.4 * 0.9).powf(1.0 / 3.0)];
    for (found, expected) in confidence.iter().zip(expected) {
        assert!((found - expected).abs() < 0.02, "{confidence:?}");
    }
}

#[test]
fn the_recognizer_names_its_model() {
    let whisper = Whisper::load(weights()).unwrap();
    let info = whisper.info();
    assert_eq!((info.name.as_str(), info.model.as_str()), ("whisper", "seeded.en"));
    assert!(!info.writes_fillers && !info.version.is_empty() && !info.weakness.is_empty());
}

#[test]
fn text_that_never_ends_meets_the_guard_is_decoded_once_more_and_marked() {
    let endless = Script::new(|_| {
        let again = ScriptedToken {
            id: token(" so"),
            probability: 0.9,
        };
        vec![again; 60]
    });
    let mut whisper = Whisper::load(weights()).unwrap().following(endless);
    let recognition = recognized(&mut whisper, &tone(2.0, 220.0));
    assert!(recognition.hit_loop_guard);
    assert_eq!(recognition.words.len(), 60, "the second decode has no guard");
    // As many as the guard allows are no loop.
    let many = scripted(vec![(token(" so"), 0.9); max_tokens(2.0) as usize]);
    let mut whisper = Whisper::load(weights()).unwrap().following(many);
    assert!(!recognized(&mut whisper, &tone(2.0, 220.0)).hit_loop_guard);
}

#[test]
fn what_was_said_before_changes_nothing() {
    // Without a script the random weights speak: nonsense, but nonsense that depends on everything they are given.
    let (first, second) = (tone(2.0, 220.0), tone(3.0, 470.0));
    let mut fresh = Whisper::load(weights()).unwrap();
    let alone = recognized(&mut fresh, &second);
    assert!(!alone.words.is_empty());
    let mut used = fresh.another().unwrap();
    let before = recognized(&mut used, &first);
    assert_ne!(before, alone, "the weights do not tell two sounds apart");
    assert_eq!(recognized(&mut used, &second), alone);
    assert_eq!(recognized(&mut used, &first), before);
}

#[test]
fn two_workers_on_two_threads_hear_the_same() {
    let samples = tone(2.0, 330.0);
    let mut one = Whisper::load(weights()).unwrap();
    let mut two = one.another().unwrap();
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| recognized(&mut two, &samples));
        (recognized(&mut one, &samples), second.join().unwrap())
    });
    assert_eq!(first, second);
}

#[test]
fn the_script_knows_how_long_the_audio_is_and_short_audio_is_padded() {
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&heard);
    let script = Script::new(move |audio| {
        told.lock().unwrap().push(audio.as_millis());
        vec![ScriptedToken {
            id: token(" so"),
            probability: 0.9,
        }]
    });
    let mut whisper = Whisper::load(weights()).unwrap().following(script);
    let words = recognized(&mut whisper, &tone(0.4, 220.0)).words;
    assert_eq!(spans(&words), [("so", 300, 400)], "no word reaches into the padding");
    assert_eq!(*heard.lock().unwrap(), [1_100]);
}

#[test]
fn silence_has_no_words() {
    let mut whisper = Whisper::load(weights()).unwrap().following(scripted(Vec::new()));
    assert_eq!(recognized(&mut whisper, &[0; 16_000]), Recognition::default());
    assert_eq!(recognized(&mut whisper, &[]), Recognition::default());
}

#[test]
fn more_than_the_model_can_see_is_refused() {
    let mut whisper = Whisper::load(weights()).unwrap();
    let samples = vec![0; LONGEST_SAMPLES + 1];
    let error = whisper.recognize(Speech::of(&samples)).unwrap_err();
    assert!(error.to_string().contains("30 s"), "{error}");
}

#[test]
fn a_file_that_is_no_model_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-broken.bin");
    for content in [
        &b""[..],
        b"not a model at all",
        &std::fs::read(weights()).unwrap()[..100_000],
    ] {
        std::fs::write(&path, content).unwrap();
        let error = Whisper::load(&path).unwrap_err();
        assert!(error.to_string().contains("ggml-broken.bin"), "{error}");
    }
    assert!(Whisper::load(&folder.path().join("absent.bin")).is_err());
}

#[test]
fn a_model_of_128_mel_bands_is_heard_and_one_of_other_filters_is_refused_with_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-seeded-v3.bin");
    seeded::write_with_mels(&path, Dims::SMALL, 128, 7).unwrap();
    let mut whisper = Whisper::load(&path).unwrap().following(Script::paced());
    let mut bare = whisper.bare(Script::paced()).unwrap();
    let samples = tone(2.0, 220.0);
    let recognition = recognized(&mut whisper, &samples);
    bare.decode(&samples, Context::Trimmed).unwrap();
    let (ours, theirs) = (recognition.no_speech.unwrap(), bare.no_speech().unwrap());
    assert!(!recognition.words.is_empty() && (ours / theirs - 1.0).abs() < 0.01);

    let mut header = std::fs::read(&path).unwrap()[..56].to_vec();
    for (bands, bins, found) in [
        (129_u32, 201_u32, "129 bands of 201 bins"),
        (0, 201, "0 bands"),
        (80, 257, "of 257 bins"),
    ] {
        header[48..52].copy_from_slice(&bands.to_le_bytes());
        header[52..56].copy_from_slice(&bins.to_le_bytes());
        std::fs::write(&path, &header).unwrap();
        let refused = Spectrogram::open(&path).err().unwrap();
        assert!(refused.to_string().contains(found), "{refused}");
    }
}

#[test]
fn the_audio_context_is_trimmed_to_the_audio() {
    for (seconds, positions) in [(0.5, 256), (4.0, 320), (6.0, 384), (14.0, 768), (29.0, 1_500)] {
        assert_eq!(audio_ctx(seconds), positions, "{seconds} s");
    }
}

#[test]
fn a_prompt_colours_one_decode_and_not_the_next() {
    let samples = tone(2.0, 330.0);
    let mut whisper = Whisper::load(weights()).unwrap();
    let alone = recognized(&mut whisper, &samples);
    let prompted = whisper
        .recognize(Speech {
            prompt: " so we ship the dashboard on friday.",
            ..Speech::of(&samples)
        })
        .unwrap();
    assert_ne!(prompted, alone, "the weights do not hear the prompt");
    assert_eq!(recognized(&mut whisper, &samples), alone);
    // Nor does one session's colour another's, which has its own.
    let glossary = Speech {
        prompt: "Kubernetes, Ada.",
        ..Speech::of(&samples)
    };
    let after = whisper.recognize(glossary).unwrap();
    let fresh = Whisper::load(weights()).unwrap().recognize(glossary).unwrap();
    assert_ne!(after, prompted, "the weights do not hear the glossary");
    assert_eq!(after, fresh);
}

#[test]
fn of_a_long_prompt_the_last_tokens_are_heard_and_one_that_is_no_text_is_none() {
    let whisper = Whisper::load(weights()).unwrap();
    let tokens = whisper.prompt(&" so we ship".repeat(200));
    assert_eq!(tokens.len(), PROMPT_TOKENS);
    assert_eq!(tokens.last(), Some(&token(" ship")));
    assert!(whisper.prompt("").is_empty());
    assert!(whisper.prompt("so\0we").is_empty());
    assert!(whisper.prompt(&"\u{e9}".repeat(2_000)).len() <= PROMPT_TOKENS);
}

#[test]
fn a_decode_that_nobody_waits_for_stops_in_the_middle() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let asked = AtomicUsize::new(0);
    let mut whisper = Whisper::load(weights()).unwrap();
    let samples = tone(4.0, 220.0);
    // The encoder is waited for, the first token not any more.
    let patience = 1;
    let cancelled = || asked.fetch_add(1, Ordering::Relaxed) >= patience;
    let stopped = whisper.recognize(Speech {
        cancelled: &cancelled,
        ..Speech::of(&samples)
    });
    assert!(matches!(stopped, Err(RecognizeError::Cancelled)), "{stopped:?}");
    assert!(
        asked.load(Ordering::Relaxed) < patience + 4,
        "it went on after it was told to stop"
    );
    assert!(
        !recognized(&mut whisper, &samples).words.is_empty(),
        "it goes on with the next"
    );
}

#[test]
fn our_spectrogram_is_heard_as_whisper_cpps_own_is() {
    let mut whisper = Whisper::load(weights()).unwrap().following(Script::paced());
    let mut bare = whisper.bare(Script::paced()).unwrap();
    let mut heard = Vec::new();
    for (seconds, pitch) in [
        (0.4, 300.0),
        (1.3, 220.0),
        (4.0, 440.0),
        (4.0, 1_900.0),
        (11.7, 130.0),
        (29.9, 700.0),
    ] {
        let samples = tone(seconds, pitch);
        let recognition = recognized(&mut whisper, &samples);
        let tokens = bare.decode(&samples, Context::Trimmed).unwrap();
        let (ours, theirs) = (recognition.no_speech.unwrap(), bare.no_speech().unwrap());
        assert!(
            (ours / theirs - 1.0).abs() < 0.01,
            "{seconds} s, {pitch} Hz: {ours} and {theirs}"
        );
        assert!(tokens > 0 && !recognition.words.is_empty());
        heard.push(ours);
    }
    // The figure does depend on the sound.
    heard.sort_by(f32::total_cmp);
    assert!(
        heard.windows(2).filter(|pair| pair[1] / pair[0] > 1.02).count() >= 3,
        "{heard:?}"
    );
}

#[test]
fn where_whisper_cpp_listens_once_more_further_on_there_is_silence_behind_the_sound_too() {
    // No end within the tokens that it writes at most, so from the time on that it wrote it listens anew.
    let endless = || {
        Script::new(|_| {
            let begun = [(token(" so"), 0.9), (stamp(14_000), 0.9), (stamp(14_000), 0.9)];
            let tokens = begun.into_iter().chain(std::iter::repeat_n((token(" we"), 0.9), 240));
            tokens
                .map(|(id, probability)| ScriptedToken { id, probability })
                .collect()
        })
    };
    let samples = tone(28.0, 220.0);
    let mut whisper = Whisper::load(weights()).unwrap().following(endless());
    let mut bare = whisper.bare(endless()).unwrap();
    assert!(!recognized(&mut whisper, &samples).hit_loop_guard);
    assert!(bare.decode(&samples, Context::Trimmed).unwrap() > 200);
    let told: Vec<f32> = whisper
        .state
        .as_iter()
        .map(|segment| segment.no_speech_probability())
        .collect();
    assert_eq!(told.len(), 2, "it did not listen twice");
    let (ours, theirs) = (told[1], bare.no_speech().unwrap());
    assert!((ours / theirs - 1.0).abs() < 0.01, "{ours} and {theirs}");
}
