//! The payload of an audio frame.

use attune_ingest::protocol::{Codec, OpusFrame, PcmFrame};
use attune_ingest::sound::SoundDecoder;

/// The most that one frame may hold, at 16 kHz: 240 ms, and what a resampler had held back.
const MOST_SAMPLES: usize = 3_840 + 1_024;

/// One payload, as each codec would take it.
///
/// # Panics
/// When a payload that was taken in is other bytes once it is written again, or makes more sound than its declared length.
pub fn audio(bytes: &[u8]) {
    if let Ok(opus) = OpusFrame::parse(bytes) {
        let again = OpusFrame::encode(opus.packets(), bytes.len());
        assert_eq!(again.as_deref(), Ok(bytes));
    }
    if let Ok(pcm) = PcmFrame::parse(bytes, 48_000) {
        assert_eq!(PcmFrame::encode(&pcm.iter().collect::<Vec<_>>()), bytes);
    }
    for (codec, rate_hz) in [
        (Codec::Opus, 48_000),
        (Codec::PcmS16le, 16_000),
        (Codec::PcmS16le, 48_000),
    ] {
        let mut decoder = SoundDecoder::new(codec, rate_hz, 0).expect("these codecs are there");
        let declared = decoder.samples(bytes);
        let decoded = decoder.decode(bytes);
        // What is refused is refused before it costs anything, but for what only libopus can tell.
        assert!(declared.is_ok() || decoded.is_err());
        if let Ok(sound) = decoded {
            assert!(sound.len() <= MOST_SAMPLES, "{} samples of one frame", sound.len());
            assert_eq!(Some(decoder.at()), declared.ok());
        }
    }
}
