//! Who speaks when: every word of every speaker, by start, and what can be asked of it around a moment.
//!
//! Each question looks at a bounded number of words, so that a transcript made to be slow (thousands of words at one
//! moment) is not.

use super::features::bin_of;
use crate::clock::{MeetingTime, Span};
use crate::lexicon::token;
use crate::shared_list::SharedList;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Words of a neighbourhood that are looked at, on each side: 10 s of six people speaking at once.
const NEAR_WORDS: usize = 240;

/// What is written right after a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Nothing.
    None,
    /// A comma, colon, semicolon or dash.
    Comma,
    /// A full stop or an exclamation mark.
    Stop,
    /// A question mark.
    Question,
}

impl Mark {
    fn of(text: &str) -> Self {
        match text.trim_end_matches(['"', '”', '\'', '’', ')']).chars().last() {
            Some('?' | '？' | '؟') => Self::Question,
            Some('.' | '!' | '…' | '。' | '！') => Self::Stop,
            Some(',' | ';' | ':' | '–' | '—' | '،') => Self::Comma,
            _ => Self::None,
        }
    }

    /// As it goes into a feature.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "-",
            Self::Comma => ",",
            Self::Stop => ".",
            Self::Question => "?",
        }
    }
}

/// One word as somebody said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who: an index into the transcript's speakers.
    pub speaker: usize,
    /// When.
    pub span: Span,
    /// As written.
    pub text: String,
    /// As compared; empty for punctuation that stands alone.
    pub token: String,
    /// How many words came before it, however they were ordered in time.
    pub number: usize,
    /// What is written after it.
    pub mark: Mark,
    /// Until when it can be spoken: some transcripts stretch a word over the pause behind it.
    pub(super) voiced_to: MeetingTime,
}

/// Seconds that a letter of a word takes, and that any word does (about 14 letters a second: fluent English).
const LETTER_S: f32 = 0.06;
const WORD_S: f32 = 0.08;
/// A word that takes this much longer than that is stretched, or its end is wrong.
const STRETCHED: Duration = Duration::from_millis(250);

impl Said {
    /// `text`, said by `speaker` during `span`; the first word to come.
    pub fn new(speaker: usize, span: Span, text: String) -> Self {
        let token = usual(token(&text));
        let longest = Duration::from_secs_f32(WORD_S + LETTER_S * token.chars().count() as f32) + STRETCHED;
        Self {
            speaker,
            span,
            mark: Mark::of(&text),
            voiced_to: span.end.min(span.start.plus(longest)),
            token,
            text,
            number: 0,
        }
    }

    /// The same as the word that came after `number` others.
    pub(super) fn numbered(self, number: usize) -> Self {
        Self { number, ..self }
    }
}

/// Recognizers and transcribers spell interjections as they like; the weights know one spelling of each.
fn usual(token: String) -> String {
    let usual = match token.as_str() {
        "mmm" | "mmmm" | "hm" => "mm",
        "mhm" | "uhhuh" | "uh-huh" | "mm-hm" | "hm-hmm" | "uh-hum" | "um-hmm" | "mmhmm" => "mm-hmm",
        "o_k" | "o.k" | "ok" | "kay" | "'kay" => "okay",
        "yup" | "yeh" | "yea" => "yep",
        "umm" | "uhm" | "erm" => "um",
        "uhh" | "er" | "eh" => "uh",
        _ => return token,
    };
    usual.to_owned()
}

/// Every word so far.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    /// By start. Shared: a floor is copied at every commit.
    words: SharedList<Arc<Said>>,
    /// Of each speaker: indices into `words`, by start.
    of: Vec<SharedList<usize>>,
}

impl Floor {
    /// A floor that `speakers` people share and nobody has taken yet.
    pub fn new(speakers: usize) -> Self {
        Self {
            words: SharedList::default(),
            of: vec![SharedList::default(); speakers],
        }
    }

    /// Takes the next word; words come in order of start.
    pub(super) fn push(&mut self, said: Said) {
        self.of[said.speaker].push(self.words.len());
        self.words.push(Arc::new(said));
    }

    /// How many people share it.
    pub(super) fn speakers(&self) -> usize {
        self.of.len()
    }

    /// How many words `speaker` said.
    pub(super) fn count(&self, speaker: usize) -> usize {
        self.of[speaker].len()
    }

    /// The words of `speaker`, by start.
    pub(super) fn of(&self, speaker: usize) -> impl Iterator<Item = &Said> {
        let of = self.of[speaker].iter();
        of.map(|&index| self.words[index].as_ref())
    }

