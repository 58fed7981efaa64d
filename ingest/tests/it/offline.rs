//! Recordings heard without a server, and that they are heard as a live session would.

use crate::line::{Tape, undisturbed};
use crate::meeting::{Loud, Script, Tones, assert_every_word_once, said};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Final;
use attune_engine::voices::{Embedding, SpeakerEmbedder, TellsVoices, VoiceLabel, VoicesHeard};
use attune_ingest::hearing::{MayLeave, Worker};
use attune_ingest::offline::{Channel, Heard, Listening, analyze};
use attune_ingest::ports::Decided;
use std::sync::Arc;

fn hear(script: &Script, workers: usize, told: &mut Vec<Listening>) -> Heard {
    hear_with(script, workers, &TellsVoices::NotInstalled, told)
}

fn hear_with(script: &Script, workers: usize, voices: &TellsVoices, told: &mut Vec<Listening>) -> Heard {
    let channels = [Track::Mic, Track::Tab].map(|track| Channel {
        track,
        speaker: Speaker::from(track),
        samples: script.sound(track),
    });
    let workers = (0..workers).map(|_| Worker {
        voices: voices.clone(),
        ..Worker::from(Box::new(Tones::default()))
    });
    analyze(
        channels.to_vec(),
        Box::new(Loud),
        workers,
        &MayLeave::never(),
        &mut |listening| told.push(listening),
    )
    .unwrap()
}

#[test]
fn a_recording_is_heard_as_a_live_session_hears_it() {
    let script = Script::half_a_minute();
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    let live = undisturbed(&tape).finals();
    for workers in [1, 3] {
        let mut told = Vec::new();
        let heard = hear(&script, workers, &mut told);
        // The line recognises by itself, without the pool, which measures the sound.
        let without_sound = |decided: &Final| Final {
            sound: None,
            voices: Vec::new(),
            ..decided.clone()
        };
        let finals: Vec<Final> = heard.finals().map(without_sound).collect();
        assert_eq!(finals, live, "{workers} workers");
        assert!(told.windows(2).all(|pair| pair[0].decided <= pair[1].decided));
        assert_eq!(
            told.last().map(|last| (last.decided.as_ms(), last.end.as_ms())),
            Some((30_000, 30_000))
        );
    }
}

#[test]
fn every_sample_of_every_channel_is_decided_once() {
    let script = Script::half_a_minute();
    let heard = hear(&script, 2, &mut Vec::new());
    for track in [Track::Mic, Track::Tab] {
        let mut at = 0;
        for span in heard.decided.iter().filter(|decided| decided.track == track) {
            assert_eq!(span.from_sample, at);
            assert!(span.to_sample > at);
            at = span.to_sample;
        }
        assert_eq!(at, script.length_ms * 16);
    }
}

#[test]
fn the_sound_of_the_microphone_is_measured_and_that_of_the_others_is_not() {
    let heard = hear(&Script::half_a_minute(), 2, &mut Vec::new());
    let (mine, theirs): (Vec<_>, Vec<_>) = heard
        .decided
        .iter()
        .filter(|decided| decided.outcome.is_some())
        .partition(|decided| decided.track == Track::Mic);
    let sound = |decided: &&Decided| decided.outcome.as_ref().and_then(|said| said.sound.clone());
    assert!(!mine.is_empty() && !theirs.is_empty());
    assert!(theirs.iter().all(|decided| sound(decided).is_none()));
    for decided in mine {
        let sound = sound(&decided).expect("it is measured");
        assert!(u64::from(sound.samples) <= decided.to_sample - decided.from_sample);
        assert!(sound.voice_dbfs.is_some(), "{sound:?}");
    }
}

#[test]
fn one_channel_is_nobody_in_particular() {
    let script = Script {
        said: vec![said(Track::Mic, 400, &[3, 6, 9])],
        length_ms: 2_000,
    };
    let channel = Channel {
        track: Track::Mic,
        speaker: Speaker::Unknown,
        samples: script.sound(Track::Mic),
    };
    let heard = analyze(
        vec![channel],
        Box::new(Loud),
        vec![Box::new(Tones::default())],
        &MayLeave::never(),
        &mut |_| {},
    )
    .unwrap();
    let finals: Vec<Final> = heard.finals().cloned().collect();
    assert_every_word_once(&script, &finals, Track::Mic, 12);
    assert!(finals.iter().all(|decided| decided.speaker == Speaker::Unknown));
}

