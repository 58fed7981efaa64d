//! Real speech to measure with: the sample meeting, 16 kHz.

use attune_engine::speaker::Track;
use attune_ingest::media;
use std::path::Path;

/// The recordings, which are in the repository.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample");

/// The first `seconds` of the microphone of the sample meeting.
///
/// # Panics
/// As for [`track`].
pub fn microphone(seconds: usize) -> Vec<i16> {
    track(Track::Mic, seconds)
}

/// The first `seconds` of a track of the sample meeting.
///
/// # Panics
/// When the sample is not in the tree or is no recording: without it nothing can be measured.
pub fn track(track: Track, seconds: usize) -> Vec<i16> {
    let path = Path::new(FOLDER).join(format!("meeting.{}.opus", track.as_str()));
    let recording = media::decode(&path, &mut |_| {}).expect("invariant: the sample meeting is in the tree");
    let mut samples = recording.channels.into_iter().next().unwrap_or_default();
    samples.truncate(seconds * 16_000);
    samples
}
