//! From a recognition to a decided segment.

use super::*;
use crate::speaker::Track;
use crate::spoken::recognizer;
use crate::transcript::SegmentId;
use rstest::rstest;

/// A segment that decides 10 to 12 s of the microphone, heard from `context_ms` before it on.
fn segment(context_ms: u64, flags: &[SegmentFlag]) -> Segment {
    let from_sample = 10_000 * SAMPLES_PER_MS;
    Segment {
        id: SegmentId::new(Track::Mic, from_sample),
        track: Track::Mic,
        from_sample,
        to_sample: 12_000 * SAMPLES_PER_MS,
        audio: vec![0; ((2_120 + context_ms) * SAMPLES_PER_MS) as usize],
        audio_from_sample: from_sample - context_ms * SAMPLES_PER_MS,
        context: (context_ms * SAMPLES_PER_MS) as usize,
        voiced: vec![(from_sample + 4_800, from_sample + 30_000)],
        voice: 0.9,
        flags: flags.to_vec(),
    }
}

fn heard(words: &[(&str, u32, u32)]) -> Recognition {
    let word = |&(text, start_ms, end_ms): &(&str, u32, u32)| RecognizedWord {
        text: text.into(),
        start_ms,
        end_ms,
        confidence: 0.9,
    };
    Recognition {
        words: words.iter().map(word).collect(),
        ..Recognition::default()
    }
}

fn decided(segment: &Segment, recognition: &Recognition) -> Final {
    final_of(segment, recognition, Speaker::Me, &recognizer(true))
}

/// The words of a final with their times in milliseconds.
fn timed(decided: &Final) -> Vec<(&str, u64, u64)> {
    decided
        .words
        .iter()
        .map(|word| (word.text.as_str(), word.start.as_ms(), word.end.as_ms()))
        .collect()
}

#[test]
fn words_are_placed_in_the_meeting_and_put_in_order() {
    let decided = decided(
        &segment(0, &[]),
        &heard(&[("world", 700, 1_100), (" hello ", 300, 700)]),
    );
    assert_eq!(timed(&decided), [("hello", 10_300, 10_700), ("world", 10_700, 11_100)]);
    assert_eq!((decided.span.start.as_ms(), decided.span.end.as_ms()), (10_000, 12_000));
    assert_eq!(decided.voiced, [span(164_800, 190_000)]);
    assert_eq!(decided.model, "scripted/test");
    assert_eq!(decided.segment.as_str(), "mic-160000");
    assert_eq!(decided.flags, []);
}

#[test]
fn words_of_the_left_context_are_dropped_and_a_loose_edge_is_forgiven() {
    let short = segment(2_000, &[SegmentFlag::Short]);
    let decided = decided(
        &short,
        &heard(&[("before", 1_500, 1_890), ("edge", 1_950, 2_200), ("yes", 2_200, 2_600)]),
    );
    assert_eq!(timed(&decided), [("edge", 10_000, 10_200), ("yes", 10_200, 10_600)]);
}

#[test]
fn a_word_astride_a_cut_goes_to_the_side_that_has_its_middle() {
    let cut = [SegmentFlag::ForcedCut];
    // The same two words, as the segment before the cut at 12 s and the one behind it hear them.
    let before = segment(0, &cut);
    let behind = Segment {
        from_sample: 12_000 * SAMPLES_PER_MS,
        to_sample: 14_000 * SAMPLES_PER_MS,
        audio_from_sample: 11_700 * SAMPLES_PER_MS,
        ..segment(300, &cut)
    };
    let mostly_before = [("left", 1_700, 2_100), ("right", 2_100, 2_120)];
    assert_eq!(
        timed(&decided(&before, &heard(&mostly_before))),
        [("left", 11_700, 12_000)]
    );
    assert_eq!(
        timed(&decided(&behind, &heard(&[("left", 0, 400), ("right", 400, 800)]))),
        [("right", 12_100, 12_500)]
    );
    assert_eq!(
        timed(&decided(&behind, &heard(&[("late", 200, 700)]))),
        [("late", 12_000, 12_400)]
    );
    assert_eq!(
        timed(&decided(&before, &heard(&[("late", 1_900, 2_120)]))),
        [] as [(&str, u64, u64); 0]
    );
}

#[test]
fn no_word_leaves_the_segment_whatever_a_recognizer_says() {
    let wild = heard(&[
        ("", 0, 100),
        ("back", 900, 100),
        ("far", 1_900, u32::MAX),
        ("gone", u32::MAX, u32::MAX),
    ]);
    let decided = decided(&segment(0, &[]), &wild);
    assert_eq!(
        timed(&decided),
        [
            ("back", 10_900, 10_900),
            ("far", 11_900, 12_000),
            ("gone", 12_000, 12_000)
        ]
    );
}

