//! How much processor time something takes: that of this thread alone, so that a busy machine does not change the figure
//! much.

use std::fs;
use std::time::{Duration, Instant};

/// Runs shorter than this are repeated: the kernel keeps a thread's time in steps of a few milliseconds.
const AT_LEAST: Duration = Duration::from_millis(400);

/// Measured this often; the middle one counts.
const TIMES: usize = 5;

/// Processor time of one run of `work`: the median of several measurements, after one that warms up.
pub fn time_of(mut work: impl FnMut()) -> Duration {
    let once = measured(&mut work).max(Duration::from_micros(1));
    let runs = AT_LEAST.as_nanos().div_ceil(once.as_nanos()).min(10_000) as u32;
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| measured(&mut || (0..runs).for_each(|_| work())) / runs)
        .collect();
    times.sort_unstable();
    times[TIMES / 2]
}

fn measured(work: &mut impl FnMut()) -> Duration {
    let (thread, wall) = (thread_time(), Instant::now());
    work();
    match (thread, thread_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall.elapsed(),
    }
}

/// Time that this thread has been on a processor. `None` where the kernel does not say; then the wall clock has to do.
fn thread_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_takes_about_twice_the_time() {
        let work = |rounds: u64| {
            move || {
                let sum = (0..rounds).fold(0_u64, |sum, n| std::hint::black_box(sum.wrapping_mul(31) ^ n));
                std::hint::black_box(sum);
            }
        };
        let (one, two) = (measured(&mut work(8_000_000)), measured(&mut work(16_000_000)));
        let ratio = two.as_secs_f64() / one.as_secs_f64();
        assert!((1.3..3.0).contains(&ratio), "{one:?} and {two:?}");
    }
}
