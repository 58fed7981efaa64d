//! The communication measures of a meeting: what each is, its unit, the speech it needs, its target. "Not enough speech"
//! and "not covered" are answers; zero is not. One file per measure; each is a pure function of the conversation.
//!
//! Standing of a number, as in the design: `[V]` read in the primary source, `[S]` in a secondary source that quotes it,
//! `[M]` commonly cited, `[D]` a design choice of ours.

mod c10_longest_monologue;
mod c12_interactivity;
mod c13_patience;
mod c14_interruptions;
mod c17_questions;
mod c1_talk_share;
mod c24_pitch_range;
mod c25_level;
mod c3_speaking_rate;
mod c6_filled_pauses;
mod c7_lexical_fillers;
mod c9_pausing;

use crate::conversation::Conversation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use c3_speaking_rate::{pace_target, speaking_time};

/// Whether a measure has a value, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeasureState {
    /// Measured.
    Ok,
    /// Less than the minimum exposure.
    NotEnoughSpeech,
    /// What this meeting was heard with cannot tell: one channel, or a recognizer that drops the words.
    NotCovered,
}

/// How much there was to measure, and how much is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exposure {
    /// There was this much.
    pub have: f64,
    /// This much is needed.
    pub need: f64,
    /// Of what, such as `words`.
    pub unit: String,
}

/// A target, inclusive; an absent side is unbounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Band {
    /// No less than this.
    pub low: Option<f64>,
    /// No more than this.
    pub high: Option<f64>,
}

impl Band {
    const fn between(low: f64, high: f64) -> Self {
        Self {
            low: Some(low),
            high: Some(high),
        }
    }

    const fn at_most(high: f64) -> Self {
        Self {
            low: None,
            high: Some(high),
        }
    }

    const fn at_least(low: f64) -> Self {
        Self {
            low: Some(low),
            high: None,
        }
    }
}

/// One measure of one meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    /// `C1` and so on, as in the design.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The value, in `unit`; absent unless `state` is `ok`.
    pub value: Option<f64>,
    /// `%`, `words/min`, `ms` and so on.
    pub unit: String,
    /// Whether there is a value, and why not.
    pub state: MeasureState,
    /// How much it rests on.
    pub exposure: Exposure,
    /// Where it should be, for this type of meeting.
    pub target: Option<Band>,
    /// The numbers it is made of or that belong to it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, f64>,
    /// What the reader should know about this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a value stands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Within it.
    On,
    /// Below it.
    Below,
    /// Above it.
    Above,
}

impl Measure {
    /// How the value stands to its target; nothing where there is none of either.
    pub fn standing(&self) -> Option<Standing> {
        let (value, Band { low, high }) = (self.value?, self.target?);
        Some(if low.is_some_and(|low| value < low) {
            Standing::Below
        } else if high.is_some_and(|high| value > high) {
            Standing::Above
        } else {
            Standing::On
        })
    }
}

/// All measures of a meeting, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Measures(pub Vec<Measure>);

impl Measures {
    /// The measure `id`.
    pub fn get(&self, id: &str) -> Option<&Measure> {
        self.0.iter().find(|measure| measure.id == id)
    }

    /// The value of the measure `id`, where it has one.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.get(id).and_then(|measure| measure.value)
    }
}

pub(crate) fn measure(conversation: &Conversation) -> Measures {
    Measures(vec![
        c1_talk_share::measure(conversation),
        c3_speaking_rate::measure(conversation),
        c6_filled_pauses::measure(conversation),
        c7_lexical_fillers::measure(conversation),
        c9_pausing::measure(conversation),
        c10_longest_monologue::measure(conversation),
        c12_interactivity::measure(conversation),
        c13_patience::measure(conversation),
        c14_interruptions::measure(conversation),
        c17_questions::measure(conversation),
        c24_pitch_range::measure(conversation),
        c25_level::measure(conversation),
    ])
}

/// A measure under way: what it is, before it is known whether there is enough to tell.
struct Draft {
    measure: Measure,
}

impl Draft {
    fn new(id: &str, name: &str, unit: &str, exposure: Exposure) -> Self {
        Self {
            measure: Measure {
                id: id.to_owned(),
                name: name.to_owned(),
                value: None,
                unit: unit.to_owned(),
                state: MeasureState::NotEnoughSpeech,
                exposure,
                target: None,
                parts: BTreeMap::new(),
                note: None,
            },
        }
    }

    fn target(mut self, band: impl Into<Option<Band>>) -> Self {
        self.measure.target = band.into();
        self
    }

    /// A number that belongs to it; one that does not exist, like a rate over no time, is left out.
    fn part(mut self, name: &str, value: f64) -> Self {
        if value.is_finite() {
            self.measure.parts.insert(name.to_owned(), value);
        }
        self
    }

    /// This meeting cannot tell, and why.
    fn not_covered(mut self, why: &str) -> Measure {
        self.measure.state = MeasureState::NotCovered;
        self.measure.note = Some(why.to_owned());
        self.measure.parts.clear();
        self.measure
    }

    /// The value, if there was enough to measure.
    fn value(mut self, value: Option<f64>) -> Measure {
        let enough = self.measure.exposure.have >= self.measure.exposure.need;
        match value.filter(|value| enough && value.is_finite()) {
            Some(value) => {
                self.measure.value = Some(value);
                self.measure.state = MeasureState::Ok;
            }
            None => self.measure.parts.clear(),
        }
        self.measure
    }
}

fn exposure(have: f64, need: f64, unit: &str) -> Exposure {
    Exposure {
        have,
        need,
        unit: unit.to_owned(),
    }
}

/// Minutes of meeting decided so far.
fn minutes(conversation: &Conversation) -> f64 {
    conversation.now().as_secs() / 60.0
}

/// My words in utterances whose words can be trusted, filled pauses left out.
fn my_words(conversation: &Conversation) -> usize {
    conversation
        .trusted()
        .map(|utterance| utterance.spoken_words().count())
        .sum()
}

/// The time that those utterances took: my voice, and my pauses under 2 s.
fn my_speaking_time(conversation: &Conversation) -> Duration {
    speaking_time(
        conversation
            .trusted()
            .flat_map(|utterance| utterance.ipus.iter().copied()),
    )
}

/// The value at `quantile` (0 to 1) of `values`, linear between neighbours; `None` without values.
fn quantile(mut values: Vec<f64>, quantile: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = quantile * last as f64;
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    Some(values[below] + (values[above] - values[below]) * (at - below as f64))
}

/// Why this meeting cannot tell how I sounded, if it cannot.
fn no_sound(conversation: &Conversation) -> Option<&'static str> {
    let said_something = || conversation.of(conversation.me()).next().is_some();
    if !conversation.has_two_sides() {
        Some(ONE_CHANNEL)
    } else if conversation.sounds().next().is_none() && said_something() {
        Some("The sound of my microphone was not measured in this meeting.")
    } else {
        None
    }
}

const ONE_CHANNEL: &str = "Only one channel was heard, so speakers cannot be told apart.";

#[cfg(test)]
mod tests;
