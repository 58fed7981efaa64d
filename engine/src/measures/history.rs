//! The person's own earlier meetings of the same type: what a measure is compared with where the target is one's own.

use super::Measures;
use std::collections::BTreeMap;

/// Meetings that make a baseline: a plan's week 0 (measures.md, plan shape `[D]`).
const BASELINE_MEETINGS: usize = 3;
/// Meetings that z-values are told against, and no more than the newest of them (C26).
pub(super) const Z_MEETINGS: usize = 10;

/// Values of earlier meetings by measure, in order of time; a part of a measure as `C25.sd_lu`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    values: BTreeMap<String, Vec<f64>>,
}

impl History {
    /// Takes in the next meeting: its measures that have a value, with their parts.
    pub fn push(&mut self, measures: &Measures) {
        for measure in &measures.0 {
            let Some(value) = measure.value else { continue };
            self.values.entry(measure.id.clone()).or_default().push(value);
            for (part, value) in &measure.parts {
                self.values
                    .entry(format!("{}.{part}", measure.id))
                    .or_default()
                    .push(*value);
            }
        }
    }

    /// The median over the meetings, once there are three.
    pub(super) fn baseline(&self, measure: &str) -> Option<f64> {
        let values = self.values.get(measure)?;
        (values.len() >= BASELINE_MEETINGS).then(|| super::quantile(values.clone(), 0.5))?
    }

    /// The values of `measure` in the newest `most` meetings that have one, in order of time.
    pub(crate) fn newest(&self, measure: &str, most: usize) -> &[f64] {
        let values = self.values.get(measure).map_or(&[][..], Vec::as_slice);
        &values[values.len().saturating_sub(most)..]
    }

    /// Meetings in which `measure` has a value.
    pub(super) fn meetings(&self, measure: &str) -> usize {
        self.values.get(measure).map_or(0, Vec::len)
    }

    /// Mean and standard deviation (n − 1) over the newest ten meetings, once there are as many and they differ at all.
    pub(super) fn spread(&self, measure: &str) -> Option<(f64, f64)> {
        let values = self.values.get(measure)?;
        let newest = &values[values.len().checked_sub(Z_MEETINGS)?..];
        let mean = newest.iter().sum::<f64>() / Z_MEETINGS as f64;
        let squares: f64 = newest.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (Z_MEETINGS - 1) as f64).sqrt();
        (deviation > 0.0).then_some((mean, deviation))
    }
}
