//! The ZIP itself, in memory.

use crate::keys::Place;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;
use zip::CompressionMethod;
use zip::result::ZipResult;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

/// Bytes of a part: what lies in memory at once, twice.
const PART_BYTES: usize = 4 * 1024 * 1024;

/// Where a part is sealed for.
pub(crate) const fn place(part: Uuid) -> Place {
    Place {
        table: "exports",
        column: "part",
        object: part,
    }
}

/// What was written and not taken yet. A clone is another end of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A ZIP that grows in memory and is taken out in parts.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Pipe>>,
    written: Pipe,
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

impl Archive {
    pub(super) fn new() -> Self {
        let written = Pipe::default();
        Self {
            zip: ZipWriter::new_stream(written.clone()).set_auto_large_file(),
            written,
        }
    }

    /// Begins a file; what is sound or a picture does not get smaller.
    pub(super) fn begin(&mut self, name: &str, compressed: bool) -> ZipResult<()> {
        let method = if compressed {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        self.zip
            .start_file(name, SimpleFileOptions::default().compression_method(method))
    }

    /// More of the file that was begun last.
    pub(super) fn write(&mut self, bytes: &[u8]) -> ZipResult<()> {
        Ok(self.zip.write_all(bytes)?)
    }

    /// A whole file.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> ZipResult<()> {
        self.begin(name, true)?;
        self.write(bytes)
    }

    /// A part, once there is enough for one.
    pub(super) fn full_part(&mut self) -> Option<Vec<u8>> {
        let mut written = self.written.lock();
        (written.len() >= PART_BYTES).then(|| written.drain(..PART_BYTES).collect())
    }

    /// The end of the archive.
    pub(super) fn finish(self) -> ZipResult<Vec<u8>> {
        self.zip.finish()?;
        Ok(self.written.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    #[test]
    fn parts_one_after_the_other_are_a_zip_that_others_read() {
        let mut archive = Archive::new();
        // Noise, which does not get smaller.
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(PART_BYTES)
        .collect();
        archive.add("a.txt", b"words words words").unwrap();
        archive.begin("b/c.bin", false).unwrap();
        archive.write(&noise).unwrap();
        archive.write(&noise).unwrap();
        let mut whole = Vec::new();
        let mut parts = 0;
        while let Some(part) = archive.full_part() {
            assert_eq!(part.len(), PART_BYTES);
            whole.extend(part);
            parts += 1;
        }
        assert_eq!(parts, 2);
        whole.extend(archive.finish().unwrap());

        let mut read = zip::ZipArchive::new(Cursor::new(whole)).unwrap();
        let mut file = |name: &str| {
            let mut bytes = Vec::new();
            read.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(file("a.txt"), b"words words words");
        assert!(file("b/c.bin") == [noise.as_slice(), &noise].concat());
    }
}
