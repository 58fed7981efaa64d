//! What detectors promise whatever they are given: the same findings however the words come, and no panic.

use super::exchange::{Input, Participant, TranscriptError};
use super::*;
use proptest::prelude::*;

fn input(speakers: usize, words: Vec<(usize, f64, f64, String)>) -> Input {
    Input {
        schema: exchange::SCHEMA.to_owned(),
        id: "test".to_owned(),
        language: None,
        speakers: (0..speakers)
            .map(|speaker| Participant {
                id: speaker.to_string(),
            })
            .collect(),
        words: words
            .into_iter()
            .map(|(speaker, from, to, text)| (speaker.to_string(), from, to, text))
            .collect(),
    }
}

/// `texts` said by the given speakers, each word 0.3 s, from the given second on.
fn said(speakers: usize, turns: &[(usize, f64, &str)]) -> Input {
    let mut words = Vec::new();
    for (speaker, start, text) in turns {
        for (place, word) in text.split(' ').enumerate() {
            let from = start + 0.3 * place as f64;
            words.push((*speaker, from, from + 0.28, word.to_owned()));
        }
    }
    input(speakers, words)
}

fn found(input: &Input, step_ms: u64) -> Detections {
    let words = input.spoken().unwrap();
    let mut detector = Detector::new(
        input.speakers.len(),
        Punctuation::of(words.iter().map(|(.., text)| *text)),
        Language::English,
    );
    let mut now = 0;
    for (speaker, span, text) in &words {
        while now + step_ms <= span.start.as_ms() {
            now += step_ms;
            detector.advance(MeetingTime::from_ms(now));
        }
        detector.observe(*speaker, *span, text);
    }
    detector.finish()
}

const VOCABULARY: &[&str] = &[
    "yeah",
    "okay",
    "so",
    "um",
    "what",
    "do",
    "you",
    "think",
    "about",
    "the",
    "remote?",
    "we",
    "should",
    "I'll",
    "send",
    "it",
    "tomorrow.",
    "right,",
    "mm-hmm",
    "like",
    "because",
    "is",
    "that",
    "and",
    "",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn words_that_come_one_by_one_and_all_at_once_give_the_same_findings(
        drawn in proptest::collection::vec((0usize..3, 0u32..60_000, 0u32..1_500, 0usize..VOCABULARY.len()), 0..300),
        step_ms in 1u64..5_000,
    ) {
        let words = drawn.into_iter().map(|(speaker, from_ms, long_ms, word)| {
            let from = f64::from(from_ms) / 1000.0;
            (speaker, from, from + f64::from(long_ms) / 1000.0, VOCABULARY[word].to_owned())
        });
        let input = input(3, words.collect());
        prop_assert_eq!(found(&input, step_ms), found(&input, 1_000_000));
    }

    #[test]
    fn no_text_makes_a_panic(
        texts in proptest::collection::vec("\\PC{0,12}", 0..60),
        long_ms in 0u32..2_000,
    ) {
        let words = texts.into_iter().enumerate().map(|(place, text)| {
            let from = place as f64 * 0.2;
            (place % 2, from, from + f64::from(long_ms) / 1000.0, text)
        });
        prop_assert!(input(2, words.collect()).measure().is_ok());
    }
}

#[test]
fn a_turn_of_fifty_thousand_words_is_measured() {
    let words = (0..50_000).map(|place| {
        let from = f64::from(place) * 0.2;
        (
            0,
            from,
            from + 0.19,
            VOCABULARY[place as usize % 20].replace(['?', '.', ','], ""),
        )
    });
    let output = input(1, words.collect()).measure().unwrap();
    assert_eq!(output.words["0"], 50_000);
}

#[test]
fn fifty_thousand_words_at_one_moment_are_measured() {
    let words = (0..50_000).map(|place| (place % 40, 1.0, 1.2, "yeah".to_owned()));
    let output = input(40, words.collect()).measure().unwrap();
    assert_eq!(output.words.values().sum::<usize>(), 50_000);
}

