//! One file of the buffer: a salt, then sealed records, appended and never changed.
//!
//! `"ATB1" · salt 16`, then per frame `length u32 · prefix 23 · ciphertext · tag 16`, big-endian. Each file is sealed
//! under its own key, derived from the session's key and the file's salt, so that a number cut off by a crash and used
//! again afterwards never meets the key it was first used with.

use crate::client::private_file;
use crate::protocol::{Frame, Limits, Prefix};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const MAGIC: &[u8; 4] = b"ATB1";
const HEADER_BYTES: usize = 4 + 16;
const TAG_BYTES: usize = 16;
/// A record's length and prefix, ahead of its ciphertext.
const RECORD_HEADER_BYTES: usize = 4 + Prefix::LEN;

/// Where a record lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) segment: u64,
    offset: u64,
    sealed_bytes: u32,
}

/// A file of the buffer.
pub(super) struct Segment {
    pub(super) id: u64,
    path: PathBuf,
    key: LessSafeKey,
    session: Uuid,
    /// Where the next record goes.
    end: u64,
    /// Records in it that are not released.
    pub(super) live: usize,
}

impl Segment {
    /// Makes the file numbered `id`.
    pub(super) fn create(dir: &Path, id: u64, master: &[u8; 32], session: Uuid) -> io::Result<(Self, File)> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let path = path_of(dir, id);
        let file = private_file::create(&path)?;
        begin(&file, &path, &salt)?;
        let segment = Self {
            id,
            path,
            key: derive(master, &salt),
            session,
            end: HEADER_BYTES as u64,
            live: 0,
        };
        Ok((segment, file))
    }

    /// Reads the file numbered `id` after a restart and hands each frame to `found`. What does not open, a record cut
    /// off by a kill above all, ends the file: it is cut there.
    pub(super) fn recover(
        dir: &Path,
        id: u64,
        master: &[u8; 32],
        session: Uuid,
        mut found: impl FnMut(Frame, Place),
    ) -> io::Result<Self> {
        let path = path_of(dir, id);
        let mut bytes = Vec::new();
        let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
        file.read_to_end(&mut bytes)?;
        let salt = match bytes.split_first_chunk::<4>() {
            Some((magic, rest)) if magic == MAGIC => rest.first_chunk::<16>().copied(),
            _ => None,
        };
        let mut segment = Self {
            id,
            path,
            // A file without a whole header holds nothing, and its key opens nothing.
            key: derive(master, &salt.unwrap_or_default()),
            session,
            end: HEADER_BYTES as u64,
            live: 0,
        };
        if salt.is_none() {
            return Ok(segment);
        }
        while let Some((frame, sealed_bytes)) = segment.record_at(&bytes) {
            let place = Place {
                segment: id,
                offset: segment.end,
                sealed_bytes,
            };
            segment.end += RECORD_HEADER_BYTES as u64 + u64::from(sealed_bytes);
            found(frame, place);
        }
        if segment.end < bytes.len() as u64 {
            tracing::warn!(
                segment = id,
                cut_bytes = bytes.len() as u64 - segment.end,
                "cut a record that was not written to its end"
            );
            file.set_len(segment.end)?;
        }
        Ok(segment)
    }

    /// The whole, authentic record at `self.end` of the file's `bytes`.
    fn record_at(&self, bytes: &[u8]) -> Option<(Frame, u32)> {
        let rest = bytes.get(usize::try_from(self.end).ok()?..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let sealed_bytes = u32::from_be_bytes(*length);
        if !(TAG_BYTES..=Limits::MESSAGE_BYTES).contains(&(sealed_bytes as usize)) {
            return None;
        }
        let prefix = Prefix::parse(rest).ok()?;
        let sealed = rest.get(Prefix::LEN..)?.get(..sealed_bytes as usize)?;
        let payload = self.open(&prefix, sealed.to_vec())?;
        Some((Frame { prefix, payload }, sealed_bytes))
    }

    /// Appends a frame. After an error the record is cut off again, and the file must not be appended to any more.
    pub(super) fn append(&mut self, file: &File, prefix: &Prefix, payload: &[u8]) -> io::Result<Place> {
        let sealed_bytes = (payload.len() + TAG_BYTES) as u32;
        let mut record = Vec::with_capacity(RECORD_HEADER_BYTES + payload.len() + TAG_BYTES);
        record.extend_from_slice(&sealed_bytes.to_be_bytes());
        record.extend_from_slice(&prefix.encode());
        record.extend_from_slice(payload);
        let aad = Aad::from(aad(self.session, prefix));
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(prefix), aad, &mut record[RECORD_HEADER_BYTES..])
            .map_err(|_| io::Error::other("sealing a frame for the buffer"))?;
        record.extend_from_slice(tag.as_ref());
        if let Err(error) = file.write_all_at(&record, self.end) {
            // Best effort: what is left is not a whole record, so a recovery cuts it too.
            let _ = file.set_len(self.end);
            return Err(error);
        }
        let place = Place {
            segment: self.id,
            offset: self.end,
            sealed_bytes,
        };
        self.end += record.len() as u64;
        self.live += 1;
        Ok(place)
    }

    /// The payload of the frame that lies at `place`.
    pub(super) fn read(&self, file: &File, prefix: &Prefix, place: Place) -> io::Result<Vec<u8>> {
        let mut sealed = vec![0; place.sealed_bytes as usize];
        file.read_exact_at(&mut sealed, place.offset + RECORD_HEADER_BYTES as u64)?;
        self.open(prefix, sealed)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a buffered frame does not open"))
    }

    fn open(&self, prefix: &Prefix, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let aad = Aad::from(aad(self.session, prefix));
        let opened = self.key.open_in_place(nonce(prefix), aad, &mut sealed).ok()?.len();
        sealed.truncate(opened);
        Some(sealed)
    }

    /// Opens the file for reading.
    pub(super) fn reader(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Bytes on disk.
    pub(super) const fn bytes(&self) -> u64 {
        self.end
    }

    /// Deletes the file.
    pub(super) fn delete(self) -> io::Result<()> {
        std::fs::remove_file(self.path)
    }
}

