//! PocketSphinx on speech that flite makes.

use super::*;
use crate::spoken::spoken;
use attune_engine::wer::{self, WordErrors};
use std::process::Command;

const SENTENCES: [(&str, &str); 6] = [
    ("slt", "we should ship the new dashboard on friday"),
    ("rms", "what do you think about the price for the second year"),
    ("awb", "i have to check with the finance people before we decide"),
    ("slt", "the security team has no open questions any more"),
    ("rms", "two weeks if nothing goes wrong"),
    ("awb", "let us talk about it again in the morning"),
];

fn recognized(sphinx: &mut Sphinx, samples: &[i16]) -> Recognition {
    sphinx.recognize(Speech::of(samples)).unwrap()
}

#[test]
fn it_hears_most_of_what_is_said_and_when() {
    let mut sphinx = Sphinx::load().unwrap();
    let mut errors = WordErrors::default();
    for (voice, text) in SENTENCES {
        let samples = spoken(voice, text);
        let recognition = recognized(&mut sphinx, &samples);
        let words = &recognition.words;
        let heard: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        errors = errors + wer::compare(&wer::tokens(text), &wer::tokens(&heard.join(" ")));
        let length_ms = (samples.len() / 16) as u32;
        assert!(words.is_sorted_by_key(|word| word.start_ms));
        for word in words {
            assert!(
                word.start_ms < word.end_ms && word.end_ms <= length_ms + FRAME_MS,
                "{word:?}"
            );
            assert!((0.0..=1.0).contains(&word.confidence), "{word:?}");
            assert!(
                !word.text.is_empty() && !word.text.contains(['<', '[', '+', '(']),
                "{word:?}"
            );
        }
        assert!(
            words.iter().any(|word| word.confidence > 0.5),
            "{voice}: it is sure of nothing"
        );
    }
    assert!(errors.rate() <= 0.25, "{errors:?}");
}

#[test]
fn words_after_a_pause_are_where_they_are_said() {
    let (before, after) = (spoken("slt", "let us start"), spoken("slt", "what do you think of it"));
    let mut samples = before.clone();
    samples.resize(samples.len() + 24_000, 0);
    let second_ms = (samples.len() / 16) as u32;
    samples.extend(after);
    let recognition = recognized(&mut Sphinx::load().unwrap(), &samples);
    let late = recognition.words.iter().find(|word| word.text == "what").unwrap();
    let early = recognition.words.iter().find(|word| word.text == "start").unwrap();
    assert!(
        (second_ms..second_ms + 400).contains(&late.start_ms),
        "{late:?} is said at {second_ms}"
    );
    assert!(early.end_ms <= (before.len() / 16) as u32 + 100, "{early:?}");
}

#[test]
fn what_was_said_before_changes_nothing() {
    let speech = SENTENCES.map(|(voice, text)| spoken(voice, text));
    let mut sphinx = Sphinx::load().unwrap();
    let forward: Vec<Recognition> = speech.iter().map(|samples| recognized(&mut sphinx, samples)).collect();
    let mut backward: Vec<Recognition> = speech
        .iter()
        .rev()
        .map(|samples| recognized(&mut sphinx, samples))
        .collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert!(forward.iter().all(|recognition| !recognition.words.is_empty()));
}

#[test]
fn two_decoders_on_two_threads_hear_the_same() {
    let samples = spoken("slt", "we should ship it on friday");
    let hear = || recognized(&mut Sphinx::load().unwrap(), &samples);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(hear);
        (hear(), second.join().unwrap())
    });
    assert_eq!(first, second);
}

#[test]
fn a_glossary_changes_nothing() {
    let samples = spoken("slt", "we should ship it on friday");
    let mut sphinx = Sphinx::load().unwrap();
    let alone = recognized(&mut sphinx, &samples);
    let prompted = sphinx.recognize(Speech {
        prompt: "Ada, Kubernetes.",
        ..Speech::of(&samples)
    });
    assert_eq!(prompted.unwrap(), alone);
}

#[test]
fn silence_and_next_to_nothing_have_no_words() {
    let mut sphinx = Sphinx::load().unwrap();
    for samples in [0, 1, SHORTEST_SAMPLES - 1, SHORTEST_SAMPLES, 32_000] {
        assert_eq!(
            recognized(&mut sphinx, &vec![0; samples]),
            Recognition::default(),
            "{samples}"
        );
    }
}

#[test]
fn models_that_are_not_there_are_named_with_their_package() {
    let folder = tempfile::tempdir().unwrap();
    let error = Sphinx::load_from(folder.path()).unwrap_err();
    assert!(error.to_string().contains("pocketsphinx-en-us"), "{error}");
}

#[test]
fn models_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("en-us")).unwrap();
    for file in ["en-us.lm.bin", "cmudict-en-us.dict"] {
        std::fs::write(folder.path().join(file), "nothing").unwrap();
    }
    assert!(matches!(Sphinx::load_from(folder.path()), Err(SphinxError::Refused(_))));
}

/// The library prints its settings and its words unless it is silenced: what a process prints that hears something.
#[test]
fn it_prints_nothing() {
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sphinx::tests::it_hears_most_of_what_is_said_and_when",
            "--nocapture",
        ])
        .output()
        .unwrap();
    assert!(run.status.success());
    let printed = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(printed.contains("1 passed"), "nothing was heard: {printed}");
    for trace in ["INFO", "-hmm", "friday"] {
        assert!(!printed.contains(trace), "{printed}");
    }
}

#[test]
fn fillers_are_no_words_and_second_pronunciations_are_the_same_word() {
    let entry = |word: &str, posterior| ffi::Entry {
        word: word.to_owned(),
        first: 10,
        last: 19,
        posterior,
    };
    for filler in ["<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "++um++", ""] {
        assert_eq!(word_of(&entry(filler, 1.0)), None, "{filler}");
    }
    let word = word_of(&entry("the(2)", 1.000_1)).unwrap();
    assert_eq!((word.text.as_str(), word.start_ms, word.end_ms), ("the", 100, 200));
    assert!((word.confidence - 1.0).abs() < f32::EPSILON);
}

#[test]
fn the_quick_one_hears_most_of_it_too_and_carries_nothing_on() {
    let mut quick = Sphinx::load_quick().unwrap();
    let mut errors = WordErrors::default();
    let mut first = Vec::new();
    for (voice, text) in SENTENCES {
        let samples = spoken(voice, text);
        let recognition = recognized(&mut quick, &samples);
        let heard: Vec<&str> = recognition.words.iter().map(|word| word.text.as_str()).collect();
        errors = errors + wer::compare(&wer::tokens(text), &wer::tokens(&heard.join(" ")));
        first.push((samples, recognition));
    }
    assert!(errors.rate() <= 0.35, "{errors:?}");
    for (samples, recognition) in first.iter().rev() {
        assert_eq!(recognized(&mut quick, samples), *recognition);
    }
}
