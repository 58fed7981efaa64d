//! C25, level.

use super::{Band, Draft, Evidence, Found, exposure, no_sound, quantile};
use crate::bootstrap::Sample;
use crate::conversation::{Conversation, Sounded};

/// Momentary loudness is told this often a second.
const VALUES_PER_S: f64 = 10.0;
/// So far below my own median is quiet, LU.
const QUIET_LU: f64 = 12.0;
/// So far from my own meetings is as loud as ever, LU.
const EITHER_WAY_LU: f64 = 4.0;

/// How loud my voice came in: the median of its momentary loudness (ITU-R BS.1770), in LUFS.
///
/// Needs 60 s of voice. No target at first: a microphone's gain decides it, so that it is only compared with my own
/// meetings once there are some (within 4 LU of them `[D]`). Its parts: `sd_lu`, the standard deviation (3 to 8 `[D]`; volume as a live cue:
/// Rhema `[V]`); `quiet_share`, the percentage more than 12 LU below the median; `clipped_share`, the percentage of samples cut
/// off at full scale (under 0.1 `[D]`); `snr_db`, the median over segments of the voice's level above the room's.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let loudness = loudness(evidence);
    let count = loudness.len() as f64;
    let own = evidence.history.baseline("C25");
    let draft = Draft::new(
        "C25",
        "Level",
        "LUFS",
        exposure(count / VALUES_PER_S, 60.0, "s of voice"),
    )
    .target(own.map(|own| Band::between(own - EITHER_WAY_LU, own + EITHER_WAY_LU)));
    if let Some(why) = no_sound(conversation) {
        return draft.not_covered(why);
    }
    let (spread, median) = (
        spread_of(evidence.blocks(), &loudness),
        Sample::quantile(evidence.blocks(), 0.5, loudness.clone()),
    );
    let quiet_lufs = median.value().unwrap_or(f64::NAN) - QUIET_LU;
    let quiet = loudness.iter().filter(|(_, lufs)| *lufs < quiet_lufs).count() as f64;
    draft
        .part("sd_lu", spread.value().unwrap_or(f64::NAN))
        .part("quiet_share", 100.0 * quiet / count)
        .part("clipped_share", clipped_share(conversation))
        .part("snr_db", snr_db(conversation).unwrap_or(f64::NAN))
        .value(median)
}

/// Its part `sd_lu`, as a function of the turns.
pub(super) fn spread(evidence: &Evidence<'_>) -> Sample {
    spread_of(evidence.blocks(), &loudness(evidence))
}

/// My momentary loudness, each value with the turn that it is drawn with.
fn loudness(evidence: &Evidence<'_>) -> Vec<(usize, f64)> {
    let of_segment = |sounded: &Sounded| {
        let turn = evidence.my_turn(sounded.start);
        let values = sounded.sound.loudness_lufs.iter();
        values.map(|lufs| (turn, f64::from(*lufs))).collect::<Vec<_>>()
    };
    evidence.conversation.sounds().flat_map(of_segment).collect()
}

/// The standard deviation of the values themselves, over their number.
fn spread_of(turns: usize, values: &[(usize, f64)]) -> Sample {
    // Count, sum and sum of squares of each turn: all that the deviation needs of it.
    let mut sums = vec![(0.0, 0.0, 0.0); turns];
    for (turn, value) in values {
        let sum = &mut sums[*turn];
        *sum = (sum.0 + 1.0, sum.1 + value, sum.2 + value * value);
    }
    Sample::of(turns, move |drawn| {
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (turn, &times) in sums.iter().zip(drawn) {
            let times = f64::from(times);
            count += times * turn.0;
            sum += times * turn.1;
            squares += times * turn.2;
        }
        let mean = sum / count;
        (count > 0.0).then(|| (squares / count - mean * mean).max(0.0).sqrt())
    })
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
