//! What the governor lets through, and why it holds the rest.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn governor(mode: Mode) -> Governor {
    Governor::new(CoachSetup {
        mode,
        ..CoachSetup::default()
    })
}

fn at(second: u64) -> MeetingTime {
    MeetingTime::from_ms(second * 1000)
}

fn moment(rule: Rule, second: u64) -> Moment {
    Moment::new(rule, at(second), at(second), "3 filler words in 8 seconds.".into())
}

/// What becomes of moments at these seconds: `None` is shown or held out by lot.
fn outcomes(governor: &mut Governor, moments: &[(Rule, u64)]) -> Vec<Option<Refusal>> {
    moments
        .iter()
        .map(
            |&(rule, second)| match governor.ask(&moment(rule, second), at(second)) {
                Answer::Say(_) | Answer::HeldOut => None,
                Answer::NotNow(refusal) => Some(refusal),
            },
        )
        .collect()
}

use Refusal::{
    Budget, Closing, Cooldown, Dismissed, Gap, NotTheGoal, Off, Opening, Retired, SaidTwice, Snoozed, Stale,
};
use Rule::{BadSound, FillerCluster, Monologue, TalkingMuted, TooFast, WellDone};

#[rstest]
#[case::nothing_in_the_first_ninety_seconds(
    Mode::Balanced,
    &[(TooFast, 89), (TooFast, 90)],
    &[Some(Opening), None]
)]
#[case::three_minutes_between_any_two(
    Mode::Balanced,
    &[(TooFast, 100), (Monologue, 279), (Monologue, 280)],
    &[None, Some(Gap), None]
)]
#[case::forty_five_seconds_in_practice(
    Mode::Practice,
    &[(TooFast, 100), (Monologue, 144), (Monologue, 145)],
    &[None, Some(Gap), None]
)]
#[case::four_minutes_between_two_on_pace(
    Mode::Practice,
    &[(TooFast, 100), (TooFast, 339), (TooFast, 340)],
    &[None, Some(Cooldown), None]
)]
#[case::five_minutes_between_two_on_fillers(
    Mode::Practice,
    &[(FillerCluster, 100), (FillerCluster, 399), (FillerCluster, 400)],
    &[None, Some(Cooldown), None]
)]
#[case::two_of_a_kind(
    Mode::Balanced,
    &[(TooFast, 100), (TooFast, 1_000), (TooFast, 5_000), (Monologue, 6_000)],
    &[None, None, Some(SaidTwice), None]
)]
#[case::what_must_not_wait_in_focus(Mode::Focus, &[(TalkingMuted, 100), (BadSound, 300)], &[None, None])]
#[case::only_the_goal_in_focus(Mode::Focus, &[(TooFast, 100), (Monologue, 500)], &[Some(NotTheGoal), Some(NotTheGoal)])]
fn each_mode_keeps_its_limits(
    #[case] mode: Mode,
    #[case] moments: &[(Rule, u64)],
    #[case] expected: &[Option<Refusal>],
) {
    assert_eq!(outcomes(&mut governor(mode), moments), expected);
}

#[test]
fn the_goal_may_speak_more_than_twice_but_not_beyond_the_half_hours_budget() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Focus,
        goal: Some(TooFast),
        ..CoachSetup::default()
    });
    let moments: Vec<(Rule, u64)> = [100, 400, 700, 1_000, 1_300, 1_900]
        .map(|second| (TooFast, second))
        .into();
    let expected = [None, None, None, None, Some(Budget), None];
    assert_eq!(outcomes(&mut governor, &moments), expected);
}

#[test]
fn balanced_has_room_for_six_in_half_an_hour() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Balanced,
        goal: Some(TooFast),
        ..CoachSetup::default()
    });
    let moments: Vec<(Rule, u64)> = (0..7).map(|index| (TooFast, 100 + 240 * index)).collect();
    let expected = [None, None, None, None, None, None, Some(Budget)];
    assert_eq!(outcomes(&mut governor, &moments), expected);
}

#[test]
fn off_says_nothing_not_even_the_goal() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Off,
        goal: Some(TooFast),
        ..CoachSetup::default()
    });
    assert_eq!(outcomes(&mut governor, &[(TooFast, 200)]), [Some(Off)]);
}

