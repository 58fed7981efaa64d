//! Telling the others' voices apart: which stretches of the tab, where everybody else is mixed, have one voice.
//!
//! A model turns a second and a half of a voice into a direction ([`Embedding`]); directions of one voice are close. They
//! could recognise a person again, who is not even a user, so they live only in the memory of the session that hears them
//! ([`Voices`]): never stored, sent, logged or compared with another meeting's. What leaves is a [`VoiceLabel`], which says
//! that two stretches of one session have the same voice and nothing else. See `docs/adr/0010-voices-live-in-memory.md`.

mod clusters;
pub(crate) mod told;

pub use clusters::Voices;

use crate::clock::{SAMPLES_PER_MS, Span};
use crate::listener::Segment;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A window of voice: 1.6 s, what the model was trained on.
pub const WINDOW_SAMPLES: usize = 1_600 * SAMPLES_PER_MS as usize;
/// Less voice than this says too little of whose it is.
pub const LEAST_SAMPLES: usize = 1_000 * SAMPLES_PER_MS as usize;
/// Windows of longer voice begin at most this far apart.
const HOP_SAMPLES: u64 = 800 * SAMPLES_PER_MS;
/// Voice goes on over a gap of up to this: a stop consonant is no change of speaker.
const GAP_SAMPLES: u64 = 160 * SAMPLES_PER_MS;

/// Names a voice within one session: the 16 kHz sample of the tab at which it was first heard. Nothing of the voice itself
/// is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct VoiceLabel(u64);

impl VoiceLabel {
    /// The voice that was first heard at `sample`.
    pub const fn first_heard_at(sample: u64) -> Self {
        Self(sample)
    }
}

/// A stretch in which one voice spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoiceSpan {
    /// From when to when.
    #[serde(flatten)]
    pub span: Span,
    /// Whose.
    pub voice: VoiceLabel,
}

/// Whether the others' voices are told apart in a meeting, and why not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VoicesHeard {
    /// They are, as far as they are sure.
    Apart,
    /// The model is not installed.
    #[default]
    NotInstalled,
    /// Whoever runs the server turned it off.
    Off,
}

impl VoicesHeard {
    /// The sentence for a reader, where something is missing.
    pub const fn missing(self) -> Option<&'static str> {
        match self {
            Self::Apart => None,
            Self::NotInstalled => Some("The others' voices are not told apart: the model is not installed."),
            Self::Off => Some("The others' voices are not told apart: it is turned off on this server."),
        }
    }
}

/// What tells voices apart, or why nothing does.
#[derive(Clone, Default)]
pub enum TellsVoices {
    /// This model.
    Apart(Arc<dyn SpeakerEmbedder>),
    /// It is not installed.
    #[default]
    NotInstalled,
    /// Whoever runs the server turned it off.
    Off,
}

impl TellsVoices {
    /// What a report says of it.
    pub const fn heard(&self) -> VoicesHeard {
        match self {
            Self::Apart(_) => VoicesHeard::Apart,
            Self::NotInstalled => VoicesHeard::NotInstalled,
            Self::Off => VoicesHeard::Off,
        }
    }
}

impl std::fmt::Debug for TellsVoices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.heard().fmt(f)
    }
}

/// The direction in which a model puts a voice: a unit vector. Wiped from memory when it is dropped.
#[derive(Clone, PartialEq)]
pub struct Embedding(Zeroizing<Vec<f32>>);

impl std::fmt::Debug for Embedding {
    /// That there is one; never what it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedding(..)")
    }
}

impl Embedding {
    /// The direction of `values`; none where they have none.
    pub fn of(values: Vec<f32>) -> Option<Self> {
        let mut values = Zeroizing::new(values);
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !length.is_normal() {
            return None;
        }
        values.iter_mut().for_each(|value| *value /= length);
        Some(Self(values))
    }

