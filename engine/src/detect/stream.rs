//! The fold over a meeting's words: what is found as soon as enough is known.

use super::floor::{Floor, Said};
use super::items::{self, Judged};
use super::model::{Head, Model};
use super::units::{Cutter, Known, Unit, goes_on};
use super::{Asked, Detections, Event, Interruption, Language, Promise, Punctuation, describe, interruptions, markers};
use crate::clock::{MeetingTime, Span};
use crate::commitments;
use crate::conversation::join;
use crate::hedges;
use crate::questions;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

/// Listens to a meeting word by word.
#[derive(Debug, Clone)]
pub struct Detector {
    model: Arc<Model>,
    language: Language,
    punctuation: Punctuation,
    floor: Floor,
    cutters: Vec<Cutter>,
    /// Words that are not yet known to be next.
    waiting: BinaryHeap<Reverse<Waiting>>,
    arrived: usize,
    now: MeetingTime,
    judged: Vec<Judged>,
    /// Of each speaker: their last unit.
    last: Vec<Option<Last>>,
    found: Detections,
}

/// A speaker's last unit, and what it was.
#[derive(Debug, Clone, Copy)]
struct Last {
    unit: Unit,
    question: bool,
    backchannel: bool,
    suggestion: bool,
    offer: bool,
}

/// A word that waits for its place: by start, then as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    start: MeetingTime,
    arrived: usize,
    speaker: usize,
    end: MeetingTime,
    text: String,
}

impl Detector {
    /// Nobody of `speakers` people has spoken yet.
    pub fn new(speakers: usize, punctuation: Punctuation, language: Language) -> Self {
        Self::with(Model::shipped(), speakers, punctuation, language)
    }

    /// The same with other weights: while they are trained.
    pub fn with(model: Arc<Model>, speakers: usize, punctuation: Punctuation, language: Language) -> Self {
        Self {
            model,
            language,
            punctuation,
            floor: Floor::new(speakers),
            cutters: vec![Cutter::default(); speakers],
            waiting: BinaryHeap::new(),
            arrived: 0,
            now: MeetingTime::START,
            judged: Vec::new(),
            last: vec![None; speakers],
            found: Detections {
                words: vec![0; speakers],
                ..Detections::default()
            },
        }
    }

    /// Takes a word of `speaker`, in any order as far as it begins no earlier than what was
    /// [advanced](Self::advance) to: what comes later than that counts as beginning there. A word of nothing but spaces is none.
    ///
    /// # Panics
    /// Where `speaker` is none of those it was made for.
    pub fn observe(&mut self, speaker: usize, span: Span, text: &str) {
        assert!(
            speaker < self.cutters.len(),
            "speaker {speaker} of {}",
            self.cutters.len()
        );
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let start = span.start.max(self.now);
        self.waiting.push(Reverse(Waiting {
            start,
            arrived: self.arrived,
            speaker,
            end: span.end.max(start),
            text: text.to_owned(),
        }));
        self.arrived += 1;
    }

    /// Says that every word that begins before `to` was observed, and judges what that decides.
    pub fn advance(&mut self, to: MeetingTime) {
        if to <= self.now {
            return;
        }
        self.now = to;
        while self.waiting.peek().is_some_and(|Reverse(next)| next.start < to) {
            self.take_next();
        }
        self.judge(Known::Until(to));
    }

    /// Everything found so far; action items and decisions only by [`finish`](Self::finish).
    pub fn found(&self) -> &Detections {
        &self.found
    }

    /// Nothing more comes: everything that was found, by time.
    pub fn finish(mut self) -> Detections {
        while !self.waiting.is_empty() {
            self.take_next();
        }
        self.judge(Known::Everything);
        self.judged
            .sort_by_key(|judged| (judged.unit.span.start, judged.unit.speaker));
        if self.language == Language::English {
            let features = items::describe(&self.floor, &self.judged);
            let rank = |head, most| {
                items::rank(
                    &self.floor,
                    &self.judged,
                    &features,
                    &self.model,
                    self.punctuation,
                    head,
                    most,
                )
            };
            self.found.actions = rank(Head::Action, items::ACTIONS);
            self.found.decisions = rank(Head::Decision, items::DECISIONS);
        }
        self.found.talk_time = (0..self.floor.speakers())
            .map(|speaker| {
                let spans = self.floor.of(speaker).iter().map(|&index| self.floor.word(index).span);
                join(spans, Duration::ZERO).into_iter().map(Span::duration).sum()
            })
            .collect();
        self.found.sort();
        self.found
    }

    fn take_next(&mut self) {
        let Some(Reverse(next)) = self.waiting.pop() else {
            return;
        };
        self.found.words[next.speaker] += 1;
        self.floor
            .push(Said::new(next.speaker, Span::new(next.start, next.end), next.text));
    }

    fn judge(&mut self, known: Known) {
        if self.language == Language::Other {
            return;
        }
        for speaker in 0..self.cutters.len() {
            while let Some(unit) =
                self.cutters[speaker].next(&self.floor, speaker, known, &self.model, self.punctuation)
            {
                self.judge_unit(&unit);
            }
        }
    }

