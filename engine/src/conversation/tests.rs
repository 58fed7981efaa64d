//! The fold: turns, signals, live numbers, and that none of it depends on how it was fed.

mod properties;

use super::*;
use crate::fillers::FillerKind;
use crate::spoken::{conversation, filling, recognizer, said, said_for, setup, span};
use Speaker::{Me, Them, Unknown};
use rstest::rstest;

fn at(ms: u64) -> MeetingTime {
    MeetingTime::from_ms(ms)
}

/// Who had the floor from when to when, in milliseconds.
fn turns_of(finals: &[Final]) -> Vec<(Speaker, u64, u64)> {
    let turns = conversation(MeetingType::Other, finals).turns();
    turns
        .iter()
        .map(|turn| (turn.speaker, turn.span.start.as_ms(), turn.span.end.as_ms()))
        .collect()
}

#[test]
fn a_turn_goes_on_over_pauses_under_a_second_and_a_half() {
    let finals = [
        said_for(Me, 0, 2_000, "one two"),
        said_for(Me, 3_499, 5_000, "three"),
        said_for(Me, 6_500, 7_000, "four"),
    ];
    assert_eq!(turns_of(&finals), [(Me, 0, 5_000), (Me, 6_500, 7_000)]);
    let meeting = conversation(MeetingType::Other, &finals);
    assert_eq!(
        (meeting.turns()[0].words, meeting.turns()[0].utterances.as_slice()),
        (3, [0, 1].as_slice())
    );
}

#[rstest]
#[case::inside_the_others_speech(said_for(Them, 4_000, 4_600, "right"), false)]
#[case::in_a_pause_of_the_other(said_for(Them, 5_100, 5_700, "uh-huh, okay"), false)]
#[case::a_phrase(said_for(Them, 5_100, 5_900, "Makes sense."), false)]
#[case::a_phrase_of_two_words_of_which_one_counts(said_for(Them, 5_100, 5_900, "yeah sure thing"), false)]
#[case::with_something_to_say(said_for(Them, 5_100, 5_900, "not yet"), true)]
#[case::too_many_words(said_for(Them, 5_100, 5_900, "yeah yeah yeah yeah"), true)]
#[case::too_long(said_for(Them, 5_100, 6_300, "yeah"), true)]
fn a_backchannel_does_not_take_the_floor(#[case] theirs: Final, #[case] takes_it: bool) {
    let mut finals = vec![
        said_for(Me, 0, 5_000, &filling(12)),
        theirs,
        said_for(Me, 6_400, 9_000, &filling(8)),
    ];
    finals.sort_by_key(|decided| decided.span.end);
    assert_eq!(turns_of(&finals).len(), if takes_it { 3 } else { 1 });
}

#[test]
fn the_same_word_as_an_answer_is_a_turn() {
    // Nobody goes on within a second.
    let finals = [
        said_for(Me, 0, 5_000, &filling(12)),
        said_for(Them, 5_300, 5_900, "yes"),
        said_for(Me, 9_000, 9_500, "good"),
    ];
    assert_eq!(turns_of(&finals).len(), 3);
}

#[test]
fn someone_who_tries_to_speak_and_gives_up_does_not_end_a_turn() {
    let finals = [
        said_for(Them, 2_600, 3_600, "but what about the"),
        said_for(Me, 0, 9_000, &filling(20)),
    ];
    assert_eq!(turns_of(&finals), [(Me, 0, 9_000)]);
}

#[test]
fn someone_who_tries_to_speak_across_a_cut_does_not_end_a_turn() {
    let finals = [
        said_for(Me, 0, 14_000, &filling(35)),
        said_for(Them, 13_000, 15_000, "but what about the"),
        said_for(Me, 14_000, 20_000, &filling(15)),
    ];
    assert_eq!(turns_of(&finals), [(Me, 0, 20_000)]);
}

#[test]
fn two_who_speak_at_once_and_go_on_both_have_turns() {
    // Each was cut under the other's speech, and each goes on beyond it.
    let finals = [
        said_for(Me, 0, 5_000, &filling(12)),
        said_for(Them, 4_000, 7_000, &filling(8)),
        said_for(Me, 5_100, 10_000, &filling(12)),
        said_for(Them, 7_100, 12_000, &filling(12)),
    ];
    let turns = turns_of(&finals);
    assert_eq!(turns.iter().filter(|(speaker, ..)| *speaker == Me).count(), 2);
    assert_eq!(turns.iter().filter(|(speaker, ..)| *speaker == Them).count(), 2);
}

