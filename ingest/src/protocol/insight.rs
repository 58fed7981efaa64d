//! Insights: what the person's own device made of their camera and wearable, once a second. Interpretations only: the
//! schema is closed, and anything else closes the connection.

use super::{Limits, MAX_WHOLE, Malformed};
use attune_engine::attention;
use attune_engine::clock::MeetingTime;
use serde::{Deserialize, Serialize};

/// A number and how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The number, in the field's unit.
    pub value: f64,
    /// 0 (a guess) to 1.
    pub quality: f64,
}

/// One second, interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insight {
    /// When the second began, on the session's clock.
    pub at_ms: u64,
    /// Share of the second with a face in view, 0 to 1.
    pub face_present: Reading,
    /// Share of the second that the meeting's tab was in front, 0 to 1.
    pub tab_focus: Reading,
    /// Share of the second with the gaze on the screen, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaze_on_screen: Option<Reading>,
    /// Looks away from the screen that began in the second, 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_screen_looks: Option<Reading>,
    /// Mean angle between the head and its usual pose, in degrees, 0 to 180.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_pose_deviation_deg: Option<Reading>,
    /// Blinks a minute over the last minute, 0 to 120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blinks_per_min: Option<Reading>,
    /// Eye closures over 500 ms that ended in the second, 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_closures: Option<Reading>,
    /// PERCLOS: share of the last minute with the eyes at least 80 % closed, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perclos: Option<Reading>,
    /// Heart rate from a wearable, 20 to 250.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heart_rate_bpm: Option<Reading>,
    /// RMSSD of the heart's beats from a wearable, 0 to 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmssd_ms: Option<Reading>,
}

impl Insight {
    /// Least time between two insights: one a second, with room for a timer's jitter. Faster would be a signal.
    pub const MIN_SPACING_MS: u64 = 900;

    /// Reads the payload of a frame on stream 3.
    ///
    /// # Errors
    /// [`Malformed::RawBiometrics`] for whatever is not an insight, one that is too long included.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        if json.len() > Limits::INSIGHT_BYTES {
            return Err(Malformed::RawBiometrics);
        }
        let insight: Self = serde_json::from_slice(json).map_err(|_| Malformed::RawBiometrics)?;
        if insight.in_range() {
            Ok(insight)
        } else {
            Err(Malformed::RawBiometrics)
        }
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: an insight has string keys, and JSON writes any number")
    }

    /// Whether it comes late enough after `previous` to be one of one a second.
    pub const fn follows(&self, previous: &Self) -> bool {
        self.at_ms >= previous.at_ms.saturating_add(Self::MIN_SPACING_MS)
    }

    /// The same for the engine.
    pub fn second(&self) -> attention::Second {
        let reading = |reading: Reading| attention::Reading {
            value: reading.value,
            quality: reading.quality,
        };
        attention::Second {
            at: MeetingTime::from_ms(self.at_ms),
            face_present: reading(self.face_present),
            tab_focus: reading(self.tab_focus),
            gaze_on_screen: self.gaze_on_screen.map(reading),
            off_screen_looks: self.off_screen_looks.map(reading),
            head_pose_deviation_deg: self.head_pose_deviation_deg.map(reading),
            blinks_per_min: self.blinks_per_min.map(reading),
            long_closures: self.long_closures.map(reading),
            perclos: self.perclos.map(reading),
            rmssd_ms: self.rmssd_ms.map(reading),
        }
    }

    fn in_range(&self) -> bool {
        let share = 0.0..=1.0;
        let count = 0.0..=10.0;
        let bounds = [
            (Some(self.face_present), share.clone()),
            (Some(self.tab_focus), share.clone()),
            (self.gaze_on_screen, share.clone()),
            (self.off_screen_looks, count.clone()),
            (self.head_pose_deviation_deg, 0.0..=180.0),
            (self.blinks_per_min, 0.0..=120.0),
            (self.long_closures, count),
            (self.perclos, share.clone()),
            (self.heart_rate_bpm, 20.0..=250.0),
            (self.rmssd_ms, 0.0..=500.0),
        ];
        let holds = |(reading, range): (Option<Reading>, std::ops::RangeInclusive<f64>)| {
            reading.is_none_or(|reading| range.contains(&reading.value) && share.contains(&reading.quality))
        };
        self.at_ms <= MAX_WHOLE && bounds.into_iter().all(holds)
    }
}