#[test]
fn what_is_known_more_than_fifteen_seconds_late_is_not_said() {
    let mut governor = governor(Mode::Balanced);
    let late = governor.ask(&moment(FillerCluster, 100), at(116));
    assert_eq!(late, Answer::NotNow(Stale));
    let in_time = governor.ask(&moment(FillerCluster, 120), at(135));
    assert!(matches!(in_time, Answer::Say(_)));
}

#[test]
fn a_presentation_leaves_room_for_the_goal_alone_unless_it_is_practice() {
    let setup = |mode, goal| CoachSetup {
        mode,
        goal,
        meeting_type: MeetingType::Presentation,
        ..CoachSetup::default()
    };
    let first = |setup| outcomes(&mut Governor::new(setup), &[(TooFast, 100)])[0];
    assert_eq!(first(setup(Mode::Balanced, None)), Some(NotTheGoal));
    assert_eq!(first(setup(Mode::Balanced, Some(TooFast))), None);
    assert_eq!(first(setup(Mode::Practice, None)), None);
}

#[test]
fn a_nudge_says_what_to_do_why_and_until_when() {
    let answer = governor(Mode::Balanced).ask(&moment(FillerCluster, 100), at(104));
    let Answer::Say(nudge) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(nudge.headline, "Breathe. Pause.");
    assert_eq!(nudge.evidence, "3 filler words in 8 seconds.");
    assert_eq!((nudge.at, nudge.expires_at), (at(104), at(119)));
}

#[test]
fn a_fifth_of_moments_is_held_out_by_lot_the_same_ones_every_time() {
    let held_out = |session: u8| -> Vec<bool> {
        (0..200u64)
            .map(|second| {
                let mut governor = Governor::new(CoachSetup {
                    session: [session; 16],
                    mode: Mode::Balanced,
                    hold_out: 0.2,
                    ..CoachSetup::default()
                });
                governor.ask(&moment(TooFast, 100 + second), at(100 + second)) == Answer::HeldOut
            })
            .collect()
    };
    let share = held_out(1).iter().filter(|out| **out).count();
    assert!((20..=60).contains(&share), "{share} of 200");
    assert_eq!(held_out(1), held_out(1));
    assert_ne!(held_out(1), held_out(2));
}

#[test]
fn a_moment_that_is_held_out_takes_the_place_of_a_nudge() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Balanced,
        hold_out: 1.0,
        ..CoachSetup::default()
    });
    assert_eq!(governor.ask(&moment(TooFast, 100), at(100)), Answer::HeldOut);
    assert_eq!(outcomes(&mut governor, &[(Monologue, 200)]), [Some(Gap)]);
}

#[test]
fn the_last_minute_is_quiet_where_an_end_is_booked() {
    let setup = CoachSetup {
        mode: Mode::Balanced,
        booked: Some(Duration::from_secs(1_800)),
        ..CoachSetup::default()
    };
    let moments = [
        (TooFast, 1_741),
        (TooFast, 1_740),
        (Monologue, 1_900),
        (Monologue, 2_100),
    ];
    let mut governor = Governor::new(setup);
    // Past its booked end a meeting is a meeting again: nobody knows how long it goes on.
    let expected = [Some(Closing), None, Some(Gap), None];
    assert_eq!(outcomes(&mut governor, &moments), expected);
}

#[test]
fn a_snooze_holds_everything_back_until_it_ends() {
    let mut governor = governor(Mode::Balanced);
    governor.snooze(at(100), Some(at(700)));
    let moments = [(TooFast, 100), (TalkingMuted, 699), (TooFast, 700)];
    assert_eq!(outcomes(&mut governor, &moments), [Some(Snoozed), Some(Snoozed), None]);
    governor.snooze(at(800), None);
    assert_eq!(outcomes(&mut governor, &[(Monologue, 9_000)]), [Some(Snoozed)]);
    governor.snooze(at(9_000), Some(at(9_000)));
    assert_eq!(outcomes(&mut governor, &[(Monologue, 9_001)]), [None]);
}

fn shown(governor: &mut Governor, rule: Rule, second: u64) -> String {
    match governor.ask(&moment(rule, second), at(second)) {
        Answer::Say(nudge) => nudge.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kind_that_is_dismissed_waits_longer_and_is_off_after_the_second_time() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Practice,
        goal: Some(TooFast),
        ..CoachSetup::default()
    });
    let first = shown(&mut governor, TooFast, 100);
    governor.react(&first, Reaction::Dismissed);
    assert_eq!(
        outcomes(&mut governor, &[(TooFast, 340), (TooFast, 579)]),
        [Some(Cooldown); 2]
    );
    let second = shown(&mut governor, TooFast, 580);
    assert_eq!(governor.turned_off(), []);
    governor.react(&second, Reaction::Dismissed);
    assert_eq!(outcomes(&mut governor, &[(TooFast, 9_000)]), [Some(Dismissed)]);
    assert_eq!(governor.turned_off(), [TooFast]);
}

