//! C23, vocabulary.

use super::{Draft, Evidence, Found, exposure};
use std::collections::BTreeMap;

/// Words in a window: the moving-average type-token ratio of 50.
const WINDOW: usize = 50;

/// How varied my words are: the moving-average type-token ratio, the share of different words in 50 in a row, over all such
/// windows; 0 to 1. It does not fall with the length of a meeting, as a plain ratio does.
///
/// Needs 200 words. No target: a trend alone `[M]`. Windows that overlap hang together beyond a turn, so that its interval is
/// rather narrow.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let ratios: Vec<(usize, f64)> = ratios(evidence);
    let windows = evidence.by_turn(ratios.iter().map(|(turn, _)| (*turn, 1.0)));
    Draft::new(
        "C23",
        "Vocabulary",
        "of 1",
        exposure(evidence.word_count(), 200.0, "words"),
    )
    .value(Evidence::rate(1.0, evidence.by_turn(ratios), windows))
}

/// The ratio of each window, with the turn of its first word.
fn ratios(evidence: &Evidence<'_>) -> Vec<(usize, f64)> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let words: Vec<usize> = evidence
        .words
        .iter()
        .map(|spoken| {
            let next = numbers.len();
            *numbers.entry(&spoken.token).or_insert(next)
        })
        .collect();
    let mut uses = vec![0u32; numbers.len()];
    let mut different = 0u32;
    let mut ratios = Vec::new();
    for (at, word) in words.iter().enumerate() {
        uses[*word] += 1;
        different += u32::from(uses[*word] == 1);
        let Some(first) = (at + 1).checked_sub(WINDOW) else {
            continue;
        };
        ratios.push((evidence.words[first].turn, f64::from(different) / WINDOW as f64));
        let leaves = words[first];
        uses[leaves] -= 1;
        different -= u32::from(uses[leaves] == 0);
    }
    ratios
}
