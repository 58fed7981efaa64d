//! What is suppressed, what is kept out of measures, and above all what is kept.

use super::*;
use crate::clock::MeetingTime;
use crate::recognize::RecognizedWord;
use crate::speaker::Track;
use crate::transcript::SegmentId;
use proptest::prelude::*;
use rstest::rstest;

/// A segment with so much of a voice, this sure of it, whose level is at 0 dB and `range_db` below in turns of 100 ms: as
/// long as the voice and the silence around it.
fn segment(voiced_ms: u64, voice: f32, range_db: f32) -> Segment {
    let from_sample = 160_000;
    let voiced_from = from_sample + 300 * SAMPLES_PER_MS;
    let voiced_to = voiced_from + voiced_ms * SAMPLES_PER_MS;
    let to_sample = voiced_to + 120 * SAMPLES_PER_MS;
    let quiet = 10_000.0 * 10_f32.powf(-range_db / 20.0);
    let sample = |index: u64| {
        let level = if (index / 1_600).is_multiple_of(2) {
            10_000.0
        } else {
            quiet
        };
        if index % 80 < 40 { level as i16 } else { -level as i16 }
    };
    Segment {
        id: SegmentId::new(Track::Mic, from_sample),
        track: Track::Mic,
        from_sample,
        to_sample,
        audio: (0..to_sample - from_sample).map(sample).collect(),
        audio_from_sample: from_sample,
        context: 0,
        voiced: vec![(voiced_from, voiced_to)],
        voice,
        flags: Vec::new(),
    }
}

/// As people sound: two words a second and more, sure, and as lively as the least lively recording.
fn speech(voiced_ms: u64) -> Segment {
    segment(voiced_ms, 0.95, 16.0)
}

fn recognition(text: &str, confidence: f32) -> Recognition {
    let words = text.split_whitespace().zip(0..).map(|(text, index)| RecognizedWord {
        text: text.to_owned(),
        start_ms: 300 + index * 100,
        end_ms: 400 + index * 100,
        confidence,
    });
    Recognition {
        words: words.collect(),
        ..Recognition::default()
    }
}

fn verdict(segment: &Segment, recognition: &Recognition) -> Verdict {
    let placed = recognition.words.iter().map(|word| Word {
        text: word.text.clone(),
        start: MeetingTime::from_ms(10_000 + u64::from(word.start_ms)),
        end: MeetingTime::from_ms(10_000 + u64::from(word.end_ms)),
        confidence: word.confidence,
    });
    judge(segment, recognition, &placed.collect::<Vec<_>>())
}

#[rstest]
#[case("Yeah.", 250)]
#[case("Okay.", 300)]
#[case("Thank you.", 350)]
#[case("Thank you.", 700)]
#[case("Bye.", 200)]
#[case("Got it.", 250)]
#[case("No, no, no, no.", 900)]
#[case("Thanks for watching.", 1_000)]
fn what_is_really_said_is_kept_however_short_or_often_invented(#[case] text: &str, #[case] voiced_ms: u64) {
    assert_eq!(verdict(&speech(voiced_ms), &recognition(text, 0.9)), Verdict::Keep);
}

#[rstest]
#[case::weakly_voiced("Thank you.", 700, 0.55)]
#[case::weakly_and_briefly_voiced("Thanks for watching!", 400, 0.5)]
#[case::you("you", 200, 0.4)]
fn an_invented_phrase_over_a_doubtful_voice_is_suppressed(
    #[case] text: &str,
    #[case] voiced_ms: u64,
    #[case] voice: f32,
) {
    let heard = segment(voiced_ms, voice, 16.0);
    assert_eq!(
        verdict(&heard, &recognition(text, 0.9)),
        Verdict::Suppress(Reason::Noise)
    );
}

#[test]
fn any_other_words_over_a_doubtful_voice_are_only_doubted() {
    let heard = segment(700, 0.55, 16.0);
    assert_eq!(verdict(&heard, &recognition("Ship it.", 0.9)), Verdict::LowConfidence);
}

#[rstest]
#[case::hum(0.02)]
#[case::hiss(0.6)]
#[case::rain(4.2)]
fn no_voice_is_as_steady_as_hum_however_sure_everything_else_is(#[case] range_db: f32) {
    let heard = segment(1_000, 0.95, range_db);
    assert_eq!(
        verdict(&heard, &recognition("we ship it", 0.95)),
        Verdict::Suppress(Reason::Noise)
    );
}

#[test]
fn a_single_vowel_may_be_steady() {
    assert_eq!(
        verdict(&segment(400, 0.95, 0.5), &recognition("Oh.", 0.9)),
        Verdict::Keep
    );
}

