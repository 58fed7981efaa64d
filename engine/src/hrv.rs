//! Heart-rate variability in the time domain, from RR intervals: what a wearable or an upload gives. Never from a heart rate
//! that came over the wire, and never a word on stress: these are lengths of time and what they vary by.
//!
//! Definitions (measures.md, A8 and the rules above it): with n intervals, SDNN is their standard deviation over n − 1; RMSSD
//! the root of the mean square of their n − 1 successive differences; pNN50 the share of those over 50 ms; SD1 and SD2 the axes
//! of the Poincaré plot, √(var(Δ) / 2) and √(2 SDNN² − SD1²), variances over their count less one.
//!
//! Needs 60 s of intervals with 5 % of artefacts or fewer (Munoz via PeerJ 2020: 30 s can suffice for RMSSD `[V]`). It is to be
//! compared with one's own 14 days of ln RMSSD; an adult's RMSSD is about 42 ± 15 ms (Nunan `[M]`).

mod own;

pub use own::{Own, Standing, against_own};

use serde::{Deserialize, Serialize};

/// Intervals that a heart at rest or at work can have, ms: 200 down to 30 beats a minute. `[D]`
const PLAUSIBLE_MS: std::ops::RangeInclusive<f64> = 300.0..=2_000.0;
/// An interval that differs from the one before by more than this part of it was missed or doubled (Malik's rule `[M]`).
const JUMP: f64 = 0.2;
/// The least that says anything, ms.
const NEED_MS: f64 = 60_000.0;
/// The most artefacts, as a share of all intervals.
const MOST_ARTEFACTS: f64 = 0.05;
/// What pNN50 counts from, ms.
const NN50_MS: f64 = 50.0;
/// Time between two beats beyond the interval itself from which on beats are missing, ms: many devices write times to the second. `[D]`
const HOLE_MS: f64 = 1_500.0;

/// An RR interval, and when it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// On any clock, in ms.
    pub at_ms: f64,
    /// How long the interval is, ms.
    pub rr_ms: f64,
}

/// The intervals of `beats`, which are in order of time; where some are missing between two, one that is an artefact.
pub fn with_holes(beats: &[Beat]) -> Vec<f64> {
    let mut rr_ms = Vec::with_capacity(beats.len());
    let mut last: Option<f64> = None;
    for beat in beats {
        if last.is_some_and(|last| beat.at_ms - last > beat.rr_ms + HOLE_MS) {
            rr_ms.push(f64::NAN);
        }
        rr_ms.push(beat.rr_ms);
        last = Some(beat.at_ms);
    }
    rr_ms
}

/// Variability of one recording.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Variability {
    /// Standard deviation of the intervals, ms.
    pub sdnn_ms: f64,
    /// Root mean square of successive differences, ms.
    pub rmssd_ms: f64,
    /// Successive differences over 50 ms, percent of all.
    pub pnn50_percent: f64,
    /// Width of the Poincaré plot, ms.
    pub sd1_ms: f64,
    /// Length of the Poincaré plot, ms.
    pub sd2_ms: f64,
    /// Intervals it rests on, artefacts left out.
    pub intervals: usize,
    /// Artefacts, as a share of all intervals, 0 to 1.
    pub artefacts: f64,
}

/// Why a recording has no variability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NotMeasured {
    /// Less than a minute.
    #[error("{have_ms:.0} ms of intervals are not enough: {NEED_MS:.0} are needed")]
    TooShort {
        /// The sum of its plausible intervals.
        have_ms: f64,
    },
    /// Too much of it is not a heart's.
    #[error("{:.1} % of intervals are artefacts: {:.0} % are allowed", share * 100.0, MOST_ARTEFACTS * 100.0)]
    TooManyArtefacts {
        /// As a share of all intervals, 0 to 1.
        share: f64,
    },
}

/// The variability of RR intervals in ms, in the order in which they were measured. An artefact is left out, and with it the
/// differences to its neighbours: nothing is put in its place.
pub fn variability(rr_ms: &[f64]) -> Result<Variability, NotMeasured> {
    let heard = kept(rr_ms);
    let intervals: Vec<f64> = heard.iter().flatten().copied().collect();
    let have_ms: f64 = intervals.iter().sum();
    let share = 1.0 - intervals.len() as f64 / rr_ms.len().max(1) as f64;
    if share > MOST_ARTEFACTS && !rr_ms.is_empty() {
        return Err(NotMeasured::TooManyArtefacts { share });
    }
    if have_ms < NEED_MS {
        return Err(NotMeasured::TooShort { have_ms });
    }
    let differences = differences(&heard);
    let (sdnn_ms, sd1_ms) = (deviation(&intervals), (variance(&differences) / 2.0).sqrt());
    Ok(Variability {
        sdnn_ms,
        rmssd_ms: rmssd(&differences),
        pnn50_percent: pnn50(&differences),
        sd1_ms,
        // Where every beat swings against the one before, the plot has width and no length.
        sd2_ms: (2.0 * sdnn_ms * sdnn_ms - sd1_ms * sd1_ms).max(0.0).sqrt(),
        intervals: intervals.len(),
        artefacts: share,
    })
}

/// The intervals with nothing in the place of each artefact.
fn kept(rr_ms: &[f64]) -> Vec<Option<f64>> {
    let mut last: Option<f64> = None;
    rr_ms
        .iter()
        .map(|&rr| {
            let jumps = last.is_some_and(|last| (rr - last).abs() > JUMP * last);
            let fits = PLAUSIBLE_MS.contains(&rr) && !jumps;
            // After an artefact the next interval is taken as it comes, so that one jump does not refuse all that follows.
            last = fits.then_some(rr);
            fits.then_some(rr)
        })
        .collect()
}