#[test]
fn an_interruption_ends_a_turn_where_it_begins_another() {
    let finals = [
        said_for(Them, 0, 5_000, &filling(12)),
        said_for(Me, 4_000, 8_000, &filling(10)),
    ];
    assert_eq!(turns_of(&finals), [(Them, 0, 5_000), (Me, 4_000, 8_000)]);
}

#[test]
fn an_utterance_is_its_voice_and_its_words() {
    let mut decided = said(Me, 1_000, "um I like the plan");
    decided.voiced = vec![span(1_050, 1_400), span(1_600, 2_000), span(2_250, 2_450)];
    let meeting = conversation(MeetingType::Other, &[decided]);
    let utterance = &meeting.utterances()[0];
    assert_eq!(utterance.text, "um I like the plan");
    assert_eq!(utterance.span, span(1_050, 2_450));
    assert_eq!(utterance.ipus, [span(1_050, 2_000), span(2_250, 2_450)]);
    assert_eq!(utterance.spoken_words().count(), 4);
    assert_eq!(utterance.fillers[0].kind, FillerKind::FilledPause);
}

#[test]
fn punctuation_that_stands_alone_is_no_word() {
    let meeting = conversation(MeetingType::Other, &[said(Me, 0, "yes – well ... um !")]);
    assert_eq!(meeting.utterances()[0].spoken_words().count(), 2);
}

#[test]
fn a_final_without_voice_takes_the_time_of_its_words() {
    let mut decided = said(Me, 1_000, "hello there");
    decided.voiced.clear();
    assert_eq!(
        conversation(MeetingType::Other, &[decided]).utterances()[0].span,
        span(1_000, 1_600)
    );
}

#[test]
fn voice_without_words_is_no_speech() {
    let mut meeting = conversation(MeetingType::Other, &[]);
    assert_eq!(
        meeting.observe(&said_for(Me, 0, 4_000, "")),
        [Signal::Silence { at: at(4_000) }]
    );
    assert!(meeting.utterances().is_empty());
    assert_eq!((meeting.speech_time(Me), meeting.now()), (Duration::ZERO, at(4_000)));
}

#[test]
fn so_is_a_filler_at_the_start_of_a_turn_alone() {
    let finals = [
        said_for(Me, 0, 3_000, "so let us start"),
        said_for(Me, 3_600, 6_000, "so the team changed it"),
        said_for(Them, 6_200, 9_000, &filling(6)),
        said_for(Me, 9_300, 12_000, "so it is done"),
    ];
    let meeting = conversation(MeetingType::Other, &finals);
    let fillers: Vec<usize> = meeting.of(Me).map(|utterance| utterance.fillers.len()).collect();
    assert_eq!(fillers, [1, 0, 1]);
}

/// What `signals` tell of my fillers, my pace and my turn.
fn of_my_turn(signals: Vec<Signal>) -> Vec<Signal> {
    let told = |signal: &Signal| {
        matches!(
            signal,
            Signal::Filler { .. } | Signal::Pace { .. } | Signal::Turn { .. } | Signal::Silence { .. }
        )
    };
    signals.into_iter().filter(told).collect()
}

#[test]
fn signals_tell_of_my_fillers_my_pace_and_my_turn() {
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    let signals = of_my_turn(meeting.observe(&said_for(
        Me,
        1_000,
        11_000,
        &format!("um {} basically done", filling(22)),
    )));
    let [
        Signal::Filler { at: um, kind },
        Signal::Filler { .. },
        Signal::Pace {
            at: pace_at,
            wpm,
            words,
        },
        ref turn,
    ] = signals[..]
    else {
        panic!("{signals:?}")
    };
    assert_eq!((um, kind), (at(1_000), FillerKind::FilledPause));
    assert_eq!((pace_at, words), (at(11_000), 24));
    assert!((wpm - 144.0).abs() < 1e-3);
    assert_eq!(
        *turn,
        Signal::Turn {
            start: at(1_000),
            at: at(11_000)
        }
    );
    assert_eq!(turn.at(), at(11_000));
}

#[test]
fn of_my_turn_the_others_cause_no_signal_but_that_it_goes_on_under_a_backchannel() {
    let mut meeting = conversation(MeetingType::Other, &[said_for(Me, 0, 9_000, &filling(4))]);
    assert_eq!(
        of_my_turn(meeting.observe(&said_for(Them, 9_100, 20_000, &filling(40)))),
        []
    );
    let mut meeting = conversation(MeetingType::Other, &[said_for(Me, 0, 9_000, &filling(4))]);
    let signals = meeting.observe(&said_for(Them, 8_000, 8_600, "right"));
    assert_eq!(
        of_my_turn(signals),
        [Signal::Turn {
            start: at(0),
            at: at(9_000)
        }]
    );
}