#[test]
fn forty_speakers_html_and_a_script_from_right_to_left_are_words_like_others() {
    let texts = [
        "<script>alert(1)</script>",
        "שלום",
        "مرحبا؟",
        "&amp;",
        "\u{202e}abc",
        "👍",
        "…",
        "--",
    ];
    let words = (0..400).map(|place| {
        let from = f64::from(place) * 0.4;
        let text = texts[place as usize % texts.len()].to_owned();
        (place as usize % 40, from, from + 0.3, text)
    });
    let output = input(40, words.collect()).measure().unwrap();
    assert_eq!(output.words.values().sum::<usize>(), 400);
}

#[test]
fn empty_words_are_none_and_nobody_is_a_meeting_too() {
    let words = vec![(0, 1.0, 1.2, String::new()), (0, 2.0, 2.0, " ".to_owned())];
    let output = input(1, words).measure().unwrap();
    assert_eq!((output.words["0"], output.talk_time_s["0"]), (0, 0.0));
    assert!(input(0, Vec::new()).measure().unwrap().words.is_empty());
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let one = |from, to| input(1, vec![(0, from, to, "hi".to_owned())]).measure().unwrap_err();
    for (from_s, to_s) in [(-1.0, 1.0), (2.0, 1.0), (0.0, 1e9), (1e300, 1e300)] {
        assert_eq!(one(from_s, to_s), TranscriptError::Time { word: 0, from_s, to_s });
    }
    let mut nobody = input(1, vec![(0, 0.0, 1.0, "hi".to_owned())]);
    nobody.words[0].0 = "ghost".to_owned();
    assert!(matches!(
        nobody.measure(),
        Err(TranscriptError::Unknown { word: 0, .. })
    ));
    let mut twice = input(2, Vec::new());
    twice.speakers[1].id = "0".to_owned();
    assert_eq!(twice.measure().unwrap_err(), TranscriptError::Twice("0".to_owned()));
    assert_eq!(
        input(300, Vec::new()).measure().unwrap_err(),
        TranscriptError::Speakers(300)
    );
    let mut other = input(1, Vec::new());
    other.schema = "timed-transcript/2".to_owned();
    assert!(matches!(other.measure(), Err(TranscriptError::Schema(_))));
}

#[test]
fn a_conversation_is_told_apart() {
    let meeting = said(
        2,
        &[
            (0, 0.0, "So, how did the call with Northwind go?"),
            (
                1,
                3.5,
                "Um, it went well, they want the remote in blue and they will order forty of them next month.",
            ),
            (0, 6.0, "Mm-hmm."),
            (0, 11.0, "Why do they want the remote in blue?"),
            (1, 14.0, "I'll ask them by Friday."),
        ],
    );
    let found = found(&meeting, 500);
    let starts = |events: Vec<Event>| -> Vec<(usize, f64)> {
        events
            .iter()
            .map(|event| (event.speaker, event.span.start.as_secs()))
            .collect()
    };
    let questions: Vec<Event> = found.questions.iter().map(|asked| asked.event).collect();
    assert_eq!(starts(questions), [(0, 0.0), (0, 11.0)]);
    assert_eq!(
        found
            .questions
            .iter()
            .map(|asked| (asked.kind, asked.follow_up))
            .collect::<Vec<_>>(),
        [(QuestionKind::Open, false), (QuestionKind::Open, true)]
    );
    assert_eq!(starts(found.fillers.clone()), [(1, 3.5)]);
    assert_eq!(starts(found.backchannels.clone()), [(0, 6.0)]);
    assert_eq!(found.commitments.len(), 1);
    assert_eq!(found.commitments[0].terms.due.as_deref(), Some("by friday"));
}

#[test]
fn another_language_is_told_without_words_and_says_what_is_missing() {
    let mut meeting = said(2, &[(0, 0.0, "Wie war der Termin?"), (1, 2.0, "Gut.")]);
    meeting.language = Some("de-DE".to_owned());
    let output = meeting.measure().unwrap();
    assert_eq!((output.words["0"], output.wording.is_none()), (4, true));
    assert!(output.talk_time_s["0"] > 1.0 && output.missing.contains(&"questions"));
}
