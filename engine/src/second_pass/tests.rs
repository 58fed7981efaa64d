//! What is heard at once, and which segment each word comes back to.

use super::*;
use crate::recognize::RecognizedWord;
use crate::speaker::Speaker::Me;
use crate::spoken::{recognizer, said_for, span};
use proptest::prelude::*;
use std::time::Duration;

const S: u64 = 16_000;

/// A segment of the microphone whose samples begin 2 s after the meeting did.
fn live(from_ms: u64, to_ms: u64, text: &str) -> Live {
    let mut decided = said_for(Me, from_ms + 2_000, to_ms + 2_000, text);
    decided.segment = SegmentId::new(Track::Mic, from_ms * SAMPLES_PER_MS);
    Live {
        from_sample: from_ms * SAMPLES_PER_MS,
        to_sample: to_ms * SAMPLES_PER_MS,
        decided,
    }
}

fn heard_at(words: &[(&str, u64, u64)], audio_from_ms: u64) -> Recognition {
    let words = words.iter().map(|&(text, from_ms, to_ms)| RecognizedWord {
        text: text.into(),
        start_ms: (from_ms - audio_from_ms) as u32,
        end_ms: (to_ms - audio_from_ms) as u32,
        confidence: 0.9,
    });
    Recognition {
        words: words.collect(),
        ..Recognition::default()
    }
}

/// Everything from here to there may be heard.
fn one(stretch: Range<u64>) -> Vec<Range<u64>> {
    std::iter::once(stretch).collect()
}

/// Sound that rises and falls as a voice does.
fn sound(samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|at| {
            let loud = if at / 3_200 % 2 == 0 { 8_000.0 } else { 80.0 };
            (loud * (at as f32 * 0.3).sin()) as i16
        })
        .collect()
}

fn texts(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Anew(decided) => Some(
            decided
                .words
                .iter()
                .map(|word| word.text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        ),
        Heard::Stands => None,
    }
}

#[test]
fn segments_are_joined_at_short_pauses_up_to_what_is_heard_at_once() {
    let segments = [
        live(1_000, 9_000, "a"),
        live(10_000, 20_000, "b"),
        live(21_000, 28_500, "c"),
        live(29_000, 35_000, "d"),
        live(41_100, 42_000, "e"),
    ];
    let found = passages(&segments, &one(0..60 * S));
    let shapes: Vec<_> = found
        .iter()
        .map(|passage| {
            let ms = |sample: u64| sample / SAMPLES_PER_MS;
            (
                passage.segments.clone(),
                ms(passage.from_sample)..ms(passage.to_sample),
                ms(passage.audio.start)..ms(passage.audio.end),
            )
        })
        .collect();
    assert_eq!(
        shapes,
        [
            (0..3, 1_000..28_500, 500..29_000),
            (3..4, 29_000..35_000, 28_500..35_500),
            (4..5, 41_100..42_000, 40_600..42_500),
        ]
    );
}

#[test]
fn no_passage_reaches_over_or_into_what_may_not_be_heard() {
    let segments = [
        live(1_000, 2_000, "a"),
        live(2_500, 3_500, "b"),
        live(5_000, 6_000, "c"),
        live(6_100, 7_000, "d"),
    ];
    // Withheld from 2.1 to 2.4 s, and from 3.4 s, inside the second; and nothing is kept from 6.05 s on.
    let audible = [
        0..2_100 * SAMPLES_PER_MS,
        2_400 * SAMPLES_PER_MS..3_400 * SAMPLES_PER_MS,
        4_900 * SAMPLES_PER_MS..6_050 * SAMPLES_PER_MS,
    ];
    let found = passages(&segments, &audible);
    let shapes: Vec<_> = found
        .iter()
        .map(|passage| (passage.segments.clone(), passage.audio.clone()))
        .collect();
    assert_eq!(
        shapes,
        [
            (0..1, 500 * SAMPLES_PER_MS..2_100 * SAMPLES_PER_MS),
            (2..3, 4_900 * SAMPLES_PER_MS..6_050 * SAMPLES_PER_MS),
        ]
    );
}

#[test]
fn stretches_that_are_in_both_and_those_that_touch() {
    assert_eq!(common(&[0..5, 6..9], &[2..3, 4..7, 8..20]), [2..3, 4..5, 6..7, 8..9]);
    assert_eq!(common(&one(0..5), &[]), []);
    assert_eq!(joined([0..2, 2..5, 6..7]), [0..5, 6..7]);
}

