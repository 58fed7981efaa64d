//! The account of a track: how many of its samples are in which class, and why those are that were not heard.

use super::SampleClass;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of the 16 kHz samples of a track, as far as they are decided. Every sample is in one class alone, so that
/// the five together are how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Their words are committed.
    pub decoded: u64,
    /// No voice in them.
    pub non_speech: u64,
    /// Judged a hallucination or an echo.
    pub suppressed: u64,
    /// Not to be heard: muted, paused, off the record, or without consent.
    pub withheld: u64,
    /// Lost.
    pub gap: u64,
    /// How many of the last three for which reason, such as `muted` or `buffer_full`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
}

impl Account {
    /// Adds samples of one class.
    pub fn add(&mut self, class: SampleClass, reason: Option<&str>, samples: u64) {
        let of_class = match class {
            SampleClass::Decoded => &mut self.decoded,
            SampleClass::NonSpeech => &mut self.non_speech,
            SampleClass::Suppressed => &mut self.suppressed,
            SampleClass::Withheld => &mut self.withheld,
            SampleClass::Gap => &mut self.gap,
        };
        *of_class += samples;
        if let Some(reason) = reason {
            *self.reasons.entry(reason.to_owned()).or_default() += samples;
        }
    }

    /// How many samples there are.
    pub const fn total(&self) -> u64 {
        self.decoded + self.non_speech + self.suppressed + self.withheld + self.gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_counted_once_and_under_its_reason() {
        let mut account = Account::default();
        account.add(SampleClass::Decoded, None, 16_000);
        account.add(SampleClass::Withheld, Some("muted"), 3_200);
        account.add(SampleClass::Withheld, Some("paused"), 800);
        account.add(SampleClass::Withheld, Some("muted"), 1);
        account.add(SampleClass::Gap, Some("device_slept"), 10);
        assert_eq!((account.decoded, account.withheld, account.gap), (16_000, 4_001, 10));
        assert_eq!(account.total(), 20_011);
        let reasons: Vec<_> = account
            .reasons
            .iter()
            .map(|(reason, samples)| (reason.as_str(), *samples))
            .collect();
        assert_eq!(reasons, [("device_slept", 10), ("muted", 3_201), ("paused", 800)]);
    }
}
