//! What lies below a socket: the bytes of WebSocket frames. They are counted as they are read, for the library above shows whole
//! messages alone: a message in a million pieces, or one that never ends, would cost us and be seen by nobody.

use attune_ingest::protocol::Limits;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Frames a second, of messages, of pieces of them and of control, that may be sustained.
const FRAMES_PER_S: f64 = 200.0;
/// Those that may come at once: a message of a burst may be in two pieces.
const BURST: f64 = 2.0 * Limits::BURST_FRAMES as f64;

/// A peer sends more frames than any client of ours: the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {FRAMES_PER_S} WebSocket frames a second")]
pub(super) struct TooManyFrames;

/// A stream whose frames are counted. It begins with the first byte of a frame.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    inner: S,
    frames: Frames,
    left: f64,
    since: Instant,
}

impl<S> Wire<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            frames: Frames::default(),
            left: BURST,
            since: Instant::now(),
        }
    }

    fn take(&mut self, frames: u32, now: Instant) -> Result<(), TooManyFrames> {
        let passed_s = now.saturating_duration_since(self.since).as_secs_f64();
        self.since = now;
        self.left = (self.left + passed_s * FRAMES_PER_S).min(BURST) - f64::from(frames);
        if self.left < 0.0 { Err(TooManyFrames) } else { Ok(()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let frames = self.frames.begun_in(&buffer.filled()[before..]);
        if frames > 0 {
            self.take(frames, Instant::now()).map_err(io::Error::other)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// The longest head of a frame (RFC 6455, section 5.2): two bytes, a length of eight, a mask of four.
const HEAD: usize = 14;

/// Finds where frames begin in a stream of them, however it is cut.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes of the frame under way that are still to come.
    payload: u64,
    /// What came of the next frame's head.
    head: [u8; HEAD],
    came: u8,
}

impl Frames {
    /// How many heads of frames end in these bytes.
    fn begun_in(&mut self, mut bytes: &[u8]) -> u32 {
        let mut begun = 0;
        while !bytes.is_empty() {
            if self.payload > 0 {
                let skipped = bytes.len().min(usize::try_from(self.payload).unwrap_or(usize::MAX));
                self.payload -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[usize::from(self.came)] = bytes[0];
            self.came += 1;
            bytes = &bytes[1..];
            if let Some(payload) = self.payload_of_head() {
                self.payload = payload;
                self.came = 0;
                begun += 1;
            }
        }
        begun
    }

    /// The length of what follows the head, once the head is whole.
    fn payload_of_head(&self) -> Option<u64> {
        let head = self.head.get(..usize::from(self.came))?;
        let second = *head.get(1)?;
        let (of_length, of_mask) = (
            match second & 0x7f {
                126 => 2,
                127 => 8,
                _ => 0,
            },
            if second & 0x80 == 0 { 0 } else { 4 },
        );
        if head.len() < 2 + of_length + of_mask {
            return None;
        }
        Some(match of_length {
            0 => u64::from(second & 0x7f),
            of_length => head[2..2 + of_length]
                .iter()
                .fold(0, |length, byte| length << 8 | u64::from(*byte)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A frame as a client sends it.
    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x82];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend(payload);
        frame
    }

    proptest! {
        #[test]
        fn frames_are_counted_however_the_stream_is_cut(
            lengths in prop::collection::vec(prop_oneof![0_usize..4, 120_usize..130, 65_530_usize..65_540], 1..12),
            cuts in prop::collection::vec(1_usize..200, 1..8),
        ) {
            let stream: Vec<u8> = lengths.iter().flat_map(|length| frame(&vec![0x82; *length])).collect();
            let mut frames = Frames::default();
            let (mut rest, mut begun) = (stream.as_slice(), 0);
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                begun += frames.begun_in(now);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(begun as usize, lengths.len());
            prop_assert_eq!((frames.payload, frames.came), (0, 0));
        }

        #[test]
        fn no_bytes_at_all_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            Frames::default().begun_in(&bytes);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_two_hundred_a_second() {
        let (mut peer, ours) = tokio::io::duplex(1 << 20);
        let mut wire = Wire::new(ours);
        let mut buffer = vec![0; 1 << 16];
        let mut read = async |peer: &mut tokio::io::DuplexStream, frames: usize| {
            peer.write_all(&frame(b"").repeat(frames)).await.unwrap();
            let mut left = frames * frame(b"").len();
            while left > 0 {
                left -= wire.read(&mut buffer).await?;
            }
            Ok::<_, io::Error>(())
        };
        read(&mut peer, BURST as usize).await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
        read(&mut peer, 400).await.unwrap();
        let broke = read(&mut peer, 10).await.unwrap_err();
        assert!(
            broke.get_ref().is_some_and(|error| error.is::<TooManyFrames>()),
            "{broke:?}"
        );
    }
}
