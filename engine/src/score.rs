//! The communication score, 0 to 100: one number, because people ask for one, and never without what it is made of.
//!
//! Each measure that has a value and a target maps to 0-100 by a trapezoid: 100 inside its band, falling linearly to 0 at its
//! outer limits ([`OUTER`]). Five groups are the means of their measures; the score is the mean of the groups that have any,
//! rounded, and below three groups there is none. `[D]`, all of it: monotone in every measure, and a design choice.

use crate::bootstrap::{self, Interval, Sample, seed};
use crate::measures::{Band, Exposure, Measure, MeasureState, Measures};
use serde::{Deserialize, Serialize};

/// Fewer groups make no score.
const MIN_GROUPS: usize = 3;

/// What a measure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Who has the floor, and how it changes hands.
    Floor,
    /// How fast, and with which pauses.
    Pace,
    /// How much of what is said carries something.
    Clarity,
    /// What is asked, and what is agreed.
    Curiosity,
    /// Pitch and level.
    Voice,
}

impl Group {
    /// Every group, with its measures.
    pub const ALL: [(Self, &'static [&'static str]); 5] = [
        (
            Self::Floor,
            &["C1", "C2", "C10", "C11", "C12", "C13", "C14", "C15", "C16"],
        ),
        (Self::Pace, &["C3", "C4", "C5", "C9"]),
        (Self::Clarity, &["C6", "C7", "C8", "C18", "C19", "C20", "C21", "C22"]),
        (Self::Curiosity, &["C17", "C29"]),
        (Self::Voice, &["C24", "C25"]),
    ];
}

/// How far outside its band a measure is worth nothing: below it, and above it, in its unit. `[D]`
const OUTER: &[(&str, f64, f64)] = &[
    ("C1", 35.0, 30.0),
    ("C2", 0.5, 0.5),
    ("C3", 50.0, 60.0),
    ("C4", 1.5, 2.0),
    ("C5", 0.12, 0.35),
    ("C6", 2.0, 6.0),
    ("C7", 2.0, 6.0),
    ("C8", 1.0, 5.0),
    ("C9", 2.0, 6.0),
    // 2:30, where listeners are lost, is worth a third.
    ("C10", 90.0, 90.0),
    ("C11", 5.0, 60.0),
    ("C12", 2.0, 6.0),
    ("C13", 800.0, 2_500.0),
    ("C14", 1.0, 4.0),
    ("C15", 1.0, 5.0),
    ("C16", 1.0, 6.0),
    ("C17", 11.0, 20.0),
    ("C18", 25.0, 60.0),
    ("C19", 2.0, 6.0),
    ("C20", 35.0, 40.0),
    ("C21", 8.0, 14.0),
    ("C22", 4.0, 12.0),
    ("C24", 2.0, 4.0),
    ("C25", 10.0, 10.0),
    ("C29", 80.0, 20.0),
];

/// The score with its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommunicationScore {
    /// 0 to 100, whole; none below three groups.
    pub value: Option<f64>,
    /// Where it may as well lie: 90 % of draws from the meeting's own turns, of all measures at once.
    pub interval: Option<Interval>,
    /// Groups that there are, and those that are needed.
    pub exposure: Exposure,
    /// All five, with or without a value.
    pub groups: Vec<GroupScore>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupScore {
    /// Which.
    pub group: Group,
    /// The mean of its measures, 0 to 100; none where none of them has a value and a target.
    pub value: Option<f64>,
    /// What it is the mean of.
    pub measures: Vec<MeasureScore>,
}

/// What a measure is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeasureScore {
    /// Which, such as `C1`.
    pub id: String,
    /// 0 to 100.
    pub value: f64,
}

/// The score that `measures` make, without an interval.
pub fn score(measures: &Measures) -> CommunicationScore {
    let parts = parts(measures);
    let groups: Vec<GroupScore> = Group::ALL
        .into_iter()
        .map(|(group, ids)| {
            let of_group = parts.iter().filter(|part| ids.contains(&part.measure.id.as_str()));
            let measures: Vec<MeasureScore> = of_group
                .filter_map(|part| {
                    Some(MeasureScore {
                        id: part.measure.id.clone(),
                        value: part.worth(part.measure.value?),
                    })
                })
                .collect();
            GroupScore {
                group,
                value: mean(measures.iter().map(|measure| measure.value)),
                measures,
            }
        })
        .collect();
    let values: Vec<f64> = groups.iter().filter_map(|group| group.value).collect();
    CommunicationScore {
        value: mean(values.iter().copied())
            .filter(|_| values.len() >= MIN_GROUPS)
            .map(f64::round),
        interval: None,
        exposure: Exposure {
            have: values.len() as f64,
            need: MIN_GROUPS as f64,
            unit: "groups of measures".to_owned(),
        },
        groups,
    }
}

/// The score with its interval. `samples` say how each measure is computed from the turns, in the order of `measures`.
pub(crate) fn estimate(
    measures: &Measures,
    samples: &[Option<Sample>],
    turns: usize,
    meeting: &str,
) -> CommunicationScore {
    let mut told = score(measures);
    if told.value.is_none() {
        return told;
    }
    let parts = parts(measures);
    let place = |group: &[&str]| -> Vec<(&Part<'_>, Option<&Sample>)> {
        let of_group = parts.iter().filter(|part| group.contains(&part.measure.id.as_str()));
        of_group.map(|part| (part, samples[part.place].as_ref())).collect()
    };
    let groups: Vec<_> = Group::ALL.iter().map(|(_, ids)| place(ids)).collect();
    let drawn = |times: &[u32]| {
        let worth = |(part, sample): &(&Part<'_>, Option<&Sample>)| {
            let value = match sample {
                Some(sample) => sample.drawn(times),
                None => part.measure.value,
            };
            value.filter(|value| value.is_finite()).map(|value| part.worth(value))
        };
        let means = groups.iter().filter_map(|group| mean(group.iter().filter_map(worth)));
        mean(means)
    };
    let interval = bootstrap::interval(seed(meeting, "communication_score"), turns, drawn);
    told.interval = interval.map(|Interval { low, high }| Interval {
        low: low.round(),
        high: high.round(),
    });
    told
}

/// A measure that counts.
struct Part<'a> {
    /// Its place among all.
    place: usize,
    measure: &'a Measure,
    target: Band,
    /// How far below and above the band nothing is left.
    outer: (f64, f64),
}

impl Part<'_> {
    fn worth(&self, value: f64) -> f64 {
        trapezoid(value, self.target, self.outer)
    }
}

/// Those with a value, a target and outer limits.
fn parts(measures: &Measures) -> Vec<Part<'_>> {
    measures
        .0
        .iter()
        .enumerate()
        .filter(|(_, measure)| measure.state == MeasureState::Ok)
        .filter_map(|(place, measure)| {
            let (_, below, above) = OUTER.iter().find(|(id, ..)| *id == measure.id)?;
            Some(Part {
                place,
                measure,
                target: measure.target?,
                outer: (*below, *above),
            })
        })
        .collect()
}

/// 100 inside the band, 0 from `outer` beyond it, linear between.
fn trapezoid(value: f64, Band { low, high }: Band, outer: (f64, f64)) -> f64 {
    let below = low.map_or(0.0, |low| (low - value) / outer.0);
    let above = high.map_or(0.0, |high| (value - high) / outer.1);
    100.0 * (1.0 - below.max(above)).clamp(0.0, 1.0)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests;
