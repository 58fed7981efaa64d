//! How much processor time something takes: that of this thread alone, so that a busy machine does not change the figure
//! much.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Runs shorter than this are repeated: the kernel keeps a thread's time in steps of a few milliseconds.
const AT_LEAST: Duration = Duration::from_millis(400);

/// Measured this often; the middle one counts.
const TIMES: usize = 5;

/// Processor time of one run of `work`: the median of several measurements, after one that warms up.
pub fn time_of(work: impl FnMut()) -> Duration {
    median_by(thread_time, work)
}

/// Processor time of one run of `work` on this thread, however short.
pub fn time_once<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = thread_time();
    let done = work();
    (done, thread_time().saturating_sub(before))
}

/// Processor time of this process's threads so far, by name (the first 15 bytes of it). A thread that has ended is not
/// there any more, so ask while those run that are to be counted.
///
/// # Panics
/// Where the kernel does not say: nothing can be measured there.
pub fn time_of_threads(counts: impl Fn(&str) -> bool) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").expect("the kernel tells of this process's threads");
    let time = |task: fs::DirEntry| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let told = fs::read_to_string(task.path().join("schedstat")).ok()?;
        let nanoseconds = told.split_whitespace().next()?.parse().ok()?;
        counts(name.trim_end()).then(|| Duration::from_nanos(nanoseconds))
    };
    tasks.filter_map(|task| time(task.ok()?)).sum()
}

/// The same by any clock: `now` is how far it has come.
fn median_by(now: impl Fn() -> Duration, mut work: impl FnMut()) -> Duration {
    let mut time_of = |runs| {
        let before = now();
        (0..runs).for_each(|_| work());
        now().saturating_sub(before)
    };
    let once = time_of(1).max(Duration::from_micros(1));
    let runs = AT_LEAST.as_nanos().div_ceil(once.as_nanos()).min(10_000) as u32;
    let mut times = [Duration::ZERO; TIMES].map(|_| time_of(runs) / runs);
    times.sort_unstable();
    times[TIMES / 2]
}

/// Time that this thread has been on a processor. Where the kernel does not say, the wall clock has to do.
fn thread_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split_whitespace().next().and_then(|text| text.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// What is measured of work that takes each of `takes_ms` in turn, and how often it ran.
    fn measured(takes_ms: impl IntoIterator<Item = u64>) -> (Duration, usize) {
        let (clock, runs) = (Cell::new(Duration::ZERO), Cell::new(0));
        let mut takes_ms = takes_ms.into_iter();
        let median = median_by(
            || clock.get(),
            || {
                let takes = takes_ms.next().expect("invariant: the script is long enough");
                clock.set(clock.get() + Duration::from_millis(takes));
                runs.set(runs.get() + 1);
            },
        );
        (median, runs.get())
    }

    #[test]
    fn short_work_is_repeated_until_the_clock_can_tell() {
        let ten = std::iter::repeat(10);
        assert_eq!(measured(ten), (Duration::from_millis(10), 1 + TIMES * 40));
        let nothing = std::iter::repeat(0);
        assert_eq!(measured(nothing), (Duration::ZERO, 1 + TIMES * 10_000));
    }

    #[test]
    fn the_middle_of_several_counts_and_the_first_warms_up() {
        let took = measured([9_000, 700, 5_000, 600, 500, 800]);
        assert_eq!(took, (Duration::from_millis(700), 1 + TIMES));
    }
}
