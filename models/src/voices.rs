//! Speaker embeddings by the GE2E encoder of Wan et al. (2018), with the weights of the Python package `resemblyzer`.
//!
//! 40 mel powers every 10 ms, three recurrent layers of 256, and the last one's last state through a linear layer: 256 numbers
//! that point the same way for one voice. The arithmetic is ours, a few hundred lines: a runtime would want the network in
//! another format, and there is none in the package. `scripts/voices-reference.py` computes the values that it is tested
//! against from the same weights.

mod arithmetic;
mod mel;
mod network;
mod weights;

pub use weights::VoicesError;

use crate::store::Store;
use attune_engine::voices::{Embedding, SpeakerEmbedder, TellsVoices};
use mel::Mel;
use network::Network;
use std::sync::Arc;

/// What the manifest calls it.
pub const MODEL: &str = "speaker-ge2e";

/// What tells voices apart on this machine: the encoder, where it is installed.
///
/// # Errors
/// When it is there and cannot be used. Meetings go on without it.
pub fn installed(store: &Store) -> Result<TellsVoices, VoicesError> {
    match Ge2e::load(store) {
        Ok(encoder) => Ok(TellsVoices::Apart(Arc::new(encoder))),
        Err(VoicesError::Missing(_)) => Ok(TellsVoices::NotInstalled),
        Err(error) => Err(error),
    }
}

/// The encoder, ready. 5.4 MB of weights, shared by all workers.
pub struct Ge2e {
    mel: Mel,
    network: Network,
}

impl std::fmt::Debug for Ge2e {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ge2e")
    }
}

impl Ge2e {
    /// The encoder in `store`.
    ///
    /// # Errors
    /// When it is not there, or is not what the manifest names.
    pub fn load(store: &Store) -> Result<Self, VoicesError> {
        Ok(Self {
            mel: Mel::new(),
            network: weights::read(&store.path(MODEL)?)?,
        })
    }
}

impl SpeakerEmbedder for Ge2e {
    fn embed(&self, windows: &[&[i16]]) -> Vec<Option<Embedding>> {
        // Windows that are equally long go through the network together, where one reading of the weights serves them all.
        let sounds = |index: &usize| windows[*index].iter().any(|sample| *sample != 0);
        let mut order: Vec<usize> = (0..windows.len()).filter(sounds).collect();
        order.sort_by_key(|&index| windows[index].len());
        let mut embeddings = vec![None; windows.len()];
        for together in order.chunk_by(|&one, &other| mel::frames(windows[one]) == mel::frames(windows[other])) {
            for together in together.chunks(network::TOGETHER) {
                let mels: Vec<Vec<f32>> = together.iter().map(|&index| self.mel.of(windows[index])).collect();
                for (&index, values) in together.iter().zip(self.network.run(&mels)) {
                    embeddings[index] = Embedding::of(values);
                }
            }
        }
        embeddings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
