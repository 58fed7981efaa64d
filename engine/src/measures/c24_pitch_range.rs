//! C24, pitch range.

use super::{Band, Draft, Measure, exposure, no_sound, quantile};
use crate::conversation::{Conversation, Sounded};
use crate::sound::PitchSecond;

/// Length of the window, in ms; it slides over the meeting a second at a time.
const WINDOW_MS: u64 = 10_000;
const STEP_MS: u64 = 1_000;
/// Frames of 10 ms in a second.
const FRAMES_PER_S: f64 = 100.0;
/// Less voice than this in a window, in frames, makes no melody: 2 s.
const MIN_FRAMES: f64 = 2.0 * FRAMES_PER_S;
/// A window that varies less than this is monotone.
const MONOTONE_ST: f64 = 2.0;

/// How much my pitch moves: the standard deviation of F0 in semitones over the voiced frames of 10 s, the median of all
/// such windows with 2 s of voice, one beginning each second. Semitones, so that high and low voices are told alike
/// (Traunmüller `[V]`). Its part `monotone_share` is the percentage of windows under 2.0 st, at most 30.
///
/// Needs 60 s of voiced sound. At least 2.5 st: feedback on exactly this raised variation, and it lasted (Hincks & Edlund
/// 2009 `[V]`; the cut-offs `[D]`).
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let seconds: Vec<Timed> = conversation.sounds().flat_map(timed).collect();
    let voiced_s = frames(&seconds) / FRAMES_PER_S;
    let draft = Draft::new(
        "C24",
        "Pitch range",
        "semitones",
        exposure(voiced_s, 60.0, "s of voice"),
    )
    .target(Band::at_least(2.5));
    if let Some(why) = no_sound(conversation) {
        return draft.not_covered(why);
    }
    let spreads = spreads(&seconds);
    let monotone = spreads.iter().filter(|spread| **spread < MONOTONE_ST).count() as f64;
    draft
        .part("monotone_share", 100.0 * monotone / spreads.len() as f64)
        .value(quantile(spreads, 0.5))
}

/// A second of pitch, where it lies in the meeting.
struct Timed {
    at_ms: u64,
    pitch: PitchSecond,
}

fn timed(sounded: &Sounded) -> impl Iterator<Item = Timed> {
    let start_ms = sounded.start.as_ms();
    sounded.sound.pitch.iter().map(move |&pitch| Timed {
        at_ms: start_ms + 1_000 * u64::from(pitch.second),
        pitch,
    })
}

/// The standard deviation in each window that has enough voice. `seconds` are in order.
fn spreads(seconds: &[Timed]) -> Vec<f64> {
    let last_ms = seconds.last().map_or(0, |second| second.at_ms);
    (0..=last_ms / STEP_MS)
        .map(|step| {
            let before = |at_ms: u64| seconds.partition_point(|second| second.at_ms < at_ms);
            &seconds[before(step * STEP_MS)..before(step * STEP_MS + WINDOW_MS)]
        })
        .filter(|window| frames(window) >= MIN_FRAMES)
        .map(spread)
        .collect()
}

/// The standard deviation of all frames of `seconds`, semitones: the variance within them and that of their means.
fn spread(seconds: &[Timed]) -> f64 {
    let mean_of = |value: &dyn Fn(&PitchSecond) -> f64| {
        let sum: f64 = seconds
            .iter()
            .map(|second| f64::from(second.pitch.frames) * value(&second.pitch))
            .sum();
        sum / frames(seconds)
    };
    let mean = mean_of(&|pitch| f64::from(pitch.mean_st));
    mean_of(&|pitch| f64::from(pitch.variance_st2) + (f64::from(pitch.mean_st) - mean).powi(2)).sqrt()
}

fn frames(seconds: &[Timed]) -> f64 {
    seconds.iter().map(|second| f64::from(second.pitch.frames)).sum()
}