/// Differences of neighbours, where both are kept.
fn differences(heard: &[Option<f64>]) -> Vec<f64> {
    heard.windows(2).filter_map(|pair| Some(pair[1]? - pair[0]?)).collect()
}

/// √(Σ Δ² / n), over the n differences.
fn rmssd(differences: &[f64]) -> f64 {
    let squares: f64 = differences.iter().map(|difference| difference * difference).sum();
    (squares / differences.len() as f64).sqrt()
}

/// Differences of more than 50 ms, percent.
fn pnn50(differences: &[f64]) -> f64 {
    let over = differences
        .iter()
        .filter(|difference| difference.abs() > NN50_MS)
        .count();
    100.0 * over as f64 / differences.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// Over the count less one.
fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn the_formulas_give_what_a_hand_computes() {
        // 800, 860, 820, 900 twenty times: 80 intervals, 67.6 s. Mean 845, squares 2025 + 225 + 625 + 3025 = 5900 a round.
        let rr: Vec<f64> = [800.0, 860.0, 820.0, 900.0].repeat(20);
        let found = variability(&rr).unwrap();
        assert!(close(found.sdnn_ms, (20.0 * 5_900.0 / 79.0f64).sqrt()), "{found:?}");
        // Differences: 60, -40, 80 in each round, -100 between rounds: 19 of those.
        let squares = 20.0 * (3_600.0 + 1_600.0 + 6_400.0) + 19.0 * 10_000.0;
        assert!(close(found.rmssd_ms, (squares / 79.0f64).sqrt()));
        assert!(close(found.pnn50_percent, 100.0 * 59.0 / 79.0));
        // Their sum is 20 * 100 - 19 * 100 = 100.
        let variance = (squares - 100.0f64.powi(2) / 79.0) / 78.0;
        assert!(close(found.sd1_ms, (variance / 2.0).sqrt()));
        let sd2 = (2.0 * 20.0 * 5_900.0 / 79.0 - variance / 2.0).max(0.0).sqrt();
        assert!(close(found.sd2_ms, sd2));
        assert_eq!((found.intervals, found.artefacts), (80, 0.0));
    }

    #[test]
    fn a_heart_that_drifts_has_length_and_hardly_width() {
        // 700 to 899 ms, one more each beat: every difference 1.
        let rr: Vec<f64> = (700..900).map(f64::from).collect();
        let found = variability(&rr).unwrap();
        assert!(close(found.rmssd_ms, 1.0) && close(found.sd1_ms, 0.0) && close(found.pnn50_percent, 0.0));
        // The variance of 200 numbers in a row is 200 * 201 / 12.
        assert!(close(found.sdnn_ms, (200.0 * 201.0 / 12.0f64).sqrt()));
        assert!(close(found.sd2_ms, 2.0f64.sqrt() * found.sdnn_ms));
    }

    #[test]
    fn exactly_fifty_is_not_over_fifty() {
        assert!(close(pnn50(&[50.0, -50.0, 50.1, -51.0]), 50.0));
    }

    #[test]
    fn a_missed_beat_takes_its_differences_with_it_and_no_other() {
        let mut rr: Vec<f64> = [800.0, 810.0].repeat(50);
        rr[50] = 1_610.0;
        let found = variability(&rr).unwrap();
        assert_eq!((found.intervals, found.artefacts), (99, 0.010_000_000_000_000_009));
        assert!(close(found.rmssd_ms, 10.0));
    }

    #[test]
    fn too_short_and_too_broken_recordings_are_told_and_not_measured() {
        let short = variability(&[800.0; 74]);
        assert_eq!(short, Err(NotMeasured::TooShort { have_ms: 59_200.0 }));
        assert!(variability(&[800.0; 75]).is_ok());
        assert_eq!(variability(&[]), Err(NotMeasured::TooShort { have_ms: 0.0 }));
        let mut broken = vec![800.0; 100];
        for beat in broken.iter_mut().step_by(16) {
            *beat = 2_500.0;
        }
        let refused = variability(&broken).unwrap_err();
        assert!(
            matches!(refused, NotMeasured::TooManyArtefacts { share } if close(share, 0.07)),
            "{refused}"
        );
    }

    #[test]
    fn a_hole_costs_one_artefact_and_the_difference_across_it() {
        let beats = |from_ms: f64| {
            (1..=50).map(move |beat| Beat {
                at_ms: from_ms + 800.0 * f64::from(beat),
                rr_ms: 800.0,
            })
        };
        // The first interval after a hole ends late by the hole alone.
        let together: Vec<Beat> = beats(0.0).chain(beats(40_000.0 + 1_500.0)).collect();
        assert_eq!(with_holes(&together).len(), 100);
        let apart: Vec<Beat> = beats(0.0).chain(beats(40_000.0 + 1_501.0)).collect();
        let found = variability(&with_holes(&apart)).unwrap();
        assert_eq!(found.intervals, 100);
        assert!(close(found.artefacts, 1.0 / 101.0), "{found:?}");
        assert_eq!(with_holes(&[]), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn the_two_axes_hold_the_whole_variance(rr in prop::collection::vec(760.0f64..840.0, 90..200)) {
            let found = variability(&rr).unwrap();
            prop_assert!(close(found.sd1_ms.powi(2) + found.sd2_ms.powi(2), 2.0 * found.sdnn_ms.powi(2))
                || found.sd2_ms == 0.0);
            prop_assert!(found.rmssd_ms >= 0.0 && (0.0..=100.0).contains(&found.pnn50_percent));
        }
    }
}
