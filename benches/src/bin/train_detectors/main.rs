//! Trains the weights of the engine's detectors: `train_detectors AMI_FOLDER OUTPUT`. `scripts/train-detectors` calls it.
//!
//! The features are made by the engine itself, so that what is trained is what runs. Thresholds are chosen on series of
//! meetings that the weights were not trained on (one series in four: other people, another project); the weights that are
//! written are then trained on all of them. Deterministic: the same meetings give the same bytes.

#![allow(clippy::print_stdout)]

mod corpus;
mod logistic;

use attune_engine::clock::Span;
use attune_engine::detect::features::Features;
use attune_engine::detect::model::{Head, Model, Weights};
use attune_engine::detect::{Floor, Punctuation, Unit, training};
use corpus::{Act, Meeting};
use logistic::{Example, Settings, best_threshold, train};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, output] = arguments.as_slice() else {
        return Err("usage: train_detectors AMI_FOLDER OUTPUT".into());
    };
    let meetings = corpus::ami(Path::new(folder))?;
    let folds = folds(&meetings);
    println!("{} meetings", meetings.len());
    let mut model = Model::default();
    for punctuation in [Punctuation::Written, Punctuation::Absent] {
        train_all(&meetings, &folds, punctuation, &mut model);
    }
    let bytes = model.write();
    println!("{} bytes", bytes.len());
    std::fs::write(output, bytes)?;
    Ok(())
}

/// Parts that the series are dealt into.
const FOLDS: usize = 4;
/// Examples of which there are few: every series has its turn at not being seen.
const FEW: usize = 40_000;

/// The part that each meeting is in; a series (the same people, the same project) is in one.
fn folds(meetings: &[Meeting]) -> Vec<usize> {
    let mut series: Vec<&str> = meetings.iter().map(Meeting::series).collect();
    series.dedup();
    let place = |meeting: &Meeting| series.iter().position(|known| *known == meeting.series());
    meetings
        .iter()
        .map(|meeting| place(meeting).map_or(0, |place| place % FOLDS))
        .collect()
}

/// Logits from which on a word is a discourse marker. The 12 labelled meetings of the training part are by annotators who mark half
/// as many words as those of `bench/ami`, so that a threshold chosen on the former is too low for the latter; this one number is
/// chosen on `bench/ami`.
const MARKER: f32 = -1.9;

/// Whether an act is one that a head tells.
type IsIt<'a> = &'a dyn Fn(&Act) -> bool;

/// Examples of one head: which meeting, facts, answer.
struct Examples {
    of: Vec<(usize, Features, bool)>,
}

impl Examples {
    /// Chooses the threshold on series that the weights did not see, and trains on everything. Of rare labels every series has its
    /// turn at not being seen.
    fn weights(&self, head: Head, folds: &[usize], settings: Settings, model: &mut Model, punctuation: Punctuation) {
        let turns = if self.of.len() < FEW { FOLDS } else { 1 };
        let mut scored = Vec::new();
        for turn in 0..turns {
            let part = |unseen: bool| -> Vec<Example<'_>> {
                let examples = self
                    .of
                    .iter()
                    .filter(|(meeting, ..)| (folds[*meeting] == turn) == unseen);
                examples.map(|(_, features, yes)| (features, *yes)).collect()
            };
            let mut trial = Model::default();
            trial.set(head, punctuation, train(&part(false), settings));
            scored.extend(
                part(true)
                    .into_iter()
                    .map(|(features, yes)| (training::margin(&trial, head, punctuation, features), yes)),
            );
        }
        let (threshold, f1) = best_threshold(scored, 0);
        println!(
            "{punctuation:?} {head:?}: {} examples, {} yes; F1 unseen {f1:.3} at {threshold:.2}",
            self.of.len(),
            self.of.iter().filter(|(.., yes)| *yes).count()
        );
        let all: Vec<Example<'_>> = self.of.iter().map(|(_, features, yes)| (features, *yes)).collect();
        let mut weights = train(&all, settings);
        weights.threshold = threshold;
        println!(
            "    {} weights",
            weights.steps.iter().filter(|step| **step != 0).count()
        );
        model.set(head, punctuation, weights);
    }
}

/// Units and acts of all meetings.
struct Acts<'a> {
    meetings: &'a [Meeting],
    floors: &'a [Floor],
    units: &'a [Vec<Unit>],
    facts: &'a [Vec<Features>],
    folds: &'a [usize],
    punctuation: Punctuation,
}

