//! Silent pauses, good ones and hesitations.

use super::*;

/// 200 words of mine, more than enough, long before anything else.
fn exposure_words() -> Final {
    said_for(Me, 0, 80_000, &format!("{} end.", filling(199)))
}

#[rstest]
#[case::at_a_clauses_end("And so it was.", 800, 1.0, 0.0, 1.0)]
#[case::at_a_comma("And then,", 2_000, 1.0, 0.0, 1.0)]
#[case::too_short_to_be_heard("And so it was.", 499, 0.0, 0.0, 0.0)]
#[case::too_long_to_be_good("And so it was.", 2_001, 0.0, 0.0, 1.0)]
#[case::within_a_clause("And so it", 1_201, 0.0, 1.0, 1.0)]
#[case::within_a_clause_but_short("And so it", 1_200, 0.0, 0.0, 1.0)]
#[case::longer_than_any_pause("And so it was.", 5_001, 0.0, 0.0, 0.0)]
fn c9_tells_good_pauses_from_hesitations(
    #[case] before: &str,
    #[case] pause_ms: u64,
    #[case] good: f64,
    #[case] hesitations: f64,
    #[case] silent: f64,
) {
    let resumes_ms = 102_000 + pause_ms;
    let finals = [
        exposure_words(),
        said_for(Me, 100_000, 102_000, before),
        said_for(Me, resumes_ms, resumes_ms + 2_000, "it goes on"),
    ];
    let measure = measured("C9", &finals);
    let words = measure.exposure.have;
    let per_100 = |count: f64| 100.0 * count / words;
    assert!(close(measure.value.unwrap(), per_100(good)), "{measure:?}");
    assert!(close(measure.parts["hesitations"], per_100(hesitations)), "{measure:?}");
    assert!(close(measure.parts["silent"], per_100(silent)), "{measure:?}");
}

#[test]
fn c9_does_not_take_someone_elses_turn_for_a_pause() {
    let finals = [
        exposure_words(),
        said_for(Me, 100_000, 102_000, "Is that so?"),
        said_for(Them, 102_200, 103_000, "It is."),
        said_for(Me, 103_400, 105_000, "Good then."),
    ];
    assert_eq!(value("C9", &finals), 0.0);
}

#[test]
fn c9_is_not_covered_where_no_punctuation_is_written() {
    let measure = measured("C9", &[said_for(Me, 0, 100_000, &filling(300))]);
    assert_eq!(measure.state, MeasureState::NotCovered);
}