    fn judge_unit(&mut self, unit: &Unit) {
        let event = Event {
            speaker: unit.speaker,
            span: unit.span,
        };
        let tokens = describe::tokens(&self.floor, unit);
        if tokens.is_empty() {
            return;
        }
        let mut features = describe::describe(&self.floor, unit);
        let margin = |head, features: &_| self.model.margin(head, self.punctuation, features);
        let [question, backchannel, suggestion, offer] =
            [Head::Question, Head::Backchannel, Head::Suggestion, Head::Offer].map(|head| margin(head, &features));
        // One act may be cut into two units: what goes on as the same is one.
        let before = self.last[unit.speaker].filter(|last| goes_on(&self.floor, &last.unit, unit));
        let same = |was: fn(&Last) -> bool| before.as_ref().is_some_and(was);
        if question >= 0.0 {
            let kind = questions::kind(&tokens);
            let follow_up = questions::follows_up(&tokens, &self.heard_before(unit));
            let earlier = self
                .found
                .questions
                .iter_mut()
                .rev()
                .find(|asked| asked.event.speaker == unit.speaker);
            match earlier.filter(|_| same(|last| last.question)) {
                Some(asked) => {
                    asked.event.span = Span::new(asked.event.span.start, unit.span.end);
                    asked.follow_up |= follow_up;
                }
                None => self.found.questions.push(Asked { event, kind, follow_up }),
            }
        }
        if backchannel >= 0.0 {
            add(&mut self.found.backchannels, event, same(|last| last.backchannel));
        }
        if suggestion >= 0.0 {
            add(&mut self.found.suggestions, event, same(|last| last.suggestion));
        }
        if offer >= 0.0 {
            add(&mut self.found.offers, event, same(|last| last.offer));
        }
        self.last[unit.speaker] = Some(Last {
            unit: *unit,
            question: question >= 0.0,
            backchannel: backchannel >= 0.0,
            suggestion: suggestion >= 0.0,
            offer: offer >= 0.0,
        });
        if commitments::is_commitment(&tokens) && question < 0.0 {
            let terms = commitments::terms(&tokens);
            self.found.commitments.push(Promise { event, terms });
        }
        if backchannel < 0.0
            && let Some(of) = interruptions::failed_at(&self.floor, unit)
        {
            self.found.interruptions.push(Interruption {
                of,
                by: unit.speaker,
                at: unit.span.end,
                failed: true,
            });
        }
        let incomplete = margin(Head::Incomplete, &features);
        if let Some(taker) = interruptions::taker(&self.floor, unit) {
            interruptions::describe(&self.floor, unit, &taker, &mut features);
            if margin(Head::Interrupted, &features) >= 0.0 {
                self.found.interruptions.push(Interruption {
                    of: unit.speaker,
                    by: taker.speaker,
                    at: unit.span.end,
                    failed: false,
                });
            }
        }
        self.judge_words(unit, incomplete);
        self.judged.push(Judged {
            unit: *unit,
            suggestion,
            offer,
            question,
        });
    }

    /// Fillers, markers and hedges among the words of `unit`.
    fn judge_words(&mut self, unit: &Unit, incomplete: f32) {
        let event = |span| Event {
            speaker: unit.speaker,
            span,
        };
        let words: Vec<&Said> = self.floor.of(unit.speaker)[unit.first..=unit.last]
            .iter()
            .map(|&index| self.floor.word(index))
            .collect();
        let around = markers::Around::of(&self.floor, unit, incomplete);
        for (at, said) in words.iter().enumerate() {
            let is = |head| {
                let features = markers::describe(&self.floor, unit, unit.first + at, &around);
                self.model.margin(head, self.punctuation, &features) >= 0.0
            };
            if markers::may_be_filler(&said.token) && is(Head::Filler) {
                self.found.fillers.push(event(said.span));
            } else if markers::may_be_marker(&said.token) && is(Head::Marker) {
                self.found.markers.push(event(said.span));
            }
        }
        let tokens: Vec<&str> = words.iter().map(|said| said.token.as_str()).collect();
        for hedge in hedges::find(&tokens) {
            let last = words[hedge.word + hedge.words - 1].span.end;
            self.found
                .hedges
                .push(event(Span::new(words[hedge.word].span.start, last)));
        }
    }

    /// What others said in the half minute before `unit`, latest last.
    fn heard_before(&self, unit: &Unit) -> Vec<&str> {
        let mut heard: Vec<&str> = self
            .floor
            .others_before(unit.speaker, unit.span.start, questions::FOLLOWED)
            .map(|said| said.token.as_str())
            .collect();
        heard.reverse();
        heard
    }
}

/// Notes `event`; where it goes on as the last of its speaker, that one becomes longer.
fn add(events: &mut Vec<Event>, event: Event, goes_on: bool) {
    let last = events.iter_mut().rev().find(|last| last.speaker == event.speaker);
    match last.filter(|_| goes_on) {
        Some(last) => last.span = Span::new(last.span.start, event.span.end),
        None => events.push(event),
    }
}

impl Detections {
    fn sort(&mut self) {
        let by = |event: &Event| (event.span.start, event.speaker, event.span.end);
        self.questions.sort_by_key(|asked| by(&asked.event));
        self.commitments.sort_by_key(|promise| by(&promise.event));
        self.interruptions.sort_by_key(|cut| (cut.at, cut.of, cut.by));
        for events in [
            &mut self.fillers,
            &mut self.markers,
            &mut self.backchannels,
            &mut self.suggestions,
            &mut self.offers,
            &mut self.hedges,
        ] {
            events.sort_by_key(by);
        }
    }
}
