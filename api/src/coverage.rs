//! How well a meeting was heard: its samples by class, as the seconds that a report tells.

use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::report::{Coverage, Unheard};
use attune_engine::speaker::Track;
use attune_ingest::protocol::Account;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Seconds of each track in each class, and why some were not heard.
pub(crate) fn of(samples: &BTreeMap<Track, Account>) -> Vec<Coverage> {
    samples
        .iter()
        .map(|(&track, account)| of_track(track, account))
        .collect()
}

fn of_track(track: Track, account: &Account) -> Coverage {
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE_HZ);
    let mut reasons: Vec<_> = account.reasons.iter().collect();
    reasons.sort_by_key(|(_, samples)| Reverse(**samples));
    let unheard = |(reason, &samples): (&String, &u64)| Unheard {
        reason: reason.clone(),
        seconds: seconds(samples),
    };
    Coverage {
        track,
        decoded_s: seconds(account.decoded),
        non_speech_s: seconds(account.non_speech),
        suppressed_s: seconds(account.suppressed),
        withheld_s: seconds(account.withheld),
        gap_s: seconds(account.gap),
        reasons: reasons.into_iter().map(unheard).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_ingest::protocol::SampleClass;

    #[test]
    fn samples_become_seconds_and_the_longest_reason_comes_first() {
        let mut account = Account::default();
        account.add(SampleClass::Decoded, None, 40_000);
        account.add(SampleClass::Gap, Some("device_slept"), 1_600);
        account.add(SampleClass::Withheld, Some("muted"), 32_000);
        let covered = &of(&BTreeMap::from([(Track::Mic, account)]))[0];
        assert_eq!((covered.decoded_s, covered.withheld_s, covered.gap_s), (2.5, 2.0, 0.1));
        let reasons = covered
            .reasons
            .iter()
            .map(|unheard| (unheard.reason.as_str(), unheard.seconds));
        assert_eq!(reasons.collect::<Vec<_>>(), [("muted", 2.0), ("device_slept", 0.1)]);
    }
}
