//! The fold over a meeting's words: what is found as soon as enough is known.

use super::findings::Findings;
use super::floor::{Floor, Mark, Said};
use super::items::{self, Judged};
use super::model::{Head, Model};
use super::units::{Cutter, Known, Unit, goes_on};
use super::{
    Asked, Detections, Event, HORIZON, Interruption, Language, Promise, Punctuation, UNIT_GAP, describe, interruptions,
    markers,
};
use crate::clock::{MeetingTime, Span};
use crate::commitments;
use crate::conversation::join;
use crate::hedges;
use crate::lexicon::is_filled_pause;
use crate::questions::{self, QuestionKind};
use crate::shared_list::SharedList;
use crate::turns::TURN_GAP;
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
    /// Words that came.
    came: usize,
    now: MeetingTime,
    judged: SharedList<Judged>,
    /// Of each speaker: their last unit.
    last: Vec<Option<Last>>,
    found: Findings,
}

/// A speaker's last unit, and what it was.
#[derive(Debug, Clone, Copy)]
struct Last {
    unit: Unit,
    /// When the first of the units began that it went on from.
    since: MeetingTime,
    /// Where it is among the questions, if it is one; and so on.
    question: Option<usize>,
    backchannel: Option<usize>,
    suggestion: Option<usize>,
    offer: Option<usize>,
}

