//! Every measure against values computed by hand.

mod floor;
mod intervals;
mod model;
mod own;
mod pausing;
mod sound;
mod truth;
mod wording;

use super::*;
use crate::meeting_type::MeetingType;
use crate::recognize::RecognizerInfo;
use crate::speaker::{Speaker, Track};
use crate::spoken::{conversation, filling, recognizer, said_for, setup};
use crate::transcript::{Final, SegmentFlag};
use Speaker::{Me, Them};
use rstest::rstest;

const FIVE_MINUTES_MS: u64 = 300_000;

/// The measure `id` of a meeting of no special kind.
fn measured(id: &str, finals: &[Final]) -> Measure {
    conversation(MeetingType::Other, finals)
        .measures()
        .get(id)
        .cloned()
        .expect("it is measured")
}

fn value(id: &str, finals: &[Final]) -> f64 {
    measured(id, finals).value.expect("there is enough speech")
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-6
}

/// Words with nothing to count, said in a stretch.
fn talk(speaker: Speaker, from_s: f64, to_s: f64) -> Final {
    let (from_ms, to_ms) = ((from_s * 1000.0) as u64, (to_s * 1000.0) as u64);
    said_for(
        speaker,
        from_ms,
        to_ms,
        &filling(((to_s - from_s) * 2.5).ceil() as usize),
    )
}

#[test]
fn c1_is_my_part_of_all_speech_with_overlap_counted_for_both() {
    // 120 s of mine, 200 s of theirs, 20 s of them at once: 120 of 320 s.
    let finals = [talk(Me, 0.0, 120.0), talk(Them, 100.0, 300.0)];
    let measure = measured("C1", &finals);
    assert_eq!(measure.value, Some(37.5));
    assert_eq!((measure.parts["me_s"], measure.parts["them_s"]), (120.0, 200.0));
}

#[test]
fn c1_joins_pauses_under_a_quarter_of_a_second_and_leaves_out_longer_ones() {
    let mut mine = talk(Me, 0.0, 200.0);
    let voiced = [(0, 100_000), (100_249, 150_000), (150_250, 200_000)];
    mine.voiced = voiced
        .map(|(from_ms, to_ms)| crate::spoken::span(from_ms, to_ms))
        .into();
    let measure = measured("C1", &[mine, talk(Them, 200.0, 400.0)]);
    assert!(close(measure.parts["me_s"], 199.75), "{:?}", measure.parts);
}

#[test]
fn c1_needs_five_minutes_of_speech() {
    let measure = measured("C1", &[talk(Me, 0.0, 100.0), talk(Them, 100.0, 299.0)]);
    assert_eq!((measure.value, measure.state), (None, MeasureState::NotEnoughSpeech));
    assert!(measure.parts.is_empty());
    assert!((measure.exposure.have - 299.0 / 60.0).abs() < 1e-9);
    assert_eq!(measure.exposure.need, 5.0);
}

#[rstest]
#[case(MeetingType::Discovery, Some(35.0), Some(50.0))]
#[case(MeetingType::Demo, Some(50.0), Some(70.0))]
#[case(MeetingType::Candidate, Some(50.0), Some(70.0))]
#[case(MeetingType::Interviewer, Some(20.0), Some(30.0))]
#[case(MeetingType::OneOnOneManager, Some(20.0), Some(40.0))]
#[case(MeetingType::OneOnOneReport, Some(40.0), Some(60.0))]
#[case(MeetingType::InternalUpdate, None, Some(65.0))]
fn c1_has_a_target_for_each_type_of_meeting(
    #[case] meeting_type: MeetingType,
    #[case] low: Option<f64>,
    #[case] high: Option<f64>,
) {
    let measures = conversation(meeting_type, &[]).measures();
    assert_eq!(measures.get("C1").unwrap().target, Some(Band { low, high }));
}

#[test]
fn a_presentation_has_no_target_for_share_and_monologue_and_a_slower_pace() {
    let measures = conversation(MeetingType::Presentation, &[]).measures();
    assert_eq!(
        (measures.get("C1").unwrap().target, measures.get("C10").unwrap().target),
        (None, None)
    );
    assert_eq!(measures.get("C3").unwrap().target, Some(Band::between(100.0, 165.0)));
}

#[rstest]
#[case::a_pause_under_two_seconds_is_part_of_speaking(1_900, 200.0 * 60.0 / 61.9)]
#[case::a_longer_one_is_not(2_000, 200.0)]
fn c3_is_words_over_the_time_spent_speaking(#[case] pause_ms: u64, #[case] expected: f64) {
    let second_ms = 30_000 + pause_ms;
    let finals = [
        said_for(Me, 0, 30_000, &filling(100)),
        said_for(Me, second_ms, second_ms + 30_000, &filling(100)),
        said_for(Them, 70_000, 90_000, &filling(500)),
    ];
    assert!(close(value("C3", &finals), expected));
}

