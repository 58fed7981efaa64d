//! What a nudge changes: the number that its rule is about, over the two minutes before and after. Measured the same way for what
//! was shown and for what was held out by lot; the difference between the two is the effect, and a rule without one is retired.

use crate::nudge::Slot;
use crate::rule::Rule;
use attune_engine::clock::MeetingTime;
use attune_engine::questions::QuestionKind;
use attune_engine::signal::{PitchHeard, Signal};
use std::collections::VecDeque;
use std::time::Duration;

/// The stretch before and after that is compared.
const OVER: Duration = Duration::from_secs(120);
/// Moments of a rule after which it is judged, held out or not.
const JUDGED_AFTER: usize = 30;
/// Fewer held out than this are no comparison: a fifth of thirty.
const HELD_AT_LEAST: usize = 6;
/// Half the width of a 90 % interval, in standard errors.
const Z: f64 = 1.645;

/// What became of the number that a moment was about.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The nudge's id, shown or not.
    pub id: String,
    /// Over the two minutes before; absent where there was too little.
    pub before: Option<f64>,
    /// Over the two minutes after.
    pub after: Option<f64>,
}

/// What is known of a rule's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Fewer than thirty moments, or too few of them held out.
    TooEarly,
    /// What was shown changed more for the better than what was held out.
    Helps,
    /// It did not: the rule is retired.
    NoEffect,
}

/// The number a rule is about, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Pace,
    Fillers,
    TurnSeconds,
    Share,
    CutIns,
    Tries,
    Gap,
    Questions,
    OpenQuestions,
    FollowUps,
    Loudness,
    Clipped,
    Pitch,
    Hedges,
}

impl Rule {
    /// Its number, and whether higher is better; none where two minutes cannot tell.
    const fn number(self) -> Option<(Number, bool)> {
        Some(match self {
            Self::TooFast | Self::Rushing => (Number::Pace, false),
            Self::TooSlow => (Number::Pace, true),
            Self::FillerCluster => (Number::Fillers, false),
            Self::Monologue | Self::LongMonologue => (Number::TurnSeconds, false),
            Self::OverTalking => (Number::Share, false),
            Self::UnderTalking => (Number::Share, true),
            Self::CutIn => (Number::CutIns, false),
            Self::SomeoneTried => (Number::Tries, false),
            Self::QuickOnTheTrigger => (Number::Gap, true),
            Self::NoQuestions => (Number::Questions, true),
            Self::StackedQuestions => (Number::Questions, false),
            Self::ClosedStreak => (Number::OpenQuestions, true),
            Self::FollowUp => (Number::FollowUps, true),
            Self::TooQuiet => (Number::Loudness, true),
            Self::BadSound => (Number::Clipped, false),
            Self::FlatDelivery => (Number::Pitch, true),
            Self::HedgeRun => (Number::Hedges, false),
            Self::OwnerDate
            | Self::SilentParticipant
            | Self::TimeLeft
            | Self::TalkingMuted
            | Self::Break
            | Self::WellDone
            | Self::Written => return None,
        })
    }
}

/// Watches what becomes of moments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    /// The last two minutes, and a little more: what comes late belongs to them too.
    lately: VecDeque<Signal>,
    open: Vec<Open>,
    done: Vec<Effect>,
}

#[derive(Debug, Clone)]
struct Open {
    slot: Slot,
    before: Option<f64>,
}

impl Effects {
    /// Takes the next signal in at `now`.
    pub(crate) fn observe(&mut self, signal: &Signal, now: MeetingTime) {
        let due = |open: &Open| now.since(open.slot.at) > OVER;
        while let Some(index) = self.open.iter().position(due) {
            let Open { slot, before } = self.open.remove(index);
            let after = number(slot.rule, self.between(slot.at, slot.at.plus(OVER)));
            self.done.push(Effect {
                id: slot.id,
                before,
                after,
            });
        }
        if !matches!(signal, Signal::Silence { .. } | Signal::Eyes { .. }) {
            self.lately.push_back(signal.clone());
        }
        while self
            .lately
            .front()
            .is_some_and(|earlier| now.since(earlier.at()) > 2 * OVER)
        {
            self.lately.pop_front();
        }
    }

