//! When the coach keeps quiet by itself: reasons that have nothing to do with what a rule saw.

use crate::rule::Rule;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// Words that come later than this are about a moment that has passed.
const LATE: Duration = Duration::from_secs(3);
/// Echo is looked at over this stretch.
const ECHO_OVER: Duration = Duration::from_secs(30);
/// A microphone that was muted up to this long ago is: mutes are told when they are over, or every few seconds.
const MUTED_FOR: Duration = Duration::from_secs(6);
/// Share of the speech that must be known to be mine or not.
const ATTRIBUTED: f32 = 0.8;

/// Why nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// The person shows this tab or window to others, who would read along.
    Sharing,
    /// The meeting is marked as sensitive.
    Sensitive,
    /// The microphone is muted: only what holds for listeners is said.
    Muted,
    /// Words come late.
    Lagging,
    /// The node is short of processor time.
    Pressed,
    /// The microphone hears the loudspeaker more than the person.
    Echo,
    /// It is not sure enough who speaks.
    Attribution,
}

/// What the node knows of itself: on the clock on the wall, and no part of what is replayed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Conditions {
    /// How late words come.
    pub lag: Duration,
    /// The node has given something up to keep up.
    pub is_pressed: bool,
}

/// Looks out for reasons to keep quiet.
#[derive(Debug, Clone)]
pub(crate) struct Watchman {
    is_sensitive: bool,
    is_sharing: bool,
    conditions: Conditions,
    muted_to: Option<MeetingTime>,
    /// Of the last stretch: when, how long, and what.
    heard: VecDeque<(MeetingTime, Duration, Heard)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Heard {
    Mine,
    Others,
    Echo,
}

impl Watchman {
    pub(crate) const fn new(is_sensitive: bool) -> Self {
        Self {
            is_sensitive,
            is_sharing: false,
            conditions: Conditions {
                lag: Duration::ZERO,
                is_pressed: false,
            },
            muted_to: None,
            heard: VecDeque::new(),
        }
    }

    pub(crate) const fn conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    pub(crate) const fn sharing(&mut self, on: bool) {
        self.is_sharing = on;
    }

    pub(crate) const fn lag(&self) -> Duration {
        self.conditions.lag
    }

    pub(crate) fn observe(&mut self, signal: &Signal) {
        let (at, length, what) = match *signal {
            Signal::Muted { at, .. } => {
                self.muted_to = self.muted_to.max(Some(at));
                return;
            }
            Signal::Speech { at, voice, mine, .. } => (at, voice, if mine { Heard::Mine } else { Heard::Others }),
            Signal::Echo { start, at } => (at, at.since(start), Heard::Echo),
            _ => return,
        };
        if what == Heard::Mine {
            self.muted_to = self.muted_to.filter(|muted_to| *muted_to >= at);
        }
        self.heard.push_back((at, length, what));
        while self
            .heard
            .front()
            .is_some_and(|(earlier, ..)| at.since(*earlier) > ECHO_OVER)
        {
            self.heard.pop_front();
        }
    }

    /// Why `rule` may not speak at `now`, if it may not.
    pub(crate) fn quiet(&self, rule: Rule, now: MeetingTime) -> Option<Quiet> {
        if self.is_sharing {
            return Some(Quiet::Sharing);
        }
        if self.is_sensitive {
            return Some(Quiet::Sensitive);
        }
        if !rule.is_heard() {
            return None;
        }
        let muted = self.muted_to.is_some_and(|muted_to| now.since(muted_to) < MUTED_FOR);
        let (mine, echo) = (self.heard_for(Heard::Mine), self.heard_for(Heard::Echo));
        if muted && !rule.is_for_listeners() {
            Some(Quiet::Muted)
        } else if self.conditions.lag > LATE {
            Some(Quiet::Lagging)
        } else if self.conditions.is_pressed {
            Some(Quiet::Pressed)
        } else if echo > mine {
            Some(Quiet::Echo)
        } else if !echo.is_zero() && mine.as_secs_f32() < ATTRIBUTED * (mine + echo).as_secs_f32() {
            Some(Quiet::Attribution)
        } else {
            None
        }
    }

    fn heard_for(&self, what: Heard) -> Duration {
        self.heard
            .iter()
            .filter(|(.., heard)| *heard == what)
            .map(|(_, length, _)| *length)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{at, speech};
    use Quiet::{Attribution, Echo, Lagging, Muted, Pressed, Sensitive, Sharing};
    use rstest::rstest;

    fn quiet(watchman: &Watchman, rule: Rule) -> Option<Quiet> {
        watchman.quiet(rule, at(200))
    }

    #[rstest]
    #[case::nothing(Conditions::default(), None)]
    #[case::late(Conditions { lag: Duration::from_millis(3_001), is_pressed: false }, Some(Lagging))]
    #[case::just_in_time(Conditions { lag: Duration::from_secs(3), is_pressed: false }, None)]
    #[case::short_of_processor(Conditions { lag: Duration::ZERO, is_pressed: true }, Some(Pressed))]
    fn a_node_that_is_behind_keeps_quiet_of_what_it_heard(#[case] conditions: Conditions, #[case] why: Option<Quiet>) {
        let mut watchman = Watchman::new(false);
        watchman.conditions(conditions);
        assert_eq!(quiet(&watchman, Rule::TooFast), why);
        assert_eq!(quiet(&watchman, Rule::TalkingMuted), None);
    }

    #[test]
    fn what_others_could_read_or_should_not_is_not_said_at_all() {
        let mut watchman = Watchman::new(false);
        watchman.sharing(true);
        assert_eq!(quiet(&watchman, Rule::TalkingMuted), Some(Sharing));
        watchman.sharing(false);
        assert_eq!(quiet(&watchman, Rule::TalkingMuted), None);
        assert_eq!(quiet(&Watchman::new(true), Rule::Break), Some(Sensitive));
    }

    #[test]
    fn with_the_microphone_muted_only_listeners_are_told() {
        let mut watchman = Watchman::new(false);
        watchman.observe(&Signal::Muted {
            start: at(100),
            at: at(198),
        });
        assert_eq!(quiet(&watchman, Rule::TooFast), Some(Muted));
        assert_eq!(quiet(&watchman, Rule::TimeLeft), None);
        assert_eq!(watchman.quiet(Rule::TooFast, at(205)), None);
        watchman.observe(&speech(200, true));
        assert_eq!(quiet(&watchman, Rule::TooFast), None);
    }

    #[rstest]
    #[case::none(&[speech(190, true)], None)]
    #[case::a_little(&[speech(180, true), speech(190, true), Signal::Echo { start: at(189), at: at(190) }], None)]
    #[case::so_much_that_it_is_unsure(&[speech(190, true), Signal::Echo { start: at(187), at: at(190) }], Some(Attribution))]
    #[case::mostly(&[speech(190, true), Signal::Echo { start: at(180), at: at(190) }], Some(Echo))]
    #[case::long_ago(&[Signal::Echo { start: at(140), at: at(150) }, speech(190, true)], None)]
    fn echo_makes_it_quiet(#[case] heard: &[Signal], #[case] why: Option<Quiet>) {
        let mut watchman = Watchman::new(false);
        heard.iter().for_each(|signal| watchman.observe(signal));
        assert_eq!(quiet(&watchman, Rule::TooFast), why);
    }
}
