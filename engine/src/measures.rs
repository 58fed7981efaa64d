//! The communication measures of a meeting: what each is, its unit, the speech it needs, its target. "Not enough speech"
//! and "not covered" are answers; zero is not. One file per measure; each is a pure function of the conversation
//! ([`Evidence`]), and says how it is computed from the turns ([`Sample`]), so that it has an interval.
//!
//! Standing of a number, as in the design: `[V]` read in the primary source, `[S]` in a secondary source that quotes it,
//! `[M]` commonly cited, `[D]` a design choice of ours.

mod booked;
mod c10_longest_monologue;
mod c11_turn_length;
mod c12_interactivity;
mod c13_patience;
mod c14_interruptions;
mod c15_failed_interruptions;
mod c16_active_listening;
mod c17_questions;
mod c18_directness;
mod c19_hedges;
mod c1_talk_share;
mod c20_conciseness;
mod c21_sentence_length;
mod c22_repetition;
mod c23_vocabulary;
mod c24_pitch_range;
mod c25_level;
mod c26_dynamics;
mod c27_wording_tone;
mod c28_inclusive_wording;
mod c29_commitments;
mod c2_balance;
mod c30_hygiene;
mod c3_speaking_rate;
mod c4_articulation_rate;
mod c5_pace_variation;
mod c6_filled_pauses;
mod c7_lexical_fillers;
mod c8_filler_clusters;
mod c9_pausing;
mod draft;
mod evidence;
mod history;
mod profile;
mod restarts;
mod sentences;
mod stance;
mod syllables;

use crate::bootstrap::{Interval, Sample, seed};
use crate::clock::Span;
use crate::conversation::Conversation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use booked::Booked;
pub(crate) use c3_speaking_rate::{pace_target, speaking_time};
pub(crate) use c9_pausing::pauses;
pub(crate) use c15_failed_interruptions::tries;
use draft::{Draft, Found, exposure};
pub(crate) use evidence::Evidence;
pub use history::History;
pub use profile::{Profile, Trait};

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
    /// Where it may as well lie: 90 % of draws from the meeting's own turns. Absent without a value, with too few turns, for
    /// what is no estimate, and in reports that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
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
    /// What was counted, where, in order of time; of the measures whose every hit can be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
}

/// One thing that a measure counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moment {
    /// Where it is in the meeting.
    #[serde(flatten)]
    pub span: Span,
    /// The words; empty where it is not about words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// What could be said in their place, or what else to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Moment {
    /// One that is not about words.
    const fn at(span: Span) -> Self {
        Self {
            span,
            said: String::new(),
            note: None,
        }
    }

    fn said(span: Span, said: impl Into<String>, note: Option<String>) -> Self {
        Self {
            span,
            said: said.into(),
            note,
        }
    }
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

/// All measures as they stand, without intervals: what streaming and the report have in common.
pub(crate) fn measure(evidence: &Evidence<'_>) -> Measures {
    Measures(found(evidence).into_iter().map(|found| found.measure).collect())
}

/// All measures with their intervals, and each as a function of the turns, as far as it is one. `meeting` names the meeting:
/// intervals are seeded from it.
pub(crate) fn estimate(evidence: &Evidence<'_>, meeting: &str) -> (Measures, Vec<Option<Sample>>) {
    let estimated = found(evidence).into_iter().map(|Found { mut measure, sample }| {
        let has_value = measure.state == MeasureState::Ok;
        measure.interval = sample
            .as_ref()
            .filter(|_| has_value)
            .and_then(|sample| sample.interval(seed(meeting, &measure.id)));
        (measure, sample.filter(|_| has_value))
    });
    let (measures, samples) = estimated.unzip();
    (Measures(measures), samples)
}

fn found(evidence: &Evidence<'_>) -> Vec<Found> {
    let each: [fn(&Evidence<'_>) -> Found; 30] = [
        c1_talk_share::measure,
        c2_balance::measure,
        c3_speaking_rate::measure,
        c4_articulation_rate::measure,
        c5_pace_variation::measure,
        c6_filled_pauses::measure,
        c7_lexical_fillers::measure,
        c8_filler_clusters::measure,
        c9_pausing::measure,
        c10_longest_monologue::measure,
        c11_turn_length::measure,
        c12_interactivity::measure,
        c13_patience::measure,
        c14_interruptions::measure,
        c15_failed_interruptions::measure,
        c16_active_listening::measure,
        c17_questions::measure,
        c18_directness::measure,
        c19_hedges::measure,
        c20_conciseness::measure,
        c21_sentence_length::measure,
        c22_repetition::measure,
        c23_vocabulary::measure,
        c24_pitch_range::measure,
        c25_level::measure,
        c26_dynamics::measure,
        c27_wording_tone::measure,
        c28_inclusive_wording::measure,
        c29_commitments::measure,
        c30_hygiene::measure,
    ];
    let mut all: Vec<Found> = each.into_iter().map(|measure| measure(evidence)).collect();
    for found in &mut all {
        evidence.profile().guard(&mut found.measure);
    }
    all
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

const NO_MODEL: &str = "Needs a language model.";
const ONLY_ENGLISH: &str = "Told of English alone, and this recognizer writes another language.";
const ONE_CHANNEL: &str = "Only one channel was heard, so speakers cannot be told apart.";

#[cfg(test)]
mod tests;