/// Writes the header of the new file at `path`. Without one there is no file: its number is tried again when there is
/// room.
fn begin(file: &File, path: &Path, salt: &[u8; 16]) -> io::Result<()> {
    let written = file.write_all_at(&[MAGIC.as_slice(), salt].concat(), 0);
    if written.is_err() {
        std::fs::remove_file(path)?;
    }
    written
}

/// The numbers of the files in `dir`, rising.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let id: Option<u64> = name
            .to_str()
            .and_then(|name| name.strip_suffix(".frames")?.parse().ok());
        ids.extend(id);
    }
    ids.sort_unstable();
    Ok(ids)
}

fn path_of(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:08}.frames"))
}

/// HKDF-SHA256 of the session's key, under the file's salt.
fn derive(master: &[u8; 32], salt: &[u8; 16]) -> LessSafeKey {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(master);
    let okm = prk
        .expand(&[b"attune/v1 buffer"], &AES_256_GCM)
        .expect("invariant: HKDF-SHA256 makes 32 bytes of any key");
    LessSafeKey::new(UnboundKey::from(okm))
}

/// `stream u8 · 0 0 0 · seq u64`: unique within a file, whose numbers only rise.
fn nonce(prefix: &Prefix) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[0] = prefix.stream.byte();
    bytes[4..].copy_from_slice(&prefix.seq.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// `session 16 · prefix 23`.
fn aad(session: Uuid, prefix: &Prefix) -> [u8; 16 + Prefix::LEN] {
    let mut bytes = [0; 16 + Prefix::LEN];
    bytes[..16].copy_from_slice(session.as_bytes());
    bytes[16..].copy_from_slice(&prefix.encode());
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_header_finds_no_room_leaves_its_number_free() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_of(dir.path(), 0);
        private_file::create(&path).unwrap();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let refused = begin(&full, &path, &[0; 16]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert!(Segment::create(dir.path(), 0, &[0; 32], Uuid::nil()).is_ok());
    }
}