    /// `slot` was taken: what becomes of its number is looked at from now on.
    pub(crate) fn open(&mut self, slot: &Slot) {
        let before = number(slot.rule, self.between(slot.at.minus(OVER), slot.at));
        self.open.push(Open {
            slot: slot.clone(),
            before,
        });
    }

    /// What has become known.
    pub(crate) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.done)
    }

    fn between(&self, from: MeetingTime, to: MeetingTime) -> Vec<&Signal> {
        self.lately
            .iter()
            .filter(|signal| signal.at() > from && signal.at() <= to)
            .collect()
    }
}

/// The number that `rule` is about, over `signals`.
fn number(rule: Rule, signals: Vec<&Signal>) -> Option<f64> {
    /// Speech that a rate or a share needs, seconds.
    const ENOUGH_S: f64 = 15.0;
    let count = |counts: fn(&Signal) -> bool| signals.iter().filter(|signal| counts(signal)).count() as f64;
    let voice_s = |whose: fn(bool) -> bool| -> f64 {
        let voice = signals.iter().map(|signal| match signal {
            Signal::Speech { mine, voice, .. } if whose(*mine) => voice.as_secs_f64(),
            _ => 0.0,
        });
        voice.sum()
    };
    let mine_s = voice_s(|mine| mine);
    let per_min = |events: f64| (mine_s >= ENOUGH_S).then(|| 60.0 * events / mine_s);
    let mean = |of: fn(&Signal) -> Option<f64>| {
        let values: Vec<f64> = signals.iter().filter_map(|signal| of(signal)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    match rule.number()?.0 {
        Number::Pace => mean(|signal| match signal {
            Signal::Pace { wpm, .. } => Some(f64::from(*wpm)),
            _ => None,
        }),
        Number::Fillers => per_min(count(|signal| matches!(signal, Signal::Filler { .. }))),
        Number::TurnSeconds => {
            let turns = signals.iter().filter_map(|signal| match signal {
                Signal::Turn { start, at } => Some(at.since(*start).as_secs_f64()),
                _ => None,
            });
            turns.reduce(f64::max)
        }
        Number::Share => {
            let all_s = voice_s(|_| true);
            (all_s >= ENOUGH_S).then(|| 100.0 * mine_s / all_s)
        }
        Number::CutIns => Some(count(|signal| matches!(signal, Signal::CutIn { .. }))),
        Number::Tries => Some(count(|signal| matches!(signal, Signal::Tried { .. }))),
        Number::Gap => mean(|signal| match signal {
            Signal::TookFloor { gap_ms, .. } => Some(*gap_ms as f64),
            _ => None,
        }),
        Number::Questions => Some(count(|signal| matches!(signal, Signal::Question { .. }))),
        Number::OpenQuestions => Some(count(|signal| {
            matches!(
                signal,
                Signal::Question {
                    kind: QuestionKind::Open,
                    ..
                }
            )
        })),
        Number::FollowUps => Some(count(|signal| matches!(signal, Signal::FollowedUp { .. }))),
        Number::Loudness => mean(|signal| match signal {
            Signal::Sound(sound) => sound.loudness_lufs.map(f64::from),
            _ => None,
        }),
        Number::Clipped => mean(|signal| match signal {
            Signal::Sound(sound) => Some(100.0 * f64::from(sound.clipped_samples) / f64::from(sound.samples.max(1))),
            _ => None,
        }),
        Number::Pitch => {
            let pitches = signals.iter().filter_map(|signal| match signal {
                Signal::Sound(sound) => sound.pitch,
                _ => None,
            });
            PitchHeard::joined(pitches).map(|pitch| f64::from(pitch.spread_st()))
        }
        Number::Hedges => per_min(count(|signal| matches!(signal, Signal::Hedge { .. }))),
    }
}

/// Whether `rule` changes anything: `shown` and `held` are changes (after less before) of its number, over as many meetings as there
/// were. It helps where the 90 % interval of the difference between their means lies on the better side of nothing (Welch).
pub fn verdict(rule: Rule, shown: &[f64], held: &[f64]) -> Verdict {
    let Some((_, higher_is_better)) = rule.number() else {
        return Verdict::TooEarly;
    };
    if shown.len() + held.len() < JUDGED_AFTER || held.len() < HELD_AT_LEAST || shown.len() < 2 {
        return Verdict::TooEarly;
    }
    let moments = |values: &[f64]| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((shown, shown_error), (held, held_error)) = (moments(shown), moments(held));
    let better = if higher_is_better { shown - held } else { held - shown };
    if better - Z * (shown_error + held_error).sqrt() > 0.0 {
        Verdict::Helps
    } else {
        Verdict::NoEffect
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::at;
    use rstest::rstest;

    fn pace(second: u64, wpm: f32) -> Signal {
        Signal::Pace {
            at: at(second),
            wpm,
            words: 80,
        }
    }

    fn slot(held_out: bool) -> Slot {
        Slot {
            id: "a".into(),
            rule: Rule::TooFast,
            at: at(200),
            held_out,
        }
    }

    #[rstest]
    #[case::shown(false)]
    #[case::held_out(true)]
    fn the_two_minutes_before_and_after_are_compared_whether_it_was_shown_or_not(#[case] held_out: bool) {
        let mut effects = Effects::default();
        for second in [60, 100, 150, 200] {
            effects.observe(&pace(second, if second < 80 { 100.0 } else { 190.0 }), at(second));
        }
        effects.open(&slot(held_out));
        for second in [240, 280, 320] {
            effects.observe(&pace(second, 160.0), at(second));
        }
        assert_eq!(effects.take(), []);
        effects.observe(&pace(330, 100.0), at(330));
        let expected = Effect {
            id: "a".into(),
            before: Some(190.0),
            after: Some(160.0),
        };
        assert_eq!(effects.take(), [expected]);
        assert_eq!(effects.take(), []);
    }

    #[test]
    fn where_nothing_was_said_there_is_no_number() {
        let mut effects = Effects::default();
        effects.open(&slot(false));
        effects.observe(&Signal::Silence { at: at(400) }, at(400));
        assert_eq!(
            effects.take(),
            [Effect {
                id: "a".into(),
                before: None,
                after: None
            }]
        );
    }

    fn around(mean: f64, count: usize) -> Vec<f64> {
        (0..count)
            .map(|index| mean + if index % 2 == 1 { 5.0 } else { -5.0 })
            .collect()
    }

    #[rstest]
    #[case::slower_than_without(around(-20.0, 24), around(0.0, 6), Verdict::Helps)]
    #[case::no_different(around(-1.0, 24), around(0.0, 6), Verdict::NoEffect)]
    #[case::worse(around(20.0, 24), around(0.0, 6), Verdict::NoEffect)]
    #[case::too_few(around(-20.0, 23), around(0.0, 6), Verdict::TooEarly)]
    #[case::too_few_held(around(-20.0, 30), around(0.0, 5), Verdict::TooEarly)]
    fn a_rule_without_an_effect_after_thirty_is_retired(
        #[case] shown: Vec<f64>,
        #[case] held: Vec<f64>,
        #[case] expected: Verdict,
    ) {
        assert_eq!(verdict(Rule::TooFast, &shown, &held), expected);
        // For a rule where more is better it is the other way round.
        let other = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<_>>();
        assert_eq!(verdict(Rule::TooSlow, &other(&shown), &other(&held)), expected);
    }
}
