//! Who has the floor: balance, length of turns, failed attempts, listening.

use super::*;
use crate::clock::MeetingTime;
use crate::page::Shown;
use std::time::Duration;

/// A meeting of which the page showed who of the others spoke from when on.
fn shown(meeting_type: MeetingType, finals: &[Final], speaking: &[(u64, &str)]) -> Measures {
    let mut meeting = conversation(meeting_type, finals);
    for (at_ms, name) in speaking {
        meeting.show(Shown::Speaking {
            at: MeetingTime::from_ms(*at_ms),
            names: (!name.is_empty()).then(|| (*name).to_owned()).into_iter().collect(),
        });
    }
    meeting.with_page().measures()
}

/// Me, Ana, me, Ben: 20 s each.
fn four_turns() -> [Final; 4] {
    [
        talk(Me, 0.0, 20.0),
        talk(Them, 22.0, 42.0),
        talk(Me, 44.0, 64.0),
        talk(Them, 66.0, 86.0),
    ]
}

#[test]
fn c2_is_the_entropy_of_turns_by_person() {
    let measures = shown(
        MeetingType::StandUp,
        &four_turns(),
        &[(22_300, "Ana"), (43_000, ""), (66_300, "Ben"), (87_000, "")],
    );
    let measure = measures.get("C2").unwrap();
    // Two turns, one and one: 1.5 bits of log2 3.
    assert!(close(measure.value.unwrap(), 1.5 / 3.0_f64.log2()), "{measure:?}");
    // Speaking times 40, 20, 20.
    assert!(close(measure.parts["gini"], 1.0 / 6.0), "{measure:?}");
    // Three in a stand-up: a third, give or take 40 % of it.
    let share = measures.get("C1").unwrap().target.unwrap();
    assert!(close(share.low.unwrap(), 20.0) && close(share.high.unwrap(), 100.0 / 3.0 * 1.4));
}

#[test]
fn c2_needs_three_by_name_and_says_why_where_the_others_are_one_voice() {
    let two = shown(
        MeetingType::StandUp,
        &four_turns(),
        &[(22_300, "Ana"), (43_000, ""), (66_300, "Ana"), (87_000, "")],
    );
    let measure = two.get("C2").unwrap();
    assert_eq!(
        (measure.state, measure.exposure.have),
        (MeasureState::NotEnoughSpeech, 2.0)
    );
    assert_eq!(measured("C2", &four_turns()).state, MeasureState::NotCovered);
    assert_eq!(
        conversation(MeetingType::StandUp, &four_turns())
            .measures()
            .get("C1")
            .unwrap()
            .target,
        Some(Band::at_most(65.0))
    );
}

#[test]
fn c12_expects_fewer_switches_with_me_where_more_people_speak() {
    let finals: Vec<Final> = (0..21u64)
        .map(|turn| {
            let from_s = turn as f64 * 14.0;
            talk(if turn % 2 == 0 { Me } else { Them }, from_s, from_s + 13.0)
        })
        .chain([talk(Me, 299.0, 300.0)])
        .collect();
    // Ana, Ben, Cleo in turn: four people.
    let speaking: Vec<(u64, &str)> = (0..10u64)
        .flat_map(|turn| {
            let begins_ms = 14_000 + 28_000 * turn;
            [
                (begins_ms + 300, ["Ana", "Ben", "Cleo"][turn as usize % 3]),
                (begins_ms + 13_500, ""),
            ]
        })
        .collect();
    let measures = shown(MeetingType::Other, &finals, &speaking);
    let measure = measures.get("C12").unwrap();
    assert_eq!((measure.value, measure.parts["speakers"]), (Some(4.0), 4.0));
    assert_eq!(measure.target, Some(Band::between(1.0, 3.0)));
    // As lively as eight a minute between two.
    assert!(
        close(measure.parts["score"], 10.0 * (1.0 - (-4.0f64).exp())),
        "{measure:?}"
    );
}

#[test]
fn c11_is_the_median_length_of_my_turns() {
    let turns: Vec<Final> = (0..11u32)
        .flat_map(|index| {
            let from_s = f64::from(index) * 60.0;
            [
                talk(Me, from_s, from_s + f64::from(index) + 1.0),
                talk(Them, from_s + 20.0, from_s + 30.0),
            ]
        })
        .collect();
    let measure = measured("C11", &turns);
    // 1 to 11 s.
    assert!(
        close(measure.value.unwrap(), 6.0) && close(measure.parts["p90_s"], 10.0),
        "{measure:?}"
    );
    // 2.5 words a second, rounded up.
    assert_eq!(measure.parts["median_words"], 15.0);
    assert_eq!(measured("C11", &turns[..18]).state, MeasureState::NotEnoughSpeech);
}

#[rstest]
#[case::tried_and_gave_up(said_for(Them, 105_000, 106_000, "but what about the"), 1.0)]
#[case::a_backchannel(said_for(Them, 105_000, 105_800, "yeah right"), 0.0)]
#[case::a_touch(said_for(Them, 105_000, 105_300, "but"), 0.0)]
#[case::near_the_end_of_my_turn(said_for(Them, 117_500, 118_500, "but what about the"), 0.0)]
#[case::who_got_the_floor(said_for(Them, 119_000, 124_000, "but what about the plan that we had"), 0.0)]
fn c15_counts_those_who_tried_to_speak_in_my_turn(#[case] theirs: Final, #[case] count: f64) {
    let mut finals = vec![talk(Me, 100.0, 120.0), theirs];
    finals.sort_by_key(|decided| decided.span.end);
    let measure = measured("C15", &finals);
    assert_eq!(measure.value, Some(count), "{measure:?}");
    assert_eq!(measure.moments.len() as f64, count);
    assert_eq!(measure.parts["mine"], 0.0);
}

