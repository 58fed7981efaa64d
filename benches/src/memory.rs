//! How much memory a process has, as the kernel counts it.

use std::fs;

/// Bytes of a page, on every machine that we run on.
const PAGE: u64 = 4096;

/// Bytes of memory that are resident.
///
/// # Panics
/// Where the kernel does not say: nothing can be measured there.
pub fn resident() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").expect("the kernel tells of this process's memory");
    pages_in(&told).expect("the second number is what is resident") * PAGE
}

/// The same of another process; nothing once it is gone.
pub fn resident_of(process: u32) -> Option<u64> {
    let told = fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    Some(pages_in(&told)? * PAGE)
}

fn pages_in(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}
