//! Frames before and after their seal.

use attune_ingest::protocol::{Prefix, Stream};
use attune_ingest::seal::{Opener, Sealer};
use uuid::Uuid;

/// Of this connection and no other.
const KEY: [u8; 32] = [7; 32];
const EPOCH: u64 = 3;
const SESSION: Uuid = Uuid::from_u128(0x5e55_1011);

/// Whole numbers that JavaScript can hold.
const MAX_WHOLE: u64 = (1 << 53) - 1;

/// The 23 bytes that a frame begins with.
///
/// # Panics
/// When a prefix that was taken in is out of range, or other bytes once it is written again.
pub fn prefix(bytes: &[u8]) {
    if let Ok(prefix) = Prefix::parse(bytes) {
        assert!(prefix.seq <= MAX_WHOLE && prefix.first_sample <= MAX_WHOLE);
        assert_eq!(prefix.encode(), bytes[..Prefix::LEN]);
    }
}

/// Messages to a connection: each is a length in two bytes, big-endian, and so many bytes. What is opened is the next frame of
/// its stream and nothing but what the connection's own key seals, and what is refused moves nothing.
///
/// # Panics
/// When a forged or repeated message is opened, or a refused one moves a stream.
pub fn sealed(bytes: &[u8]) {
    let mut opener = Opener::new(&KEY, EPOCH, SESSION);
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (message, behind) = behind.split_at(usize::from(u16::from_be_bytes(*length)).min(behind.len()));
        rest = behind;
        let before = Stream::ALL.map(|stream| opener.expected(stream));
        let opened = opener.open(message);
        let mut expected = before;
        if let Ok(frame) = opened {
            let next = &mut expected[usize::from(frame.prefix.stream.byte())];
            assert_eq!(frame.prefix.seq, *next, "a frame out of its turn was opened");
            *next += 1;
            let again = Sealer::new(&KEY, EPOCH, SESSION).seal(&frame.prefix, &frame.payload);
            assert_eq!(again.as_deref(), Ok(message), "a forged frame was opened");
        }
        assert_eq!(Stream::ALL.map(|stream| opener.expected(stream)), expected);
    }
}

/// What [`sealed`] opens: a frame of `payload` on each of `prefixes`, as one input.
///
/// # Panics
/// When a frame cannot be sealed.
pub fn messages(frames: &[(Prefix, Vec<u8>)]) -> Vec<u8> {
    let mut sealer = Sealer::new(&KEY, EPOCH, SESSION);
    let mut bytes = Vec::new();
    for (prefix, payload) in frames {
        let message = sealer.seal(prefix, payload).expect("an honest frame is sealed");
        let length = u16::try_from(message.len()).expect("an honest frame is short");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&message);
    }
    bytes
}
