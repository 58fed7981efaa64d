//! Does a file hash to what the manifest names?

use crate::manifest::Digest;
use sha2::Digest as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Big enough that hashing, not reading, is the work.
const BLOCK_BYTES: usize = 256 * 1024;

/// Whether the content of `path` hashes to `digest`.
pub(super) fn matches(path: &Path, digest: &Digest) -> io::Result<bool> {
    let mut file = File::open(path)?;
    Ok(match digest {
        Digest::Sha256(wanted) => hash(sha2::Sha256::new(), &mut file)?.as_slice() == wanted,
        Digest::Sha1(wanted) => hash(sha1::Sha1::new(), &mut file)?.as_slice() == wanted,
    })
}

fn hash<D: sha2::Digest>(mut hasher: D, file: &mut File) -> io::Result<Vec<u8>> {
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hasher.finalize().to_vec());
        }
        hasher.update(&block[..read]);
    }
}
