//! Room on the disk, asked before the server starts: a full disk found by PostgreSQL itself is a page of log.

use super::ClusterError;
use super::folders::Folders;
use std::path::Path;
use std::process::{Command, Stdio};

/// A fresh cluster is 40 MB and its write-ahead log grows to `max_wal_size`.
pub(super) const NEEDED_FIRST_BYTES: u64 = 400_000_000;

/// What a cluster that exists needs to start, recover and serve.
pub(super) const NEEDED_LATER_BYTES: u64 = 100_000_000;

/// Bytes that an ordinary user may still write in the file system of `path`; `None` where `df` cannot tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let output = Command::new("df")
        .arg("-Pk")
        .arg(path)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let table = String::from_utf8(output.stdout).ok()?;
    let kilobytes: u64 = table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Refuses to start where the disk is already full.
pub(super) fn check_room(folders: &Folders) -> Result<(), ClusterError> {
    let needed_bytes = if folders.cluster.exists() {
        NEEDED_LATER_BYTES
    } else {
        NEEDED_FIRST_BYTES
    };
    match free_bytes(&folders.data) {
        Some(free) if free < needed_bytes => Err(ClusterError::DiskFull {
            path: folders.data.clone(),
            needed_bytes,
        }),
        _ => Ok(()),
    }
}
