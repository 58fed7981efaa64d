//! The interface of the bench: a timed transcript in, what was found out. Shapes alone; reading and writing files is whose who
//! calls.

use super::{Asked, Detections, Detector, Event, Item, Language, Model, Punctuation};
use crate::clock::{MeetingTime, Span};
use crate::commitments::{self, Owner};
use crate::lexicon::{is_filled_pause, token};
use crate::questions::QuestionKind;
use crate::repetition;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The schema that is read.
pub const SCHEMA: &str = "timed-transcript/1";

/// People in one meeting, at most: more is a mistake in the data.
const SPEAKERS: usize = 256;
/// A meeting is no longer than this.
const LONGEST_S: f64 = 48.0 * 3600.0;
/// Meeting time between two looks at what has become known.
const STEP: Duration = Duration::from_millis(500);

/// A timed transcript.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Input {
    /// [`SCHEMA`].
    pub schema: String,
    /// The meeting's name.
    pub id: String,
    /// BCP 47; English where it is not said.
    #[serde(default)]
    pub language: Option<String>,
    /// Who took part.
    pub speakers: Vec<Participant>,
    /// Speaker, start and end in seconds, text.
    pub words: Vec<(String, f64, f64, String)>,
}

/// Someone who took part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Participant {
    /// What words name them by.
    pub id: String,
}

/// The transcript says something impossible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TranscriptError {
    /// Of another kind.
    #[error("the schema is {0:?}, not {SCHEMA:?}")]
    Schema(String),
    /// Too many.
    #[error("{0} speakers, and {SPEAKERS} at most can be told apart")]
    Speakers(usize),
    /// Two people of one name.
    #[error("speaker {0:?} is there twice")]
    Twice(String),
    /// A word of nobody.
    #[error("word {word} is by {speaker:?}, who is not among the speakers")]
    Unknown {
        /// Its place.
        word: usize,
        /// Whose it is said to be.
        speaker: String,
    },
    /// A word before the meeting, backwards, or days after it.
    #[error("word {word} is from {from_s} to {to_s} s")]
    Time {
        /// Its place.
        word: usize,
        /// Its start, seconds.
        from_s: f64,
        /// Its end, seconds.
        to_s: f64,
    },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// The meeting's name.
    pub id: String,
    /// Seconds of speech by speaker.
    pub talk_time_s: BTreeMap<String, f64>,
    /// Words by speaker.
    pub words: BTreeMap<String, usize>,
    /// Measures that are not told in this meeting's language.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub missing: &'static [&'static str],
    /// What needs words; absent where the language has none of it.
    #[serde(flatten)]
    pub wording: Option<Wording>,
}

