//! The durable buffer: every frame of a session, sealed on this machine's disk from the moment it is made until the
//! server has committed what it holds.
//!
//! Frames lie in files of about 1 MiB, in the order in which they were made, and a file goes when all its frames are
//! released and none of them is its stream's newest, which the numbers go on from. The key is 32 random bytes in a file of its own, for the owner to read (0600). It is not in the desktop's
//! keyring: servers and bare machines have none, whatever runs as this user could ask a keyring just as well, and a
//! locked keyring would stop a recording that has begun. What the seal protects is the frames apart from the key: in
//! backups, in what is left of a deleted file, on a disk that is given away; [`Buffer::destroy`] deletes the key first.
//!
//! Writing survives the kill of the process at any instant: a record cut short is cut off at the next start. It is not
//! flushed to the disk frame by frame, so a power failure may cost the last seconds, which are then declared as a gap.

mod segment;

use super::private_file;
use crate::protocol::{Frame, Prefix, Stream};
use segment::{Place, Segment};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Where one file ends and the next begins: small, so that what is released does not stay long.
const SEGMENT_BYTES: u64 = 1024 * 1024;

/// What may lie on the disk: a day of two tracks.
pub(super) const DEFAULT_CAP_BYTES: u64 = 512 * 1024 * 1024;

/// The frames of one session that the server has not released.
pub struct Buffer {
    dir: PathBuf,
    session: Uuid,
    key: Zeroizing<[u8; 32]>,
    cap_bytes: u64,
    segments: VecDeque<Segment>,
    /// The file being written; always the last of `segments`.
    writer: File,
    /// A write into that file failed. What it left there may be sealed under the file's key, so nothing is appended to
    /// it any more.
    spent: bool,
    /// The file last read from.
    reader: Option<(u64, File)>,
    streams: [Kept; Stream::ALL.len()],
    next_ordinal: u64,
    /// Held as long as the buffer is open: a second process must not number frames.
    _lock: File,
}

/// One stream's frames.
#[derive(Default)]
struct Kept {
    entries: VecDeque<Entry>,
    /// The number of the next frame to be made.
    next_seq: u64,
    /// The file that holds the newest frame, released or not: the next start learns `next_seq` from it.
    newest_in: Option<u64>,
}

/// A frame in the buffer.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Its place in the order of all streams.
    ordinal: u64,
    prefix: Prefix,
    place: Place,
}

/// Whether a frame is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is.
    Kept,
    /// The cap is reached, or the disk is full: the frame is lost, and its number is not used.
    Full,
}

