//! N22, time: five minutes are left of the booked time and nobody has named a next step. Once a meeting; a next step ends it
//! (numbers `[D]`). Without a booked end the rule is silent; so it is where words could not be trusted for much of that time, as a next
//! step may have been missed.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// What is left when it speaks.
const LEFT: Duration = Duration::from_secs(300);
/// A next step named this long before the end is about the end.
const NAMED_WITHIN: Duration = Duration::from_secs(900);
/// Share of the speech in that time whose words must be sure.
const TRUSTED: f64 = 0.8;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct TimeLeft {
    end: Option<MeetingTime>,
    /// Speech since a next step would count, and how much of it can be trusted.
    spoken: Duration,
    trusted: Duration,
    done: bool,
}

impl TimeLeft {
    pub(crate) fn new(booked: Option<Duration>) -> Self {
        Self {
            end: booked.map(|booked| MeetingTime::START.plus(booked)),
            spoken: Duration::ZERO,
            trusted: Duration::ZERO,
            done: false,
        }
    }

    fn is_sure(&self) -> bool {
        self.trusted.as_secs_f64() >= TRUSTED * self.spoken.as_secs_f64()
    }
}

impl Watch for TimeLeft {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let end = self.end?;
        let now = signal.at();
        if now >= end.minus(NAMED_WITHIN) {
            match *signal {
                Signal::NextStep { .. } => self.done = true,
                Signal::Speech { voice, trusted, .. } => {
                    self.spoken += voice;
                    self.trusted += if trusted { voice } else { Duration::ZERO };
                }
                _ => {}
            }
        }
        let due = end.minus(LEFT);
        let spoken = matches!(signal, Signal::Turn { .. } | Signal::Speech { .. });
        (spoken && !self.done && self.is_sure() && now >= due && now < end).then(|| {
            let left = end.since(now).as_secs().div_ceil(60);
            let evidence = format!("{left} minutes are left, and no next step is named.");
            Moment::new(Rule::TimeLeft, due, now, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        self.done = true;
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

    #[rstest]
    #[case::no_next_step(None, &[3_301])]
    #[case::named(Some(3_000), &[])]
    #[case::named_long_before(Some(1_000), &[3_301])]
    fn the_last_five_minutes_are_told_once(#[case] named: Option<u64>, #[case] expected: &[u64]) {
        let mut heard: Vec<Signal> = [200, 3_299, 3_301, 3_400, 3_610]
            .map(|second| speech(second, true))
            .into();
        heard.extend(named.map(|second| Signal::NextStep { at: at(second) }));
        heard.sort_by_key(Signal::at);
        assert_eq!(
            spoke_at(&mut TimeLeft::new(Some(Duration::from_secs(3_600))), &heard),
            expected
        );
        assert_eq!(spoke_at(&mut TimeLeft::new(None), &heard), [0; 0]);
    }

    #[rstest]
    #[case::much(3, &[3_301])]
    #[case::too_little(2, &[])]
    fn words_that_cannot_be_trusted_may_have_named_one(#[case] trusted: u64, #[case] expected: &[u64]) {
        let doubtful = |signal: Signal| match signal {
            Signal::Speech {
                start, at, mine, voice, ..
            } => Signal::Speech {
                start,
                at,
                mine,
                voice,
                trusted: false,
            },
            other => other,
        };
        let mut heard: Vec<Signal> = (0..trusted).map(|index| speech(3_000 + 10 * index, true)).collect();
        heard.push(doubtful(speech(3_100, false)));
        heard.push(speech(3_301, false));
        assert_eq!(
            spoke_at(&mut TimeLeft::new(Some(Duration::from_secs(3_600))), &heard),
            expected
        );
    }
}
