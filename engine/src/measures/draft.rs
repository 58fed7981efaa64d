//! A measure under way: what it is, before it is known whether there is enough to tell.

use super::{Band, Exposure, Measure, MeasureState, Moment};
use crate::bootstrap::Sample;
use std::collections::BTreeMap;

/// A measure, and how it is computed from the turns where it is an estimate.
pub(super) struct Found {
    pub(super) measure: Measure,
    pub(super) sample: Option<Sample>,
}

pub(super) struct Draft {
    measure: Measure,
}

impl Draft {
    pub(super) fn new(id: &str, name: &str, unit: &str, exposure: Exposure) -> Self {
        Self {
            measure: Measure {
                id: id.to_owned(),
                name: name.to_owned(),
                value: None,
                interval: None,
                unit: unit.to_owned(),
                state: MeasureState::NotEnoughSpeech,
                exposure,
                target: None,
                parts: BTreeMap::new(),
                note: None,
                moments: Vec::new(),
            },
        }
    }

    pub(super) fn target(mut self, band: impl Into<Option<Band>>) -> Self {
        self.measure.target = band.into();
        self
    }

    /// A number that belongs to it; one that does not exist, like a rate over no time, is left out.
    pub(super) fn part(mut self, name: &str, value: f64) -> Self {
        if value.is_finite() {
            self.measure.parts.insert(name.to_owned(), value);
        }
        self
    }

    /// What to know about a value that there is.
    pub(super) fn note(mut self, note: impl Into<Option<&'static str>>) -> Self {
        self.measure.note = note.into().map(str::to_owned);
        self
    }

    /// What it counts.
    pub(super) fn moments(mut self, moments: Vec<Moment>) -> Self {
        self.measure.moments = moments;
        self
    }

    /// This meeting cannot tell, and why.
    pub(super) fn not_covered(mut self, why: &str) -> Found {
        self.measure.state = MeasureState::NotCovered;
        self.measure.note = Some(why.to_owned());
        self.without_value()
    }

    /// The value of `sample`, if there was enough to measure.
    pub(super) fn value(self, sample: Sample) -> Found {
        let value = sample.value();
        Found {
            sample: Some(sample),
            ..self.told(value)
        }
    }

    /// A value that is no estimate and has no interval, if there was enough to measure.
    pub(super) fn told(mut self, value: Option<f64>) -> Found {
        let enough = self.measure.exposure.have >= self.measure.exposure.need;
        let Some(value) = value.filter(|value| enough && value.is_finite()) else {
            self.measure.note = None;
            return self.without_value();
        };
        self.measure.value = Some(value);
        self.measure.state = MeasureState::Ok;
        Found {
            measure: self.measure,
            sample: None,
        }
    }

    fn without_value(mut self) -> Found {
        self.measure.parts.clear();
        self.measure.moments.clear();
        Found {
            measure: self.measure,
            sample: None,
        }
    }
}

pub(super) fn exposure(have: f64, need: f64, unit: &str) -> Exposure {
    Exposure {
        have,
        need,
        unit: unit.to_owned(),
    }
}
