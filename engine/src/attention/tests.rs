//! Hand-computed values, quality gates, and that nothing but behaviour is told.

use super::*;
use crate::measures::MeasureState;
use proptest::prelude::*;
use rstest::rstest;

fn good(value: f64) -> Reading {
    Reading { value, quality: 1.0 }
}

fn second(second: u64) -> Second {
    Second {
        at: MeetingTime::from_ms(second * 1000),
        face_present: good(1.0),
        tab_focus: good(1.0),
        gaze_on_screen: None,
        off_screen_looks: None,
        head_pose_deviation_deg: None,
        blinks_per_min: None,
        long_closures: None,
        perclos: None,
        rmssd_ms: None,
    }
}

fn seen(seconds: impl Iterator<Item = Second>) -> Attention {
    let mut attention = Attention::default();
    seconds.for_each(|second| attention.see(&second, true));
    attention
}

#[test]
fn a_minute_of_gaze_is_its_mean_and_less_is_not_enough() {
    let looking = |at: u64| Second {
        gaze_on_screen: Some(good(if at.is_multiple_of(4) { 0.0 } else { 1.0 })),
        ..second(at)
    };
    let measures = seen((0..60).map(looking)).measures();
    assert_eq!(measures.value("A1"), Some(75.0));
    let short = seen((0..59).map(looking)).measures();
    assert_eq!(short.get("A1").unwrap().state, MeasureState::NotEnoughSpeech);
    assert_eq!(short.get("A8").unwrap().state, MeasureState::NotCovered);
}

#[test]
fn rates_are_over_the_seconds_that_count() {
    let at = |at: u64| Second {
        off_screen_looks: Some(good(f64::from(u8::from(at.is_multiple_of(100))))),
        long_closures: Some(good(f64::from(u8::from(at.is_multiple_of(60))))),
        head_pose_deviation_deg: Some(good(if at.is_multiple_of(2) { 30.0 } else { 10.0 })),
        blinks_per_min: Some(good(17.0)),
        rmssd_ms: Some(good(42.0)),
        tab_focus: good(if at % 300 < 270 { 1.0 } else { 0.0 }),
        ..second(at)
    };
    let measures = seen((0..600).map(at)).measures();
    let values = ["A2", "A3", "A4", "A5", "A7"].map(|id| measures.value(id).unwrap());
    assert_eq!(values, [6.0, 20.0, 17.0, 1.0, 90.0]);
    assert_eq!(measures.get("A3").unwrap().parts["turned_share"], 50.0);
    assert_eq!(measures.get("A7").unwrap().parts["switches_per_10_min"], 2.0);
    // The head was still in half of the seconds: those count.
    assert_eq!(
        (measures.value("A8"), measures.get("A8").unwrap().exposure.have),
        (Some(42.0), 300.0)
    );
}

#[rstest]
#[case::usual(0.05, "usual")]
#[case::raised(0.08, "raised")]
#[case::time_for_a_break(0.101, "break")]
fn the_eyes_of_three_minutes_are_one_card(#[case] perclos: f64, #[case] state: &str) {
    let attention = seen((0..180).map(|at| Second {
        perclos: Some(good(perclos)),
        ..second(at)
    }));
    let cards = serde_json::to_value(attention.cards().unwrap()).unwrap();
    assert_eq!(cards["alertness"]["state"], state);
    assert!((cards["alertness"]["perclos"].as_f64().unwrap() - 100.0 * perclos).abs() < 1e-9);
    assert_eq!(cards["steadiness"]["state"], "after_an_assessment");
    assert_eq!(cards["environment"]["focus"], 100.0);
}

#[test]
fn a_guess_and_a_face_out_of_view_say_nothing_of_the_eyes() {
    let guessed = seen((0..180).map(|at| Second {
        perclos: Some(Reading {
            value: 0.2,
            quality: 0.59,
        }),
        ..second(at)
    }));
    let out_of_view = seen((0..180).map(|at| Second {
        face_present: good(0.4),
        perclos: Some(good(0.2)),
        ..second(at)
    }));
    for attention in [guessed, out_of_view] {
        assert_eq!(attention.perclos(), None);
        assert_eq!(
            attention.cards().unwrap().alertness,
            Alertness::NotEnoughData { seconds: 0, need: 120 }
        );
    }
    assert_eq!(Attention::default().cards(), None);
}

#[test]
fn a_heart_is_measured_while_the_person_says_nothing() {
    let mut attention = Attention::default();
    for at in 0..120 {
        let value = if at < 60 { 20.0 } else { 50.0 };
        attention.see(
            &Second {
                rmssd_ms: Some(good(value)),
                ..second(at)
            },
            at >= 60,
        );
    }
    assert_eq!(attention.measures().value("A8"), Some(50.0));
}

proptest! {
    #[test]
    fn what_is_seen_twice_counts_once_and_shares_stay_shares(values in proptest::collection::vec((0.0..=1.0, 0.0..=1.0), 1..400)) {
        let seconds = values.iter().enumerate().map(|(at, &(value, quality))| Second {
            gaze_on_screen: Some(Reading { value, quality }),
            perclos: Some(Reading { value, quality }),
            tab_focus: Reading { value, quality },
            ..second(at as u64)
        });
        let once = seen(seconds.clone());
        let twice = seen(seconds.clone().chain(seconds));
        prop_assert_eq!(&once, &twice);
        for id in ["A1", "A6", "A7"] {
            prop_assert!(once.measures().value(id).is_none_or(|share| (0.0..=100.0).contains(&share)));
        }
        prop_assert!(once.eyes.len() <= 180);
    }
}
