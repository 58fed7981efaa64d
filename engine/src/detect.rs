//! What people do with words, told from a timed transcript of any number of speakers: questions, fillers, backchannels,
//! interruptions, suggestions, commitments, action items, decisions.
//!
//! Speech is cut into units, about a clause each ([`units`]). A unit is judged when everything said until [`HORIZON`] after its
//! end is known, from its words and from what the floor does around it; so streaming and batch agree word for word. Judging
//! is a sum of small trained weights ([`model`], trained on AMI by `scripts/train-detectors`) where that is clearly better
//! than a rule, and a rule elsewhere. Only action items and decisions wait for the end: which few of a meeting are worth
//! showing is a ranking.
//!
//! The weights are of English. Of other languages only [`Detections::talk_time`] and words are told, and [`Language::missing`]
//! says what is not. Live and in the report they serve through [`crate::conversation`]: turns leave out what is told to be a
//! backchannel, and in other languages what is short and made of sounds that every language has ([`crate::turns`]).

mod describe;
pub mod exchange;
pub mod features;
mod findings;
mod floor;
mod interruptions;
mod items;
mod markers;
pub mod model;
mod stream;
#[cfg(test)]
mod tests;
pub mod training;
mod units;

pub use floor::{Floor, Said};
pub use model::Model;
pub use stream::Detector;
pub use units::Unit;

use crate::clock::{MeetingTime, Span};
use crate::questions::QuestionKind;
use std::time::Duration;

/// What is known after a unit's end when it is judged. A second and a half decides whether the other goes on after a
/// backchannel; the rest is for the one after that to begin.
pub const HORIZON: Duration = Duration::from_millis(2000);

/// Silence of a speaker that always ends a unit.
pub(crate) const UNIT_GAP: Duration = Duration::from_millis(500);

/// Whether the recognizer writes full stops and question marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Punctuation {
    /// It does: a question mark is evidence.
    Written,
    /// It writes words alone.
    Absent,
}

impl Punctuation {
    /// Of a punctuated transcript more words than one in this many have a mark; where a recognizer writes none, a stray one does
    /// not make it punctuated.
    const WORDS_A_MARK: usize = 50;

    /// Whether whoever wrote `words` writes punctuation. Nobody who wrote nothing does.
    pub fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let (mut marked, mut all) = (0, 0);
        for word in words {
            all += 1;
            marked += usize::from(word.ends_with(['.', '?', '!', ',']));
        }
        if marked * Self::WORDS_A_MARK > all {
            Self::Written
        } else {
            Self::Absent
        }
    }
}

/// The language that is spoken, as far as the detectors care.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Every detector works.
    #[default]
    English,
    /// Only what needs no words is told.
    Other,
}

impl Language {
    /// The language that a BCP 47 tag such as `en-GB` names.
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") {
            Self::English
        } else {
            Self::Other
        }
    }

    /// The language of a meeting that a recognizer of `languages` (BCP 47 tags) writes down: English where it is among them, or
    /// nothing is said of languages.
    pub fn heard_by(languages: &[String]) -> Self {
        let is_english = |tag: &String| Self::of_tag(tag) == Self::English;
        if languages.is_empty() || languages.iter().any(is_english) {
            Self::English
        } else {
            Self::Other
        }
    }

    /// The measures that are not told in this language, by their names on the bench's interface.
    pub fn missing(self) -> &'static [&'static str] {
        match self {
            Self::English => &[],
            Self::Other => &[
                "questions",
                "fillers",
                "discourse_markers",
                "backchannels",
                "interruptions",
                "suggestions",
                "offers",
                "commitments",
                "hedges",
                "repetition",
                "actions",
                "decisions",
            ],
        }
    }
}

/// Something one person did, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Who: an index into the transcript's speakers.
    pub speaker: usize,
    /// When.
    pub span: Span,
    /// The place of its first word among the words of its speaker, by start.
    pub first: usize,
    /// The place of its last word.
    pub last: usize,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Who asked, and when.
    pub event: Event,
    /// Whether it leaves the answer open.
    pub kind: QuestionKind,
    /// It takes up what someone else just said.
    pub follow_up: bool,
}

/// One person cut another off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// Who was cut off.
    pub of: usize,
    /// Who cut in.
    pub by: usize,
    /// When the one who was cut off stopped.
    pub at: MeetingTime,
    /// It failed: the one who cut in stopped, and the other went on.
    pub failed: bool,
}

/// Something someone said they would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Who said it, and when.
    pub event: Event,
    /// What was said of who and by when.
    pub terms: crate::commitments::Terms,
}

/// An action item or a decision: a stretch of the meeting, and who of those who spoke in it spoke most to the point.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Who said the sentence that it rests on most.
    pub speaker: usize,
    /// The stretch.
    pub span: Span,
    /// What was said there.
    pub text: String,
    /// How sure, in logits.
    pub score: f32,
}

/// Everything found in one meeting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detections {
    /// Time in which each speaker says words, overlap of their own counted once. What voice activity hears is the better
    /// speech time (measures.md, primitives), where there is sound; a transcript has words alone.
    pub talk_time: Vec<Duration>,
    /// Words by speaker, as written.
    pub words: Vec<usize>,
    /// Questions.
    pub questions: Vec<Asked>,
    /// Filled pauses, one event a word.
    pub fillers: Vec<Event>,
    /// Words in their discourse use, one event a word.
    pub markers: Vec<Event>,
    /// The words and phrases of C7 in their discourse use, one event a phrase.
    pub lexical: Vec<Event>,
    /// Backchannels.
    pub backchannels: Vec<Event>,
    /// Interruptions, made and failed.
    pub interruptions: Vec<Interruption>,
    /// Suggestions.
    pub suggestions: Vec<Event>,
    /// Offers.
    pub offers: Vec<Event>,
    /// Commitments.
    pub commitments: Vec<Promise>,
    /// Hedges, one event a phrase.
    pub hedges: Vec<Event>,
    /// Action items, in order of time; at most eight.
    pub actions: Vec<Item>,
    /// Decisions, in order of time; at most ten.
    pub decisions: Vec<Item>,
}
