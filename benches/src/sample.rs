//! Real speech to measure with: the sample meeting's microphone, 16 kHz.

use attune_ingest::media;
use std::path::{Path, PathBuf};

/// The recording, which is in the repository.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/sample/meeting.mic.opus")
}

/// The first `seconds` of the microphone of the sample meeting.
///
/// # Panics
/// When the sample is not in the tree or is no recording: without it nothing can be measured.
pub fn microphone(seconds: usize) -> Vec<i16> {
    let recording = media::decode(&path(), &mut |_| {}).expect("invariant: the sample meeting is in the tree");
    let mut samples = recording.channels.into_iter().next().unwrap_or_default();
    samples.truncate(seconds * 16_000);
    samples
}
