//! How the loudspeaker comes to the microphone: how much later, how loud, and whether it does at all.

use super::levels::{Envelopes, LEVEL_FRAME_MS};
use crate::clock::Span;
use std::ops::Range;
use std::time::Duration;

/// How much later a loudspeaker is heard, frames of 32 ms: up to half a second of playing, air and capturing. One frame
/// earlier, because two capturing clocks agree within 20 ms.
const LAGS: Range<isize> = -1..16;
/// The longest of them in milliseconds.
pub(super) const LONGEST_LAG_MS: u64 = (LAGS.end as u64 - 1) * LEVEL_FRAME_MS;
/// How much a room's sound falls from one frame to the next, decibels: 60 dB in a third of a second, as in a small room.
const FALL_DB: f32 = 6.0;
/// Frames of the tab this far below its loudest say something about the path; below them is what rumble and noise decide.
const BELOW_LOUDEST_DB: f32 = 25.0;
/// A tab that is no louder than this is silent, dBFS.
const SILENT_DB: f32 = -70.0;
/// Fewer frames in which the tab is loud do not show a path: a quarter of a second.
const MIN_FRAMES: usize = 8;
/// The microphone over the tab, in the frames where it is least: the path itself, between one's own syllables. Lower than
/// the median, because one's own voice only adds; not the least, because levels scatter.
const PATH_QUANTILE: f32 = 0.15;
/// From there to the median, at most. A path is the same in every frame: measured 1 to 3.5 dB even where somebody talks over
/// half of it, 6 dB and more without a path. Looking at the lowest quarter alone finds more soft loudspeakers under one's own
/// voice, and takes a microphone that turns itself down for one with a path.
const STEADY_DB: f32 = 4.5;
/// Levels further below the loudest are all the same for correlation, decibels.
const RANGE_DB: f32 = 40.0;

/// A path from the loudspeaker to the microphone, as two envelopes show it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coupling {
    /// Frames that the microphone is behind.
    lag: isize,
    /// The microphone's level over the tab's, decibels.
    gain_db: f32,
    /// Pearson's correlation of both levels in decibels at that lag, -1 to 1.
    pub(super) correlation: f32,
    /// From the path to the median of the microphone's level over the tab's, decibels.
    spread_db: f32,
    /// The tab as the room prolongs it, frame by frame, dBFS.
    played: Vec<f32>,
}

impl Coupling {
    /// The path that `levels` show in the frames of `window`; none where the tab is not loud for long enough to tell.
    pub(super) fn find(levels: &Envelopes, window: Range<usize>) -> Option<Self> {
        let played = reverberant(&levels.tab);
        let loudest = played[window.clone()].iter().copied().fold(SILENT_DB, f32::max);
        let loud = (loudest - BELOW_LOUDEST_DB).max(SILENT_DB);
        let (correlation, lag) = LAGS
            .filter_map(|lag| Some((correlation(&levels.mic, &played, window.clone(), lag, loudest)?, lag)))
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))?;
        // Where the tab falls silent the room decides what is heard, not the path.
        let direct: Vec<f32> = levels
            .tab
            .iter()
            .zip(&played)
            .map(|(tab, played)| if tab < played { SILENT_DB } else { *tab })
            .collect();
        let mut over: Vec<f32> = pairs(&levels.mic, &direct, window, lag)
            .filter(|(_, tab)| *tab > loud)
            .map(|(mic, tab)| mic - tab)
            .collect();
        if over.len() < MIN_FRAMES {
            return None;
        }
        over.sort_by(f32::total_cmp);
        let at = |quantile: f32| over[(quantile * (over.len() - 1) as f32) as usize];
        Some(Self {
            lag,
            gain_db: at(PATH_QUANTILE),
            correlation,
            spread_db: at(0.5) - at(PATH_QUANTILE),
            played,
        })
    }

    /// The microphone's level follows the tab's often enough to be sure of a path.
    pub(super) fn is_steady(&self) -> bool {
        self.spread_db <= STEADY_DB
    }

    /// How much later the microphone hears the tab.
    pub(super) fn lag(&self) -> Duration {
        Duration::from_millis(self.lag.max(0) as u64 * LEVEL_FRAME_MS)
    }

    /// By how much the microphone is louder over `span` than the tab explains, decibels, in mean power.
    pub(super) fn unexplained_db(&self, levels: &Envelopes, span: Span) -> f32 {
        let power = |db: f32| 10f32.powf(db / 10.0);
        let (heard, explained) = pairs(&levels.mic, &self.played, levels.range(span), self.lag)
            .fold((0.0, 0.0), |(heard, explained), (mic, played)| {
                (heard + power(mic), explained + power(played + self.gain_db))
            });
        10.0 * (heard.max(f32::MIN_POSITIVE) / explained.max(f32::MIN_POSITIVE)).log10()
    }
}

/// Both levels at the frames of `window`, the tab's `lag` frames earlier.
fn pairs<'a>(
    mic: &'a [f32],
    played: &'a [f32],
    window: Range<usize>,
    lag: isize,
) -> impl Iterator<Item = (f32, f32)> + 'a {
    window.filter_map(move |frame| Some((*mic.get(frame)?, *played.get(frame.checked_add_signed(-lag)?)?)))
}

fn correlation(mic: &[f32], played: &[f32], window: Range<usize>, lag: isize, loudest: f32) -> Option<f32> {
    let floor = loudest - RANGE_DB;
    // The microphone may hear the loudspeaker far more softly; its own floor is that much lower.
    let pairs = || {
        pairs(mic, played, window.clone(), lag)
            .map(|(mic, played)| (mic.max(floor - BELOW_LOUDEST_DB), played.max(floor)))
    };
    let count = pairs().count();
    if count < MIN_FRAMES {
        return None;
    }
    let sums = pairs().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let means = (sums.0 / count as f32, sums.1 / count as f32);
    let (mut both, mut of_mic, mut of_tab) = (0.0, 0.0, 0.0);
    for (mic, played) in pairs() {
        let (mic, played) = (mic - means.0, played - means.1);
        both += mic * played;
        of_mic += mic * mic;
        of_tab += played * played;
    }
    let scale = (of_mic * of_tab).sqrt();
    Some(if scale > 0.0 { both / scale } else { 0.0 })
}

/// Levels as a room prolongs them: none falls faster than [`FALL_DB`] a frame.
fn reverberant(levels: &[f32]) -> Vec<f32> {
    let prolong = |last: &mut f32, level: &f32| {
        *last = level.max(*last - FALL_DB);
        Some(*last)
    };
    levels.iter().scan(f32::NEG_INFINITY, prolong).collect()
}
