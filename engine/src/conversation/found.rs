//! What the detectors find in a conversation, kept up as it goes on: every word goes through them once, in order of time, and what
//! is too new to be decided is judged as though nothing more came. So the meeting is read at each moment as it would be read if
//! it ended there, and what was found of it does not depend on how it was fed.

use super::{Setup, Utterance};
use crate::clock::{MeetingTime, Span};
use crate::commitments::Terms;
use crate::detect::{Detector, Language, Punctuation};
use crate::fillers::{Filler, FillerKind};
use crate::lexicon::{is_filled_pause, token};
use crate::measures::Profile;
use crate::questions::QuestionKind;
use crate::shared_list::SharedList;
use crate::speaker::Speaker;
use crate::turns::{self, NEAR, TURN_GAP};
use std::sync::Arc;

/// Words of a meeting's beginning by which it is told whether punctuation is written. `[D]`
const FIRST_WORDS: usize = 200;

/// What was found in one utterance, besides its fillers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Questions that begin in it, in order.
    pub(crate) questions: Vec<Question>,
    /// Commitments that begin in it, in order.
    pub(crate) commitments: Vec<Commitment>,
    /// It leaves the floor where it is ([`turns::is_backchannel`]).
    pub(crate) is_backchannel: bool,
    /// It is a backchannel by the detectors' account too, and no assent that only looks like one.
    pub(crate) listens: bool,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    /// From its first word to its last, which may lie in a later utterance.
    pub(crate) span: Span,
    /// Whether it leaves the answer open.
    pub(crate) kind: QuestionKind,
    /// It takes up what someone else just said.
    pub(crate) follow_up: bool,
}

/// A commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commitment {
    /// From its first word to its last.
    pub(crate) span: Span,
    /// What was said of who and by when.
    pub(crate) terms: Terms,
}

/// Where a word that was fed is from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    /// The start of its utterance.
    start: MeetingTime,
    speaker: Speaker,
    /// Its place among the words of its utterance.
    word: usize,
}

/// The detectors over one conversation.
#[derive(Debug, Clone)]
pub(crate) struct Finder {
    detector: Detector,
    language: Language,
    punctuation: Punctuation,
    profile: Arc<Profile>,
    /// Everything that begins before this was fed.
    decided_to: MeetingTime,
    /// Of the words that were fed, in that order.
    origins: SharedList<Origin>,
}

impl Finder {
    /// Before anyone spoke.
    pub(super) fn new(setup: &Setup) -> Self {
        let language = Language::heard_by(&setup.recognizer.languages);
        Self::of(language, Punctuation::Absent, Arc::clone(&setup.profile))
    }

    fn of(language: Language, punctuation: Punctuation, profile: Arc<Profile>) -> Self {
        Self {
            detector: Detector::new(SIDES, punctuation, language),
            language,
            punctuation,
            profile,
            decided_to: MeetingTime::START,
            origins: SharedList::default(),
        }
    }

    /// Takes in the utterance at `place`, which has come newly into `utterances`, and marks what is found in those that it may
    /// bear on.
    pub(super) fn observe(&mut self, utterances: &mut [Arc<Utterance>], place: usize) {
        let start = utterances[place].span.start;
        let punctuation = punctuation(utterances);
        if punctuation != self.punctuation {
            let decided_to = self.decided_to;
            *self = Self::of(self.language, punctuation, Arc::clone(&self.profile));
            self.feed_all(utterances);
            self.advance(decided_to);
            self.mark(utterances, MeetingTime::START);
            return;
        }
        // Whoever goes on after a backchannel makes it one.
        let from = self.detector.open_from().min(start.minus(TURN_GAP));
        self.feed(&utterances[place]);
        self.mark(utterances, from);
    }

    /// Says that everything that begins before `to` was taken in.
    pub(super) fn advance(&mut self, to: MeetingTime) {
        self.decided_to = self.decided_to.max(to);
        self.detector.advance(to);
    }

