//! What a meeting came to, in the words that were said: decisions, what is to be done, questions that nobody answered. Found by
//! the detectors of [`crate::detect`]; nothing is worded anew, so that every statement is a quotation with its place.

use super::record::{ActionItem, Decision, Missing, OpenQuestion, Source, Who};
use crate::clock::Span;
use crate::commitments::{self, Owner};
use crate::conversation::{Conversation, Utterance};
use crate::detect::{Asked, Detections, Detector, Item, Language, Promise, Punctuation};
use crate::lexicon::token;
use crate::turns::TURN_GAP;
use std::sync::Arc;
use std::time::Duration;

/// Things to do shown of one meeting, at most: more are not read. `[D]`
const ACTIONS: usize = 24;
/// Open questions shown of one meeting, at most. `[D]`
const OPEN: usize = 10;
/// A question is open where this passes without an answer. `[D]`
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// Fewer words of others than this are no answer: "yes", "good question". `[D]`
const ANSWER_WORDS: usize = 4;

/// The statements of a meeting.
#[derive(Debug, Default)]
pub(super) struct Statements {
    pub(super) people: Vec<Who>,
    pub(super) decisions: Vec<Decision>,
    pub(super) actions: Vec<ActionItem>,
    pub(super) open_questions: Vec<OpenQuestion>,
    pub(super) missing: Vec<Missing>,
}

/// Finds them in what was said in words that can be trusted.
pub(super) fn find(conversation: &Conversation, language: Language) -> Statements {
    let heard = Heard::new(conversation);
    let mut missing = vec![
        Missing::new("summary", NO_MODEL),
        Missing::new("topics", NO_MODEL),
        Missing::new("risks", NO_MODEL),
    ];
    if language == Language::Other {
        for part in ["decisions", "actions", "open_questions"] {
            missing.push(Missing::new(part, "Told of meetings in English alone."));
        }
        return Statements {
            people: heard.people,
            missing,
            ..Statements::default()
        };
    }
    if !conversation.has_two_sides() {
        missing.push(Missing::new(
            "open_questions",
            "Only one channel was heard, so nobody can be told to have answered.",
        ));
    }
    let found = heard.detect(language);
    let decisions = found.decisions.iter().filter_map(|item| heard.decision(item));
    Statements {
        decisions: decisions.collect(),
        actions: heard.actions(&found),
        open_questions: match conversation.has_two_sides() {
            true => heard.open_questions(&found.questions),
            false => Vec::new(),
        },
        people: heard.people,
        missing,
    }
}

const NO_MODEL: &str = "Needs a language model.";

/// What was said, by whom of how many.
struct Heard<'a> {
    utterances: &'a [Arc<Utterance>],
    people: Vec<Who>,
    /// Place of who speaks, span and text of every word that can be trusted, by start.
    words: Vec<(usize, Span, &'a str)>,
}

impl<'a> Heard<'a> {
    fn new(conversation: &'a Conversation) -> Self {
        let utterances = conversation.utterances();
        let mut people: Vec<Who> = Vec::new();
        let mut words = Vec::new();
        for said in utterances {
            let who = Who::said(said);
            let place = people.iter().position(|known| *known == who).unwrap_or_else(|| {
                people.push(who);
                people.len() - 1
            });
            if !said.low_confidence {
                let spoken = said.words.iter().filter(|word| !word.text.trim().is_empty());
                words.extend(spoken.map(|word| (place, Span::new(word.start, word.end), word.text.as_str())));
            }
        }
        words.sort_by_key(|(_, span, _)| span.start);
        Self {
            utterances,
            people,
            words,
        }
    }

    fn detect(&self, language: Language) -> Detections {
        let mut detector = Detector::new(
            self.people.len(),
            Punctuation::of(self.words.iter().map(|(.., text)| *text)),
            language,
        );
        for (place, span, text) in &self.words {
            detector.observe(*place, *span, text);
        }
        detector.finish()
    }