#[test]
fn c14_and_c15_leave_out_words_that_are_in_doubt() {
    let counted = |flags: &[SegmentFlag]| {
        let doubtful = |finals: Vec<Final>| {
            let flags = flags.to_vec();
            finals.into_iter().map(move |decided| Final {
                flags: flags.clone(),
                ..decided
            })
        };
        let mut finals = vec![talk(Me, 100.0, 120.0), talk(Them, 130.0, 140.0), talk(Me, 300.0, 310.0)];
        finals.extend(doubtful(vec![
            said_for(Them, 105_000, 106_000, "but what about the"),
            talk(Me, 139.0, 145.0),
        ]));
        finals.sort_by_key(|decided| decided.span.end);
        let measures = conversation(MeetingType::Other, &finals).measures();
        (measures.value("C15"), measures.get("C14").unwrap().parts["made"])
    };
    assert_eq!(counted(&[]), (Some(1.0), 1.0));
    assert_eq!(counted(&[SegmentFlag::LowConfidence]), (Some(0.0), 0.0));
}

#[test]
fn c15_knows_my_own_attempts_and_that_a_cut_makes_no_second_one() {
    let finals = [
        said_for(Me, 104_000, 105_500, "can i add that we"),
        said_for(Me, 105_500, 107_000, "have seen this before"),
        talk(Them, 100.0, 120.0),
        talk(Me, 122.0, 124.0),
    ];
    let measure = measured("C15", &finals);
    assert_eq!((measure.value, measure.parts["mine"]), (Some(0.0), 1.0));
}

#[test]
fn c16_is_my_backchannels_a_minute_of_the_others() {
    let mut finals = vec![talk(Them, 0.0, 100.0), talk(Them, 100.3, 240.3)];
    for at_ms in [20_000, 50_000, 90_000, 150_000, 200_000, 220_000] {
        finals.push(said_for(Me, at_ms, at_ms + 600, "right"));
    }
    finals.push(talk(Me, 250.0, 260.0));
    finals.sort_by_key(|decided| decided.span.end);
    let measure = measured("C16", &finals);
    // Six in four minutes.
    assert!(close(measure.value.unwrap(), 1.5), "{measure:?}");
    assert_eq!(
        (measure.parts["count"], measure.target),
        (6.0, Some(Band::at_least(0.3)))
    );
    let one_on_one = conversation(MeetingType::OneOnOneReport, &finals).measures();
    assert_eq!(one_on_one.get("C16").unwrap().target, Some(Band::between(1.0, 4.0)));
    let presenting = conversation(MeetingType::Presentation, &finals).measures();
    assert_eq!(presenting.get("C16").unwrap().target, None);
    assert_eq!(
        measured("C16", &[talk(Them, 0.0, 179.0)]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c17_follow_ups_take_up_a_word_of_the_answer() {
    let finals = [
        said_for(
            Them,
            0,
            10_000,
            "We moved the launch to spring because of the translations.",
        ),
        said_for(Me, 11_000, 13_000, "Why did the translation take so long?"),
        said_for(Them, 14_000, 20_000, "We had nobody who speaks Portuguese."),
        said_for(Me, 21_000, 23_000, "Is it done?"),
        said_for(Them, 295_000, 300_000, "Nothing else."),
    ];
    assert!(close(measured("C17", &finals).parts["follow_up_share"], 50.0));
}

#[test]
fn c30_counts_who_was_there_and_never_spoke_and_by_how_much_it_ran_over() {
    let mut meeting = conversation(MeetingType::StandUp, &four_turns());
    let speaking = [(22_300, "Ana"), (43_000, ""), (66_300, "Ben"), (87_000, "")];
    for (at_ms, name) in speaking {
        meeting.show(Shown::Speaking {
            at: MeetingTime::from_ms(at_ms),
            names: (!name.is_empty()).then(|| name.to_owned()).into_iter().collect(),
        });
    }
    meeting.advance(MeetingTime::from_ms(FIVE_MINUTES_MS));
    let booked = Booked {
        late_ms: Some(-30_000),
        lasts: Some(Duration::from_secs(420)),
    };
    let told = |meeting: &Conversation| {
        let read = meeting.with_page();
        let history = History::default();
        let evidence = Evidence::new(&read, &history, None).booked(booked);
        measure(&evidence).get("C30").unwrap().parts.clone()
    };
    assert_eq!(told(&meeting).get("never_spoke"), None, "nobody said who was there");
    for names in [vec!["Ana", "Nora"], vec!["Ana", "Ben", "Cleo", "Nora"]] {
        meeting.show(Shown::Present {
            names: names.into_iter().map(str::to_owned).collect(),
        });
    }
    let parts = told(&meeting);
    // Cleo: of her and Nora, one is the person.
    assert_eq!(parts["never_spoke"], 1.0);
    assert!(
        close(parts["over_minutes"], -2.0) && close(parts["late_minutes"], -0.5),
        "{parts:?}"
    );
}