#[test]
fn an_empty_recording_is_heard_as_nothing() {
    let channel = Channel {
        track: Track::Mic,
        speaker: Speaker::Unknown,
        samples: Vec::new(),
    };
    let heard = analyze(
        vec![channel],
        Box::new(Loud),
        vec![Box::new(Tones::default())],
        &MayLeave::never(),
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(heard.decided, []);
}

/// Two voices: one high, one low.
struct HighOrLow;

impl SpeakerEmbedder for HighOrLow {
    fn embed(&self, windows: &[&[i16]]) -> Vec<Option<Embedding>> {
        let crossings = |window: &[i16]| window.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
        let is_high = |window: &&[i16]| crossings(window) * 16_000 / window.len() > 800;
        let each = windows.iter().map(is_high);
        each.map(|high| Embedding::of(if high { vec![1.0, 0.1] } else { vec![0.1, 1.0] }))
            .collect()
    }
}

/// Fails at everything.
struct Broken;

impl SpeakerEmbedder for Broken {
    fn embed(&self, _: &[&[i16]]) -> Vec<Option<Embedding>> {
        panic!("no voice is told apart");
    }
}

/// I speak, and two others, one low and one high, in turns.
fn two_others() -> Script {
    use Track::{Mic, Tab};
    Script {
        said: vec![
            said(Tab, 500, &[2, 3, 2, 3, 2, 3, 2, 3]),
            said(Mic, 4_000, &[7, 8, 7, 8, 7, 8, 7, 8]),
            said(Tab, 8_000, &[8, 9, 8, 9, 8, 9, 8, 9]),
            said(Tab, 12_000, &[3, 2, 3, 2, 3, 2, 3, 2]),
            said(Tab, 16_000, &[9, 8, 9, 8, 9, 8, 9, 8]),
            said(Tab, 20_000, &[9]),
        ],
        length_ms: 24_000,
    }
}

#[test]
fn the_others_voices_are_told_apart_the_same_however_many_recognize() {
    let script = two_others();
    let apart = TellsVoices::Apart(Arc::new(HighOrLow));
    let labels = |heard: &Heard| -> Vec<Vec<VoiceLabel>> {
        let theirs = heard.finals().filter(|decided| decided.track == Track::Tab);
        theirs
            .map(|decided| decided.voices.iter().map(|stretch| stretch.voice).collect())
            .collect()
    };
    let one = hear_with(&script, 1, &apart, &mut Vec::new());
    assert_eq!(one.voices, VoicesHeard::Apart);
    let told = labels(&one);
    let (low, high) = (told[0].clone(), told[1].clone());
    assert!(low.len() == 1 && high.len() == 1 && low != high, "{told:?}");
    assert_eq!(told, [low.clone(), high.clone(), low, high, Vec::new()]);
    assert_eq!(labels(&hear_with(&script, 3, &apart, &mut Vec::new())), told);
    for decided in one.finals() {
        let inside = |at| decided.span.start <= at && at <= decided.span.end;
        let voices = decided.voices.iter();
        assert!(
            voices
                .clone()
                .all(|stretch| inside(stretch.span.start) && inside(stretch.span.end))
        );
        assert!(
            decided.track == Track::Tab || decided.voices.is_empty(),
            "mine is known by its channel"
        );
    }
}

#[test]
fn without_a_model_and_with_one_that_fails_every_word_is_there_and_no_voice() {
    let script = two_others();
    for (voices, says) in [
        (TellsVoices::NotInstalled, VoicesHeard::NotInstalled),
        (TellsVoices::Off, VoicesHeard::Off),
        (TellsVoices::Apart(Arc::new(Broken)), VoicesHeard::Apart),
    ] {
        let heard = hear_with(&script, 2, &voices, &mut Vec::new());
        let finals: Vec<Final> = heard.finals().cloned().collect();
        assert_every_word_once(&script, &finals, Track::Tab, 60);
        assert!(finals.iter().all(|decided| decided.voices.is_empty()));
        assert_eq!(heard.voices, says);
    }
}
