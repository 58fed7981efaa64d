//! The score against sums done by hand.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn measure(id: &str, value: Option<f64>, low: Option<f64>, high: Option<f64>) -> Measure {
    Measure {
        id: id.to_owned(),
        name: id.to_owned(),
        value,
        interval: None,
        unit: String::new(),
        state: value.map_or(MeasureState::NotEnoughSpeech, |_| MeasureState::Ok),
        exposure: Exposure {
            have: 1.0,
            need: 1.0,
            unit: String::new(),
        },
        target: (low.is_some() || high.is_some()).then_some(Band { low, high }),
        parts: BTreeMap::new(),
        note: None,
        moments: Vec::new(),
    }
}

#[test]
fn a_measure_is_worth_all_in_its_band_and_less_the_farther_it_is() {
    let band = Band {
        low: Some(130.0),
        high: Some(170.0),
    };
    let worth = |value| trapezoid(value, band, (50.0, 60.0));
    assert_eq!([130.0, 150.0, 170.0].map(worth), [100.0; 3]);
    assert_eq!([105.0, 80.0, 20.0].map(worth), [50.0, 0.0, 0.0]);
    assert_eq!([200.0, 230.0, 400.0].map(worth), [50.0, 0.0, 0.0]);
    let open = Band {
        low: None,
        high: Some(2.0),
    };
    assert_eq!(
        [0.0, 2.0, 5.0, 9.0].map(|value| trapezoid(value, open, (2.0, 6.0))),
        [100.0, 100.0, 50.0, 0.0]
    );
}

#[test]
fn the_score_is_the_mean_of_the_groups_and_has_none_below_three() {
    let mut all = vec![
        // Floor: 100 and 50.
        measure("C1", Some(40.0), Some(35.0), Some(50.0)),
        measure("C10", Some(135.0), None, Some(90.0)),
        // Pace: 50.
        measure("C3", Some(200.0), Some(130.0), Some(170.0)),
        // No target, no part of a group, no value: nothing.
        measure("C25", Some(-20.0), None, None),
        measure("C28", Some(9.0), None, Some(0.0)),
        measure("C6", None, None, Some(2.0)),
    ];
    let two = score(&Measures(all.clone()));
    assert_eq!((two.value, two.exposure.have), (None, 2.0));
    // Voice: 75.
    all.push(measure("C24", Some(2.0), Some(2.5), None));
    let three = score(&Measures(all));
    assert_eq!((three.value, three.exposure.have), (Some(67.0), 3.0));
    let values: Vec<_> = three.groups.iter().map(|group| group.value).collect();
    assert_eq!(values, [Some(75.0), Some(50.0), None, None, Some(75.0)]);
    assert_eq!(
        three.groups[0].measures[1],
        MeasureScore {
            id: "C10".into(),
            value: 50.0
        }
    );
}

#[test]
fn the_interval_draws_all_measures_at_once_and_holds_the_score() {
    let all = Measures(vec![
        measure("C1", Some(60.0), Some(35.0), Some(50.0)),
        measure("C3", Some(150.0), Some(130.0), Some(170.0)),
        measure("C24", Some(2.0), Some(2.5), None),
    ]);
    // My share of each turn goes up and down by ten points; the others have no sample and stand as they are.
    let shares = (0..100)
        .map(|turn| (if turn % 2 == 0 { 0.5 } else { 0.7 }, 1.0))
        .collect();
    let samples = [Some(Sample::ratio(100.0, shares)), None, None];
    let told = estimate(&all, &samples, 100, "meeting");
    // 66.7, 100 and 75: 80.6. The share's standard error is one point, worth 100 / 30 / 3 of the score.
    assert_eq!(told.value, Some(81.0));
    let Interval { low, high } = told.interval.unwrap();
    assert!(
        (78.0..=79.0).contains(&low) && (82.0..=83.0).contains(&high),
        "{low} {high}"
    );
    assert_eq!(told, estimate(&all, &samples, 100, "meeting"));
}

#[test]
fn every_measure_of_a_group_has_outer_limits_and_no_other_has() {
    let mut grouped: Vec<&str> = Group::ALL.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let mut limited: Vec<&str> = OUTER.iter().map(|(id, ..)| *id).collect();
    grouped.sort_unstable();
    limited.sort_unstable();
    assert_eq!(grouped, limited);
}

proptest! {
    #[test]
    fn nearer_to_the_band_is_never_worth_less(value in -100.0f64..300.0, nearer in 0.0f64..=1.0) {
        let band = Band { low: Some(40.0), high: Some(60.0) };
        let middle = 50.0;
        let moved = value + (middle - value) * nearer;
        let worth = |value| trapezoid(value, band, (30.0, 50.0));
        prop_assert!(worth(moved) >= worth(value));
        prop_assert!((0.0..=100.0).contains(&worth(value)));
    }
}