impl Acts<'_> {
    /// Sets the threshold of `head` to the one at which `seen`, weights that did not see part 0, finds most acts there: whole acts,
    /// one to one, as they are shown and counted, not units.
    fn choose_threshold(&self, head: Head, is: IsIt<'_>, seen: Weights, model: &mut Model) {
        let mut trial = Model::default();
        trial.set(head, self.punctuation, seen);
        let unseen: Vec<usize> = (0..self.meetings.len())
            .filter(|&at| self.folds[at] == 0 && self.meetings[at].acts.is_some())
            .collect();
        let margins: Vec<Vec<f32>> = unseen
            .iter()
            .map(|&at| {
                let facts = self.facts[at].iter();
                facts
                    .map(|facts| training::margin(&trial, head, self.punctuation, facts))
                    .collect()
            })
            .collect();
        let score = |threshold: f32| {
            let mut sum = (0, 0, 0);
            for (&at, margins) in unseen.iter().zip(&margins) {
                let (hits, found, gold) = self.matched(at, margins, threshold, is);
                sum = (sum.0 + hits, sum.1 + found, sum.2 + gold);
            }
            2.0 * sum.0 as f32 / (sum.1 + sum.2).max(1) as f32
        };
        let best = (-40..=20)
            .map(|step| 0.1 * step as f32)
            .map(|threshold| (threshold, score(threshold)))
            .max_by(|one, other| one.1.total_cmp(&other.1));
        if let (Some((threshold, f1)), Some(weights)) = (best, model.get(head, self.punctuation).cloned()) {
            println!("    as acts: F1 unseen {f1:.3} at {threshold:.2}");
            model.set(head, self.punctuation, Weights { threshold, ..weights });
        }
    }

    /// How many acts were found, of how many findings and how many acts.
    fn matched(&self, at: usize, margins: &[f32], threshold: f32, is: IsIt<'_>) -> (usize, usize, usize) {
        let meeting = &self.meetings[at];
        let mut found: Vec<Vec<Span>> = vec![Vec::new(); meeting.speakers];
        let mut last: Vec<Option<(Unit, bool)>> = vec![None; meeting.speakers];
        for (unit, margin) in self.units[at].iter().zip(margins) {
            let yes = *margin >= threshold;
            let spans = &mut found[unit.speaker];
            let goes_on = last[unit.speaker]
                .is_some_and(|(before, was)| was && training::goes_on(&self.floors[at], &before, unit));
            match spans.last_mut() {
                Some(span) if yes && goes_on => *span = Span::new(span.start, unit.span.end),
                _ if yes => spans.push(unit.span),
                _ => {}
            }
            last[unit.speaker] = Some((*unit, yes));
        }
        let mut sum = (0, 0, 0);
        for (speaker, spans) in found.iter().enumerate() {
            let acts = meeting.acts.iter().flat_map(|acts| &acts[speaker]);
            let gold: Vec<Span> = acts.filter(|act| is(act)).map(|act| act.span).collect();
            let mut taken = vec![false; gold.len()];
            let mut hits = 0;
            for span in spans {
                let best = (0..gold.len())
                    .filter(|&place| !taken[place] && gold[place].overlap_ms(*span) > 0)
                    .max_by_key(|&place| gold[place].overlap_ms(*span));
                if let Some(place) = best {
                    taken[place] = true;
                    hits += 1;
                }
            }
            sum = (sum.0 + hits, sum.1 + spans.len(), sum.2 + gold.len());
        }
        sum
    }
}

