//! Voice activity: is there a voice in this frame? The model lives in `attune-models`; the engine keeps one state per
//! track, so that a single model serves every track in one batch.

/// Samples of one frame: 32 ms at 16 kHz, the window Silero was trained on.
pub const VOICE_FRAME_SAMPLES: usize = 512;

/// Samples of the frame before that the model sees in front of each frame.
pub const VOICE_CONTEXT_SAMPLES: usize = 64;

/// Numbers of recurrent state per track: two layers of 128.
pub const VOICE_RECURRENT: usize = 2 * 128;

/// What the model remembers of one track.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceState {
    /// The recurrent layers.
    pub recurrent: [f32; VOICE_RECURRENT],
    /// The end of the frame before.
    pub context: [f32; VOICE_CONTEXT_SAMPLES],
}

impl Default for VoiceState {
    fn default() -> Self {
        Self {
            recurrent: [0.0; VOICE_RECURRENT],
            context: [0.0; VOICE_CONTEXT_SAMPLES],
        }
    }
}

/// One track's frame in a batch.
#[derive(Debug)]
pub struct VoiceFrame<'a> {
    /// That track's memory, replaced by the call.
    pub state: &'a mut VoiceState,
    /// The frame, -1 to 1.
    pub samples: &'a [f32; VOICE_FRAME_SAMPLES],
    /// Filled in: the probability of a voice, 0 to 1.
    pub probability: f32,
}

/// The model failed on a batch.
#[derive(Debug, thiserror::Error)]
#[error("voice activity failed: {0}")]
pub struct VoiceError(pub String);

/// Detects voices in a batch of frames of different tracks.
pub trait VoiceActivity: Send {
    /// What it is, such as `silero 6.2 (onnxruntime 1.31)`.
    fn name(&self) -> &str;

    /// Fills in the probability of each frame and moves each state on. The result for a frame does not depend on what
    /// else is in the batch.
    ///
    /// # Errors
    /// When the runtime fails; the states are then as they were.
    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_that_heard_nothing_remembers_nothing() {
        let state = VoiceState::default();
        assert!(state.recurrent.iter().chain(&state.context).all(|value| *value == 0.0));
        assert_eq!(
            VoiceError("the runtime is gone".into()).to_string(),
            "voice activity failed: the runtime is gone"
        );
    }
}
