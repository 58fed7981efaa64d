//! Everything learned, and everything with a runtime: the model store, voice activity and the recognizers.
//!
//! Start at [`choose`]: it looks at what is on the machine and hands back a recognizer per worker, and voice activity.
//! Everything here blocks and computes; callers run it on threads of their own, never on an async worker.

pub mod choose;
pub mod manifest;
mod onnx;
pub mod remote;
pub mod scripted;
#[cfg(any(test, feature = "seeded"))]
pub mod seeded;
pub mod silero;
pub mod sphinx;
#[cfg(test)]
mod spoken;
pub mod store;
pub mod voices;
pub mod whisper;

pub use choose::{Choice, NoRecognizer, NoVoice, Recognizers, Wanted, Worker, recognizers, voice_activity};
pub use remote::{Endpoint, Line, Remote, RemoteSettings};
pub use scripted::Scripted;
pub use silero::Silero;
pub use sphinx::Sphinx;
pub use store::{Missing, Progress, Store};
pub use voices::Ge2e;
pub use whisper::Whisper;