/// What was found in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wording {
    questions: Vec<QuestionFound>,
    fillers: Vec<Found>,
    discourse_markers: Vec<Found>,
    lexical_fillers: Vec<Found>,
    backchannels: Vec<Found>,
    suggestions: Vec<Found>,
    offers: Vec<Found>,
    commitments: Vec<CommitmentFound>,
    hedges: Vec<Found>,
    interruptions: Vec<InterruptionFound>,
    failed_interruptions: Vec<InterruptionFound>,
    repetition: BTreeMap<String, RepetitionFound>,
    actions: Vec<ItemFound>,
    decisions: Vec<ItemFound>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Found {
    spk: String,
    s: f64,
    e: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct QuestionFound {
    #[serde(flatten)]
    at: Found,
    kind: QuestionKind,
    follow_up: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct CommitmentFound {
    #[serde(flatten)]
    at: Found,
    /// Absent where it is everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct InterruptionFound {
    of: String,
    by: String,
    t: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RepetitionFound {
    tokens: usize,
    share: Option<f64>,
    phrases: Vec<(String, usize)>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ItemFound {
    s: f64,
    e: f64,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

impl Input {
    /// The words with their speakers' places, in order of start.
    ///
    /// # Errors
    /// When the transcript says something impossible.
    pub fn spoken(&self) -> Result<Vec<(usize, Span, &str)>, TranscriptError> {
        if self.schema != SCHEMA {
            return Err(TranscriptError::Schema(self.schema.clone()));
        }
        if self.speakers.len() > SPEAKERS {
            return Err(TranscriptError::Speakers(self.speakers.len()));
        }
        let mut places = HashMap::new();
        for (place, who) in self.speakers.iter().enumerate() {
            if places.insert(who.id.as_str(), place).is_some() {
                return Err(TranscriptError::Twice(who.id.clone()));
            }
        }
        let mut words = Vec::with_capacity(self.words.len());
        for (word, (speaker, from_s, to_s, text)) in self.words.iter().enumerate() {
            let Some(&place) = places.get(speaker.as_str()) else {
                let speaker = speaker.clone();
                return Err(TranscriptError::Unknown { word, speaker });
            };
            let (from_s, to_s) = (*from_s, *to_s);
            if !(0.0..=LONGEST_S).contains(&from_s) || !(from_s..=LONGEST_S).contains(&to_s) {
                return Err(TranscriptError::Time { word, from_s, to_s });
            }
            let at = |seconds: f64| MeetingTime::from_ms((seconds * 1000.0).round() as u64);
            words.push((place, Span::new(at(from_s), at(to_s)), text.as_str()));
        }
        words.sort_by_key(|(_, span, _)| span.start);
        Ok(words)
    }

    fn language(&self) -> Language {
        self.language.as_deref().map_or(Language::English, Language::of_tag)
    }

    /// Measures the meeting, word by word as it would come.
    ///
    /// # Errors
    /// When the transcript says something impossible.
    pub fn measure(&self) -> Result<Output, TranscriptError> {
        self.measure_with(Model::shipped())
    }

    /// The same with other weights.
    ///
    /// # Errors
    /// When the transcript says something impossible.
    pub fn measure_with(&self, model: Arc<Model>) -> Result<Output, TranscriptError> {
        let words = self.spoken()?;
        let language = self.language();
        let mut detector = Detector::with(
            model,
            self.speakers.len(),
            Punctuation::of(words.iter().map(|(.., text)| *text)),
            language,
        );
        let mut looked = MeetingTime::START;
        for (speaker, span, text) in &words {
            if span.start >= looked.plus(STEP) {
                detector.advance(span.start);
                looked = span.start;
            }
            detector.observe(*speaker, *span, text);
        }
        let found = detector.finish();
        let name = |place: usize| self.speakers[place].id.clone();
        let by_name = |place: usize| (name(place), place);
        let people = || (0..self.speakers.len()).map(by_name);
        Ok(Output {
            id: self.id.clone(),
            talk_time_s: people()
                .map(|(name, place)| (name, found.talk_time[place].as_secs_f64()))
                .collect(),
            words: people().map(|(name, place)| (name, found.words[place])).collect(),
            missing: language.missing(),
            wording: (language == Language::English).then(|| Wording {
                repetition: people()
                    .map(|(name, place)| (name, repetition_of(place, &words)))
                    .collect(),
                ..wording(&found, &name)
            }),
        })
    }
}

fn repetition_of(place: usize, words: &[(usize, Span, &str)]) -> RepetitionFound {
    let own = words.iter().filter(|(speaker, ..)| *speaker == place);
    let said: Vec<String> = own.map(|(.., text)| token(text)).collect();
    let tokens = said.iter().map(String::as_str);
    let tokens: Vec<(usize, &str)> = tokens
        .filter(|token| !token.is_empty() && !is_filled_pause(token))
        .map(|token| (0, token))
        .collect();
    let found = repetition::find(&tokens, |_| false);
    RepetitionFound {
        tokens: tokens.len(),
        share: found.share(),
        phrases: found
            .named
            .iter()
            .map(|(phrase, at)| (phrase.join(" "), at.len()))
            .collect(),
    }
}

fn wording(found: &Detections, name: &dyn Fn(usize) -> String) -> Wording {
    let at = |event: &Event| Found {
        spk: name(event.speaker),
        s: event.span.start.as_secs(),
        e: event.span.end.as_secs(),
    };
    let all = |events: &[Event]| events.iter().map(at).collect();
    let cut = |failed: bool| {
        let cuts = found.interruptions.iter().filter(move |cut| cut.failed == failed);
        cuts.map(|cut| InterruptionFound {
            of: name(cut.of),
            by: name(cut.by),
            t: cut.at.as_secs(),
        })
        .collect()
    };
    let items = |items: &[Item]| {
        let item = |item: &Item| {
            let words: Vec<String> = item.text.split(' ').map(token).collect();
            let tokens: Vec<&str> = words.iter().map(String::as_str).collect();
            let own = commitments::is_commitment(&tokens) && commitments::terms(&tokens).owner == Owner::Speaker;
            ItemFound {
                s: item.span.start.as_secs(),
                e: item.span.end.as_secs(),
                text: item.text.clone(),
                owner: own.then(|| name(item.speaker)),
            }
        };
        items.iter().map(item).collect()
    };
    Wording {
        questions: found
            .questions
            .iter()
            .map(|Asked { event, kind, follow_up }| QuestionFound {
                at: at(event),
                kind: *kind,
                follow_up: *follow_up,
            })
            .collect(),
        fillers: all(&found.fillers),
        discourse_markers: all(&found.markers),
        lexical_fillers: all(&found.lexical),
        backchannels: all(&found.backchannels),
        suggestions: all(&found.suggestions),
        offers: all(&found.offers),
        commitments: found
            .commitments
            .iter()
            .map(|promise| CommitmentFound {
                at: at(&promise.event),
                owner: (promise.terms.owner == Owner::Speaker).then(|| name(promise.event.speaker)),
                due: promise.terms.due.clone(),
            })
            .collect(),
        hedges: all(&found.hedges),
        interruptions: cut(false),
        failed_interruptions: cut(true),
        repetition: BTreeMap::new(),
        actions: items(&found.actions),
        decisions: items(&found.decisions),
    }
}