    /// How alike two voices are: the cosine, -1 to 1.
    pub fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(other.0.iter()).map(|(one, other)| one * other).sum()
    }

    /// The mean direction of some, by weight.
    fn mean<'a>(all: impl Iterator<Item = (&'a Self, f32)>) -> Option<Self> {
        let mut sum: Vec<f32> = Vec::new();
        for (one, weight) in all {
            sum.resize(one.0.len(), 0.0);
            let each = sum.iter_mut().zip(one.0.iter());
            each.for_each(|(sum, value)| *sum += weight * value);
        }
        Self::of(sum)
    }
}

/// Turns voice into embeddings. One serves every worker: it remembers nothing.
pub trait SpeakerEmbedder: Send + Sync {
    /// One embedding for each of `windows`: 16 kHz mono, [`LEAST_SAMPLES`] to [`WINDOW_SAMPLES`] long. None for a window in
    /// which nothing sounds.
    fn embed(&self, windows: &[&[i16]]) -> Vec<Option<Embedding>>;
}

/// A window in which a voice was heard. Sample numbers are 16 kHz samples of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardVoice {
    /// What of the track it stands for: windows overlap, these do not.
    pub samples: (u64, u64),
    /// It goes on where the window before it was, without a pause.
    pub goes_on: bool,
    /// What it sounded like.
    pub embedding: Embedding,
}

/// The voices heard in `segment`, in order. Takes 1.5 to 3.3 % of what the voice lasts, on one core
/// (docs/measured.md).
pub fn heard_in(segment: &Segment, embedder: &dyn SpeakerEmbedder) -> Vec<HeardVoice> {
    let windows = windows(segment);
    let samples: Vec<&[i16]> = windows.iter().map(|window| window.of(segment)).collect();
    let embeddings = embedder.embed(&samples);
    let heard = |(window, embedding): (Window, Option<Embedding>)| {
        Some(HeardVoice {
            samples: window.stands_for,
            goes_on: window.goes_on,
            embedding: embedding?,
        })
    };
    windows.into_iter().zip(embeddings).filter_map(heard).collect()
}

/// What is given to the model at a time.
#[derive(Debug, PartialEq)]
struct Window {
    samples: Range<u64>,
    stands_for: (u64, u64),
    goes_on: bool,
}

impl Window {
    fn of<'a>(&self, segment: &'a Segment) -> &'a [i16] {
        let at = |sample: u64| sample.saturating_sub(segment.audio_from_sample) as usize;
        let length = segment.audio.len();
        &segment.audio[at(self.samples.start).min(length)..at(self.samples.end).min(length)]
    }
}

/// Voice of a segment in windows; each run of voice is covered evenly, and what is too short is left out.
fn windows(segment: &Segment) -> Vec<Window> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &(from, to) in &segment.voiced {
        match runs.last_mut() {
            Some(last) if from <= last.1 + GAP_SAMPLES => last.1 = to,
            _ => runs.push((from, to)),
        }
    }
    let mut windows = Vec::new();
    for (from, to) in runs {
        let end = segment.audio_from_sample + segment.audio.len() as u64;
        let (from, to) = (from.max(segment.audio_from_sample), to.min(end));
        let length = to.saturating_sub(from);
        if length < LEAST_SAMPLES as u64 {
            continue;
        }
        let window = length.min(WINDOW_SAMPLES as u64);
        let steps = (length - window).div_ceil(HOP_SAMPLES);
        let start = |index: u64| from + (length - window) * index / steps.max(1);
        // Between two windows, half way from one middle to the next.
        let edge = |index: u64| u64::midpoint(start(index), start(index + 1)) + window / 2;
        windows.extend((0..=steps).map(|index| Window {
            samples: start(index)..start(index) + window,
            stands_for: (
                if index == 0 { from } else { edge(index - 1) },
                if index == steps { to } else { edge(index) },
            ),
            goes_on: index > 0,
        }));
    }
    windows
}

#[cfg(test)]
mod tests;
