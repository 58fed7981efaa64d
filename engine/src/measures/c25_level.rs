//! C25, level.

use super::{Draft, Measure, exposure, no_sound, quantile};
use crate::conversation::Conversation;

/// Momentary loudness is told this often a second.
const VALUES_PER_S: f64 = 10.0;
/// So far below my own median is quiet, LU.
const QUIET_LU: f64 = 12.0;

/// How loud my voice came in: the median of its momentary loudness (ITU-R BS.1770), in LUFS.
///
/// Needs 60 s of voice. No target: a microphone's gain decides it, so that it is only compared with my own meetings once
/// there are some (within 4 LU of them `[D]`). Its parts: `sd_lu`, the standard deviation (3 to 8 `[D]`; volume as a live cue:
/// Rhema `[V]`); `quiet_share`, the percentage more than 12 LU below the median; `clipped_share`, the percentage of samples cut
/// off at full scale (under 0.1 `[D]`); `snr_db`, the median over segments of the voice's level above the room's.
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let loudness: Vec<f64> = conversation
        .sounds()
        .flat_map(|sounded| &sounded.sound.loudness_lufs)
        .map(|lufs| f64::from(*lufs))
        .collect();
    let count = loudness.len() as f64;
    let draft = Draft::new(
        "C25",
        "Level",
        "LUFS",
        exposure(count / VALUES_PER_S, 60.0, "s of voice"),
    );
    if let Some(why) = no_sound(conversation) {
        return draft.not_covered(why);
    }
    let Some(median) = quantile(loudness.clone(), 0.5) else {
        return draft.value(None);
    };
    let quiet = loudness.iter().filter(|lufs| **lufs < median - QUIET_LU).count() as f64;
    draft
        .part("sd_lu", deviation(&loudness))
        .part("quiet_share", 100.0 * quiet / count)
        .part("clipped_share", clipped_share(conversation))
        .part("snr_db", snr_db(conversation).unwrap_or(f64::NAN))
        .value(Some(median))
}

/// The standard deviation of the values themselves, over their number.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

fn clipped_share(conversation: &Conversation) -> f64 {
    let (clipped, samples) = conversation.sounds().fold((0, 0), |(clipped, samples), sounded| {
        let sound = &sounded.sound;
        (
            clipped + u64::from(sound.clipped_samples),
            samples + u64::from(sound.samples),
        )
    });
    100.0 * clipped as f64 / samples as f64
}

fn snr_db(conversation: &Conversation) -> Option<f64> {
    let ratios = conversation.sounds().filter_map(|sounded| {
        let (voice, floor) = (sounded.sound.voice_dbfs?, sounded.sound.floor_dbfs?);
        Some(f64::from(voice - floor))
    });
    quantile(ratios.collect(), 0.5)
}
