//! A1 to A8 by minute: what is kept of a meeting's attention.

use super::{Attention, Reading, Second, Sum};
use serde::{Deserialize, Serialize};

/// A minute.
pub(super) const MINUTE_MS: u64 = 60_000;
/// Seconds of good quality that a minute's number needs: half of it `[D]`.
const ENOUGH: u32 = 30;

/// One minute of a meeting. A number is absent where fewer than 30 of its seconds were of good quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Minute {
    /// When it begins, milliseconds.
    pub at_ms: u64,
    /// A1, gaze on the screen, percent.
    pub gaze: Option<f64>,
    /// A2, long looks away that began in it, scaled to all of it.
    pub looks_away: Option<f64>,
    /// A3, angle of the head to its usual pose, degrees.
    pub head_deg: Option<f64>,
    /// A4, blinks a minute.
    pub blinks: Option<f64>,
    /// A5, closures over 500 ms, scaled to all of it.
    pub long_closures: Option<f64>,
    /// A6, PERCLOS, percent: of this minute alone.
    pub perclos: Option<f64>,
    /// A7, the meeting's tab in front, percent.
    pub focus: Option<f64>,
    /// A8, RMSSD of still and silent seconds, ms.
    pub rmssd_ms: Option<f64>,
}

/// Its sums.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct MinuteSums {
    gaze: Sum,
    looks: Sum,
    head: Sum,
    blinks: Sum,
    closures: Sum,
    eyes: Sum,
    focus: Sum,
    rmssd: Sum,
}

impl MinuteSums {
    /// Takes a second in. `face`: eyes and head are in view; `at_rest`: a heart may be measured.
    pub(super) fn add(&mut self, second: &Second, face: bool, at_rest: bool) {
        let seen = |reading: Option<Reading>| reading.filter(|_| face);
        self.gaze.add(seen(second.gaze_on_screen));
        self.looks.add(seen(second.off_screen_looks));
        self.head.add(seen(second.head_pose_deviation_deg));
        self.blinks.add(seen(second.blinks_per_min));
        self.closures.add(seen(second.long_closures));
        self.eyes.add(seen(second.perclos));
        self.focus.add(Some(second.tab_focus));
        self.rmssd.add(second.rmssd_ms.filter(|_| at_rest));
    }

    fn told(&self, minute: u64) -> Minute {
        let mean = |sum: Sum| sum.mean().filter(|_| sum.seconds >= ENOUGH);
        let times = |sum: Sum, factor: f64| mean(sum).map(|mean| mean * factor);
        Minute {
            at_ms: minute * MINUTE_MS,
            gaze: times(self.gaze, 100.0),
            looks_away: times(self.looks, 60.0),
            head_deg: mean(self.head),
            blinks: mean(self.blinks),
            long_closures: times(self.closures, 60.0),
            perclos: times(self.eyes, 100.0),
            focus: times(self.focus, 100.0),
            rmssd_ms: mean(self.rmssd),
        }
    }
}

impl Attention {
    /// Every minute of which a second was seen, in order.
    pub fn minutes(&self) -> Vec<Minute> {
        self.minutes.iter().map(|(minute, sums)| sums.told(*minute)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MeetingTime;

    fn second(at: u64, gaze: f64) -> Second {
        let good = |value| Reading { value, quality: 1.0 };
        Second {
            at: MeetingTime::from_ms(at * 1000),
            face_present: good(1.0),
            tab_focus: good(1.0),
            gaze_on_screen: Some(good(gaze)),
            off_screen_looks: None,
            head_pose_deviation_deg: None,
            blinks_per_min: None,
            long_closures: None,
            perclos: Some(good(0.06)),
            rmssd_ms: Some(good(42.0)),
        }
    }

    #[test]
    fn a_minute_is_the_mean_of_its_own_seconds_and_half_of_one_at_least() {
        let mut attention = Attention::default();
        (0..60).for_each(|at| attention.see(&second(at, 1.0), true));
        // Of the next minute 29 seconds.
        (60..89).for_each(|at| attention.see(&second(at, 0.0), false));
        let minutes = attention.minutes();
        assert_eq!(minutes.len(), 2);
        assert_eq!((minutes[0].at_ms, minutes[1].at_ms), (0, 60_000));
        assert_eq!(
            (minutes[0].gaze, minutes[0].focus, minutes[0].rmssd_ms),
            (Some(100.0), Some(100.0), Some(42.0))
        );
        assert!((minutes[0].perclos.unwrap() - 6.0).abs() < 1e-9);
        assert_eq!(
            (minutes[0].blinks, minutes[1].gaze, minutes[1].rmssd_ms),
            (None, None, None)
        );
        attention.see(&second(89, 0.0), false);
        assert_eq!(attention.minutes()[1].gaze, Some(0.0));
    }
}