#[test]
fn what_helped_may_come_a_little_sooner() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Practice,
        ..CoachSetup::default()
    });
    let first = shown(&mut governor, TooFast, 100);
    governor.react(&first, Reaction::Helpful);
    assert_eq!(
        outcomes(&mut governor, &[(TooFast, 291), (TooFast, 292)]),
        [Some(Cooldown), None]
    );
}

#[test]
fn a_reaction_to_what_was_not_shown_changes_nothing() {
    let mut governor = governor(Mode::Practice);
    governor.react("0123", Reaction::Dismissed);
    governor.react("0123", Reaction::Dismissed);
    assert_eq!(outcomes(&mut governor, &[(TooFast, 100)]), [None]);
}

#[test]
fn a_retired_rule_is_silent_unless_it_must_not_wait() {
    let mut governor = Governor::new(CoachSetup {
        mode: Mode::Balanced,
        retired: [TooFast, TalkingMuted].into(),
        ..CoachSetup::default()
    });
    assert_eq!(
        outcomes(&mut governor, &[(TooFast, 100), (TalkingMuted, 100)]),
        [Some(Retired), None]
    );
}

#[test]
fn what_is_late_on_the_wall_is_stale_however_fresh_it_is_in_the_meeting() {
    let mut governor = governor(Mode::Balanced);
    let lag = Duration::from_secs(16);
    governor
        .watchman()
        .conditions(crate::Conditions { lag, is_pressed: false });
    assert_eq!(outcomes(&mut governor, &[(TooFast, 100)]), [Some(Stale)]);
}

#[test]
fn after_two_that_ask_for_something_praise_is_due() {
    let mut governor = governor(Mode::Practice);
    shown(&mut governor, TooFast, 100);
    assert!(!governor.owes_praise());
    shown(&mut governor, Monologue, 200);
    assert!(governor.owes_praise());
    shown(&mut governor, WellDone, 300);
    assert!(!governor.owes_praise());
}

proptest! {
    #[test]
    fn what_is_said_was_true_within_fifteen_seconds_of_the_meeting_and_of_the_wall_together(
        asked in prop::collection::vec(
            (prop::sample::select(Rule::ALL.as_slice()), 0u64..200_000, 0u64..40_000, 0u64..20_000), 1..100),
    ) {
        let mut governor = governor(Mode::Practice);
        let mut now_ms = 0;
        for (rule, after_ms, ago_ms, lag_ms) in asked {
            now_ms += after_ms;
            let (now, lag) = (MeetingTime::from_ms(now_ms), Duration::from_millis(lag_ms));
            governor.watchman().conditions(crate::Conditions { lag, is_pressed: false });
            let true_at = now.minus(Duration::from_millis(ago_ms));
            let moment = Moment::new(rule, true_at, true_at, String::new());
            let answer = governor.ask(&moment, now);
            let is_stale = now.since(true_at) + lag > Duration::from_secs(15);
            prop_assert!(!is_stale || matches!(answer, Answer::NotNow(_)), "{ago_ms} ms ago, {lag_ms} ms late: {answer:?}");
            if let Answer::Say(nudge) = answer {
                prop_assert_eq!(nudge.expires_at.since(nudge.at), Duration::from_secs(15));
            }
        }
    }

    #[test]
    fn what_is_off_or_only_read_back_decides_nothing(rules in prop::collection::vec(prop::sample::select(Rule::ALL.as_slice()), 1..50)) {
        let mut reads = governor(Mode::Practice);
        reads.read_back(true);
        let mut off = governor(Mode::Off);
        for (second, rule) in (100..).step_by(60).zip(rules) {
            prop_assert_eq!(reads.ask(&moment(rule, second), at(second)), Answer::NotNow(Refusal::ReadBack));
            prop_assert_eq!(off.ask(&moment(rule, second), at(second)), Answer::NotNow(Refusal::Off));
        }
        prop_assert!(reads.last().is_none() && off.last().is_none());
    }
}
