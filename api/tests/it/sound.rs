//! Sound to give to the program: the sample meeting, as wave files.

use attune_ingest::media;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample");

/// Both sides of the sample meeting at 16 kHz, decoded once for all tests.
static SIDES: LazyLock<[Vec<i16>; 2]> = LazyLock::new(|| {
    ["mic", "tab"].map(|side| {
        let opus = Path::new(SAMPLE).join(format!("meeting.{side}.opus"));
        media::decode(&opus, &mut |_| {}).unwrap().channels.swap_remove(0)
    })
});

/// The first `seconds` of what I say and of what they say.
pub(crate) fn sides(seconds: usize) -> [&'static [i16]; 2] {
    [&SIDES[0][..seconds * 16_000], &SIDES[1][..seconds * 16_000]]
}

/// A 16-bit wave file of interleaved channels.
pub(crate) fn write_wav(path: PathBuf, channels: &[&[i16]]) -> String {
    let frames = channels[0].len();
    let bytes = u32::try_from(frames * channels.len() * 2).unwrap();
    let count = u16::try_from(channels.len()).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(count.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend((16_000 * u32::from(count) * 2).to_le_bytes());
    wav.extend((count * 2).to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    for frame in 0..frames {
        for channel in channels {
            wav.extend(channel[frame].to_le_bytes());
        }
    }
    std::fs::write(&path, wav).unwrap();
    path.to_str().unwrap().to_owned()
}