#[test]
fn c3_counts_no_filled_pauses_and_no_words_that_cannot_be_trusted() {
    let hesitant = format!("um {} uh", filling(70));
    let mut doubtful = said_for(Me, 60_000, 90_000, &filling(300));
    doubtful.flags = vec![SegmentFlag::LowConfidence];
    let finals = [said_for(Me, 0, 30_000, &hesitant), doubtful];
    assert!(close(value("C3", &finals), 140.0));
}

#[test]
fn c3_needs_sixty_words() {
    assert_eq!(
        measured("C3", &[said_for(Me, 0, 30_000, &filling(59))]).state,
        MeasureState::NotEnoughSpeech
    );
    assert!(close(value("C3", &[said_for(Me, 0, 30_000, &filling(60))]), 120.0));
}

#[test]
fn c6_is_filled_pauses_per_hundred_words() {
    let text = format!("um {} uh er um", filling(200));
    let measure = measured(
        "C6",
        &[
            said_for(Me, 0, 120_000, &text),
            said_for(Them, 130_000, 140_000, "um um um"),
        ],
    );
    assert_eq!(measure.value, Some(2.0));
    assert_eq!((measure.parts["count"], measure.parts["per_minute"]), (4.0, 2.0));
}

#[test]
fn c6_counts_by_the_minute_over_the_speech_that_it_counts_in() {
    let mut doubtful = said_for(Me, 130_000, 190_000, &format!("um {}", filling(150)));
    doubtful.flags = vec![SegmentFlag::LowConfidence];
    let text = format!("um {} uh er um", filling(200));
    let measure = measured("C6", &[said_for(Me, 0, 120_000, &text), doubtful]);
    assert_eq!((measure.parts["count"], measure.parts["per_minute"]), (4.0, 2.0));
}

#[test]
fn c6_is_not_covered_where_the_recognizer_drops_filled_pauses() {
    let setup = crate::conversation::Setup {
        recognizer: RecognizerInfo { ..recognizer(false) },
        ..setup(MeetingType::Other)
    };
    let mut conversation = Conversation::new(setup);
    conversation.observe(&said_for(Me, 0, 120_000, &filling(300)));
    let measures = conversation.measures();
    let measure = measures.get("C6").unwrap();
    assert_eq!((measure.state, measure.value), (MeasureState::NotCovered, None));
    assert!(measure.note.is_some());
    assert_eq!(measures.value("C7"), Some(0.0));
}