#[test]
fn weak_words_and_a_loop_are_flagged() {
    let mut recognition = heard(&[("hm", 300, 500), ("hm", 500, 700)]);
    recognition.hit_loop_guard = true;
    recognition.words.iter_mut().for_each(|word| word.confidence = 0.1);
    recognition.words[0].confidence = -3.0;
    let decided = decided(&segment(0, &[SegmentFlag::Short]), &recognition);
    assert_eq!(
        decided.flags,
        [SegmentFlag::Short, SegmentFlag::LoopGuard, SegmentFlag::LowConfidence]
    );
    assert_eq!(decided.words[0].confidence, 0.0);
}

#[rstest]
#[case::half_sure(0.59, true)]
#[case::sure_enough(0.61, false)]
fn a_segment_is_as_sure_as_its_words_on_the_average(#[case] mean: f32, #[case] weak: bool) {
    let mut recognition = heard(&[("so", 300, 500), ("what", 500, 700)]);
    recognition.words[0].confidence = mean - 0.3;
    recognition.words[1].confidence = mean + 0.3;
    let flags = decided(&segment(0, &[]), &recognition).flags;
    assert_eq!(flags.contains(&SegmentFlag::LowConfidence), weak);
}

#[test]
fn a_segment_in_which_nothing_was_understood_is_decided_without_words() {
    let decided = decided(&segment(0, &[]), &Recognition::default());
    assert!(decided.words.is_empty() && decided.flags.is_empty());
}

#[test]
fn a_word_that_two_decodes_place_on_either_side_of_a_cut_is_said_once() {
    let mut before = decided(
        &segment(0, &[SegmentFlag::ForcedCut]),
        &heard(&[("we", 1_400, 1_700), ("ship", 1_880, 2_060)]),
    );
    let cut = before.span.end;
    let behind = |first_ms: u64| {
        let mut behind = before.clone();
        behind.span = Span::new(cut, cut.plus(Duration::from_secs(2)));
        behind.words = before.words.iter().rev().cloned().collect();
        for (word, start) in behind.words.iter_mut().zip([first_ms, 12_400]) {
            word.start = MeetingTime::from_ms(start);
            word.end = MeetingTime::from_ms(start + 200);
        }
        behind
    };
    let texts = |decided: Final| decided.words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    assert_eq!(texts(without_repetition(behind(12_020), Some(&before))), ["we"]);
    assert_eq!(
        texts(without_repetition(behind(12_100), Some(&before))),
        ["ship", "we"],
        "said twice"
    );
    assert_eq!(texts(without_repetition(behind(12_020), None)), ["ship", "we"]);
    let apart = behind(12_020);
    before.span = Span::new(before.span.start, MeetingTime::from_ms(11_900));
    assert_eq!(
        texts(without_repetition(apart, Some(&before))),
        ["ship", "we"],
        "no cut lies between"
    );
}

#[test]
fn words_agreed_on_while_they_were_spoken_are_kept_and_little_believed() {
    let segment = segment(0, &[]);
    let shown = decided(&segment, &heard(&[("we", 300, 700), ("ship", 700, 5_000)])).words;
    let kept = final_of_shown(&segment, &shown, Speaker::Me, &recognizer(true));
    assert_eq!(timed(&kept), [("we", 10_300, 10_700), ("ship", 10_700, 12_000)]);
    assert_eq!(kept.flags, [SegmentFlag::LowConfidence]);
}

#[test]
fn the_gate_says_what_was_not_said_and_flags_what_it_doubts() {
    let recognizer = recognizer(true);
    let decision = |voice: f32, text: &str| {
        let segment = Segment {
            // Syllables: loud and quiet in turns.
            audio: (0..33_920)
                .map(|index| if index / 1_600 % 2 == 0 { 8_000 } else { 400 })
                .collect(),
            voice,
            ..segment(0, &[])
        };
        let words: Vec<_> = text
            .split(' ')
            .zip(3..)
            .map(|(word, at)| (word, at * 100, at * 100 + 90))
            .collect();
        decide(&segment, &heard(&words), Speaker::Me, &recognizer)
    };
    assert_eq!(decision(0.5, "Thank you."), Decision::Suppressed(Reason::Noise));
    let flags = |decision| match decision {
        Decision::Said(decided) => decided.flags,
        Decision::Suppressed(reason) => panic!("suppressed: {reason:?}"),
    };
    assert_eq!(flags(decision(0.5, "we ship it now")), [SegmentFlag::LowConfidence]);
    assert_eq!(flags(decision(0.9, "we ship it now")), []);
}
