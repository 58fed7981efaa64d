//! How well a meeting was heard: its samples by class, as the seconds that a report tells.

use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::report::{Coverage, Unheard};
use attune_engine::speaker::Track;
use attune_ingest::ports::Decided;
use attune_ingest::protocol::Account;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many stretches of a track were not heard for a reason. What was decided in pieces is one stretch.
pub(crate) type Stretches = BTreeMap<(Track, String), u64>;

/// Seconds of each track in each class, and why some were not heard.
pub(crate) fn of(samples: &BTreeMap<Track, Account>, stretches: &Stretches) -> Vec<Coverage> {
    samples
        .iter()
        .map(|(&track, account)| of_track(track, account, stretches))
        .collect()
}

/// The same of what was decided, in order within each track.
pub(crate) fn of_decided(decided: &[Decided]) -> Vec<Coverage> {
    let mut samples = BTreeMap::new();
    let mut stretches = Stretches::new();
    let mut before: BTreeMap<Track, &Decided> = BTreeMap::new();
    for stretch in decided {
        stretch.count_in(&mut samples);
        let before = before.insert(stretch.track, stretch);
        let goes_on = before.is_some_and(|before| {
            before.to_sample == stretch.from_sample
                && (before.class, &before.reason) == (stretch.class, &stretch.reason)
        });
        if let Some(reason) = stretch.reason.clone().filter(|_| !goes_on) {
            *stretches.entry((stretch.track, reason)).or_default() += 1;
        }
    }
    of(&samples, &stretches)
}

fn of_track(track: Track, account: &Account, stretches: &Stretches) -> Coverage {
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE_HZ);
    let mut reasons: Vec<_> = account.reasons.iter().collect();
    reasons.sort_by_key(|(_, samples)| Reverse(**samples));
    let unheard = |(reason, &samples): (&String, &u64)| Unheard {
        reason: reason.clone(),
        seconds: seconds(samples),
        stretches: stretches.get(&(track, reason.clone())).copied(),
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
    use attune_engine::clock::{MeetingTime, Span};
    use attune_ingest::protocol::SampleClass::{self, Decoded, Gap, NonSpeech, Suppressed, Withheld};

    fn decided(track: Track, course: &[(u64, SampleClass, Option<&str>)]) -> Vec<Decided> {
        let mut at = 0;
        let stretch = |&(samples, class, reason): &(u64, SampleClass, Option<&str>)| {
            let from_sample = at;
            at += samples;
            Decided {
                track,
                from_sample,
                to_sample: at,
                span: Span::new(MeetingTime::from_sample(from_sample), MeetingTime::from_sample(at)),
                class,
                reason: reason.map(str::to_owned),
                outcome: None,
            }
        };
        course.iter().map(stretch).collect()
    }

    #[test]
    fn samples_become_seconds_and_the_longest_reason_comes_first() {
        let course = [
            (40_000, Decoded, None),
            (1_600, Gap, Some("device_slept")),
            (32_000, Withheld, Some("muted")),
        ];
        let covered = &of_decided(&decided(Track::Mic, &course))[0];
        assert_eq!((covered.decoded_s, covered.withheld_s, covered.gap_s), (2.5, 2.0, 0.1));
        let reasons = covered
            .reasons
            .iter()
            .map(|unheard| (unheard.reason.as_str(), unheard.seconds));
        assert_eq!(reasons.collect::<Vec<_>>(), [("muted", 2.0), ("device_slept", 0.1)]);
    }

    #[test]
    fn what_was_decided_in_pieces_is_one_stretch_and_tracks_are_counted_apart() {
        let mine = [
            (16_000, Suppressed, Some("noise")),
            (8_000, NonSpeech, None),
            (4_000, Suppressed, Some("noise")),
            (4_000, Suppressed, Some("echo")),
            (16_000, Withheld, Some("muted")),
            (16_000, Withheld, Some("muted")),
        ];
        let theirs = [(16_000, Suppressed, Some("noise"))];
        let both = [decided(Track::Mic, &mine), decided(Track::Tab, &theirs)].concat();
        let counted: Vec<_> = of_decided(&both)
            .iter()
            .flat_map(|covered| covered.reasons.iter().map(|unheard| (covered.track, unheard.clone())))
            .map(|(track, unheard)| (track, unheard.reason, unheard.stretches))
            .collect();
        let row = |track, reason: &str, stretches| (track, reason.to_owned(), Some(stretches));
        assert_eq!(
            counted,
            [
                row(Track::Mic, "muted", 1),
                row(Track::Mic, "noise", 2),
                row(Track::Mic, "echo", 1),
                row(Track::Tab, "noise", 1),
            ]
        );
    }
}
