//! Recordings heard without a server, and that they are heard as a live session would.

use crate::line::{Tape, undisturbed};
use crate::meeting::{Loud, Script, Tones, assert_every_word_once, said};
use attune_engine::recognize::Recognizer;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Final;
use attune_ingest::hearing::MayLeave;
use attune_ingest::offline::{Channel, Heard, Listening, analyze};
use attune_ingest::ports::Decided;

fn hear(script: &Script, workers: usize, told: &mut Vec<Listening>) -> Heard {
    let channels = [Track::Mic, Track::Tab].map(|track| Channel {
        track,
        speaker: Speaker::from(track),
        samples: script.sound(track),
    });
    let recognizers = (0..workers)
        .map(|_| Box::new(Tones::default()) as Box<dyn Recognizer>)
        .collect();
    analyze(
        channels.to_vec(),
        Box::new(Loud),
        recognizers,
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