#[test]
fn c7_is_lexical_fillers_per_hundred_words_and_counts_no_filled_pause() {
    let text = format!("{} basically um {} basically", filling(120), filling(118));
    let measure = measured("C7", &[said_for(Me, 0, 120_000, &text)]);
    assert!(close(measure.value.unwrap(), 100.0 * 2.0 / 240.0));
    assert_eq!(measure.parts["count"], 2.0);
    assert_eq!(
        measured("C7", &[said_for(Me, 0, 60_000, &filling(199))]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c10_is_my_longest_turn_and_a_backchannel_does_not_end_it() {
    let finals = [
        talk(Them, 0.0, 200.0),
        talk(Me, 201.0, 240.0),
        said_for(Them, 239_500, 240_200, "right"),
        talk(Me, 240.5, 281.0),
        talk(Them, 283.0, 290.0),
        talk(Me, 291.0, 300.0),
    ];
    let measure = measured("C10", &finals);
    assert!(close(measure.value.unwrap(), 80.0));
    assert_eq!((measure.parts["t0_ms"], measure.parts["t1_ms"]), (201_000.0, 281_000.0));
    assert_eq!(
        measured("C10", &[talk(Them, 0.0, 30.0)]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c12_is_how_often_the_floor_changes_hands_in_a_minute() {
    // 21 turns of 13 s with 1 s between: 20 switches by 293 s; then silence to 300 s.
    let finals: Vec<Final> = (0..21u64)
        .map(|turn| {
            talk(
                if turn % 2 == 0 { Me } else { Them },
                turn as f64 * 14.0,
                turn as f64 * 14.0 + 13.0,
            )
        })
        .collect();
    let mut meeting = conversation(MeetingType::Other, &finals);
    assert_eq!(
        meeting.measures().get("C12").unwrap().state,
        MeasureState::NotEnoughSpeech
    );
    meeting.advance(crate::clock::MeetingTime::from_ms(FIVE_MINUTES_MS));
    let measures = meeting.measures();
    let measure = measures.get("C12").unwrap();
    assert!(close(measure.value.unwrap(), 4.0));
    assert!(close(measure.parts["score"], 10.0 * (1.0 - (-2.0f64).exp())));
}

/// Turns of theirs that end on every tenth second, each followed by one of mine after so many milliseconds.
fn answers(gaps_ms: &[i64]) -> Vec<Final> {
    let answer = |(index, gap_ms): (usize, &i64)| {
        let end_ms = 10_000 * (index as i64 + 1);
        let (theirs_ms, mine_ms) = (end_ms - 4_000, end_ms + gap_ms);
        [
            said_for(Them, theirs_ms as u64, end_ms as u64, &filling(10)),
            said_for(Me, mine_ms as u64, mine_ms as u64 + 1_000, &filling(4)),
        ]
    };
    gaps_ms.iter().enumerate().flat_map(answer).collect()
}

#[test]
fn c13_is_the_median_gap_before_my_answers() {
    let measure = measured("C13", &answers(&[100, 200, 300, 400, 500, 600, 700, -200]));
    assert!(close(measure.value.unwrap(), 350.0));
    assert!(close(measure.parts["p25_ms"], 175.0));
}

#[test]
fn c13_leaves_out_gaps_that_are_no_answer_and_needs_eight() {
    let measure = measured("C13", &answers(&[100, 200, 300, 400, 500, 600, 700, -600]));
    assert_eq!(
        (measure.state, measure.exposure.have),
        (MeasureState::NotEnoughSpeech, 7.0)
    );
}

#[rstest]
#[case::cutting_in(talk(Me, 109.0, 115.0), 1.0, 0.0)]
#[case::a_touch_of_overlap(talk(Me, 109.6, 115.0), 0.0, 0.0)]
#[case::while_the_other_goes_on_for_long(talk(Me, 106.0, 115.0), 0.0, 0.0)]
#[case::giving_up(talk(Me, 108.0, 109.0), 0.0, 0.0)]
#[case::a_backchannel(said_for(Me, 109_000, 109_900, "yeah right"), 0.0, 0.0)]
#[case::after_the_end(talk(Me, 110.2, 115.0), 0.0, 0.0)]
#[case::cut_in_upon(talk(Me, 90.0, 101.0), 0.0, 1.0)]
fn c14_counts_taking_the_floor_from_someone_who_then_stops(
    #[case] mine: Final,
    #[case] made: f64,
    #[case] received: f64,
) {
    let mut finals = vec![talk(Them, 100.0, 110.0), mine, talk(Them, 295.0, 300.0)];
    finals.sort_by_key(|decided| decided.span.end);
    let measure = measured("C14", &finals);
    assert_eq!((measure.parts["made"], measure.parts["received"]), (made, received));
    assert!(close(measure.value.unwrap(), made * 2.0));
}

#[test]
fn c14_does_not_take_a_breath_of_the_others_for_giving_way() {
    let mut theirs = talk(Them, 100.0, 120.0);
    theirs.voiced = vec![
        crate::spoken::span(100_000, 110_000),
        crate::spoken::span(110_300, 120_000),
    ];
    let finals = [talk(Me, 109.0, 110.2), theirs, talk(Them, 290.0, 300.0)];
    assert_eq!(measured("C14", &finals).parts["made"], 0.0);
}

#[test]
fn c14_knows_that_someone_whose_speech_was_cut_into_segments_goes_on() {
    // The other's segment ends at 110 s, their speech does not; mine comes in two segments as well.
    let finals = [
        talk(Them, 100.0, 110.0),
        talk(Me, 109.0, 112.0),
        talk(Me, 112.0, 116.0),
        talk(Them, 110.0, 120.0),
        talk(Them, 290.0, 300.0),
    ];
    assert_eq!(measured("C14", &finals).parts["made"], 0.0);
}

#[test]
fn c17_is_questions_per_thirty_minutes_with_the_open_ones_and_their_spread() {
    let finals = [
        said_for(Me, 10_000, 13_000, "How did the call go?"),
        said_for(Them, 14_000, 16_000, "Did you ask?"),
        said_for(Me, 120_000, 123_000, "Is it done?"),
        said_for(Me, 130_000, 133_000, "It is done."),
        said_for(Me, 290_000, 293_000, "what would you write instead"),
        said_for(Them, 297_000, 300_000, "Nothing at all."),
    ];
    let measure = measured("C17", &finals);
    assert!(close(measure.value.unwrap(), 18.0));
    assert_eq!((measure.parts["count"], measure.parts["open"]), (3.0, 2.0));
    assert!(close(measure.parts["open_share"], 200.0 / 3.0));
    assert!(close(measure.parts["spread"], 1.0));
    assert_eq!(measure.target, Some(Band::at_least(3.0)));
}

#[test]
fn c17_spread_falls_where_all_questions_come_at_once_and_none_is_a_value() {
    let finals = [
        said_for(Me, 10_000, 13_000, "Why?"),
        said_for(Me, 20_000, 23_000, "Is it done?"),
        said_for(Them, 297_000, 300_000, "Nothing."),
    ];
    // All in one of three thirds: Gini 2/3.
    assert!(close(measured("C17", &finals).parts["spread"], 1.0 / 3.0));
    let none = measured("C17", &finals[2..]);
    assert_eq!((none.value, none.parts.contains_key("spread")), (Some(0.0), false));
    let discovery = conversation(MeetingType::Discovery, &finals).measures();
    assert_eq!(discovery.get("C17").unwrap().target, Some(Band::between(11.0, 14.0)));
}

#[rstest]
#[case::a_mono_recording(Speaker::Unknown)]
#[case::only_the_microphone(Me)]
fn on_one_channel_what_needs_two_sides_is_not_covered_and_the_rest_is_measured(#[case] speaker: Speaker) {
    let setup = crate::conversation::Setup {
        tracks: vec![Track::Mic],
        ..setup(MeetingType::Other)
    };
    let mut conversation = Conversation::new(setup);
    conversation.observe(&said_for(speaker, 0, 400_000, &filling(1_000)));
    let measures = conversation.measures();
    let states = |state| -> Vec<&str> {
        measures
            .0
            .iter()
            .filter(|measure| measure.state == state)
            .map(|measure| measure.id.as_str())
            .collect()
    };
    assert_eq!(
        states(MeasureState::NotCovered),
        [
            "C1", "C2", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "C16", "C18", "C20", "C21", "C24", "C25", "C26"
        ]
    );
    assert_eq!(
        states(MeasureState::Ok),
        ["C3", "C4", "C6", "C7", "C8", "C17", "C19", "C22", "C23", "C28", "C30"]
    );
    assert!(close(measures.value("C3").unwrap(), 150.0));
}

#[test]
fn in_another_language_what_needs_english_words_is_not_covered_and_the_rest_is_measured() {
    let setup = crate::conversation::Setup {
        recognizer: RecognizerInfo {
            languages: vec!["de".into()],
            ..recognizer(true)
        },
        ..setup(MeetingType::Other)
    };
    let mut meeting = Conversation::new(setup);
    for decided in [
        said_for(Me, 0, 150_000, &filling(400)),
        said_for(Them, 149_000, 149_600, "mhm"),
        said_for(Them, 151_000, 400_000, &filling(400)),
    ] {
        meeting.observe(&decided);
    }
    let measures = meeting.measures();
    let missing: Vec<&str> = measures
        .0
        .iter()
        .filter(|measure| measure.note.as_deref() == Some(ONLY_ENGLISH))
        .map(|measure| measure.id.as_str())
        .collect();
    assert_eq!(
        missing,
        ["C6", "C7", "C8", "C16", "C17", "C19", "C22", "C27", "C28", "C29", "C30"]
    );
    assert_eq!(measures.get("C4").unwrap().state, MeasureState::NotCovered);
    let pace = measures.get("C3").unwrap();
    assert_eq!((pace.value, pace.target), (Some(160.0), None));
    assert!(measures.value("C1").is_some() && measures.value("C14").is_some());
    assert_eq!(meeting.turns().len(), 2, "and a sound of listening takes no floor");
}

#[test]
fn a_meeting_without_a_word_has_no_value_and_no_zero() {
    let measures = conversation(MeetingType::Other, &[]).measures();
    assert_eq!(measures.0.len(), 30);
    assert!(
        measures
            .0
            .iter()
            .all(|measure| measure.value.is_none() && measure.state != MeasureState::Ok)
    );
    assert_eq!(measures.get("C31"), None);
}

#[test]
fn a_measure_is_read_back_as_it_was_written() {
    let measures = conversation(MeetingType::Other, &[talk(Me, 0.0, 200.0), talk(Them, 200.0, 400.0)]).measures();
    let json = serde_json::to_string(&measures).unwrap();
    assert_eq!(serde_json::from_str::<Measures>(&json).unwrap(), measures);
    assert!(json.contains(r#""state":"not_enough_speech""#));
}

#[test]
fn quantiles_lie_between_neighbours() {
    assert_eq!(quantile(vec![4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
    assert_eq!(quantile(vec![7.0], 0.25), Some(7.0));
    assert_eq!(quantile(Vec::new(), 0.5), None);
}

#[test]
fn a_value_stands_to_its_target_and_its_edges_are_within() {
    let standing = |value, target| {
        let measure = Measure {
            value,
            target,
            ..measured("C1", &[])
        };
        measure.standing()
    };
    let target = Some(Band::between(40.0, 60.0));
    assert_eq!(standing(Some(39.9), target), Some(Standing::Below));
    assert_eq!(standing(Some(40.0), target), Some(Standing::On));
    assert_eq!(standing(Some(60.0), target), Some(Standing::On));
    assert_eq!(standing(Some(60.1), target), Some(Standing::Above));
    assert_eq!(standing(Some(60.1), None), None);
    assert_eq!(standing(None, target), None);
}