#[test]
fn every_word_comes_back_to_the_segment_that_has_its_middle_at_the_meeting_s_own_time() {
    let segments = [live(1_000, 3_000, "we sheep it"), live(3_600, 5_600, "on fry day")];
    let passage = &passages(&segments, &one(0..10 * S))[0];
    let audio = sound((passage.audio.end - passage.audio.start) as usize);
    let heard = passage.segment(Track::Mic, audio);
    let recognition = heard_at(
        &[
            ("noise", 500, 600),
            ("we", 1_200, 1_400),
            ("ship", 1_400, 2_000),
            ("it", 2_800, 3_140),
            ("on", 3_480, 3_700),
            ("friday", 4_000, 4_900),
        ],
        passage.audio.start / SAMPLES_PER_MS,
    );
    let rewritten = rewrite(&segments, 0..2, &heard, &recognition, &recognizer(true));
    assert_eq!(
        rewritten.iter().map(texts).collect::<Vec<_>>(),
        [Some("we ship it".to_owned()), Some("on friday".to_owned())]
    );
    let Heard::Anew(first) = &rewritten[0] else { panic!() };
    assert_eq!(
        (&first.segment, first.span, &first.voiced),
        (
            &segments[0].decided.segment,
            span(3_000, 5_000),
            &segments[0].decided.voiced
        )
    );
    // 2 s later than its samples, and not beyond its segment.
    let ends = first.words.iter().map(|word| (word.start.as_ms(), word.end.as_ms()));
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [(3_200, 3_400), (3_400, 4_000), (4_800, 5_000)]
    );
    assert_eq!(changed_words(&segments[0].decided, first), (1, 3));
}

#[test]
fn what_was_written_live_stands_where_nothing_better_was_heard() {
    let segments = [live(1_000, 3_000, "we ship it"), live(3_600, 5_600, "on friday then")];
    let passage = &passages(&segments, &one(0..10 * S))[0];
    let heard = passage.segment(Track::Mic, sound((passage.audio.end - passage.audio.start) as usize));
    let from_ms = passage.audio.start / SAMPLES_PER_MS;
    let first_only = heard_at(
        &[("we", 1_200, 1_400), ("ship", 1_400, 2_000), ("it", 2_100, 2_300)],
        from_ms,
    );
    let rewritten = rewrite(&segments, 0..2, &heard, &first_only, &recognizer(true));
    assert_eq!(
        rewritten.iter().map(texts).collect::<Vec<_>>(),
        [Some("we ship it".to_owned()), None]
    );

    // The same recognizer is less sure of it than it was live; of another's words that says nothing.
    let mut unsure = first_only.clone();
    unsure.words[0].confidence = 0.7;
    assert!(
        rewrite(&segments, 0..2, &heard, &unsure, &recognizer(true))
            .iter()
            .all(|heard| *heard == Heard::Stands)
    );
    unsure.made_by = Some("remote/large".into());
    let rewritten = rewrite(&segments, 0..2, &heard, &unsure, &recognizer(true));
    assert_eq!(texts(&rewritten[0]), Some("we ship it".to_owned()));

    let lost = Recognition {
        hit_loop_guard: true,
        ..first_only.clone()
    };
    assert!(
        rewrite(&segments, 0..2, &heard, &lost, &recognizer(true))
            .iter()
            .all(|heard| *heard == Heard::Stands)
    );

    // A steady tone of which a recognizer writes words is suppressed, here as in the first pass.
    let hum = passage.segment(Track::Mic, vec![4_000; heard.audio.len()]);
    assert!(
        rewrite(&segments, 0..2, &hum, &first_only, &recognizer(true))
            .iter()
            .all(|heard| *heard == Heard::Stands)
    );
}

/// A passage of the track in which these words are heard, as `(text, from_ms, to_ms)`.
fn hear(track: &[Live], passage: &Passage, words: &[(&str, u64, u64)]) -> Vec<Heard> {
    let heard = passage.segment(Track::Mic, sound((passage.audio.end - passage.audio.start) as usize));
    let recognition = heard_at(words, passage.audio.start / SAMPLES_PER_MS);
    rewrite(track, passage.segments.clone(), &heard, &recognition, &recognizer(true))
}

#[test]
fn a_word_at_a_cut_between_passages_that_both_hear_is_said_once() {
    let track = [
        live(1_000, 14_500, "we talk on and on"),
        live(14_500, 28_500, "until it is fry day"),
        live(28_500, 35_000, "then we ship"),
    ];
    let found = passages(&track, &one(0..60 * S));
    assert_eq!(
        found.iter().map(|passage| passage.segments.clone()).collect::<Vec<_>>(),
        [0..2, 2..3]
    );
    let first = hear(
        &track,
        &found[0],
        &[
            ("until", 20_000, 20_400),
            ("friday", 28_300, 28_500),
            ("then", 28_600, 28_900),
        ],
    );
    let second = hear(
        &track,
        &found[1],
        &[
            ("friday", 28_300, 28_500),
            ("then", 28_600, 28_900),
            ("ship", 30_000, 30_300),
        ],
    );
    assert_eq!(
        first.iter().chain(&second).map(texts).collect::<Vec<_>>(),
        [None, Some("until friday".to_owned()), Some("then ship".to_owned())]
    );
}