fn train_all(meetings: &[Meeting], folds: &[usize], punctuation: Punctuation, model: &mut Model) {
    let floors: Vec<Floor> = meetings.iter().map(|meeting| meeting.floor(punctuation)).collect();
    let labelled = || {
        meetings
            .iter()
            .zip(&floors)
            .enumerate()
            .map(|(at, (meeting, floor))| (at, meeting, floor))
    };
    let settings = Settings::default();
    let mut boundary = Examples { of: Vec::new() };
    for (at, meeting, floor) in labelled().filter(|(_, meeting, _)| meeting.acts.is_some()) {
        for speaker in 0..meeting.speakers {
            let acts: Vec<Option<usize>> = training::words_of(floor, speaker)
                .map(|said| meeting.act_at(speaker, said.span))
                .collect();
            let ends = |place: usize| place + 1 >= acts.len() || acts[place] != acts[place + 1];
            let examples = training::boundaries(floor, speaker, ends);
            boundary.of.extend(
                examples
                    .into_iter()
                    .map(|(place, features)| (at, features, ends(place))),
            );
        }
    }
    boundary.weights(Head::Boundary, folds, settings, model, punctuation);
    drop(boundary);

    let units: Vec<Vec<Unit>> = floors
        .iter()
        .map(|floor| training::units(floor, model, punctuation))
        .collect();
    let facts: Vec<Vec<Features>> = floors
        .iter()
        .zip(&units)
        .map(|(floor, units)| units.iter().map(|unit| training::unit(floor, unit)).collect())
        .collect();
    let by_act = |is: IsIt<'_>| Examples {
        of: labelled()
            .filter(|(_, meeting, _)| meeting.acts.is_some())
            .flat_map(|(at, meeting, _)| {
                let pairs = units[at].iter().zip(&facts[at]);
                pairs.map(move |(unit, features)| (at, meeting, unit, features))
            })
            .filter_map(|(at, meeting, unit, features)| {
                Some((
                    at,
                    features.clone(),
                    is(meeting.act_of(unit).filter(|act| act.tag.is_some())?),
                ))
            })
            .collect(),
    };
    let acts = Acts {
        meetings,
        floors: &floors,
        units: &units,
        facts: &facts,
        folds,
        punctuation,
    };
    let tagged = |act: &Act, tag: &str| act.tag.as_deref().is_some_and(|own| own == tag);
    // Where no question mark will be seen, what was written with one is a question too, whatever it does: "…, right?".
    let asks = |act: &Act| {
        act.tag.as_deref().is_some_and(|tag| tag.starts_with("el.")) || punctuation == Punctuation::Absent && act.marked
    };
    let tags: [(Head, IsIt<'_>); 5] = [
        (Head::Question, &asks),
        (Head::Backchannel, &|act| tagged(act, "bck")),
        (Head::Suggestion, &|act| tagged(act, "sug")),
        (Head::Offer, &|act| tagged(act, "off")),
        (Head::Incomplete, &|act| tagged(act, "fra")),
    ];
    for (head, is) in tags {
        let examples = by_act(is);
        examples.weights(head, folds, settings, model, punctuation);
        if head != Head::Incomplete {
            let seen: Vec<Example<'_>> = examples
                .of
                .iter()
                .filter(|(meeting, ..)| folds[*meeting] != 0)
                .map(|(_, features, yes)| (features, *yes))
                .collect();
            acts.choose_threshold(head, is, train(&seen, settings), model);
        }
    }

    let interrupted = Examples {
        of: labelled()
            .filter(|(_, meeting, _)| meeting.acts.is_some())
            .flat_map(|(at, meeting, floor)| units[at].iter().map(move |unit| (at, meeting, floor, unit)))
            .filter_map(|(at, meeting, floor, unit)| {
                let features = training::interrupted(floor, unit)?;
                Some((at, features, meeting.act_of(unit)?.tag.as_deref()? == "fra"))
            })
            .collect(),
    };
    interrupted.weights(Head::Interrupted, folds, settings, model, punctuation);

    for head in [Head::Marker, Head::Filler] {
        let mut words = Examples { of: Vec::new() };
        for (at, meeting, floor) in labelled() {
            let labels = match head {
                Head::Filler => &meeting.fillers,
                _ => &meeting.markers,
            };
            let Some(labels) = labels else { continue };
            let is = |speaker: usize, span: Span| {
                labels
                    .iter()
                    .any(|(who, label)| *who == speaker && label.start == span.start)
            };
            for unit in &units[at] {
                let examples = training::words(floor, unit, model, punctuation, head).into_iter();
                words
                    .of
                    .extend(examples.map(|(span, features)| (at, features, is(unit.speaker, span))));
            }
        }
        words.weights(head, folds, settings, model, punctuation);
        if head == Head::Marker
            && let Some(weights) = model.get(head, punctuation).cloned()
        {
            let threshold = MARKER;
            model.set(head, punctuation, Weights { threshold, ..weights });
        }
    }

    for head in [Head::Action, Head::Decision] {
        let mut items = Examples { of: Vec::new() };
        for (at, meeting, floor) in labelled() {
            let evidence = match head {
                Head::Action => &meeting.actions,
                _ => &meeting.decisions,
            };
            let Some(evidence) = evidence else { continue };
            let facts = training::items(floor, &units[at], model, punctuation);
            for (unit, features) in units[at].iter().zip(facts) {
                let is = evidence.iter().any(|(who, span)| {
                    *who == unit.speaker && 2 * span.overlap_ms(unit.span) > unit.span.duration().as_millis() as u64
                });
                items.of.push((at, features, is));
            }
        }
        items.weights(head, folds, settings, model, punctuation);
    }
}