#[test]
fn notes_are_suppressed_where_the_words_found_in_them_are_unsure() {
    let notes = segment(3_000, 0.9, 13.0);
    let found = "boo boo boo boom boom boo boom";
    assert_eq!(
        verdict(&notes, &recognition(found, 0.5)),
        Verdict::Suppress(Reason::Noise)
    );
    assert_eq!(verdict(&notes, &recognition(found, 0.9)), Verdict::LowConfidence);
}

#[test]
fn unsure_words_of_a_lively_voice_are_kept_out_of_measures_and_no_more() {
    // What PocketSphinx makes of a meeting heard by a far microphone: half of it is right.
    assert_eq!(
        verdict(&speech(2_000), &recognition("the thing is on the table", 0.2)),
        Verdict::LowConfidence
    );
}

#[rstest]
#[case::too_many("a b c d e f g h", 1_000, Verdict::LowConfidence)]
#[case::many("a b c d e f g", 1_000, Verdict::Keep)]
#[case::few_words_in_a_long_sound("up there", 2_000, Verdict::LowConfidence)]
#[case::enough("up there now", 2_000, Verdict::Keep)]
#[case::one_word_drawn_out("So", 900, Verdict::Keep)]
fn words_in_a_second_of_voice_are_as_many_as_people_say(
    #[case] text: &str,
    #[case] voiced_ms: u64,
    #[case] expected: Verdict,
) {
    assert_eq!(verdict(&speech(voiced_ms), &recognition(text, 0.9)), expected);
}

#[test]
fn a_voice_that_comes_and_goes_is_a_sign() {
    let mut heard = speech(2_000);
    let from = heard.voiced[0].0;
    heard.voiced = vec![(from, from + 6_400), (from + 16_000, from + 20_000)];
    assert_eq!(verdict(&heard, &recognition("we ship it", 0.9)), Verdict::LowConfidence);
}

#[rstest]
#[case::nobody_speaks_and_the_text_is_unsure(Some(0.7), Some(-1.1), Verdict::Suppress(Reason::Noise))]
#[case::nobody_speaks_and_the_text_is_sure(Some(0.9), Some(-0.3), Verdict::Keep)]
#[case::somebody_speaks_indistinctly(Some(0.1), Some(-1.1), Verdict::Keep)]
#[case::the_text_is_unlikely(Some(0.1), Some(-1.4), Verdict::LowConfidence)]
#[case::a_recognizer_without_either(None, None, Verdict::Keep)]
fn the_decoder_is_believed_as_its_authors_do(
    #[case] no_speech: Option<f32>,
    #[case] mean_logprob: Option<f32>,
    #[case] expected: Verdict,
) {
    let heard = Recognition {
        no_speech,
        mean_logprob,
        ..recognition("we ship it on friday", 0.9)
    };
    assert_eq!(verdict(&speech(2_000), &heard), expected);
}

#[test]
fn text_that_repeats_itself_is_no_speech_once_two_measures_of_that_agree() {
    let again = recognition(&"so we ship it ".repeat(8), 0.9);
    let repetition = Verdict::Suppress(Reason::Repetition);
    assert_eq!(verdict(&speech(10_000), &again), repetition);
    let refrain = recognition(&"so we ship it ".repeat(3), 0.9);
    assert_eq!(verdict(&speech(5_000), &refrain), Verdict::LowConfidence);
    let ran_on = Recognition {
        hit_loop_guard: true,
        ..refrain
    };
    assert_eq!(verdict(&speech(5_000), &ran_on), repetition);
}

#[test]
fn a_segment_without_words_has_nothing_to_suppress() {
    let silent = Recognition {
        no_speech: Some(0.99),
        mean_logprob: Some(-3.0),
        ..Recognition::default()
    };
    assert_eq!(verdict(&segment(1_000, 0.3, 0.0), &silent), Verdict::Keep);
}

proptest! {
    /// More doubt never makes words surer.
    #[test]
    fn less_sure_signs_never_help(
        voice in 0.0f32..1.0, range_db in 0.0f32..40.0, confidence in 0.0f32..1.0,
        voiced_ms in 150u64..3_000, less in 0.0f32..1.0,
    ) {
        let severity = |verdict| match verdict {
            Verdict::Keep => 0,
            Verdict::LowConfidence => 1,
            Verdict::Suppress(_) => 2,
        };
        let judged = |voice, range_db, confidence| {
            severity(verdict(&segment(voiced_ms, voice, range_db), &recognition("we ship it", confidence)))
        };
        let at = judged(voice, range_db, confidence);
        prop_assert!(judged(voice * less, range_db, confidence) >= at);
        prop_assert!(judged(voice, range_db * less, confidence) >= at);
        prop_assert!(judged(voice, range_db, confidence * less) >= at);
    }
}
