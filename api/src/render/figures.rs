//! Numbers as people read them.

use attune_engine::measures::{Band, Measure, MeasureState};
use attune_engine::speaker::Speaker;

/// A place in the meeting: `2:03` or `1:02:03`.
pub(super) fn clock(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A number without more digits than it deserves.
pub(super) fn number(value: f64) -> String {
    // The sum turns -0 into 0.
    let tenths = (value * 10.0).round() / 10.0 + 0.0;
    if tenths.abs() >= 20.0 || tenths.fract() == 0.0 {
        format!("{tenths:.0}")
    } else {
        format!("{tenths:.1}")
    }
}

/// A value with its unit; seconds beyond two minutes as a clock.
fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "s" if value >= 120.0 => clock((value * 1000.0) as u64),
        "%" => format!("{} %", number(value)),
        _ => format!("{} {unit}", number(value)),
    }
}

/// What a measure says: its value, or why there is none.
pub(super) fn value(measure: &Measure) -> String {
    match (measure.state, measure.value) {
        (MeasureState::Ok, Some(value)) => quantity(value, &measure.unit),
        (MeasureState::NotCovered, _) => "not covered".to_owned(),
        _ => "not enough speech".to_owned(),
    }
}

/// Where a measure should be.
pub(super) fn target(measure: &Measure) -> Option<String> {
    let Band { low, high } = measure.target?;
    let unit = &measure.unit;
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{} to {}", number(low), quantity(high, unit))),
        (None, Some(high)) => Some(format!("at most {}", quantity(high, unit))),
        (Some(low), None) => Some(format!("at least {}", quantity(low, unit))),
        (None, None) => None,
    }
}

/// How a value stands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Within it.
    On,
    /// Below it.
    Below,
    /// Above it.
    Above,
    /// There is no value or no target.
    Open,
}

pub(super) fn standing(measure: &Measure) -> Standing {
    let (Some(value), Some(Band { low, high })) = (measure.value, measure.target) else {
        return Standing::Open;
    };
    if low.is_some_and(|low| value < low) {
        Standing::Below
    } else if high.is_some_and(|high| value > high) {
        Standing::Above
    } else {
        Standing::On
    }
}

impl Standing {
    /// In words, so that no one has to see a colour.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::On => "on target",
            Self::Below => "below target",
            Self::Above => "above target",
            Self::Open => "",
        }
    }
}

/// Why there is no value, or what else to know about it.
pub(super) fn remark(measure: &Measure) -> Option<String> {
    if let Some(note) = &measure.note {
        return Some(note.clone());
    }
    let exposure = &measure.exposure;
    (measure.state == MeasureState::NotEnoughSpeech).then(|| {
        format!(
            "{} of {} {}",
            number(exposure.have),
            number(exposure.need),
            exposure.unit
        )
    })
}

/// A speaker as a label.
pub(super) const fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Me => "me",
        Speaker::Them => "them",
        Speaker::Unknown => "speaker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_no_more_digits_than_they_deserve() {
        for (value, written) in [
            (151.62, "152"),
            (3.0, "3"),
            (4.14, "4.1"),
            (-0.4, "-0.4"),
            (19.96, "20"),
            (-0.01, "0"),
        ] {
            assert_eq!(number(value), written);
        }
        assert_eq!(quantity(79.1, "s"), "79 s");
        assert_eq!(quantity(121.0, "s"), "2:01");
        assert_eq!(quantity(68.71, "%"), "69 %");
    }
}