    /// The utterances that share time with `span`, of everybody or of one.
    fn source(&self, span: Span, of: Option<&Who>) -> Option<Source> {
        let inside = self.utterances.iter().filter(|said| {
            said.span.start < span.end.max(span.start.plus(Duration::from_millis(1)))
                && said.span.end > span.start
                && of.is_none_or(|who| Who::said(said) == *who)
        });
        let utterances: Vec<_> = inside.map(|said| said.id.clone()).collect();
        (!utterances.is_empty()).then_some(Source { span, utterances })
    }

    /// What the person at `place` said from the start to the end of `span`, in words.
    fn said(&self, place: usize, span: Span) -> Vec<&'a str> {
        let from = self.words.partition_point(|(_, word, _)| word.start < span.start);
        let words = self.words[from..]
            .iter()
            .take_while(|(_, word, _)| word.start < span.end);
        words
            .filter(|(who, ..)| *who == place)
            .map(|(.., text)| *text)
            .collect()
    }

    fn decision(&self, item: &Item) -> Option<Decision> {
        Some(Decision {
            text: item.text.clone(),
            by: self.people.get(item.speaker)?.clone(),
            source: self.source(item.span, None)?,
        })
    }

    /// What the ranking picks, and every promise beside it that says who or by when.
    fn actions(&self, found: &Detections) -> Vec<ActionItem> {
        let picked = found.actions.iter().filter_map(|item| self.picked(item));
        let mut actions: Vec<ActionItem> = picked.collect();
        for promise in &found.commitments {
            let Some(promised) = self.promised(promise) else {
                continue;
            };
            let same = actions
                .iter_mut()
                .find(|action| action.by == promised.by && overlap(action.source.span, promised.source.span));
            match same {
                Some(action) => {
                    action.owner = action.owner.take().or(promised.owner);
                    action.due = action.due.take().or(promised.due);
                }
                None if promised.owner.is_some() || promised.due.is_some() => actions.push(promised),
                None => {}
            }
        }
        actions.truncate(ACTIONS);
        actions.sort_by_key(|action| action.source.span.start);
        actions
    }

    fn picked(&self, item: &Item) -> Option<ActionItem> {
        let tokens: Vec<String> = item.text.split_whitespace().map(token).collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let by = self.people.get(item.speaker)?.clone();
        let own = commitments::is_commitment(&tokens) && commitments::terms(&tokens).owner == Owner::Speaker;
        Some(ActionItem {
            text: item.text.clone(),
            owner: own.then(|| by.clone()),
            by,
            due: commitments::due(&tokens),
            source: self.source(item.span, None)?,
        })
    }

    fn promised(&self, promise: &Promise) -> Option<ActionItem> {
        let by = self.people.get(promise.event.speaker)?.clone();
        Some(ActionItem {
            text: self.said(promise.event.speaker, promise.event.span).join(" "),
            owner: (promise.terms.owner == Owner::Speaker).then(|| by.clone()),
            due: promise.terms.due.clone(),
            source: self.source(promise.event.span, Some(&by))?,
            by,
        })
    }

    fn open_questions(&self, asked: &[Asked]) -> Vec<OpenQuestion> {
        let open = asked.iter().filter(|asked| self.is_open(asked)).filter_map(|asked| {
            let by = self.people.get(asked.event.speaker)?.clone();
            Some(OpenQuestion {
                text: self.said(asked.event.speaker, asked.event.span).join(" "),
                source: self.source(asked.event.span, Some(&by))?,
                by,
            })
        });
        open.take(OPEN).collect()
    }

    /// Its asker stopped, as one does for an answer, and nobody else said more than a word or two.
    fn is_open(&self, asked: &Asked) -> bool {
        let end = asked.event.span.end;
        let after = self.words.partition_point(|(_, word, _)| word.start < end);
        let following = || self.words[after..].iter();
        let goes_on = following()
            .take_while(|(_, word, _)| word.start < end.plus(TURN_GAP))
            .any(|(place, ..)| *place == asked.event.speaker);
        let others = following()
            .take_while(|(_, word, _)| word.start < end.plus(ANSWERED_WITHIN))
            .filter(|(place, ..)| *place != asked.event.speaker);
        !goes_on && others.take(ANSWER_WORDS).count() < ANSWER_WORDS
    }
}

fn overlap(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests;
