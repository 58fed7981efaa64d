//! The one governor: whatever a rule sees, it asks here whether it may be said, now.
//!
//! Nothing is shown mid-phrase by construction: rules hear only of decided segments, and a segment ends where its speaker
//! fell silent or, in long speech, at its quietest point.

use crate::coach::CoachSetup;
use crate::mode::Mode;
use crate::nudge::{self, Nudge};
use crate::rule::Rule;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use std::time::Duration;

/// Nobody is told anything while a meeting finds its feet.
const OPENING: Duration = Duration::from_secs(90);
/// What happened longer ago than this is not news; and a nudge not shown within this is not shown any more.
const STALE: Duration = Duration::from_secs(15);
/// The stretch over which a mode's budget is counted.
const HALF_HOUR: Duration = Duration::from_secs(30 * 60);
/// Times a rule may speak in one meeting, unless it is the goal: said twice it is known.
const OF_A_KIND: usize = 2;

/// What a rule saw: something that may be worth saying.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    pub(crate) rule: Rule,
    /// What it is about, for good: the same after a resume.
    pub(crate) trigger: MeetingTime,
    /// When what it says was last true: a condition that still holds is never stale.
    pub(crate) true_at: MeetingTime,
    pub(crate) evidence: String,
}

/// What a rule is told that asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Say it.
    Say(Nudge),
    /// It counts as said, but was left out by lot, to learn whether nudges help.
    HeldOut,
    /// Not now: what still holds may be asked again.
    NotNow(Refusal),
}

/// Why a moment may not be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is ever said.
    Off,
    /// The mode, or a presentation, leaves room for the goal alone.
    NotTheGoal,
    /// The meeting had just begun.
    Opening,
    /// It was known too late.
    Stale,
    /// The same rule spoke a little while ago.
    Cooldown,
    /// The same rule has spoken often enough.
    SaidTwice,
    /// Another nudge was shown a little while ago.
    Gap,
    /// The half hour's budget is spent.
    Budget,
}

/// What was said so far, and what may be said next.
#[derive(Debug, Clone)]
pub(crate) struct Governor {
    setup: CoachSetup,
    /// Moments that took a slot, in order: those shown, and those held out by lot in their place.
    taken: Vec<(Rule, MeetingTime)>,
}

impl Governor {
    pub(crate) const fn new(setup: CoachSetup) -> Self {
        Self {
            setup,
            taken: Vec::new(),
        }
    }

    /// Whether `moment` may be shown at `now`.
    pub(crate) fn ask(&mut self, moment: &Moment, now: MeetingTime) -> Answer {
        if let Some(refusal) = self.refusal(moment, now) {
            return Answer::NotNow(refusal);
        }
        self.taken.push((moment.rule, now));
        let fingerprint = nudge::fingerprint(self.setup.session, moment.rule, moment.trigger);
        // Drawn last, and at the price of the slot: what is held out is then a fair comparison for what is shown.
        if is_drawn(fingerprint, self.setup.hold_out) {
            return Answer::HeldOut;
        }
        Answer::Say(Nudge {
            id: nudge::id(fingerprint),
            rule: moment.rule,
            headline: moment.rule.headline().to_owned(),
            evidence: moment.evidence.clone(),
            at: now,
            expires_at: now.plus(STALE),
        })
    }

    fn refusal(&self, moment: &Moment, now: MeetingTime) -> Option<Refusal> {
        let rule = moment.rule;
        let is_goal = self.setup.goal == Some(rule);
        let of_a_kind = self.taken.iter().filter(|(kind, _)| *kind == rule);
        let recent = self.taken.iter().filter(|(_, at)| now.since(*at) < HALF_HOUR);
        if self.setup.mode == Mode::Off {
            Some(Refusal::Off)
        } else if self.is_goal_only() && !is_goal {
            Some(Refusal::NotTheGoal)
        } else if now.since(MeetingTime::START) < OPENING {
            Some(Refusal::Opening)
        } else if now.since(moment.true_at) > STALE {
            Some(Refusal::Stale)
        } else if of_a_kind.clone().any(|(_, at)| now.since(*at) < rule.cooldown()) {
            Some(Refusal::Cooldown)
        } else if !is_goal && of_a_kind.count() >= OF_A_KIND {
            Some(Refusal::SaidTwice)
        } else if self.taken.iter().any(|(_, at)| now.since(*at) < self.setup.mode.gap()) {
            Some(Refusal::Gap)
        } else if recent.count() >= self.setup.mode.per_half_hour() {
            Some(Refusal::Budget)
        } else {
            None
        }
    }

    /// Focus has room for the goal alone (and for rules about safety, of which there is none yet). So has a presentation,
    /// where a person looks at their audience; an exercise is another matter.
    fn is_goal_only(&self) -> bool {
        match self.setup.mode {
            Mode::Focus => true,
            Mode::Balanced => self.setup.meeting_type == MeetingType::Presentation,
            Mode::Off | Mode::Practice => false,
        }
    }
}

/// Whether the lot falls on the moment with this fingerprint: a share of `share`, the same at every replay.
fn is_drawn(fingerprint: [u8; 32], share: f64) -> bool {
    // The end of it: the beginning is the id.
    let [.., a, b, c, d] = fingerprint;
    f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0) < share
}

#[cfg(test)]
mod tests;
