//! The network: recurrent layers with gates (Hochreiter and Schmidhuber's, as PyTorch has them), and a linear one.

use super::arithmetic::{Matrix, ROWS, Work, sigmoid, tanh, widest};
use super::mel::BANDS;
use zeroize::Zeroizing;

/// Width of a layer, and of an embedding.
pub(super) const WIDTH: usize = 256;
/// Gates of a layer: what comes in, what is kept, what is new, what goes out.
pub(super) const GATES: usize = 4;
/// Windows that are run together. Where there are fewer, silence fills the places: the compiler keeps four sums in registers
/// and makes slow work of one (measured: 300 ms for one row, 21 ms for four).
pub(super) const TOGETHER: usize = ROWS;

/// One recurrent layer.
pub(super) struct Layer {
    /// From what comes in to the gates.
    pub(super) from_input: Matrix,
    /// From the layer's own state before to the gates.
    pub(super) from_state: Matrix,
    /// Of the gates.
    pub(super) bias: Vec<f32>,
}

/// All of it.
pub(super) struct Network {
    pub(super) layers: Vec<Layer>,
    pub(super) last: Matrix,
    pub(super) last_bias: Vec<f32>,
}

impl Network {
    /// What it makes of windows of mel powers that are equally long: [`WIDTH`] numbers each, none negative.
    pub(super) fn run(&self, windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        widest(Pass { network: self, windows })
    }
}

struct Pass<'a> {
    network: &'a Network,
    windows: &'a [Vec<f32>],
}

impl Work for Pass<'_> {
    type Made = Vec<Vec<f32>>;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Vec<Vec<f32>> {
        let Self { network, windows } = self;
        let together = windows.len().next_multiple_of(TOGETHER);
        let silence = vec![0.0; BANDS];
        let silence = std::iter::repeat_n(silence.as_slice(), together - windows.len());
        let frames = windows.first().map_or(0, |window| window.len() / BANDS);
        // Frame by frame, and in each window by window.
        let sequence: Vec<f32> = (0..frames)
            .flat_map(|frame| {
                let heard = windows.iter().map(move |window| &window[frame * BANDS..][..BANDS]);
                heard.chain(silence.clone()).flatten()
            })
            .copied()
            .collect();
        // The last state and what is made of it are embeddings, which are wiped wherever they were.
        let mut sequence = Zeroizing::new(sequence);
        for layer in &network.layers {
            sequence = layer.run::<FUSED>(&sequence, together);
        }
        let state = &sequence[sequence.len().saturating_sub(together * WIDTH)..];
        let mut made = Zeroizing::new(network.last_bias.repeat(state.len() / WIDTH));
        network.last.add::<FUSED>(state, &mut made);
        made.iter_mut().for_each(|value| *value = value.max(0.0));
        let made = made.chunks_exact(WIDTH).map(<[f32]>::to_vec);
        made.take(windows.len()).collect()
    }
}

impl Layer {
    /// The layer's states over a sequence: for each frame, one of each window.
    #[inline(always)]
    fn run<const FUSED: bool>(&self, sequence: &[f32], together: usize) -> Zeroizing<Vec<f32>> {
        let gates = GATES * WIDTH;
        let steps = sequence.len() / self.from_input.inputs();
        // What comes in is known for all frames: one product for all of them.
        let mut sums = self.bias.repeat(steps);
        self.from_input.add::<FUSED>(sequence, &mut sums);
        let mut states = Zeroizing::new(Vec::with_capacity(steps * WIDTH));
        let mut state = Zeroizing::new(vec![0.0; together * WIDTH]);
        let mut memory = Zeroizing::new(vec![0.0; together * WIDTH]);
        for sums in sums.chunks_exact_mut(together * gates) {
            self.from_state.add::<FUSED>(&state, sums);
            for (window, sums) in sums.chunks_exact(gates).enumerate() {
                let (input, rest) = sums.split_at(WIDTH);
                let (kept, rest) = rest.split_at(WIDTH);
                let (new, output) = rest.split_at(WIDTH);
                let memory = &mut memory[window * WIDTH..][..WIDTH];
                let state = &mut state[window * WIDTH..][..WIDTH];
                for cell in 0..WIDTH {
                    memory[cell] = sigmoid(kept[cell]) * memory[cell] + sigmoid(input[cell]) * tanh(new[cell]);
                    state[cell] = sigmoid(output[cell]) * tanh(memory[cell]);
                }
            }
            states.extend_from_slice(&state);
        }
        states
    }
}