    fn feed_all(&mut self, utterances: &[Arc<Utterance>]) {
        for utterance in utterances {
            self.feed(utterance.as_ref());
        }
    }

    fn feed(&mut self, utterance: &Utterance) {
        let Span { start, .. } = utterance.span;
        let speaker = utterance.speaker;
        for (place, word) in utterance.words.iter().enumerate() {
            // Recognizers place edges loosely: nobody speaks before their voice begins.
            let span = Span::new(word.start.max(start), word.end);
            self.detector.observe(side(speaker), span, &word.text);
            self.origins.push(Origin {
                start,
                speaker,
                word: place,
            });
        }
    }

    /// Marks what is found in the utterances that end at `from` or later.
    fn mark(&self, utterances: &mut [Arc<Utterance>], from: MeetingTime) {
        let first = utterances.partition_point(|utterance| utterance.as_ref().span.start < from);
        let first = first.saturating_sub(NEAR);
        let mut marks = Marks::of(utterances, first);
        if self.language == Language::English {
            self.collect(&mut marks, from);
        }
        marks.settle(self.language);
        let (found, fillers) = (marks.found, marks.fillers);
        for (utterance, (found, fillers)) in utterances[first..].iter_mut().zip(found.into_iter().zip(fillers)) {
            if ends(utterance.as_ref()) >= from {
                note(utterance, found, fillers);
            }
        }
    }

    fn collect(&self, marks: &mut Marks<'_>, from: MeetingTime) {
        let settled = self.detector.settled();
        let found = settled.found();
        let from = marks.earliest().min(from);
        // The utterance and the word in it at a place of a speaker.
        let locate = |speaker: usize, place: usize, marks: &Marks<'_>| {
            let said = settled.word(speaker, place)?;
            Some((marks.locate(self.origins[said.number])?, said))
        };
        for asked in found.questions.since(from) {
            let event = asked.event;
            if let Some(((utterance, _), _)) = locate(event.speaker, event.first, marks) {
                marks.found[utterance].questions.push(Question {
                    span: event.span,
                    kind: asked.kind,
                    follow_up: asked.follow_up,
                });
            }
        }
        for promise in found.commitments.since(from) {
            let event = promise.event;
            if let Some(((utterance, _), _)) = locate(event.speaker, event.first, marks) {
                marks.found[utterance].commitments.push(Commitment {
                    span: event.span,
                    terms: promise.terms.clone(),
                });
            }
        }
        for event in found.backchannels.since(from) {
            for place in event.first..=event.last {
                if let Some(((utterance, word), _)) = locate(event.speaker, place, marks) {
                    marks.listening[utterance].push(word);
                }
            }
        }
        let pauses = found.fillers.since(from).map(|event| (FillerKind::FilledPause, event));
        let lexical = found.lexical.since(from).map(|event| (FillerKind::Lexical, event));
        for (kind, event) in pauses.chain(lexical) {
            let Some(((utterance, word), said)) = locate(event.speaker, event.first, marks) else {
                continue;
            };
            // What else fills a gap, such as "oh", is no filled pause (C6).
            if kind == FillerKind::Lexical || is_filled_pause(&said.token) {
                marks.filler(utterance, kind, word, event.last + 1 - event.first, &self.profile);
            }
        }
    }
}

/// Sides that the detectors tell apart: mine, and the others'.
const SIDES: usize = 2;

fn side(speaker: Speaker) -> usize {
    match speaker {
        Speaker::Me | Speaker::Unknown => 0,
        Speaker::Them => 1,
    }
}

/// When the voice of an utterance and its words have ended: a recognizer may write some behind the voice.
fn ends(utterance: &Utterance) -> MeetingTime {
    let words = utterance.words.iter().map(|word| word.end);
    words.fold(utterance.span.end, Ord::max)
}

