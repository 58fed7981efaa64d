//! N23, talking while muted: the person's device hears a voice for 1.5 s while the meeting's page has them muted. Re-arms when they
//! are heard again, which is after unmuting; cooldown 2 min `[D]`. A rule of safety: Focus keeps it. What is said while muted never
//! leaves the device: that somebody speaks is all that does.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::signal::Signal;
use std::time::Duration;

/// A cough is shorter.
const VOICE: Duration = Duration::from_millis(1_500);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct TalkingMuted {
    told: bool,
}

impl Watch for TalkingMuted {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::Speech { mine: true, .. } => {
                self.told = false;
                None
            }
            Signal::TalkingMuted { at, voice } if voice >= VOICE && !self.told => {
                let evidence = format!("You have been talking for {:.1} seconds.", voice.as_secs_f32());
                Some(Moment::new(Rule::TalkingMuted, at, at, evidence))
            }
            _ => None,
        }
    }

    fn told(&mut self, _: &Moment) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };

    fn muted(second: u64, voice_ms: u64) -> Signal {
        Signal::TalkingMuted {
            at: at(second),
            voice: Duration::from_millis(voice_ms),
        }
    }

    #[test]
    fn a_second_and_a_half_is_told_once_until_they_are_heard() {
        let heard = [
            muted(100, 1_499),
            muted(101, 1_500),
            muted(102, 3_000),
            speech(110, true),
            muted(120, 2_000),
        ];
        assert_eq!(spoke_at(&mut TalkingMuted::default(), &heard), [101, 120]);
    }
}