    /// The words at `places` among those of `speaker`.
    pub(super) fn words_at(&self, speaker: usize, places: RangeInclusive<usize>) -> impl Iterator<Item = &Said> {
        let of = self.of[speaker].range(*places.start()..places.end() + 1);
        of.map(|&index| self.words[index].as_ref())
    }

    /// The word at place `at` among those of `speaker`, if there is one.
    pub(super) fn nth(&self, speaker: usize, at: Option<usize>) -> Option<&Said> {
        self.of[speaker].get(at?).map(|&index| self.words[index].as_ref())
    }

    /// How much longer than its letters take it is from the start of the word at `place` of `speaker` to the start of their next:
    /// hesitation or a pause, wherever the recognizer puts a word's end. Bins; the last where nothing follows by `known`.
    pub(super) fn lingers(&self, speaker: usize, place: Option<usize>, known: MeetingTime) -> usize {
        let Some((here, place)) = self.nth(speaker, place).zip(place) else {
            return Self::NOTHING;
        };
        let next = self
            .nth(speaker, Some(place + 1))
            .filter(|next| next.span.start < known);
        next.map_or(Self::NOTHING, |next| {
            let took_s = next.span.start.since(here.span.start).as_secs_f32();
            let letters = here.token.chars().count() as f32;
            bin_of(
                took_s - WORD_S - LETTER_S * letters,
                &[-0.1, 0.0, 0.1, 0.2, 0.35, 0.55, 0.9],
            )
        })
    }

    /// The bin of [`lingers`](Self::lingers) where nothing follows.
    const NOTHING: usize = 9;

    /// Words that began in the `window` before `moment`, latest first.
    fn before(&self, moment: MeetingTime, window: Duration) -> impl Iterator<Item = &Said> {
        let from = moment.minus(window);
        let upto = self.words.partition_point(|said| said.span.start < moment);
        self.words
            .range(0..upto)
            .rev()
            .map(Arc::as_ref)
            .take(NEAR_WORDS)
            .take_while(move |said| said.span.start >= from)
    }

    /// Words that begin in the `window` after `moment`, earliest first.
    fn after(&self, moment: MeetingTime, window: Duration) -> impl Iterator<Item = &Said> {
        let upto = moment.plus(window);
        let from = self.words.partition_point(|said| said.span.start < moment);
        self.words
            .range(from..self.words.len())
            .map(Arc::as_ref)
            .take(NEAR_WORDS)
            .take_while(move |said| said.span.start < upto)
    }

    /// Words of others than `speaker` that began in the `window` before `moment`, latest first.
    pub(super) fn others_before(
        &self,
        speaker: usize,
        moment: MeetingTime,
        window: Duration,
    ) -> impl Iterator<Item = &Said> {
        self.before(moment, window).filter(move |said| said.speaker != speaker)
    }

    /// Words of others than `speaker` that begin in the `window` after `moment`, earliest first.
    pub(super) fn others_after(
        &self,
        speaker: usize,
        moment: MeetingTime,
        window: Duration,
    ) -> impl Iterator<Item = &Said> {
        self.after(moment, window).filter(move |said| said.speaker != speaker)
    }

    /// Words of `speaker` that began in the `window` before `moment`.
    pub(super) fn own_before(&self, speaker: usize, moment: MeetingTime, window: Duration) -> usize {
        self.before(moment, window)
            .filter(|said| said.speaker == speaker)
            .count()
    }

    /// Words of `speaker` that begin in the `window` after `moment`.
    pub(super) fn own_after(&self, speaker: usize, moment: MeetingTime, window: Duration) -> usize {
        self.after(moment, window)
            .filter(|said| said.speaker == speaker)
            .count()
    }

    /// Someone other than `speaker` is in the middle of speech at `moment`: in a word, or between two less than `pause` apart.
    pub(super) fn other_speaks_at(&self, speaker: usize, moment: MeetingTime, pause: Duration) -> Option<usize> {
        /// A word that is longer is an error of timing.
        const WORD: Duration = Duration::from_secs(3);
        self.others_before(speaker, moment, WORD)
            .find(|said| {
                said.voiced_to > moment
                    || said.voiced_to.plus(pause) > moment
                        && self
                            .after(moment, pause)
                            .any(|next| next.speaker == said.speaker && next.span.start < said.voiced_to.plus(pause))
            })
            .map(|said| said.speaker)
    }
}
