//! Where a share of some times lies.

use std::time::Duration;

/// The smallest of `times` that this share of them does not exceed; zero where there is none.
pub fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or_default()
}

/// Milliseconds, as tables write them.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_times_does_not_exceed_its_quantile() {
        let times: Vec<Duration> = (1..=20).rev().map(Duration::from_millis).collect();
        let ms_of = |share| quantile(&times, share).as_millis();
        assert_eq!((ms_of(0.5), ms_of(0.95), ms_of(1.0), ms_of(0.0)), (10, 19, 20, 1));
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
