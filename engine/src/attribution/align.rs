//! Two wordings of the same speech side by side: a segment's own words, and a caption that may begin before and end after it.

/// What the alignment makes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pair {
    /// Both have it: the place in each.
    Same(usize, usize),
    /// Each has another word there.
    Other(usize, usize),
    /// The caption does not have it.
    Mine(usize),
    /// Only the caption has it.
    Theirs(usize),
}

impl Pair {
    /// The place among our own words.
    pub(crate) const fn mine(self) -> Option<usize> {
        match self {
            Self::Same(mine, _) | Self::Other(mine, _) | Self::Mine(mine) => Some(mine),
            Self::Theirs(_) => None,
        }
    }
}

/// What each step of an alignment is worth. An agreement outweighs what lies between two of them; a word against another is
/// better than both alone.
const SAME: i32 = 3;
const OTHER: i32 = -1;
const ALONE: i32 = -1;

/// The best alignment of `mine`, whole, with a stretch of `theirs` (semi-global: Needleman and Wunsch, without a price for
/// what of `theirs` lies before and after).
pub(crate) fn align(mine: &[String], theirs: &[String]) -> Vec<Pair> {
    let width = theirs.len() + 1;
    let mut best = vec![0i32; (mine.len() + 1) * width];
    for own in 1..=mine.len() {
        best[own * width] = best[(own - 1) * width] + ALONE;
        for other in 1..width {
            let diagonal = best[(own - 1) * width + other - 1] + step(&mine[own - 1], &theirs[other - 1]);
            let above = best[(own - 1) * width + other] + ALONE;
            let left = best[own * width + other - 1] + ALONE;
            best[own * width + other] = diagonal.max(above).max(left);
        }
    }
    let last = mine.len() * width;
    // The first of equals: what came earlier was said earlier.
    let mut other = (0..width).rev().max_by_key(|other| best[last + other]).unwrap_or(0);
    let mut own = mine.len();
    let mut pairs = Vec::new();
    while own > 0 {
        let here = best[own * width + other];
        let diagonal = (other > 0).then(|| step(&mine[own - 1], &theirs[other - 1]));
        if diagonal.is_some_and(|step| here == best[(own - 1) * width + other - 1] + step) {
            let (place, with) = (own - 1, other - 1);
            pairs.push(if mine[place] == theirs[with] {
                Pair::Same(place, with)
            } else {
                Pair::Other(place, with)
            });
            (own, other) = (place, with);
        } else if here == best[(own - 1) * width + other] + ALONE {
            own -= 1;
            pairs.push(Pair::Mine(own));
        } else {
            other -= 1;
            pairs.push(Pair::Theirs(other));
        }
    }
    pairs.reverse();
    pairs
}

fn step(mine: &str, theirs: &str) -> i32 {
    if mine == theirs { SAME } else { OTHER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Pair::{Mine, Other, Same, Theirs};

    fn aligned(mine: &str, theirs: &str) -> Vec<Pair> {
        let tokens = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        align(&tokens(mine), &tokens(theirs))
    }

    #[test]
    fn a_segment_is_found_inside_a_longer_caption() {
        assert_eq!(
            aligned("go on then", "well you know go on then said he"),
            [Same(0, 3), Same(1, 4), Same(2, 5)]
        );
    }

    #[test]
    fn words_that_differ_are_missing_or_more_are_told_apart() {
        assert_eq!(
            aligned("the cat sat", "the hat sat"),
            [Same(0, 0), Other(1, 1), Same(2, 2)]
        );
        assert_eq!(aligned("the um cat", "the cat"), [Same(0, 0), Mine(1), Same(2, 1)]);
        assert_eq!(aligned("the cat", "the big cat"), [Same(0, 0), Theirs(1), Same(1, 2)]);
        assert_eq!(aligned("", "the cat"), []);
        assert_eq!(aligned("the cat", ""), [Mine(0), Mine(1)]);
    }
}
