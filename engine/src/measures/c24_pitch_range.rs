//! C24, pitch range.

use super::{Band, Draft, Evidence, Found, exposure, no_sound};
use crate::bootstrap::Sample;
use crate::clock::MeetingTime;
use crate::conversation::Sounded;
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
/// At least this much, in semitones.
const LEAST_ST: f64 = 2.5;
/// A voice that moves less by nature is held to this part of its own baseline. `[D]`
const OWN_PART: f64 = 0.85;

/// How much my pitch moves: the standard deviation of F0 in semitones over the voiced frames of 10 s, the median of all
/// such windows with 2 s of voice, one beginning each second. Semitones, so that high and low voices are told alike
/// (Traunmüller `[V]`). Its part `monotone_share` is the percentage of windows under 2.0 st, at most 30.
///
/// Needs 60 s of voiced sound. At least 2.5 st: feedback on exactly this raised variation, and it lasted (Hincks & Edlund
/// 2009 `[V]`; the cut-offs `[D]`); whose own baseline is lower is held to 85 % of that `[D]`.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let seconds: Vec<Timed> = evidence.conversation.sounds().flat_map(timed).collect();
    let voiced_s = frames(&seconds) / FRAMES_PER_S;
    let own = evidence.history.baseline("C24");
    let draft = Draft::new(
        "C24",
        "Pitch range",
        "semitones",
        exposure(voiced_s, 60.0, "s of voice"),
    )
    .target(Band::at_least(own.map_or(LEAST_ST, |own| LEAST_ST.min(OWN_PART * own))));
    if let Some(why) = no_sound(evidence.conversation) {
        return draft.not_covered(why);
    }
    let spreads = spreads(&seconds);
    let monotone = spreads.iter().filter(|(_, spread)| *spread < MONOTONE_ST).count() as f64;
    draft
        .part("monotone_share", 100.0 * monotone / spreads.len() as f64)
        .value(sample_of(evidence, spreads))
}

/// The value, as a function of the turns.
pub(super) fn sample(evidence: &Evidence<'_>) -> Sample {
    let seconds: Vec<Timed> = evidence.conversation.sounds().flat_map(timed).collect();
    sample_of(evidence, spreads(&seconds))
}

fn sample_of(evidence: &Evidence<'_>, spreads: Vec<(MeetingTime, f64)>) -> Sample {
    let of_turns = spreads
        .into_iter()
        .map(|(from, spread)| (evidence.my_turn(from), spread));
    Sample::quantile(evidence.blocks(), 0.5, of_turns.collect())
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

/// The standard deviation in each window that has enough voice, by the window's begin. `seconds` are in order.
fn spreads(seconds: &[Timed]) -> Vec<(MeetingTime, f64)> {
    let last_ms = seconds.last().map_or(0, |second| second.at_ms);
    (0..=last_ms / STEP_MS)
        .map(|step| {
            let before = |at_ms: u64| seconds.partition_point(|second| second.at_ms < at_ms);
            let from_ms = step * STEP_MS;
            let window = &seconds[before(from_ms)..before(from_ms + WINDOW_MS)];
            (MeetingTime::from_ms(from_ms), window)
        })
        .filter(|(_, window)| frames(window) >= MIN_FRAMES)
        .map(|(from, window)| (from, spread(window)))
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
