//! The reference client: what `attune replay`, the demo, the tests and the load generator speak `attune.v1` with.
//!
//! [`Api`] asks the server for things (a device, a meeting, a session, a connection); [`Recorder`] captures, keeps every
//! frame sealed on disk until the server has committed what it holds, and survives the loss of the connection, of the
//! server and of its own process.

mod api;
mod buffer;
mod device;
mod encode;
mod event;
mod link;
pub mod private_file;
mod recorder;
mod recording;
mod way;
mod window;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fake;

pub use api::{Api, ApiFailure, Connection, Meeting, NewMeeting};
pub use buffer::{Buffer, BufferError, Pushed};
pub use device::{Device, DeviceError};
pub use encode::{EncodeError, TrackEncoder};
pub use event::{ClientEvent, Finished};
pub use link::{Link, LinkDown, LinkEnd, LinkError, LinkUp};
pub use recorder::{Options, Recorder, RecorderError, RetryCause};
pub use recording::{Cue, Recording, TrackAudio, What};
pub use way::{ByteStream, Way};
