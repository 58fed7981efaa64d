//! Every frame, sealed and opened: SFrame (RFC 9605) with suite 0x0005, AES_256_GCM_SHA512_128.
//!
//! `KID = epoch << 8 | stream`, `CTR = seq`, no ratchet; the clear prefix and the session id are SFrame metadata. Keys
//! are of one connection and one direction, and within it a sealer never seals a number twice: no nonce repeats.

use crate::protocol::{CloseCode, Frame, Limits, Prefix, PrefixError, Stream};
use sframe::CipherSuite;
use sframe::frame::{EncryptedFrameView, MediaFrameView, SingleUseCounter};
use sframe::header::SframeHeader;
use sframe::key::{DecryptionKey, EncryptionKey};
use uuid::Uuid;
use zeroize::Zeroizing;

const SUITE: CipherSuite = CipherSuite::AesGcm256Sha512;

/// Bytes of the AES-GCM tag.
const TAG_BYTES: usize = 16;

/// A prefix and the longest SFrame header, the tag and nothing in between: what sealing adds at most.
pub const MAX_OVERHEAD_BYTES: usize = Prefix::LEN + 17 + TAG_BYTES;

/// The number of the last epoch whose KID fits 64 bits and whose number fits JSON.
const MAX_EPOCH: u64 = crate::protocol::MAX_WHOLE;

/// Seals the frames of one direction of one connection.
pub struct Sealer {
    base_key: Zeroizing<[u8; 32]>,
    epoch: u64,
    /// Of the streams that something was sealed on: most connections use two of the five.
    keys: [Option<EncryptionKey>; Stream::ALL.len()],
    session: Uuid,
    /// Per stream, the lowest `seq` that has not been used.
    unused: [u64; Stream::ALL.len()],
}

/// Why a frame was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// This number of the stream has been used on this connection: its nonce would repeat.
    #[error("frame {seq} of {stream:?} was sealed before")]
    Reused {
        /// The stream.
        stream: Stream,
        /// The number.
        seq: u64,
    },
    /// More than a message may hold.
    #[error("payload of {0} bytes is over the limit of a message")]
    TooLarge(usize),
    /// The cipher refused; it does so only for lengths that the limit excludes.
    #[error("the frame could not be encrypted")]
    Cipher,
}

/// Opens the frames of one direction of one connection, each once and in order.
pub struct Opener {
    base_key: Zeroizing<[u8; 32]>,
    epoch: u64,
    /// Of the streams that a frame in its turn has come on.
    keys: [Option<DecryptionKey>; Stream::ALL.len()],
    session: Uuid,
    /// Per stream, the `seq` that comes next.
    next: [u64; Stream::ALL.len()],
}

/// Why a message was not opened. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Over the limit of a message.
    #[error("message of {0} bytes is over the limit")]
    TooLarge(usize),
    /// No prefix.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// The SFrame header is not the one that belongs to the prefix on this connection.
    #[error("the frame's header does not belong to this connection")]
    Header,
    /// Older than what is expected: sent again, or replayed. To be acknowledged again and dropped.
    #[error("frame {seq} of {stream:?} has been here")]
    Seen {
        /// The stream.
        stream: Stream,
        /// Its number.
        seq: u64,
    },
    /// Newer than what is expected. To be answered with `expected`.
    #[error("{stream:?} goes on at {expected}, not at {seq}")]
    Ahead {
        /// The stream.
        stream: Stream,
        /// Its number.
        seq: u64,
        /// The one that must come next.
        expected: u64,
    },
    /// Not sealed with this connection's key, or changed on its way.
    #[error("the frame does not authenticate")]
    Forged,
}

impl OpenError {
    /// The code to close with, if the message is a reason to close.
    pub const fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::TooLarge(_) => Some(CloseCode::TooLarge),
            Self::Prefix(_) | Self::Header | Self::Forged => Some(CloseCode::Malformed),
            Self::Seen { .. } | Self::Ahead { .. } => None,
        }
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer")
            .field("unused", &self.unused)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// Seals with `base_key`, the exporter's secret of this direction.
    ///
    /// # Panics
    /// When `epoch` is above 2^53 - 1: a server counts them from 1.
    pub fn new(base_key: &[u8; 32], epoch: u64, session: Uuid) -> Self {
        assert!(epoch <= MAX_EPOCH, "epochs are below 2^53");
        Self {
            base_key: Zeroizing::new(*base_key),
            epoch,
            keys: Default::default(),
            session,
            unused: [0; Stream::ALL.len()],
        }
    }

    /// The message that carries `payload` under `prefix`. A stream's numbers only rise within a connection.
    ///
    /// # Errors
    /// When the number has been used or the payload is too long. Nothing has changed then.
    pub fn seal(&mut self, prefix: &Prefix, payload: &[u8]) -> Result<Vec<u8>, SealError> {
        let index = usize::from(prefix.stream.byte());
        if prefix.seq < self.unused[index] {
            return Err(SealError::Reused {
                stream: prefix.stream,
                seq: prefix.seq,
            });
        }
        if payload.len() > Limits::MESSAGE_BYTES - MAX_OVERHEAD_BYTES {
            return Err(SealError::TooLarge(payload.len()));
        }
        let metadata = metadata(prefix, self.session);
        let frame = MediaFrameView::try_with_meta_data(&mut SingleUseCounter::new(prefix.seq), payload, &metadata)
            .map_err(|_| SealError::Cipher)?;
        let mut sealed = Vec::with_capacity(payload.len() + MAX_OVERHEAD_BYTES + 16);
        let key = self.keys[index].get_or_insert_with(|| {
            EncryptionKey::derive_from(SUITE, kid(self.epoch, prefix.stream), self.base_key.as_slice())
                .expect("invariant: HKDF-SHA512 makes 44 bytes of any key")
        });
        frame.encrypt_into(&*key, &mut sealed).map_err(|_| SealError::Cipher)?;
        self.unused[index] = prefix.seq + 1;
        // SFrame hands back `metadata ‖ header ‖ ciphertext ‖ tag`. On the wire the session id is understood.
        sealed.drain(Prefix::LEN..Prefix::LEN + 16);
        Ok(sealed)
    }
}