#[rstest]
#[case::weak_evidence(SegmentFlag::LowConfidence)]
#[case::probably_repetition(SegmentFlag::LoopGuard)]
fn words_that_cannot_be_trusted_cause_no_filler_and_no_pace(#[case] flag: SegmentFlag) {
    let mut doubtful = said_for(Me, 0, 9_000, &format!("um {}", filling(60)));
    doubtful.flags = vec![flag];
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    assert_eq!(
        of_my_turn(meeting.observe(&doubtful)),
        [Signal::Turn {
            start: at(0),
            at: at(9_000)
        }]
    );
    assert!(meeting.utterances()[0].low_confidence);
}

#[test]
fn advancing_is_told_once_and_never_back() {
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    assert_eq!(meeting.advance(at(5_000)), [Signal::Silence { at: at(5_000) }]);
    assert_eq!(meeting.advance(at(5_000)), []);
    assert_eq!(meeting.advance(at(4_000)), []);
    assert_eq!(meeting.now(), at(5_000));
    assert_eq!(meeting.setup().meeting_type, MeetingType::Other);
}

#[test]
fn the_live_pace_covers_thirty_seconds_and_moves_by_three_tenths() {
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    meeting.observe(&said_for(Me, 0, 10_000, &filling(20)));
    assert!((meeting.live().pace_wpm.unwrap() - 120.0).abs() < 1e-3);
    // The first utterance has left the window: 180 words a minute now, 120 + 0.3 × 60 shown.
    meeting.observe(&said_for(Me, 50_000, 60_000, &filling(30)));
    assert!((meeting.live().pace_wpm.unwrap() - 138.0).abs() < 1e-3);
}

#[rstest]
#[case(MeetingType::Other)]
#[case(MeetingType::Presentation)]
fn the_live_pace_aims_where_the_report_does(#[case] meeting_type: MeetingType) {
    let meeting = Conversation::new(setup(meeting_type));
    let target = meeting.measures().get("C3").unwrap().target;
    assert_eq!(Some(meeting.live().pace_target), target);
}

#[test]
fn live_numbers_wait_for_enough_speech() {
    let mut meeting = Conversation::new(setup(MeetingType::Other));
    assert_eq!(
        meeting.live(),
        LiveMeasures {
            pace_target: meeting.live().pace_target,
            filled_pauses_covered: true,
            voices: Some(VoicesHeard::Apart),
            ..LiveMeasures::default()
        }
    );
    meeting.observe(&said_for(Them, 0, 8_000, "What is new?"));
    meeting.observe(&said_for(Me, 8_500, 14_500, "um how was it?"));
    let live = meeting.live();
    assert_eq!(
        (live.pace_wpm, live.talk_share_me, live.fillers_per_min),
        (None, None, None)
    );
    assert_eq!(
        (live.words, live.questions, live.current_turn_ms, live.at_ms),
        (7, 1, 6_000, 14_500)
    );
    meeting.observe(&said_for(Me, 15_000, 33_500, &filling(40)));
    let live = meeting.live();
    // 24.5 s of mine of 32.5 s in all; one filler in 24.5 s.
    assert!((live.talk_share_me.unwrap() - 24.5 / 32.5).abs() < 1e-6);
    assert!((live.fillers_per_min.unwrap() - 60.0 / 24.5).abs() < 1e-5);
    assert_eq!(live.current_turn_ms, 25_000);
    meeting.advance(at(35_001));
    assert_eq!(meeting.live().current_turn_ms, 0);
}

#[test]
fn filled_pauses_do_not_count_live_where_they_are_not_covered() {
    let mut meeting = Conversation::new(Setup {
        recognizer: recognizer(false),
        ..setup(MeetingType::Other)
    });
    meeting.observe(&said_for(Me, 0, 30_000, "um basically um"));
    let live = meeting.live();
    assert!(!live.filled_pauses_covered);
    assert!((live.fillers_per_min.unwrap() - 2.0).abs() < 1e-6);
}

#[test]
fn the_one_speaker_of_a_mono_recording_is_measured_and_nobody_has_a_share() {
    let mut meeting = Conversation::new(Setup {
        tracks: vec![Track::Mic],
        ..setup(MeetingType::Other)
    });
    let signals = meeting.observe(&said_for(Unknown, 0, 30_000, &filling(75)));
    assert_eq!(of_my_turn(signals).len(), 2);
    assert_eq!((meeting.me(), meeting.has_two_sides()), (Unknown, false));
    let live = meeting.live();
    assert_eq!((live.talk_share_me, live.pace_wpm), (None, Some(150.0)));
}