/// Why the buffer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BufferError {
    /// Another process has it open.
    #[error("the buffer in {0} is in use by another process")]
    InUse(PathBuf),
    /// A frame out of turn: a fault of the caller's.
    #[error("frame {seq} of {stream:?} is out of turn")]
    OutOfTurn {
        /// The stream.
        stream: Stream,
        /// Its number.
        seq: u64,
    },
    /// The disk refused.
    #[error("{tried} in {dir}")]
    Disk {
        /// What was tried.
        tried: &'static str,
        /// Where.
        dir: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

impl Buffer {
    /// Opens the buffer of `session` in `dir`, making it if there is none, and hands every frame found there to `found`,
    /// in the order in which they were made.
    ///
    /// # Errors
    /// When the disk refuses, or another process has it open.
    pub fn open(dir: &Path, session: Uuid, cap_bytes: u64, mut found: impl FnMut(&Frame)) -> Result<Self, BufferError> {
        let failed = |tried| {
            move |source| BufferError::Disk {
                tried,
                dir: dir.to_path_buf(),
                source,
            }
        };
        private_file::create_dir(dir).map_err(failed("making the buffer's folder"))?;
        let lock = lock(dir)?;
        let key = load_or_make_key(&dir.join("key")).map_err(failed("reading the buffer's key"))?;
        let mut streams: [Kept; Stream::ALL.len()] = Default::default();
        let mut segments = VecDeque::new();
        let mut next_ordinal = 0;
        for id in segment::list(dir).map_err(failed("listing the buffer"))? {
            let recovered = Segment::recover(dir, id, &key, session, |frame, place| {
                let kept = &mut streams[usize::from(frame.prefix.stream.byte())];
                // A number that was taken back comes again. A hole in the numbers means that a file is gone: what lies before
                // it is of no use any more.
                let entries = kept.entries.iter().rev();
                let taken_back = entries.take_while(|entry| entry.prefix.seq >= frame.prefix.seq).count();
                kept.entries.truncate(kept.entries.len() - taken_back);
                if kept.next_seq - taken_back as u64 != frame.prefix.seq {
                    kept.entries.clear();
                }
                kept.next_seq = frame.prefix.seq + 1;
                kept.newest_in = Some(id);
                kept.entries.push_back(Entry {
                    ordinal: next_ordinal,
                    prefix: frame.prefix,
                    place,
                });
                next_ordinal += 1;
                found(&frame);
            });
            segments.push_back(recovered.map_err(failed("reading the buffer"))?);
        }
        for entry in streams.iter().flat_map(|kept| &kept.entries) {
            let at = segments.binary_search_by_key(&entry.place.segment, |segment| segment.id);
            segments[at.expect("invariant: the files are in order, and each frame is in one")].live += 1;
        }
        let id = segments.back().map_or(0, |last: &Segment| last.id + 1);
        let (active, writer) = Segment::create(dir, id, &key, session).map_err(failed("making a file"))?;
        segments.push_back(active);
        let mut buffer = Self {
            dir: dir.to_path_buf(),
            session,
            key,
            cap_bytes,
            segments,
            writer,
            spent: false,
            reader: None,
            streams,
            next_ordinal,
            _lock: lock,
        };
        buffer.delete_empty()?;
        Ok(buffer)
    }

    /// Keeps a frame: the next one of its stream.
    ///
    /// # Errors
    /// When it is out of turn, or the disk fails other than by being full.
    pub fn push(&mut self, prefix: &Prefix, payload: &[u8]) -> Result<Pushed, BufferError> {
        let next_seq = self.next_seq(prefix.stream);
        if prefix.seq != next_seq {
            return Err(BufferError::OutOfTurn {
                stream: prefix.stream,
                seq: prefix.seq,
            });
        }
        // What is not audio is small, and without it the audio cannot be accounted for.
        if prefix.stream.track().is_some() && !self.takes(payload) {
            return Ok(Pushed::Full);
        }
        if self.spent || self.active().bytes() >= SEGMENT_BYTES {
            match self.rotate() {
                Err(error) if is_disk_full(&error) => return Ok(Pushed::Full),
                rotated => rotated.map_err(|source| self.failed("making a file", source))?,
            }
        }
        let appended = {
            let active = self.segments.back_mut().expect("invariant: a file is being written");
            active.append(&self.writer, prefix, payload)
        };
        let place = match appended {
            Ok(place) => place,
            Err(error) => {
                self.spent = true;
                return if is_disk_full(&error) {
                    Ok(Pushed::Full)
                } else {
                    Err(self.failed("writing a frame", error))
                };
            }
        };
        let kept = &mut self.streams[usize::from(prefix.stream.byte())];
        kept.next_seq = next_seq + 1;
        kept.newest_in = Some(place.segment);
        kept.entries.push_back(Entry {
            ordinal: self.next_ordinal,
            prefix: *prefix,
            place,
        });
        self.next_ordinal += 1;
        Ok(Pushed::Kept)
    }

    /// Whether the cap leaves room for an audio frame of `payload`.
    pub fn takes(&self, payload: &[u8]) -> bool {
        self.bytes() + payload.len() as u64 <= self.cap_bytes
    }

    /// The number that the next frame of `stream` gets.
    pub fn next_seq(&self, stream: Stream) -> u64 {
        self.streams[usize::from(stream.byte())].next_seq
    }

    /// The lowest number of `stream` that is kept; the next one if none is.
    pub fn first_seq(&self, stream: Stream) -> u64 {
        let kept = &self.streams[usize::from(stream.byte())];
        kept.entries.front().map_or(kept.next_seq, |entry| entry.prefix.seq)
    }

    /// The prefix of frame `seq` of `stream` and its place in the order of all streams, if it is kept.
    pub fn peek(&self, stream: Stream, seq: u64) -> Option<(u64, Prefix)> {
        self.entry(stream, seq).map(|entry| (entry.ordinal, entry.prefix))
    }

    /// The payload of frame `seq` of `stream`, if it is kept.
    ///
    /// # Errors
    /// When it cannot be read or does not open.
    pub fn read(&mut self, stream: Stream, seq: u64) -> Result<Option<Vec<u8>>, BufferError> {
        let Some(Entry { prefix, place, .. }) = self.entry(stream, seq).copied() else {
            return Ok(None);
        };
        self.read_at(&prefix, place)
            .map(Some)
            .map_err(|source| self.failed("reading a frame", source))
    }

    fn read_at(&mut self, prefix: &Prefix, place: Place) -> io::Result<Vec<u8>> {
        let segment = self.segments.iter().find(|segment| segment.id == place.segment);
        let segment = segment.expect("invariant: a file stays as long as a frame in it is kept");
        if segment.id == self.active().id {
            return segment.read(&self.writer, prefix, place);
        }
        let file = match self.reader.take() {
            Some((id, file)) if id == segment.id => file,
            _ => segment.reader()?,
        };
        let payload = segment.read(&file, prefix, place);
        self.reader = Some((segment.id, file));
        payload
    }

    fn entry(&self, stream: Stream, seq: u64) -> Option<&Entry> {
        let entries = &self.streams[usize::from(stream.byte())].entries;
        let first = entries.front()?.prefix.seq;
        entries.get(usize::try_from(seq.checked_sub(first)?).ok()?)
    }

    /// Forgets the frames of `stream` below `seq`: the server has committed what they hold.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn release(&mut self, stream: Stream, seq: u64) -> Result<(), BufferError> {
        let kept = &mut self.streams[usize::from(stream.byte())];
        while let Some(entry) = kept.entries.front().filter(|entry| entry.prefix.seq < seq) {
            let id = entry.place.segment;
            kept.entries.pop_front();
            if let Some(segment) = self.segments.iter_mut().find(|segment| segment.id == id) {
                segment.live -= 1;
            }
        }
        self.delete_empty()
    }

    /// Forgets all of `stream` and goes on at `next_seq`: what is kept does not meet what the server has.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn restart_at(&mut self, stream: Stream, next_seq: u64) -> Result<(), BufferError> {
        // Numbers may come again: not under a key that has sealed them.
        self.rotate().map_err(|source| self.failed("making a file", source))?;
        let kept = &mut self.streams[usize::from(stream.byte())];
        (kept.next_seq, kept.newest_in) = (next_seq, None);
        self.release(stream, u64::MAX)
    }

    /// Takes back the newest frame of `stream`, if it is kept: something else must come before it.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn take_back(&mut self, stream: Stream) -> Result<(), BufferError> {
        let kept = &mut self.streams[usize::from(stream.byte())];
        let Some(Entry { prefix, place, .. }) = kept.entries.pop_back() else {
            return Ok(());
        };
        kept.next_seq = prefix.seq;
        if let Some(segment) = self.segments.iter_mut().find(|segment| segment.id == place.segment) {
            segment.live -= 1;
        }
        // The number comes again: not under the key that has sealed it.
        self.rotate().map_err(|source| self.failed("making a file", source))
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::bytes).sum()
    }

    /// Deletes the buffer, its key first: the session has ended, or its audio must not be kept.
    ///
    /// # Errors
    /// When the disk refuses; what is left is sealed under a key that may be gone.
    pub fn destroy(self) -> Result<(), BufferError> {
        let gone = fs::remove_file(self.dir.join("key")).and_then(|()| fs::remove_dir_all(&self.dir));
        gone.map_err(|source| self.failed("deleting the buffer", source))
    }

    fn active(&self) -> &Segment {
        self.segments.back().expect("invariant: a file is being written")
    }

    /// Goes on in a new file.
    fn rotate(&mut self) -> io::Result<()> {
        // A file that could not be written may not flush either: that must not keep the next one from being made.
        if !self.spent {
            self.writer.sync_data()?;
        }
        let (segment, writer) = Segment::create(&self.dir, self.active().id + 1, &self.key, self.session)?;
        self.segments.push_back(segment);
        self.writer = writer;
        self.spent = false;
        Ok(())
    }

    /// Deletes files that hold neither a kept frame nor a stream's newest one, except the one being written.
    fn delete_empty(&mut self) -> Result<(), BufferError> {
        let mut index = 0;
        while index + 1 < self.segments.len() {
            let Segment { id, live, .. } = self.segments[index];
            if live > 0 || self.streams.iter().any(|kept| kept.newest_in == Some(id)) {
                index += 1;
                continue;
            }
            let emptied = self.segments.remove(index).expect("invariant: the index is in range");
            if self.reader.as_ref().is_some_and(|(id, _)| *id == emptied.id) {
                self.reader = None;
            }
            emptied
                .delete()
                .map_err(|source| self.failed("deleting a file", source))?;
        }
        Ok(())
    }

    fn failed(&self, tried: &'static str, source: io::Error) -> BufferError {
        BufferError::Disk {
            tried,
            dir: self.dir.clone(),
            source,
        }
    }
}

fn lock(dir: &Path) -> Result<File, BufferError> {
    let failed = |source| BufferError::Disk {
        tried: "locking the buffer",
        dir: dir.to_path_buf(),
        source,
    };
    let file = File::create(dir.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BufferError::InUse(dir.to_path_buf())),
        Err(fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn load_or_make_key(path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    match fs::read(path).map(Zeroizing::new) {
        Ok(bytes) if bytes.len() == key.len() => key.copy_from_slice(&bytes),
        Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "the key is not 32 bytes")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
            private_file::replace(path, key.as_slice())?;
        }
        Err(error) => return Err(error),
    }
    Ok(key)
}

fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
impl Buffer {
    /// The disk has no room for the next write.
    pub(super) fn fill_disk(&mut self) {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        self.writer = full.expect("a device that is always full");
    }
}

#[cfg(test)]
mod tests;