/// Whether punctuation is written, by the first words.
fn punctuation(utterances: &[Arc<Utterance>]) -> Punctuation {
    let words = utterances.iter().flat_map(|utterance| &utterance.as_ref().words);
    Punctuation::of(words.take(FIRST_WORDS).map(|word| word.text.as_str()))
}

/// Marks anew what is found in all of `utterances`, which are in order of start.
pub(crate) fn mark_all(utterances: &mut [Arc<Utterance>], language: Language, profile: Arc<Profile>) {
    let mut finder = Finder::of(language, punctuation(utterances), profile);
    finder.feed_all(utterances);
    finder.mark(utterances, MeetingTime::START);
}

/// Notes what was found in an utterance; one that is as it was stays shared.
fn note(utterance: &mut Arc<Utterance>, found: Found, fillers: Vec<Filler>) {
    if utterance.found == found && utterance.fillers == fillers {
        return;
    }
    let utterance = Arc::make_mut(utterance);
    let open = |question: &Question| question.kind == QuestionKind::Open;
    let told = found.questions.iter().find(|question| open(question));
    utterance.question = told.or(found.questions.first()).map(|question| question.kind);
    (utterance.found, utterance.fillers) = (found, fillers);
}

/// What is found in the utterances from one on.
struct Marks<'a> {
    utterances: &'a [Arc<Utterance>],
    first: usize,
    found: Vec<Found>,
    fillers: Vec<Vec<Filler>>,
    /// Words that lie in backchannels.
    listening: Vec<Vec<usize>>,
}

impl<'a> Marks<'a> {
    fn of(utterances: &'a [Arc<Utterance>], first: usize) -> Self {
        let count = utterances.len() - first;
        Self {
            utterances,
            first,
            found: vec![Found::default(); count],
            fillers: vec![Vec::new(); count],
            listening: vec![Vec::new(); count],
        }
    }

    /// The earliest start among the utterances.
    fn earliest(&self) -> MeetingTime {
        let earliest = self.utterances.get(self.first);
        earliest.map_or(MeetingTime::START, |utterance| utterance.as_ref().span.start)
    }

    /// The utterance, counted from the first, that a word is from, and its place there.
    fn locate(&self, Origin { start, speaker, word }: Origin) -> Option<(usize, usize)> {
        let utterances = &self.utterances[self.first..];
        let key = |utterance: &Arc<Utterance>| (utterance.span.start, utterance.speaker);
        let place = utterances.partition_point(|utterance| key(utterance) < (start, speaker));
        let utterance = utterances
            .get(place)
            .filter(|utterance| key(utterance) == (start, speaker))?;
        (word < utterance.as_ref().words.len()).then_some((place, word))
    }

    /// Notes a filler, unless it is one of the words that the person keeps.
    fn filler(&mut self, utterance: usize, kind: FillerKind, word: usize, words: usize, profile: &Profile) {
        let said = &self.utterances[self.first + utterance].as_ref().words;
        let words = words.min(said.len() - word);
        let tokens: Vec<String> = said[word..word + words].iter().map(|word| token(&word.text)).collect();
        if profile.keeps(&tokens.join(" ")) {
            return;
        }
        self.fillers[utterance].push(Filler {
            kind,
            at: said[word].start,
            word,
            words,
        });
    }

    /// Puts in order what is in each utterance, and tells which are backchannels.
    fn settle(&mut self, language: Language) {
        for (place, found) in self.found.iter_mut().enumerate() {
            found.questions.sort_by_key(|question| question.span.start);
            found.commitments.sort_by_key(|commitment| commitment.span.start);
            self.fillers[place].sort_by_key(|filler| filler.word);
            let index = self.first + place;
            if turns::may_be_backchannel(self.utterances, index) {
                let utterance = self.utterances[index].as_ref();
                let said = utterance.words.iter().enumerate();
                let mut said = said.filter(|(_, word)| turns::says_something(word));
                found.listens = said.all(|(word, _)| self.listening[place].contains(&word));
                found.is_backchannel = found.listens || turns::says_i_listen(utterance, language);
            }
        }
    }
}
