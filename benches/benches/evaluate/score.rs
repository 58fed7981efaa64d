//! What was heard against what is true.

use crate::truth::Truth;
use attune_engine::clock::Span;
use attune_engine::transcript::Final;
use attune_engine::wer::{self, Fate, WordErrors};
use std::iter::Sum;

/// Detection is scored in steps of this.
const STEP_MS: u64 = 10;

/// Words from the edge of a segment that count as its edge.
const EDGE_WORDS: usize = 2;

/// A word this far outside a segment still belongs to it: it was cut off.
const CUT_OFF_MS: u64 = 500;

/// Steps of speech, and what was wrong in them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Detection {
    speech: usize,
    missed: usize,
    false_alarm: usize,
    confused: usize,
}

impl Detection {
    /// Errors over speech.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * (self.missed + self.false_alarm + self.confused) as f64 / self.speech.max(1) as f64
    }

    /// What was missed over speech.
    pub(crate) fn missed_percent(&self) -> f64 {
        100.0 * self.missed as f64 / self.speech.max(1) as f64
    }

    /// The parts.
    pub(crate) fn told(&self) -> String {
        let s = |steps: usize| steps as f64 * STEP_MS as f64 / 1000.0;
        format!(
            "{:.1} s of speech: {:.1} s missed, {:.1} s false alarm, {:.1} s confused",
            s(self.speech),
            s(self.missed),
            s(self.false_alarm),
            s(self.confused)
        )
    }
}

impl Sum for Detection {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), |sum, score| Self {
            speech: sum.speech + score.speech,
            missed: sum.missed + score.missed,
            false_alarm: sum.false_alarm + score.false_alarm,
            confused: sum.confused + score.confused,
        })
    }
}

/// Speech of anyone against `heard`.
pub(crate) fn detection(truth: &Truth, heard: &[Span]) -> Detection {
    let mut score = Detection::default();
    let spoken: Vec<Span> = truth.speakers.values().flatten().copied().collect();
    for at in steps(truth) {
        let (said, found) = (within(&spoken, at), within(heard, at));
        score.speech += usize::from(said);
        score.missed += usize::from(said && !found);
        score.false_alarm += usize::from(found && !said);
    }
    score
}

/// Everybody's speech against `heard` as that of one speaker, who is whoever that fits best.
pub(crate) fn one_speaker(truth: &Truth, heard: &[Span]) -> Detection {
    let right_of = |spans: &Vec<Span>| {
        steps(truth)
            .filter(|&at| within(heard, at) && within(spans, at))
            .count()
    };
    let right = truth.speakers.values().map(right_of).max().unwrap_or(0);
    let mut score = Detection::default();
    let mut at_once = 0;
    for at in steps(truth) {
        let said = truth.speakers.values().filter(|spans| within(spans, at)).count();
        let found = usize::from(within(heard, at));
        score.speech += said;
        score.missed += said.saturating_sub(found);
        score.false_alarm += found.saturating_sub(said);
        at_once += said.min(found);
    }
    score.confused = at_once - right;
    score
}

fn steps(truth: &Truth) -> impl Iterator<Item = u64> + use<> {
    let ms = truth.samples.len() as u64 / 16;
    (0..ms / STEP_MS).map(|step| step * STEP_MS + STEP_MS / 2)
}

fn within(spans: &[Span], ms: u64) -> bool {
    spans
        .iter()
        .any(|span| (span.start.as_ms()..span.end.as_ms()).contains(&ms))
}

/// The words of `finals` against those said.
pub(crate) fn errors(truth: &Truth, finals: &[Final]) -> WordErrors {
    wer::compare(&said(truth), &heard(finals))
}

/// Words deleted at the edges of segments.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Edges {
    words: usize,
    first: usize,
    last: usize,
    outside: usize,
}

impl Edges {
    /// Over all words.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * (self.first + self.last) as f64 / self.words.max(1) as f64
    }

    /// The parts.
    pub(crate) fn told(&self) -> String {
        format!(
            "{} words: {} deleted among the first two of a segment, {} among the last two; {} more in no segment at all",
            self.words, self.first, self.last, self.outside
        )
    }
}

impl Sum for Edges {
    fn sum<I: Iterator<Item = Self>>(edges: I) -> Self {
        edges.fold(Self::default(), |sum, edges| Self {
            words: sum.words + edges.words,
            first: sum.first + edges.first,
            last: sum.last + edges.last,
            outside: sum.outside + edges.outside,
        })
    }
}

/// Counts them. A word belongs to the segment that holds its middle, or else to the nearest within half a second.
pub(crate) fn edges(truth: &Truth, finals: &[Final]) -> Edges {
    let fates = wer::fates(&said(truth), &heard(finals));
    let mut of_segment: Vec<Vec<Fate>> = vec![Vec::new(); finals.len()];
    let mut edges = Edges {
        words: fates.len(),
        ..Edges::default()
    };
    for ((_, span), fate) in truth.words.iter().zip(&fates) {
        let middle = u64::midpoint(span.start.as_ms(), span.end.as_ms());
        let away = |decided: &Final| {
            let before = decided.span.start.as_ms().saturating_sub(middle);
            before.max(middle.saturating_sub(decided.span.end.as_ms()))
        };
        let nearest = finals
            .iter()
            .enumerate()
            .map(|(index, decided)| (away(decided), index))
            .min();
        match nearest.filter(|(away, _)| *away <= CUT_OFF_MS) {
            Some((_, index)) => of_segment[index].push(*fate),
            None => edges.outside += usize::from(*fate == Fate::Deleted),
        }
    }
    let deleted = |fates: &[Fate]| fates.iter().filter(|fate| **fate == Fate::Deleted).count();
    for fates in of_segment {
        let (first, rest) = fates.split_at(EDGE_WORDS.min(fates.len()));
        edges.first += deleted(first);
        edges.last += deleted(&rest[rest.len().saturating_sub(EDGE_WORDS)..]);
    }
    edges
}

fn said(truth: &Truth) -> Vec<String> {
    truth.words.iter().map(|(token, _)| token.clone()).collect()
}

fn heard(finals: &[Final]) -> Vec<String> {
    let words = finals.iter().flat_map(|decided| &decided.words);
    let texts: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    wer::tokens(&texts.join(" "))
}
