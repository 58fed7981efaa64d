//! The trained weights: one table of small integers for each thing to tell, with and without punctuation.
//!
//! A file is `ATTN`, a version, the number of tables and, deflated, the tables: what it tells, its scale, its threshold, and a
//! weight for each of the `2^16` features. `engine/weights/MODEL_CARD.md` says what they were trained on.

use super::Punctuation;
use super::features::{BITS, Features};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

const MAGIC: &[u8; 4] = b"ATTN";
/// Of the format and of the features: weights of other features are noise.
const VERSION: u8 = 1;
const SIZE: usize = 1 << BITS;

/// What a table tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Head {
    /// A unit ends after this word.
    Boundary,
    /// The unit asks.
    Question,
    /// The unit says no more than "I listen".
    Backchannel,
    /// The unit proposes something.
    Suggestion,
    /// The unit offers or promises something.
    Offer,
    /// The unit breaks off.
    Incomplete,
    /// The unit breaks off because someone else took the floor.
    Interrupted,
    /// The word is a discourse marker.
    Marker,
    /// The word is a filled pause.
    Filler,
    /// The unit bears on an action item.
    Action,
    /// The unit bears on a decision.
    Decision,
}

impl Head {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Boundary,
        Self::Question,
        Self::Backchannel,
        Self::Suggestion,
        Self::Offer,
        Self::Incomplete,
        Self::Interrupted,
        Self::Marker,
        Self::Filler,
        Self::Action,
        Self::Decision,
    ];
}

/// The weights of one head.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// What a step of the integers is worth, in logits.
    pub scale: f32,
    /// Logits from which on the answer is yes.
    pub threshold: f32,
    /// In steps of `scale`, `2^16` of them.
    pub steps: Vec<i8>,
}

/// All weights.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    tables: Vec<Option<Weights>>,
}

/// The weights cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not such a file.
    #[error("these are no weights of detectors")]
    NotWeights,
    /// Of another release.
    #[error("these weights are of version {0}, not {VERSION}")]
    Version(u8),
    /// Cut off or damaged.
    #[error("the weights are damaged")]
    Damaged(#[source] std::io::Error),
}

impl Model {
    /// The weights that come with this release.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: OnceLock<Arc<Model>> = OnceLock::new();
        let read = || {
            Self::read(include_bytes!("../../weights/detectors.bin"))
                .expect("invariant: the weights in the tree are whole (a test reads them)")
        };
        SHIPPED.get_or_init(|| Arc::new(read())).clone()
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// When they are no weights, of another version, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let Some((header, body)) = bytes
            .split_first_chunk::<6>()
            .filter(|(header, _)| header.starts_with(MAGIC))
        else {
            return Err(ModelError::NotWeights);
        };
        let [.., version, count] = *header;
        if version != VERSION {
            return Err(ModelError::Version(version));
        }
        let mut body = ZlibDecoder::new(body);
        let mut model = Self::default();
        for _ in 0..count {
            let mut head = [0; 10];
            body.read_exact(&mut head).map_err(ModelError::Damaged)?;
            let [slot, _, a, b, c, d, e, f, g, h] = head;
            let mut steps = vec![0; SIZE];
            body.read_exact(&mut steps).map_err(ModelError::Damaged)?;
            let weights = Weights {
                scale: f32::from_le_bytes([a, b, c, d]),
                threshold: f32::from_le_bytes([e, f, g, h]),
                steps: steps.into_iter().map(|step| step as i8).collect(),
            };
            model.put(usize::from(slot), weights);
        }
        Ok(model)
    }

    /// The weights as a file.
    ///
    /// # Panics
    /// Never: what is written into memory is written.
    pub fn write(&self) -> Vec<u8> {
        let count = self.tables.iter().flatten().count();
        let mut bytes = [MAGIC.as_slice(), &[VERSION, count as u8]].concat();
        let mut body = ZlibEncoder::new(&mut bytes, Compression::best());
        let mut put = |part: &[u8]| body.write_all(part).expect("invariant: memory can be written");
        for (slot, weights) in self.tables.iter().enumerate() {
            let Some(weights) = weights else { continue };
            put(&[slot as u8, 0]);
            put(&weights.scale.to_le_bytes());
            put(&weights.threshold.to_le_bytes());
            let steps: Vec<u8> = weights.steps.iter().map(|step| *step as u8).collect();
            put(&steps);
        }
        drop(body);
        bytes
    }

    /// Sets the weights of `head`.
    pub fn set(&mut self, head: Head, punctuation: Punctuation, weights: Weights) {
        self.put(slot(head, punctuation), weights);
    }

    /// The weights of `head`, where there are some.
    pub fn get(&self, head: Head, punctuation: Punctuation) -> Option<&Weights> {
        self.tables.get(slot(head, punctuation))?.as_ref()
    }

    fn put(&mut self, slot: usize, weights: Weights) {
        if self.tables.len() <= slot {
            self.tables.resize(slot + 1, None);
        }
        self.tables[slot] = Some(weights);
    }

    /// How sure it is of `head`, in logits above the threshold: from 0 on the answer is yes. Without weights, no.
    pub(super) fn margin(&self, head: Head, punctuation: Punctuation, features: &Features) -> f32 {
        let Some(Some(weights)) = self.tables.get(slot(head, punctuation)) else {
            return -1.0;
        };
        let sum: i32 = features
            .0
            .iter()
            .map(|&number| i32::from(weights.steps[usize::from(number)]))
            .sum();
        sum as f32 * weights.scale - weights.threshold
    }
}

fn slot(head: Head, punctuation: Punctuation) -> usize {
    2 * head as usize + usize::from(punctuation == Punctuation::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_facts() -> (Model, Features, Features) {
        let (mut yes, mut no) = (Features::default(), Features::default());
        yes.add("says", &["yes"]);
        no.add("says", &["no"]);
        let mut steps = vec![0; SIZE];
        steps[usize::from(yes.0[0])] = 40;
        steps[usize::from(no.0[0])] = -40;
        let mut model = Model::default();
        let weights = Weights {
            scale: 0.1,
            threshold: 1.0,
            steps,
        };
        model.set(Head::Question, Punctuation::Absent, weights);
        (model, yes, no)
    }

    #[test]
    fn weights_survive_being_written_and_tell_what_they_told() {
        let (model, yes, no) = two_facts();
        let read = Model::read(&model.write()).unwrap();
        assert_eq!(read, model);
        let margin = |features| read.margin(Head::Question, Punctuation::Absent, features);
        assert!((margin(&yes) - 3.0).abs() < 1e-5 && (margin(&no) + 5.0).abs() < 1e-5);
        assert!(read.margin(Head::Question, Punctuation::Written, &yes) < 0.0);
    }

    #[test]
    fn what_is_not_weights_is_refused() {
        assert!(matches!(Model::read(b"ATT"), Err(ModelError::NotWeights)));
        assert!(matches!(Model::read(b"ATTN\x09\x01xx"), Err(ModelError::Version(9))));
        let whole = two_facts().0.write();
        assert!(matches!(
            Model::read(&whole[..whole.len() / 2]),
            Err(ModelError::Damaged(_))
        ));
    }

    #[test]
    fn the_weights_in_the_tree_are_whole() {
        let shipped = Model::shipped();
        for punctuation in [Punctuation::Written, Punctuation::Absent] {
            for head in Head::ALL {
                let there = shipped.tables.get(slot(head, punctuation));
                assert!(matches!(there, Some(Some(_))), "{head:?} {punctuation:?}");
            }
        }
    }
}
