//! Silero voice activity, one model for every track: the frames of all tracks that wait make one batch.
//!
//! Alone a frame costs 102-132 µs, in batches of 64 or more 46-49 µs. The model lives through its recurrent state, which belongs
//! to each track ([`VoiceState`](attune_engine::voice::VoiceState)), so nothing of one track reaches another.

use crate::onnx::{self, OnnxError};
use crate::store::Store;
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::voice::{
    VOICE_CONTEXT_SAMPLES, VOICE_FRAME_SAMPLES, VOICE_RECURRENT, VoiceActivity, VoiceError, VoiceFrame,
};
use ort::session::Session;
use ort::value::{Tensor, TensorRef};

/// What the model sees of one track at a time: the end of the frame before, and the frame.
const WINDOW: usize = VOICE_CONTEXT_SAMPLES + VOICE_FRAME_SAMPLES;

/// Recurrent layers of the model.
const LAYERS: usize = 2;

/// Numbers per recurrent layer.
const WIDTH: usize = VOICE_RECURRENT / LAYERS;

/// The model, ready.
#[derive(Debug)]
pub struct Silero {
    session: Session,
    rate: Tensor<i64>,
    name: String,
    /// `[batch, window]`, kept between calls so that a call allocates nothing of its own.
    windows: Vec<f32>,
    /// `[layer, batch, width]`.
    states: Vec<f32>,
}

impl Silero {
    /// The model in `store`, on the runtime in `store`.
    ///
    /// # Errors
    /// When either is missing or does not load.
    pub fn load(store: &Store) -> Result<Self, OnnxError> {
        let path = store.path("silero")?;
        let environment = onnx::environment(store)?;
        let session = Session::builder(&environment)?
            // One core: the batch is one thread's work, and the other cores recognise speech.
            .with_intra_threads(1)
            .map_err(ort::Error::from)?
            .with_inter_threads(1)
            .map_err(ort::Error::from)?
            .commit_from_file(path)?;
        Ok(Self {
            session,
            rate: Tensor::from_array(((), vec![i64::from(SAMPLE_RATE_HZ)]))?,
            name: "silero 6.2 (onnxruntime 1.31)".to_owned(),
            windows: Vec::new(),
            states: Vec::new(),
        })
    }

    fn run(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), ort::Error> {
        let tracks = batch.len();
        self.gather(batch);
        let outputs = self.session.run(ort::inputs! {
            "input" => TensorRef::from_array_view(([tracks, WINDOW], self.windows.as_slice()))?,
            "state" => TensorRef::from_array_view(([LAYERS, tracks, WIDTH], self.states.as_slice()))?,
            "sr" => &self.rate,
        })?;
        let (_, probabilities) = outputs["output"].try_extract_tensor::<f32>()?;
        let (_, states) = outputs["stateN"].try_extract_tensor::<f32>()?;
        if probabilities.len() != tracks || states.len() != LAYERS * tracks * WIDTH {
            return Err(ort::Error::new("the model answered in another shape"));
        }
        for (track, frame) in batch.iter_mut().enumerate() {
            frame.probability = probabilities[track].clamp(0.0, 1.0);
            for layer in 0..LAYERS {
                let from = (layer * tracks + track) * WIDTH;
                frame.state.recurrent[layer * WIDTH..][..WIDTH].copy_from_slice(&states[from..][..WIDTH]);
            }
            let end = &frame.samples[VOICE_FRAME_SAMPLES - VOICE_CONTEXT_SAMPLES..];
            frame.state.context.copy_from_slice(end);
        }
        Ok(())
    }

    /// Lays the batch out as the model wants it.
    fn gather(&mut self, batch: &[VoiceFrame<'_>]) {
        self.windows.clear();
        self.states.clear();
        for frame in batch {
            self.windows.extend_from_slice(&frame.state.context);
            self.windows.extend_from_slice(frame.samples);
        }
        for layer in 0..LAYERS {
            for frame in batch {
                self.states
                    .extend_from_slice(&frame.state.recurrent[layer * WIDTH..][..WIDTH]);
            }
        }
    }
}

impl VoiceActivity for Silero {
    fn name(&self) -> &str {
        &self.name
    }

    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.run(batch).map_err(|error| VoiceError(error.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
