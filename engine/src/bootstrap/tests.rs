//! Intervals against theory, and values against the plain formulas.

use super::*;
use proptest::prelude::*;

#[test]
fn chance_is_the_published_sequence() {
    // The first outputs of splitmix64 from 1234567, as its reference implementation prints them.
    let mut chance = Chance(1_234_567);
    assert_eq!(
        [chance.next(), chance.next()],
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
    );
}

#[test]
fn the_interval_of_a_mean_is_as_wide_as_theory_says() {
    // 400 turns, half 0 and half 1: the mean's standard error is 0.5 / 20, and 90 % lie within 1.645 of them.
    let parts = (0..400).map(|turn| (f64::from(turn % 2), 1.0)).collect();
    let Interval { low, high } = Sample::ratio(1.0, parts).interval(seed("m", "C1")).unwrap();
    let half = 1.645 * 0.025;
    assert!(
        (low - (0.5 - half)).abs() < 0.005 && (high - (0.5 + half)).abs() < 0.005,
        "{low} {high}"
    );
}

#[test]
fn about_nine_in_ten_intervals_hold_the_truth() {
    // 500 meetings of 60 turns, whose gaps are even between 0 and 1000 ms: their mean is truly 500.
    let mut chance = Chance(42);
    let held = (0..500u64)
        .filter(|meeting| {
            let gaps = (0..60).map(|_| (chance.below(1_001) as f64, 1.0)).collect();
            let Interval { low, high } = Sample::ratio(1.0, gaps).interval(*meeting).unwrap();
            (low..=high).contains(&500.0)
        })
        .count();
    assert!((430..=470).contains(&held), "{held} of 500");
}

#[test]
fn the_same_meeting_and_measure_give_the_same_interval_and_others_another() {
    let sample = || Sample::ratio(1.0, (0..40).map(|turn| (f64::from(turn), 1.0)).collect());
    let of = |meeting, measure| sample().interval(seed(meeting, measure));
    assert_eq!(of("a", "C1"), of("a", "C1"));
    assert_ne!(of("a", "C1"), of("b", "C1"));
    assert_ne!(of("a", "C1"), of("a", "C3"));
    assert_ne!(seed("a", "bC1"), seed("ab", "C1"));
}

#[test]
fn too_few_turns_and_draws_without_a_value_have_no_interval() {
    assert_eq!(Sample::ratio(1.0, vec![(1.0, 1.0); 4]).interval(1), None);
    let mut parts = vec![(0.0, 0.0); 40];
    // One of the two is drawn in about nine of ten: enough. In no draw: not.
    (parts[0], parts[1]) = ((1.0, 1.0), (0.0, 1.0));
    assert!(Sample::ratio(1.0, parts.clone()).interval(1).is_some());
    (parts[0], parts[1]) = ((0.0, 0.0), (0.0, 0.0));
    assert_eq!(Sample::ratio(1.0, parts).interval(1), None);
}

#[test]
fn what_was_counted_not_once_has_no_interval() {
    let sample = Sample::ratio(10.0, vec![(0.0, 1.0); 40]);
    assert_eq!((sample.value(), sample.interval(1)), (Some(0.0), None));
}

#[test]
fn values_are_those_of_the_plain_formulas() {
    let values = vec![(0, 4.0), (1, 1.0), (1, 3.0), (2, 2.0)];
    assert_eq!(Sample::quantile(3, 0.5, values.clone()).value(), Some(2.5));
    assert_eq!(Sample::quantile(3, 0.5, Vec::new()).value(), None);
    assert_eq!(Sample::largest(3, values.clone()).value(), Some(4.0));
    // Mean 2.5, squares 2.25 + 2.25 + 0.25 + 0.25 over 3.
    let variation = Sample::variation(3, values).value().unwrap();
    assert!((variation - (5.0f64 / 3.0).sqrt() / 2.5).abs() < 1e-12);
    assert_eq!(Sample::variation(1, vec![(0, 4.0)]).value(), None);
}

proptest! {
    #[test]
    fn a_draw_is_measured_as_if_its_turns_had_been_said(
        values in prop::collection::vec((0usize..6, -50i32..50), 1..40),
        times in prop::collection::vec(0u32..4, 6),
        quantile in 0.0f64..=1.0,
    ) {
        let values: Vec<(usize, f64)> = values.into_iter().map(|(turn, value)| (turn, f64::from(value))).collect();
        let repeated: Vec<(usize, f64)> = values
            .iter()
            .flat_map(|&(turn, value)| vec![(0, value); times[turn] as usize])
            .collect();
        let drawn = Sample::quantile(6, quantile, values.clone()).drawn(&times);
        prop_assert_eq!(drawn, Sample::quantile(1, quantile, repeated.clone()).value());
        let drawn = Sample::largest(6, values).drawn(&times);
        prop_assert_eq!(drawn, Sample::largest(1, repeated).value());
    }
}
