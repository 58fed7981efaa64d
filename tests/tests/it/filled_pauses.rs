//! How many of the filled pauses that people made are found by their sound, and how much else is taken for one. The recordings
//! hold few of them, so that these are counts and not rates.

use attune_engine::clock::{MeetingTime, Span};
use attune_engine::transcript::Final;
use serde_json::Value;
use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

/// What people write down for a filled pause.
const WRITTEN: &[&str] = &["um", "uh", "er", "ah", "hm", "hmm", "mm"];
/// They sound the same, and answer someone.
const BACKCHANNELS: &[&str] = &["mm-hmm", "uh-huh"];

/// Something that may sound like a filled pause.
pub(crate) struct Said {
    pub(crate) span: Span,
    pub(crate) is_backchannel: bool,
}

/// What was found against what was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Filled pauses that were said.
    pub(crate) said: usize,
    /// Those of them that were found.
    pub(crate) found: usize,
    /// Backchannels that were taken for one.
    pub(crate) backchannels: usize,
    /// Anything else that was.
    pub(crate) wrong: usize,
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            said: self.said + other.said,
            found: self.found + other.found,
            backchannels: self.backchannels + other.backchannels,
            wrong: self.wrong + other.wrong,
        }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            said,
            found,
            backchannels,
            wrong,
        } = self;
        write!(
            f,
            "{found} of {said} found, and {backchannels} backchannels and {wrong} other sounds"
        )
    }
}

/// What may sound like a filled pause among the annotated words of a real meeting.
pub(crate) fn annotated(words: &[Value]) -> Vec<Said> {
    let seconds = |word: &Value, key: &str| {
        let seconds = word[key].as_f64().expect("a time");
        MeetingTime::START.plus(Duration::from_secs_f64(seconds))
    };
    words
        .iter()
        .filter_map(|word| {
            let text = word["t"].as_str()?.to_lowercase();
            let is_backchannel = BACKCHANNELS.contains(&text.as_str());
            (is_backchannel || WRITTEN.contains(&text.as_str())).then(|| Said {
                span: Span::new(seconds(word, "s"), seconds(word, "e")),
                is_backchannel,
            })
        })
        .collect()
}

/// Counts what `finals` sound like against what was `said`: found is what shares half of the shorter of the two.
pub(crate) fn count<'a>(finals: impl Iterator<Item = &'a Final>, said: &[Said]) -> Count {
    let mut count = Count {
        said: said.iter().filter(|said| !said.is_backchannel).count(),
        ..Count::default()
    };
    for heard in finals.flat_map(heard_in) {
        let matching = said.iter().find(|said| {
            let shorter = heard.duration().min(said.span.duration());
            u128::from(2 * heard.overlap_ms(said.span)) >= shorter.as_millis()
        });
        match matching {
            Some(said) if said.is_backchannel => count.backchannels += 1,
            Some(_) => count.found += 1,
            None => count.wrong += 1,
        }
    }
    count
}

fn heard_in(decided: &Final) -> impl Iterator<Item = Span> {
    let at = |ms: u32| decided.span.start.plus(Duration::from_millis(ms.into()));
    let pauses = decided.sound.iter().flat_map(|sound| &sound.filled_pauses);
    pauses.map(move |pause| Span::new(at(pause.from_ms), at(pause.to_ms)))
}
