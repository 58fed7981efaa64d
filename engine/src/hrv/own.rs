//! A recording's RMSSD against the person's own: ln RMSSD of their recordings of the 14 days before, since RMSSD itself is skewed (A8).
//! Lower or higher than usual, and nothing on why.

use serde::{Deserialize, Serialize};

/// Recordings of before that make a usual range `[D]`.
const ENOUGH: usize = 5;

/// What is usual for the person, and where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Own {
    /// Recordings of the 14 days before that it rests on.
    pub recordings: usize,
    /// The lower end of the usual range of RMSSD: one standard deviation of ln RMSSD below its mean, in ms.
    pub from_ms: f64,
    /// The upper end, as far above.
    pub to_ms: f64,
    /// Where the recording stands.
    pub standing: Standing,
}

/// Where a value stands in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Lower than usual.
    Below,
    /// Within what is usual, its ends included.
    Usual,
    /// Higher than usual.
    Above,
}

/// Where `rmssd_ms` stands among those of the 14 days before, in ms; nothing where these are fewer than five. A value of nothing has no
/// logarithm and is left out.
pub fn against_own(rmssd_ms: f64, earlier_ms: &[f64]) -> Option<Own> {
    let logs: Vec<f64> = earlier_ms
        .iter()
        .map(|rmssd| rmssd.ln())
        .filter(|ln| ln.is_finite())
        .collect();
    if logs.len() < ENOUGH || !rmssd_ms.is_finite() {
        return None;
    }
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let deviation = super::deviation(&logs);
    let (from_ms, to_ms) = ((mean - deviation).exp(), (mean + deviation).exp());
    // Rounding must not put a value outside of a range that is nothing but this value.
    let slack = 1e-9 * to_ms;
    let standing = if rmssd_ms < from_ms - slack {
        Standing::Below
    } else if rmssd_ms > to_ms + slack {
        Standing::Above
    } else {
        Standing::Usual
    };
    Some(Own {
        recordings: logs.len(),
        from_ms,
        to_ms,
        standing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// e³, e⁴, e³, e⁴, e³, e⁴: mean 3.5, standard deviation √(6 · 0.25 / 5).
    fn earlier() -> Vec<f64> {
        [3.0f64, 4.0].map(f64::exp).repeat(3)
    }

    #[rstest]
    #[case::below(2.94, Standing::Below)]
    #[case::at_the_lower_end(2.96, Standing::Usual)]
    #[case::at_the_upper_end(4.04, Standing::Usual)]
    #[case::above(4.06, Standing::Above)]
    fn a_recording_stands_in_one_standard_deviation_of_its_logarithm(#[case] ln: f64, #[case] standing: Standing) {
        let own = against_own(ln.exp(), &earlier()).unwrap();
        let deviation = (6.0f64 * 0.25 / 5.0).sqrt();
        assert!((own.from_ms - (3.5 - deviation).exp()).abs() < 1e-9, "{own:?}");
        assert!((own.to_ms - (3.5 + deviation).exp()).abs() < 1e-9, "{own:?}");
        assert_eq!((own.recordings, own.standing), (6, standing));
    }

    #[test]
    fn four_recordings_make_nothing_usual_and_a_flat_one_is_none() {
        assert_eq!(against_own(40.0, &[40.0; 4]), None);
        assert_eq!(against_own(40.0, &[40.0, 40.0, 40.0, 40.0, 0.0]), None);
        assert_eq!(against_own(f64::NAN, &[40.0; 5]), None);
        let same = against_own(40.0, &[40.0; 5]).unwrap();
        assert_eq!(same.standing, Standing::Usual);
        assert_eq!(against_own(0.0, &[40.0; 5]).unwrap().standing, Standing::Below);
    }
}
