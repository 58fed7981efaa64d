//! N24, break: where the person chose to have their attention looked at, PERCLOS (A6) is 10 % or more over three minutes, or they
//! have been in the call for 90 minutes. Re-arms ten minutes later; cooldown 45 min (10.5 % at microsleep, VSS 2012 `[V]`; 90 min
//! `[D]`). A rule of safety: Focus keeps it. Never while they speak: then it waits, and is told after the meeting if it never can.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Percent of three minutes with the eyes closed.
const CLOSED: f64 = 10.0;
/// So long in a call is long for anybody.
const LONG_CALL: Duration = Duration::from_secs(90 * 60);
/// Listens again this long after it was told.
const LATER: Duration = Duration::from_secs(600);
/// Whoever has said nothing for this long does not speak: the longest segment, and what deciding it takes.
const SILENT_FOR: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct TakeABreak {
    spoke_at: Option<MeetingTime>,
    told_at: Option<MeetingTime>,
    long_call_told: bool,
}

impl Watch for TakeABreak {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        if let Signal::Speech { at, mine: true, .. } = *signal {
            self.spoke_at = self.spoke_at.max(Some(at));
        }
        // Nothing but what the device sends: who did not choose that is not told.
        let Signal::Eyes { at, perclos } = *signal else {
            return None;
        };
        let speaks = self.spoke_at.is_some_and(|spoke_at| at.since(spoke_at) < SILENT_FOR);
        if speaks || self.told_at.is_some_and(|told_at| at.since(told_at) < LATER) {
            return None;
        }
        let long = at.since(MeetingTime::START) > LONG_CALL && !self.long_call_told;
        let evidence = match perclos {
            Some(closed) if closed >= CLOSED => format!("Your eyes were closed {closed:.0} % of the last 3 minutes."),
            _ if long => format!("You have been in this call for {} minutes.", at.as_ms() / 60_000),
            _ => return None,
        };
        Some(Moment::new(Rule::Break, at, at, evidence))
    }

    fn told(&mut self, moment: &Moment) {
        self.told_at = Some(moment.true_at);
        self.long_call_told |= moment.true_at.since(MeetingTime::START) > LONG_CALL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };
    use rstest::rstest;

    fn eyes(second: u64, perclos: Option<f64>) -> Signal {
        Signal::Eyes {
            at: at(second),
            perclos,
        }
    }

    #[rstest]
    #[case::closed_often(&[eyes(600, Some(10.0))], &[600])]
    #[case::usual(&[eyes(600, Some(9.9))], &[])]
    #[case::nothing_known(&[eyes(600, None)], &[])]
    #[case::a_long_call(&[eyes(5_400, None), eyes(5_401, None), eyes(9_000, None)], &[5_401])]
    #[case::not_chosen(&[speech(5_500, false)], &[])]
    #[case::speaking(&[speech(595, true), eyes(600, Some(12.0)), eyes(611, Some(12.0))], &[611])]
    #[case::ten_minutes_later(&[eyes(600, Some(12.0)), eyes(1_199, Some(12.0)), eyes(1_200, Some(12.0))], &[600, 1_200])]
    fn a_break_is_suggested(#[case] heard: &[Signal], #[case] expected: &[u64]) {
        assert_eq!(spoke_at(&mut TakeABreak::default(), heard), expected);
    }
}
