//! Attention, from what the person's own device made of their camera and wearable, a second at a time. Behaviour is counted:
//! where the eyes point, how often they close, whether the meeting is in front. What a person feels is never guessed.
//!
//! Only seconds of good quality count, and every number says how many there were. Sums, those of each minute and three minutes of
//! eyes are kept, never the seconds themselves.

mod cards;
mod measures;
mod minutes;

use crate::clock::MeetingTime;
use std::collections::{BTreeMap, VecDeque};

pub use cards::{Alertness, Cards, Environment, Steadiness};
pub use minutes::Minute;
use minutes::MinuteSums;

/// A number and how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The number, in the field's unit.
    pub value: f64,
    /// 0 (a guess) to 1.
    pub quality: f64,
}

/// One second, interpreted on the device; the fields of an insight on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Second {
    /// When it began.
    pub at: MeetingTime,
    /// Share of it with a face in view, 0 to 1.
    pub face_present: Reading,
    /// Share of it with the meeting's tab in front, 0 to 1.
    pub tab_focus: Reading,
    /// Share of it with the gaze on the screen, 0 to 1.
    pub gaze_on_screen: Option<Reading>,
    /// Looks away that began in it.
    pub off_screen_looks: Option<Reading>,
    /// Angle between the head and its usual pose, degrees.
    pub head_pose_deviation_deg: Option<Reading>,
    /// Blinks a minute over the last minute.
    pub blinks_per_min: Option<Reading>,
    /// Closures over 500 ms that ended in it.
    pub long_closures: Option<Reading>,
    /// Share of the last minute with the eyes at least 80 % closed, 0 to 1.
    pub perclos: Option<Reading>,
    /// RMSSD of the heart's beats from a wearable, ms.
    pub rmssd_ms: Option<Reading>,
}

/// A reading below this is a guess: it is left out `[D]`.
const QUALITY: f64 = 0.6;
/// With a face in view for less of a second than this, what is said of eyes and head in it is left out `[D]`.
const FACE: f64 = 0.5;
/// The head is turned away beyond this, degrees (A3 `[D]`).
const TURNED_DEG: f64 = 25.0;
/// The stretch that PERCLOS is averaged over (A6).
const EYES_MS: u64 = 180_000;
/// Seconds of good quality that it needs of these: two thirds `[D]`.
const EYES_ENOUGH: usize = 120;

/// A sum of readings and how many there were.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    total: f64,
    seconds: u32,
}

impl Sum {
    fn add(&mut self, reading: Option<Reading>) {
        if let Some(reading) = reading.filter(|reading| reading.quality >= QUALITY) {
            self.total += reading.value;
            self.seconds += 1;
        }
    }

    fn mean(self) -> Option<f64> {
        (self.seconds > 0).then(|| self.total / f64::from(self.seconds))
    }
}

/// What is known of a person's attention in a meeting. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attention {
    /// The second seen last.
    last: Option<MeetingTime>,
    gaze: Sum,
    looks: Sum,
    head: Sum,
    turned: Sum,
    blinks: Sum,
    closures: Sum,
    focus: Sum,
    /// Times that the meeting's tab went behind another.
    switches: u32,
    in_front: Option<bool>,
    rmssd: Sum,
    /// PERCLOS of the last three minutes, of good quality.
    eyes: VecDeque<(MeetingTime, f64)>,
    /// The same sums by minute of the meeting.
    minutes: BTreeMap<u64, MinuteSums>,
}

impl Attention {
    /// Takes the next second; one that is not after the last is dropped. `silent`: the person says nothing in it, which a heart
    /// must be measured in.
    pub fn see(&mut self, second: &Second, silent: bool) {
        if self.last.is_some_and(|last| second.at <= last) {
            return;
        }
        self.last = Some(second.at);
        self.focus.add(Some(second.tab_focus));
        if second.tab_focus.quality >= QUALITY {
            let in_front = second.tab_focus.value >= 0.5;
            self.switches += u32::from(self.in_front == Some(true) && !in_front);
            self.in_front = Some(in_front);
        }
        let still = second
            .head_pose_deviation_deg
            .is_none_or(|head| head.value <= TURNED_DEG);
        self.rmssd.add(second.rmssd_ms.filter(|_| silent && still));
        let face = second.face_present.value >= FACE && second.face_present.quality >= QUALITY;
        let seen = |reading: Option<Reading>| reading.filter(|_| face);
        self.gaze.add(seen(second.gaze_on_screen));
        self.looks.add(seen(second.off_screen_looks));
        self.head.add(seen(second.head_pose_deviation_deg));
        self.turned
            .add(seen(second.head_pose_deviation_deg).map(|head| Reading {
                value: f64::from(u8::from(head.value > TURNED_DEG)),
                ..head
            }));
        self.blinks.add(seen(second.blinks_per_min));
        self.closures.add(seen(second.long_closures));
        self.minutes
            .entry(second.at.as_ms() / minutes::MINUTE_MS)
            .or_default()
            .add(second, face, silent && still);
        let good = seen(second.perclos).filter(|eyes| eyes.quality >= QUALITY);
        self.eyes.extend(good.map(|eyes| (second.at, eyes.value)));
        while self
            .eyes
            .front()
            .is_some_and(|(at, _)| at.as_ms() + EYES_MS <= second.at.as_ms())
        {
            self.eyes.pop_front();
        }
    }

    /// PERCLOS as the mean of three minutes, percent (A6); nothing where fewer than two of them are of good quality.
    pub fn perclos(&self) -> Option<f64> {
        let count = self.eyes.len();
        (count >= EYES_ENOUGH).then(|| 100.0 * self.eyes.iter().map(|(_, value)| value).sum::<f64>() / count as f64)
    }
}

#[cfg(test)]
mod tests;
