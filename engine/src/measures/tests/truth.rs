//! Meetings that were planned, with a truth that was worked out elsewhere: `tests/fixtures/corpus/make_corpus.py` and
//! `tests/fixtures/sample`. What is told of them must be that truth, within what measures.md allows.
//!
//! The voice of the corpus is seen in frames of 10 ms, both edges rounded outwards.

mod corpus;

use super::*;
use crate::clock::MeetingTime;
use crate::floor::{attempts, cut_ins};
use corpus::{Truth, corpus, sample};

/// Interruptions are matched where they begin, within this.
const NEAR_MS: u64 = 1_000;

struct Told {
    name: String,
    truth: Truth,
    meeting: Conversation,
    measures: Measures,
}

fn told() -> Vec<Told> {
    let tell = |(name, meeting, truth): (String, Conversation, Truth)| Told {
        name,
        truth,
        measures: meeting.measures(),
        meeting,
    };
    corpus().into_iter().chain([sample()]).map(tell).collect()
}

/// Holds `id` to the truth within `slack` in every meeting that has a truth for it, and prints how far off it is.
fn hold(id: &str, truth: impl Fn(&Truth) -> Option<f64>, slack: impl Fn(f64) -> f64) {
    for Told {
        name,
        truth: told,
        measures,
        ..
    } in told()
    {
        let Some(truth) = truth(&told) else { continue };
        let value = measures.value(id).expect("eight minutes are enough");
        println!("{name}: {id} {value:.2}, truly {truth:.2}, off by {:.3}", value - truth);
        assert!(
            (value - truth).abs() <= slack(truth),
            "{name}: {id} {value}, not {truth}"
        );
    }
}

#[test]
fn c1_is_true_to_a_point() {
    hold("C1", |truth| Some(truth.talk_share), |_| 1.0);
}

#[test]
fn c3_is_true_to_two_percent() {
    hold("C3", |truth| Some(truth.words_per_minute), |truth| 0.02 * truth);
}

#[test]
fn c10_is_true_to_fifty_milliseconds() {
    hold("C10", |truth| Some(truth.longest_ms / 1000.0), |_| 0.05);
}

#[test]
fn c13_is_true_to_fifty_milliseconds() {
    hold("C13", |truth| truth.patience_ms, |_| 50.0);
}

#[test]
fn c24_is_true_to_two_tenths_of_a_semitone() {
    hold("C24", |truth| truth.pitch_range_st, |_| 0.2);
}

#[test]
fn c25_is_true_to_one_unit_of_loudness() {
    hold("C25", |truth| truth.level_lufs, |_| 1.0);
}

/// Found, told though there is none, and missed.
#[derive(Debug, Default)]
struct Counts {
    hits: usize,
    wrong: usize,
    missed: usize,
}

impl Counts {
    fn add(&mut self, told: &[MeetingTime], truth: &[u64]) {
        let mut left = truth.to_vec();
        for at in told {
            match left.iter().position(|true_ms| true_ms.abs_diff(at.as_ms()) <= NEAR_MS) {
                Some(place) => {
                    left.remove(place);
                    self.hits += 1;
                }
                None => self.wrong += 1,
            }
        }
        self.missed += left.len();
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits as f64 / (2 * self.hits + self.wrong + self.missed) as f64
    }
}

#[test]
fn c14_and_c15_find_nine_in_ten_who_cut_in_or_tried_to() {
    let (mut cut_in, mut tried) = (Counts::default(), Counts::default());
    for Told { truth, meeting, .. } in told() {
        let (utterances, turns) = (meeting.utterances(), meeting.turns());
        let starts = |found: Vec<usize>| -> Vec<MeetingTime> {
            found.into_iter().map(|index| utterances[index].span.start).collect()
        };
        cut_in.add(&starts(cut_ins(utterances, Me)), &truth.interruptions_made);
        cut_in.add(&starts(cut_ins(utterances, Them)), &truth.interruptions_received);
        tried.add(&starts(attempts(utterances, &turns, Me, Them)), &truth.failed_by_me);
        tried.add(&starts(attempts(utterances, &turns, Them, Me)), &truth.failed_by_them);
    }
    println!(
        "C14 F1 {:.3} {cut_in:?}, C15 F1 {:.3} {tried:?}",
        cut_in.f1(),
        tried.f1()
    );
    assert!(cut_in.hits + cut_in.missed > 25 && tried.hits + tried.missed > 40);
    assert!(cut_in.f1() >= 0.9, "{cut_in:?}");
    assert!(tried.f1() >= 0.9, "{tried:?}");
}
