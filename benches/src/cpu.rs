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

/// What the kernel counts processor time of processes in: a hundredth of a second, on every machine that we run on.
const TICKS_PER_S: u64 = 100;

/// Processor time of another process so far; nothing once it is gone.
pub fn time_of_process(process: u32) -> Option<Duration> {
    told_of(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?).map(|(_, time)| time)
}

/// Processor time so far of a process and of its children that are there.
///
/// # Panics
/// Where the kernel does not say: nothing can be measured there.
pub fn time_of_family(parent: u32) -> Duration {
    let processes = fs::read_dir("/proc").expect("the kernel tells of processes");
    let children = processes.filter_map(|entry| {
        let told = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        told_of(&told).filter(|(of, _)| *of == parent)
    });
    let of_children: Duration = children.map(|(_, time)| time).sum();
    of_children + time_of_process(parent).unwrap_or_default()
}

/// The parent of a process and its processor time, from what the kernel tells of it.
fn told_of(stat: &str) -> Option<(u32, Duration)> {
    // Its name may hold anything, and stands in parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let mut times = fields.skip(9).map_while(|ticks| ticks.parse::<u64>().ok());
    let ticks = times.next()? + times.next()?;
    Some((parent, Duration::from_millis(ticks * 1000 / TICKS_PER_S)))
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
    fn the_kernel_s_line_of_a_process_is_read_whatever_its_name() {
        let stat = "4711 (a (very) odd name) S 17 4711 4711 0 -1 4194560 3171 0 0 0 150 50 0 0 20 0 1 0";
        assert_eq!(told_of(stat), Some((17, Duration::from_secs(2))));
        assert_eq!(told_of("4711 (cut off) S 17"), None);
        assert!(time_of_process(std::process::id()).is_some());
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