impl Opener {
    /// Opens with `base_key`, the exporter's secret of this direction. Every stream is expected at frame 0.
    ///
    /// # Panics
    /// When `epoch` is above 2^53 - 1: a server counts them from 1.
    pub fn new(base_key: &[u8; 32], epoch: u64, session: Uuid) -> Self {
        assert!(epoch <= MAX_EPOCH, "epochs are below 2^53");
        Self {
            base_key: Zeroizing::new(*base_key),
            epoch,
            keys: Default::default(),
            session,
            next: [0; Stream::ALL.len()],
        }
    }

    /// Expects `stream` to go on at `seq`: what `welcome` said of it.
    pub fn expect(&mut self, stream: Stream, seq: u64) {
        self.next[usize::from(stream.byte())] = seq;
    }

    /// The frame that must come next on `stream`.
    pub fn expected(&self, stream: Stream) -> u64 {
        self.next[usize::from(stream.byte())]
    }

    /// Screens a message, opens it and records its number, in this order and in one go: what is forged or out of order
    /// changes nothing.
    ///
    /// # Errors
    /// When it is not the next frame of its stream, sealed for this connection. [`OpenError::close_code`] says which of
    /// these end the connection.
    pub fn open(&mut self, message: &[u8]) -> Result<Frame, OpenError> {
        let (prefix, sframe) = self.screen(message)?;
        let index = usize::from(prefix.stream.byte());
        let metadata = metadata(&prefix, self.session);
        let sealed = EncryptedFrameView::try_with_meta_data(sframe, &metadata).map_err(|_| OpenError::Header)?;
        let mut buffer = Vec::with_capacity(message.len() + metadata.len());
        let key = self.keys[index].get_or_insert_with(|| {
            DecryptionKey::derive_from(SUITE, kid(self.epoch, prefix.stream), self.base_key.as_slice())
                .expect("invariant: HKDF-SHA512 makes 44 bytes of any key")
        });
        let opened = sealed.decrypt_into(&*key, &mut buffer).map_err(|_| OpenError::Forged)?;
        let payload = opened.payload().to_vec();
        zeroize::Zeroize::zeroize(&mut buffer);
        self.next[index] = prefix.seq + 1;
        Ok(Frame { prefix, payload })
    }

    /// Everything that can be refused without a key, and the order of frames.
    fn screen<'a>(&self, message: &'a [u8]) -> Result<(Prefix, &'a [u8]), OpenError> {
        if message.len() > Limits::MESSAGE_BYTES {
            return Err(OpenError::TooLarge(message.len()));
        }
        let prefix = Prefix::parse(message)?;
        let sframe = &message[Prefix::LEN..];
        // Comparing whole bytes leaves no second way to write the same header.
        let header = SframeHeader::new(kid(self.epoch, prefix.stream), prefix.seq);
        if !sframe.starts_with(&Vec::from(&header)) {
            return Err(OpenError::Header);
        }
        let (stream, seq, expected) = (prefix.stream, prefix.seq, self.expected(prefix.stream));
        match seq.cmp(&expected) {
            std::cmp::Ordering::Less => Err(OpenError::Seen { stream, seq }),
            std::cmp::Ordering::Greater => Err(OpenError::Ahead { stream, seq, expected }),
            std::cmp::Ordering::Equal => Ok((prefix, sframe)),
        }
    }
}

fn kid(epoch: u64, stream: Stream) -> u64 {
    epoch << 8 | u64::from(stream.byte())
}

fn metadata(prefix: &Prefix, session: Uuid) -> [u8; Prefix::LEN + 16] {
    let mut bytes = [0; Prefix::LEN + 16];
    bytes[..Prefix::LEN].copy_from_slice(&prefix.encode());
    bytes[Prefix::LEN..].copy_from_slice(session.as_bytes());
    bytes
}

#[cfg(test)]
mod tests;
