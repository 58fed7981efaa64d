//! Which words two tracks have in common, in the same order and at about the same time.

use super::TEXT_WITHIN;
use crate::lexicon::token;
use crate::transcript::Word;
use std::time::Duration;

/// Words that agree in as much of their letters are the same word, decoded twice.
const SIMILAR: f32 = 0.6;

/// Which of `words` were said by the tab up to `lag` earlier, give or take [`TEXT_WITHIN`]: the alignment of both, in order,
/// that agrees most.
pub(super) fn matched(words: &[Word], tab: &[Word], lag: Duration) -> Vec<bool> {
    let tokens = |words: &[Word]| words.iter().map(|word| token(&word.text)).collect::<Vec<_>>();
    let (mine, theirs) = (tokens(words), tokens(tab));
    let agrees = |mic: usize, heard: usize| {
        let (one, other) = (words[mic].start.as_ms(), tab[heard].start.plus(lag).as_ms());
        if one.abs_diff(other) > TEXT_WITHIN.as_millis() as u64 {
            return 0.0;
        }
        let likeness = likeness(&mine[mic], &theirs[heard]);
        if likeness >= SIMILAR { likeness } else { 0.0 }
    };
    // The longest common subsequence, weighed by likeness: `best[i][j]` is that of the words from `i` and `j` on.
    let mut best = vec![vec![0.0f32; tab.len() + 1]; words.len() + 1];
    for mic in (0..words.len()).rev() {
        for heard in (0..tab.len()).rev() {
            let skip = best[mic + 1][heard].max(best[mic][heard + 1]);
            best[mic][heard] = skip.max(agrees(mic, heard) + best[mic + 1][heard + 1]);
        }
    }
    let (mut mic, mut heard) = (0, 0);
    let mut matched = vec![false; words.len()];
    while mic < words.len() && heard < tab.len() {
        let agrees = agrees(mic, heard);
        if agrees > 0.0 && best[mic][heard] <= agrees + best[mic + 1][heard + 1] {
            matched[mic] = true;
            (mic, heard) = (mic + 1, heard + 1);
        } else if best[mic + 1][heard] >= best[mic][heard + 1] {
            mic += 1;
        } else {
            heard += 1;
        }
    }
    matched
}

/// How many of their letters two tokens share in order: one less the edit distance over the longer length, 0 to 1.
pub(crate) fn likeness(one: &str, other: &str) -> f32 {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (place, against) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != against);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    1.0 - row[other.len()] as f32 / longer as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spoken::words;

    #[test]
    fn letters_in_common_make_words_alike() {
        assert_eq!(likeness("horizon", "horizon"), 1.0);
        assert!((likeness("distant", "distance") - 0.75).abs() < 1e-6);
        assert_eq!(likeness("is", "at"), 0.0);
        assert_eq!(likeness("", ""), 0.0);
    }

    #[test]
    fn words_match_in_order_and_in_time() {
        let tab = words(1_000, "the horizon seems extremely distant");
        let heard = words(1_200, "Horizon seam extremely does that");
        let lag = Duration::from_millis(200);
        assert_eq!(matched(&heard, &tab, lag), [true, true, true, false, false]);
        let later = words(4_500, "the horizon");
        assert_eq!(matched(&later, &tab, lag), [false, false]);
        let turned = words(1_200, "distant the");
        assert_eq!(
            matched(&turned, &tab, lag).iter().filter(|matched| **matched).count(),
            1
        );
    }
}
