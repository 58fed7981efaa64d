//! How much memory this process has, as the kernel counts it.

use std::fs;

/// Bytes of a page, on every machine that we run on.
const PAGE: u64 = 4096;

/// Bytes of memory that are resident.
///
/// # Panics
/// Where the kernel does not say: nothing can be measured there.
pub fn resident() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").expect("the kernel tells of this process's memory");
    let pages: u64 = told
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("the second number is what is resident");
    pages * PAGE
}