#[test]
fn a_word_that_two_hearings_place_on_either_side_of_a_cut_is_said_once() {
    let at_the_cut = |from_ms: u64| {
        let mut track = [
            live(1_000, 3_000, "we ship on friday"),
            live(3_000, 5_000, "friday then so on"),
        ];
        for (word, start) in track[1].decided.words.iter_mut().zip([from_ms, 5_600, 6_100, 6_600]) {
            word.start = MeetingTime::from_ms(start);
            word.end = word.start.plus(Duration::from_millis(200));
        }
        track
    };
    let first_only = [
        ("we", 1_200, 1_400),
        ("ship", 1_500, 1_800),
        ("by", 2_000, 2_300),
        ("friday", 2_950, 3_010),
    ];
    let texts = |track: &[Live], heard: Vec<Heard>, before: &Heard, of: Range<usize>| {
        said_once(track, of, heard, before)
            .iter()
            .map(texts)
            .collect::<Vec<_>>()
    };
    // Live the second segment had it, and stands; its first word begins 50 ms after that of the second hearing.
    let track = at_the_cut(5_000);
    let passage = &passages(&track, &one(0..10 * S))[0];
    let heard = hear(&track, passage, &first_only);
    assert_eq!(heard[1], Heard::Stands);
    let (first, second) = ("we ship by friday".to_owned(), "then so on".to_owned());
    assert_eq!(
        texts(&track, heard.clone(), &Heard::Stands, 0..2),
        [Some(first.clone()), Some(second.clone())]
    );
    // The same where the two are of different passages.
    assert_eq!(texts(&track, vec![Heard::Stands], &heard[0], 1..2), [Some(second)]);
    assert_eq!(
        texts(&track, vec![Heard::Stands], &Heard::Stands, 1..2),
        [None],
        "the first pass took care"
    );

    // A segment that is written anew behind one that stands.
    let again = hear(
        &track,
        passage,
        &[
            ("on", 2_990, 3_300),
            ("then", 3_600, 3_800),
            ("and", 4_000, 4_100),
            ("so", 4_200, 4_400),
        ],
    );
    assert_eq!(again[0], Heard::Stands);
    let mut track = track;
    track[0].decided.words[3].start = MeetingTime::from_ms(4_900);
    track[0].decided.words[3].text = "on".into();
    assert_eq!(
        texts(&track, again, &Heard::Stands, 0..2),
        [None, Some("then and so".to_owned())]
    );

    // Who says a word twice takes longer.
    let twice = at_the_cut(5_200);
    let heard = hear(&twice, passage, &first_only);
    assert_eq!(texts(&twice, heard, &Heard::Stands, 0..2), [Some(first), None]);
}

proptest! {
    #[test]
    fn a_passage_lies_in_one_audible_stretch_and_each_segment_is_in_one_at_most(
        lengths in prop::collection::vec((1u64..40, 1u64..140), 1..40),
        holes in prop::collection::vec((0u64..4_000, 1u64..40), 0..6),
    ) {
        let mut at = 0;
        let segments: Vec<Live> = lengths
            .iter()
            .map(|(pause, length)| {
                let from = at + pause * 100;
                at = from + length * 100;
                live(from, at, "word")
            })
            .collect();
        let mut audible = one(0..u64::MAX);
        for (from, length) in holes {
            let (from, to) = (from * 100 * SAMPLES_PER_MS, (from + length) * 100 * SAMPLES_PER_MS);
            audible = common(&audible, &[0..from, to..u64::MAX]);
        }
        let found = passages(&segments, &audible);
        let mut next = 0;
        for passage in &found {
            prop_assert!(passage.segments.start >= next && !passage.segments.is_empty());
            next = passage.segments.end;
            prop_assert!(audible.iter().any(|stretch| stretch.start <= passage.audio.start && passage.audio.end <= stretch.end));
            prop_assert!(passage.to_sample - passage.from_sample <= LONGEST);
            prop_assert!(passage.audio.start <= passage.from_sample && passage.to_sample <= passage.audio.end);
        }
        let inside = |segment: &Live| audible.iter().any(|stretch| stretch.start <= segment.from_sample && segment.to_sample <= stretch.end);
        let expected = segments.iter().filter(|segment| inside(segment)).count();
        prop_assert_eq!(found.iter().map(|passage| passage.segments.len()).sum::<usize>(), expected);
    }
}
