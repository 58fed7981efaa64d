//! A Whisper model file without learned weights.