/// A word that waits for its place: by start, then by speaker, then as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    start: MeetingTime,
    speaker: usize,
    number: usize,
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
            came: 0,
            now: MeetingTime::START,
            judged: SharedList::default(),
            last: vec![None; speakers],
            found: Findings {
                words: vec![0; speakers],
                ..Findings::default()
            },
        }
    }

    /// Takes a word of `speaker`, in any order as far as it begins no earlier than what was
    /// [advanced](Self::advance) to: what comes later than that counts as beginning there. Words are numbered as they come; one of
    /// nothing but spaces has a number and is none.
    ///
    /// # Panics
    /// Where `speaker` is none of those it was made for.
    pub fn observe(&mut self, speaker: usize, span: Span, text: &str) {
        assert!(
            speaker < self.cutters.len(),
            "speaker {speaker} of {}",
            self.cutters.len()
        );
        let number = self.came;
        self.came += 1;
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let start = span.start.max(self.now);
        self.waiting.push(Reverse(Waiting {
            start,
            speaker,
            number,
            end: span.end.max(start),
            text: text.to_owned(),
        }));
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
    pub(crate) fn found(&self) -> &Findings {
        &self.found
    }

    /// The word at `place` among those of `speaker`, by start.
    pub(crate) fn word(&self, speaker: usize, place: usize) -> Option<&Said> {
        self.floor.nth(speaker, Some(place))
    }

    /// What was found of anything that ended before this is final: no word that comes makes it longer, or other.
    pub(crate) fn open_from(&self) -> MeetingTime {
        let waiting = self.waiting.peek().map(|Reverse(next)| next.start);
        let by_speaker = self.cutters.iter().zip(&self.last).enumerate();
        let open = by_speaker.flat_map(|(speaker, (cutter, last))| {
            let uncut = self
                .floor
                .nth(speaker, Some(cutter.first()))
                .map(|word| word.span.start);
            // What is there already, or may come, goes on with the last unit unless silence lies between.
            let next = uncut.unwrap_or(self.now);
            let growing = last.filter(|last| next < last.unit.span.end.plus(UNIT_GAP));
            [uncut, growing.map(|last| last.since)]
        });
        open.chain([waiting]).flatten().min().unwrap_or(self.now)
    }

    /// The same as though nothing more came: what there is now is judged by what is known now. It costs what is not decided
    /// yet, however long the meeting is: the copy shares what is.
    #[must_use]
    pub(crate) fn settled(&self) -> Self {
        let mut settled = self.clone();
        settled.judge_the_rest();
        settled
    }

    fn judge_the_rest(&mut self) {
        while !self.waiting.is_empty() {
            self.take_next();
        }
        self.judge(Known::Everything);
    }

    /// Nothing more comes: everything that was found, by time.
    pub fn finish(mut self) -> Detections {
        self.judge_the_rest();
        let mut found = self.found.detections();
        let mut judged: Vec<Judged> = self.judged.iter().copied().collect();
        judged.sort_by_key(|judged| (judged.unit.span.start, judged.unit.speaker));
        if self.language == Language::English {
            let features = items::describe(&self.floor, &judged);
            let rank = |head, most| {
                items::rank(
                    &self.floor,
                    &judged,
                    &features,
                    &self.model,
                    self.punctuation,
                    head,
                    most,
                )
            };
            found.actions = rank(Head::Action, items::ACTIONS);
            found.decisions = rank(Head::Decision, items::DECISIONS);
        }
        found.talk_time = (0..self.floor.speakers())
            .map(|speaker| {
                let spans = self.floor.of(speaker).map(|said| said.span);
                join(spans, Duration::ZERO).into_iter().map(Span::duration).sum()
            })
            .collect();
        found
    }

    fn take_next(&mut self) {
        let Some(Reverse(next)) = self.waiting.pop() else {
            return;
        };
        self.found.words[next.speaker] += 1;
        let said = Said::new(next.speaker, Span::new(next.start, next.end), next.text);
        self.floor.push(said.numbered(next.number));
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
            first: unit.first,
            last: unit.last,
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
        let same = |was: fn(&Last) -> Option<usize>| before.as_ref().and_then(was);
        // "Tell me about it" and "…, doesn't it" ask as well (measures.md, C17): too few of AMI's do to learn from.
        let asks = question >= 0.0 || questions::asks_by_its_words(&tokens);
        let question_at = if asks {
            let kind = questions::kind(&tokens);
            let follow_up = questions::follows_up(&tokens, &self.heard_before(unit));
            let questions = &mut self.found.questions;
            let place = same(|last| last.question).unwrap_or_else(|| questions.push(Asked { event, kind, follow_up }));
            questions.change(place, |asked| {
                asked.event = asked.event.to(&event);
                asked.follow_up |= follow_up;
                if kind == QuestionKind::Open {
                    asked.kind = kind;
                }
            });
            Some(place)
        } else {
            None
        };
        let found = &mut self.found;
        let backchannel_at = (backchannel >= 0.0).then(|| found.backchannels.add(event, same(|last| last.backchannel)));
        let suggestion_at = (suggestion >= 0.0).then(|| found.suggestions.add(event, same(|last| last.suggestion)));
        let offer_at = (offer >= 0.0).then(|| found.offers.add(event, same(|last| last.offer)));
        let grown = before.filter(|last| {
            let both = |was: Option<usize>, is: Option<usize>| was.is_some() && is.is_some();
            both(last.question, question_at)
                || both(last.backchannel, backchannel_at)
                || both(last.suggestion, suggestion_at)
                || both(last.offer, offer_at)
        });
        self.last[unit.speaker] = Some(Last {
            unit: *unit,
            since: grown.map_or(unit.span.start, |last| last.since),
            question: question_at,
            backchannel: backchannel_at,
            suggestion: suggestion_at,
            offer: offer_at,
        });
        if commitments::is_commitment(&tokens) && !asks {
            let mut terms = commitments::terms(&tokens);
            // "I'll send it, by Friday" is two clauses.
            terms.due = terms.due.or_else(|| commitments::due(&self.said_after(unit)));
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
        let event = |first: usize, last: usize, span: Span| Event {
            speaker: unit.speaker,
            span,
            first: unit.first + first,
            last: unit.first + last,
        };
        let words: Vec<&Said> = self.floor.words_at(unit.speaker, unit.first..=unit.last).collect();
        let around = markers::Around::of(&self.floor, unit, incomplete);
        let mut works = vec![true; words.len()];
        for (at, said) in words.iter().enumerate() {
            let is = |head| {
                let features = markers::describe(&self.floor, unit, unit.first + at, &around);
                self.model.margin(head, self.punctuation, &features) >= 0.0
            };
            if markers::may_be_filler(&said.token) && is(Head::Filler) {
                self.found.fillers.push(event(at, at, said.span));
                works[at] = false;
            } else if markers::may_be_marker(&said.token) && is(Head::Marker) {
                self.found.markers.push(event(at, at, said.span));
                works[at] = false;
            }
        }
        for (first, count) in self.lexical(unit, &words, &around, &works) {
            let last = first + count - 1;
            let span = Span::new(words[first].span.start, words[last].span.end);
            self.found.lexical.push(event(first, last, span));
        }
        let spoken: Vec<(usize, &str)> = words
            .iter()
            .enumerate()
            .map(|(at, said)| (at, said.token.as_str()))
            .filter(|(_, token)| !token.is_empty() && !is_filled_pause(token))
            .collect();
        let tokens: Vec<&str> = spoken.iter().map(|(_, token)| *token).collect();
        for hedge in hedges::find(&tokens) {
            let (first, last) = (spoken[hedge.at].0, spoken[hedge.at + hedge.words - 1].0);
            let span = Span::new(words[first].span.start, words[last].span.end);
            self.found.hedges.push(event(first, last, span));
        }
    }

    /// The fillers of C7 among the words of `unit`: where each begins, and how many words it has. `works` says of which words the
    /// weights do not hold that they are there for nothing.
    fn lexical(&self, unit: &Unit, words: &[&Said], around: &markers::Around, works: &[bool]) -> Vec<(usize, usize)> {
        /// AMI has too few of them to learn from: the rules alone tell.
        const RARE: &[&str] = &["actually", "anyway", "basically", "literally"];
        let takes_floor = self.takes_floor(unit);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for filler in around.lexical() {
            let token = words[filler.word].token.as_str();
            // "So" is one where a turn begins, and a conjunction elsewhere (measures.md, C7).
            let in_place = token != "so" || filler.word == 0 && takes_floor;
            if in_place && (RARE.contains(&token) || !works[filler.word]) {
                found.push((filler.word, filler.words));
            }
        }
        // Of "you know" the weights tell as much alone: the rules miss every third.
        for (at, pair) in words.windows(2).enumerate() {
            let says = pair[0].token == "you" && pair[1].token == "know";
            if says && !works[at] && !found.contains(&(at, 2)) {
                found.push((at, 2));
            }
        }
        found.sort_unstable();
        found
    }

    /// The speaker of `unit` had not been speaking before it.
    fn takes_floor(&self, unit: &Unit) -> bool {
        let before = unit.first.checked_sub(1);
        let before = self.floor.nth(unit.speaker, before);
        before.is_none_or(|said| unit.span.start >= said.span.end.plus(TURN_GAP))
    }

    /// What the speaker of `unit` goes on to say in the same sentence, as far as it is known when the unit is judged.
    fn said_after(&self, unit: &Unit) -> Vec<&str> {
        let known = unit.span.end.plus(HORIZON);
        let places = unit.last..;
        let goes_on = places.take_while(|&place| {
            let here = self.floor.nth(unit.speaker, Some(place));
            let next = self.floor.nth(unit.speaker, Some(place + 1));
            here.zip(next).is_some_and(|(here, next)| {
                !matches!(here.mark, Mark::Stop | Mark::Question)
                    && next.span.start < here.span.end.plus(UNIT_GAP)
                    && next.span.start < known
            })
        });
        goes_on
            .filter_map(|place| self.floor.nth(unit.speaker, Some(place + 1)))
            .map(|said| said.token.as_str())
            .filter(|token| !token.is_empty() && !is_filled_pause(token))
            .collect()
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
