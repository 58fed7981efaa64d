//! A1 to A8 over a whole meeting.

use super::{Attention, EYES_ENOUGH, Sum};
use crate::measures::{Exposure, Measure, MeasureState, Measures};
use std::collections::BTreeMap;

/// Seconds of good quality that a share needs `[D]`.
const MINUTE: f64 = 60.0;
/// Seconds that a rare event needs: five minutes `[D]`.
const FIVE_MINUTES: f64 = 300.0;

impl Attention {
    /// A1 to A8. None has a target: each is read against the person's own meetings, never against another's. Empty where the
    /// person's device sent nothing.
    pub fn measures(&self) -> Measures {
        if self.last.is_none() {
            return Measures::default();
        }
        let per_10_min = |sum: Sum| sum.mean().map(|per_second| 600.0 * per_second);
        let percent = |sum: Sum| sum.mean().map(|share| 100.0 * share);
        let a3 = measure("A3", "Head turned", "°", &self.head, MINUTE, self.head.mean());
        let a7 = measure(
            "A7",
            "Focus on the meeting",
            "%",
            &self.focus,
            MINUTE,
            percent(self.focus),
        );
        let switches = f64::from(self.switches) * 600.0 / f64::from(self.focus.seconds.max(1));
        Measures(vec![
            // Against own baseline: a second monitor counts as away (Read `[V]`).
            measure("A1", "Gaze on screen", "%", &self.gaze, MINUTE, percent(self.gaze)),
            // Trend only; the 2 s limit comes from driving `[S]`.
            measure(
                "A2",
                "Long looks away",
                "per 10 min",
                &self.looks,
                FIVE_MINUTES,
                per_10_min(self.looks),
            ),
            // Deviation from the own usual pose (arXiv 2405.15434 `[V]`), its share beyond 25° `[D]`.
            with_part(a3, "turned_share", percent(self.turned)),
            // Means 26 talking, 17 at rest, 4.5 reading (Bentivoglio 1997 `[V]`): never judged alone.
            measure("A4", "Blinks", "per min", &self.blinks, MINUTE, self.blinks.mean()),
            // Rising is drowsy `[M]`.
            measure(
                "A5",
                "Long closures",
                "per min",
                &self.closures,
                FIVE_MINUTES,
                self.closures.mean().map(|rate| 60.0 * rate),
            ),
            self.a6(),
            // The best signal that is not biometric `[D]`.
            with_part(a7, "switches_per_10_min", Some(switches)),
            // From a wearable alone: a camera's is worse on dark skin and in motion (HRVCam `[V]`). Still and silent seconds.
            measure("A8", "RMSSD", "ms", &self.rmssd, MINUTE, self.rmssd.mean()),
        ])
    }

    /// PERCLOS P80, mean of the last three minutes (Wierwille 1994, Dinges & Grace 1998 `[V]`).
    fn a6(&self) -> Measure {
        let seconds = Sum {
            total: 0.0,
            seconds: self.eyes.len() as u32,
        };
        measure("A6", "Eyes closed", "%", &seconds, EYES_ENOUGH as f64, self.perclos())
    }
}

fn measure(id: &str, name: &str, unit: &str, sum: &Sum, need: f64, value: Option<f64>) -> Measure {
    let have = f64::from(sum.seconds);
    let value = value.filter(|_| have >= need);
    Measure {
        id: id.to_owned(),
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        state: match value {
            Some(_) => MeasureState::Ok,
            None if sum.seconds == 0 => MeasureState::NotCovered,
            None => MeasureState::NotEnoughSpeech,
        },
        exposure: Exposure {
            have,
            need,
            unit: "s of good quality".to_owned(),
        },
        target: None,
        parts: BTreeMap::new(),
        note: None,
        interval: None,
        moments: Vec::new(),
    }
}

fn with_part(mut measure: Measure, name: &str, value: Option<f64>) -> Measure {
    if let (Some(_), Some(value)) = (measure.value, value) {
        measure.parts.insert(name.to_owned(), value);
    }
    measure
}
