//! What the meeting's own page showed of who speaks and who is there: captions with names beside them, names marked as speaking,
//! and names of people. Cheap to clone, like the conversation that it belongs to.

use crate::clock::{MeetingTime, Span};
use crate::lexicon::token;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A mark that nothing replaces holds this long: the page marks a speaker anew every few seconds, and an observer that is
/// gone says nothing.
const MARK_HOLDS: Duration = Duration::from_secs(30);

/// What a page showed at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A caption in its latest wording; the same `id` again replaces it.
    Caption {
        /// The page's block of captions that it is.
        id: String,
        /// When its first word appeared.
        at: MeetingTime,
        /// The name beside it.
        speaker: String,
        /// Its words so far.
        text: String,
    },
    /// Whose tiles are marked as speaking from now on.
    Speaking {
        /// When the marks appeared.
        at: MeetingTime,
        /// The names; none when all are silent.
        names: Vec<String>,
    },
    /// Who is in the meeting from now on, the person among them.
    Present {
        /// The names.
        names: Vec<String>,
    },
}

/// Everything a page showed so far.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By when they appeared.
    captions: Vec<Arc<Caption>>,
    /// By when they appeared.
    marks: Vec<Arc<Mark>>,
    /// Who was in the meeting at any time.
    present: BTreeSet<Arc<str>>,
}

/// People of a meeting that are kept by name: more are an audience.
const PRESENT: usize = 500;

/// A block of captions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caption {
    id: String,
    pub(crate) at: MeetingTime,
    pub(crate) speaker: String,
    /// As shown, one for each of `tokens`.
    pub(crate) words: Vec<String>,
    /// As compared.
    pub(crate) tokens: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Mark {
    at: MeetingTime,
    names: Vec<String>,
}

impl Page {
    /// Takes in what it showed next.
    pub fn show(&mut self, shown: Shown) {
        match shown {
            Shown::Caption { id, at, speaker, text } => {
                let words = text.split_whitespace().map(str::to_owned);
                let (words, tokens) = words
                    .map(|word| (token(&word), word))
                    .filter(|(token, _)| !token.is_empty())
                    .map(|(token, word)| (word, token))
                    .unzip();
                let caption = Caption {
                    id,
                    at,
                    speaker,
                    words,
                    tokens,
                };
                // A block is short-lived: the one to replace is among the newest.
                let place = self.captions.iter().rposition(|earlier| earlier.id == caption.id);
                if let Some(place) = place {
                    self.captions.remove(place);
                }
                let place = self.captions.partition_point(|earlier| earlier.at <= at);
                self.captions.insert(place, Arc::new(caption));
            }
            Shown::Speaking { at, names } => {
                let place = self.marks.partition_point(|earlier| earlier.at <= at);
                self.marks.insert(place, Arc::new(Mark { at, names }));
            }
            Shown::Present { names } => {
                for name in names {
                    if self.present.len() < PRESENT && !self.present.contains(name.as_str()) {
                        self.present.insert(name.into());
                    }
                }
            }
        }
    }

    /// Who was in the meeting at any time, the person among them.
    pub(crate) fn present(&self) -> impl Iterator<Item = &str> {
        self.present.iter().map(AsRef::as_ref)
    }

    /// Whether it showed anything of who speaks.
    pub fn is_empty(&self) -> bool {
        self.captions.is_empty() && self.marks.is_empty()
    }

    /// Every name that it showed, as often as it did.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let captions = self.captions.iter().map(|caption| caption.speaker.as_str());
        let marks = self.marks.iter().flat_map(|mark| &mark.names);
        captions.chain(marks.map(String::as_str))
    }

    /// The captions that appeared from `from` to `to`.
    pub(crate) fn captions(&self, from: MeetingTime, to: MeetingTime) -> impl Iterator<Item = &Caption> {
        let first = self.captions.partition_point(|caption| caption.at < from);
        self.captions[first..]
            .iter()
            .map(Arc::as_ref)
            .take_while(move |caption| caption.at <= to)
    }

    /// Who was marked within `span`, and when.
    pub(crate) fn marked(&self, span: Span) -> impl Iterator<Item = (&[String], Span)> {
        let first = self
            .marks
            .partition_point(|mark| mark.at <= span.start)
            .saturating_sub(1);
        let marks = &self.marks[first..];
        marks.iter().enumerate().map_while(move |(index, mark)| {
            let next = marks.get(index + 1).map(|next| next.at);
            let end = mark.at.plus(MARK_HOLDS);
            let end = next.map_or(end, |next| next.min(end));
            let shown = Span::new(mark.at.max(span.start), end.min(span.end));
            (mark.at < span.end).then_some((mark.names.as_slice(), shown))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spoken::span;

    fn at(ms: u64) -> MeetingTime {
        MeetingTime::from_ms(ms)
    }

    #[test]
    fn the_same_block_again_replaces_its_wording() {
        let mut page = Page::default();
        for text in ["we", "we could", "We could go – now."] {
            page.show(Shown::Caption {
                id: "7".into(),
                at: at(1_000),
                speaker: "Ana".into(),
                text: text.into(),
            });
        }
        let shown: Vec<_> = page.captions(at(0), at(1_000)).collect();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].tokens, ["we", "could", "go", "now"]);
        assert_eq!(shown[0].words, ["We", "could", "go", "now."]);
    }

    #[test]
    fn a_mark_holds_until_the_next_and_not_for_ever() {
        let mut page = Page::default();
        for (ms, names) in [(1_000, vec!["Ana"]), (3_000, vec![]), (5_000, vec!["Ben"])] {
            let names = names.into_iter().map(str::to_owned).collect();
            page.show(Shown::Speaking { at: at(ms), names });
        }
        let marked = |from, to| {
            page.marked(span(from, to))
                .filter(|(names, shown)| !names.is_empty() && shown.end > shown.start)
                .map(|(names, shown)| (names[0].clone(), shown))
                .collect::<Vec<_>>()
        };
        assert_eq!(marked(0, 2_000), [("Ana".to_owned(), span(1_000, 2_000))]);
        assert_eq!(
            marked(2_000, 6_000),
            [
                ("Ana".to_owned(), span(2_000, 3_000)),
                ("Ben".to_owned(), span(5_000, 6_000))
            ]
        );
        assert_eq!(marked(30_000, 40_000), [("Ben".to_owned(), span(30_000, 35_000))]);
        assert_eq!(marked(36_000, 40_000), []);
    }
}
