//! The weights, where they lie in the file of the manifest: PyTorch's format from before it was a zip archive, in which numbers
//! lie plain behind a page of pickled Python. The manifest pins that file to the byte, so where each tensor lies is known; what
//! stands in front of each, its length, is checked. `scripts/voices-reference.py --offsets` finds the places.

use super::arithmetic::Matrix;
use super::mel::BANDS;
use super::network::{GATES, Layer, Network, WIDTH};
use crate::store::Missing;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// All recurrent layers lie in one piece of so many numbers, the input and state weights of each layer, then their biases.
const RECURRENT: Tensor = Tensor {
    at: 269_875,
    length: 1_357_824,
};
/// Of the linear layer.
const LAST: Tensor = Tensor {
    at: 7_723,
    length: WIDTH * WIDTH,
};
const LAST_BIAS: Tensor = Tensor {
    at: 6_691,
    length: WIDTH,
};
/// Numbers that come into each layer.
const INPUTS: [usize; 3] = [BANDS, WIDTH, WIDTH];

/// The encoder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum VoicesError {
    /// It was never fetched.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Its file cannot be read.
    #[error("reading the weights that tell voices apart")]
    Unreadable(#[from] io::Error),
    /// Its file is as long as it should be, and another.
    #[error("the weights that tell voices apart are not those of the manifest: `attune models verify`")]
    Changed,
}

/// Numbers in a row: how many, in 8 bytes, and then the numbers.
struct Tensor {
    at: u64,
    length: usize,
}

impl Tensor {
    fn read(&self, file: &mut File) -> Result<Vec<f32>, VoicesError> {
        file.seek(SeekFrom::Start(self.at))?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        if u64::from_le_bytes(length) != self.length as u64 {
            return Err(VoicesError::Changed);
        }
        let mut bytes = vec![0; self.length * size_of::<f32>()];
        file.read_exact(&mut bytes)?;
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let numbers: Vec<f32> = bytes.chunks_exact(size_of::<f32>()).map(number).collect();
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(numbers)
        } else {
            Err(VoicesError::Changed)
        }
    }
}

/// The network whose weights are in the file at `path`.
pub(super) fn read(path: &Path) -> Result<Network, VoicesError> {
    let mut file = File::open(path)?;
    let recurrent = RECURRENT.read(&mut file)?;
    let last = LAST.read(&mut file)?;
    let last_bias = LAST_BIAS.read(&mut file)?;
    let gates = GATES * WIDTH;
    let all_weights: usize = INPUTS.iter().map(|inputs| gates * (inputs + WIDTH)).sum();
    let (mut weights, mut biases) = recurrent.split_at(all_weights);
    let mut layers = Vec::new();
    for inputs in INPUTS {
        let (from_input, rest) = weights.split_at(gates * inputs);
        let (from_state, rest) = rest.split_at(gates * WIDTH);
        weights = rest;
        let (of_input, rest) = biases.split_at(gates);
        let (of_state, rest) = rest.split_at(gates);
        biases = rest;
        layers.push(Layer {
            from_input: transposed(from_input, inputs),
            from_state: transposed(from_state, WIDTH),
            bias: of_input.iter().zip(of_state).map(|(one, other)| one + other).collect(),
        });
    }
    Ok(Network {
        layers,
        last: transposed(&last, WIDTH),
        last_bias,
    })
}

/// PyTorch keeps a row for each output.
fn transposed(weights: &[f32], inputs: usize) -> Matrix {
    Matrix::new(inputs, weights.len() / inputs, |input, output| {
        weights[output * inputs + input]
    })
}
