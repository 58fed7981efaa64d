//! The one governor: whatever a rule sees, it asks here whether it may be said, now.
//!
//! Nothing is shown mid-phrase by construction: rules hear only of decided segments, and a segment ends where its speaker
//! fell silent or, in long speech, at its quietest point.
//!
//! What was decided is part of the record: after a resume the moments that took a slot are read back
//! ([`Governor::recall`]) and not decided anew, so that nothing that depends on the clock on the wall (lag, load) can make
//! it otherwise.

mod reaction;

use crate::coach::CoachSetup;
use crate::mode::Mode;
use crate::nudge::{self, Nudge, Slot};
use crate::quiet::{Quiet, Watchman};
use crate::rule::Rule;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::time::Duration;

pub use reaction::Reaction;
use reaction::Reactions;

/// Nobody is told anything while a meeting finds its feet...
const OPENING: Duration = Duration::from_secs(90);
/// ...nor while it takes its leave, where its end is booked.
const CLOSING: Duration = Duration::from_secs(60);
/// What happened longer ago than this is not news; and a nudge not shown within this is not shown any more.
const STALE: Duration = Duration::from_secs(15);
/// The stretch over which a mode's budget is counted.
const HALF_HOUR: Duration = Duration::from_secs(30 * 60);
/// Times a rule may speak in one meeting, unless it is the goal: said twice it is known.
pub(crate) const OF_A_KIND: usize = 2;
/// Of so many shown nudges one should say that something went well.
const POSITIVE_OF: usize = 3;

/// What a rule saw: something that may be worth saying.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    pub(crate) rule: Rule,
    /// What it is about, for good: the same after a resume.
    pub(crate) trigger: MeetingTime,
    /// When what it says was last true: a condition that still holds is never stale.
    pub(crate) true_at: MeetingTime,
    pub(crate) evidence: String,
    /// What to do, where the rule's own words are too general.
    says: Option<String>,
}

impl Moment {
    pub(crate) const fn new(rule: Rule, trigger: MeetingTime, true_at: MeetingTime, evidence: String) -> Self {
        Self {
            rule,
            trigger,
            true_at,
            evidence,
            says: None,
        }
    }

    /// The same in words of its own.
    pub(crate) fn saying(self, headline: &str) -> Self {
        Self {
            says: Some(headline.to_owned()),
            ..self
        }
    }

    pub(crate) fn headline(&self) -> &str {
        self.says.as_deref().unwrap_or(self.rule.headline())
    }
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
    /// What was decided is read back, and not decided anew.
    ReadBack,
    /// The person wants quiet for a while.
    Snoozed,
    /// The mode, or a presentation, leaves room for the goal alone.
    NotTheGoal,
    /// The person dismissed it twice.
    Dismissed,
    /// It never changed anything.
    Retired,
    /// The meeting had just begun.
    Opening,
    /// The meeting is about to end.
    Closing,
    /// It was known too late.
    Stale,
    /// Now is not the time.
    Quiet(Quiet),
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
    taken: Vec<Slot>,
    reactions: Reactions,
    /// The person wants quiet until then; `None` within: for the rest of the meeting.
    snoozed: Option<Snooze>,
    watchman: Watchman,
    reads_back: bool,
}

#[derive(Debug, Clone, Copy)]
struct Snooze {
    from: MeetingTime,
    until: Option<MeetingTime>,
}

impl Governor {
    pub(crate) fn new(setup: CoachSetup) -> Self {
        Self {
            watchman: Watchman::new(setup.is_sensitive),
            setup,
            taken: Vec::new(),
            reactions: Reactions::default(),
            snoozed: None,
            reads_back: false,
        }
    }

    /// Notes what decides on quiet.
    pub(crate) fn observe(&mut self, signal: &Signal) {
        self.watchman.observe(signal);
    }

    pub(crate) const fn watchman(&mut self) -> &mut Watchman {
        &mut self.watchman
    }

    /// Whether `moment` may be shown at `now`.
    pub(crate) fn ask(&mut self, moment: &Moment, now: MeetingTime) -> Answer {
        if let Some(refusal) = self.refusal(moment, now) {
            return Answer::NotNow(refusal);
        }
        let fingerprint = nudge::fingerprint(self.setup.session, moment.rule, moment.trigger);
        // Drawn last, and at the price of the slot: what is held out is then a fair comparison for what is shown. Never a rule of
        // safety: whoever talks while muted is not an experiment.
        let held_out = !moment.rule.is_safety() && is_drawn(fingerprint, self.setup.hold_out);
        self.taken.push(Slot {
            id: nudge::id(fingerprint),
            rule: moment.rule,
            at: now,
            held_out,
        });
        if held_out {
            return Answer::HeldOut;
        }
        Answer::Say(Nudge {
            id: nudge::id(fingerprint),
            rule: moment.rule,
            headline: moment.headline().to_owned(),
            evidence: moment.evidence.clone(),
            at: now,
            expires_at: now.plus(STALE),
        })
    }

    /// The slot taken last.
    pub(crate) fn last(&self) -> Option<&Slot> {
        self.taken.last()
    }

    /// Whether the next thing said should be something good, if there is something.
    pub(crate) fn owes_praise(&self) -> bool {
        let shown = self.taken.iter().rev().filter(|slot| !slot.held_out);
        let mut recent = shown.take(POSITIVE_OF - 1);
        recent.clone().count() == POSITIVE_OF - 1 && recent.all(|slot| !slot.rule.is_positive())
    }

    /// From here on decisions are read back, until they are not.
    pub(crate) const fn read_back(&mut self, on: bool) {
        self.reads_back = on;
    }

    /// A slot that was taken, as the record has it.
    pub(crate) fn recall(&mut self, slot: Slot) {
        if !self.taken.iter().any(|taken| taken.id == slot.id) {
            self.taken.push(slot);
        }
    }

    /// The person reacted to the nudge `id`; nothing where none of that id was shown.
    pub(crate) fn react(&mut self, id: &str, reaction: Reaction) {
        let shown = self.taken.iter().find(|slot| slot.id == id && !slot.held_out);
        if let Some(rule) = shown.map(|slot| slot.rule) {
            self.reactions.note(id, rule, reaction);
        }
    }

    /// The person wants quiet from `from` on: until then, or for the rest of the meeting. An empty stretch ends it.
    pub(crate) fn snooze(&mut self, from: MeetingTime, until: Option<MeetingTime>) {
        self.snoozed = Some(Snooze { from, until });
    }

    /// Rules that the person turned off by dismissing them: they are asked once after the meeting.
    pub(crate) fn turned_off(&self) -> Vec<Rule> {
        self.reactions.turned_off()
    }

    fn refusal(&self, moment: &Moment, now: MeetingTime) -> Option<Refusal> {
        let rule = moment.rule;
        let is_goal = self.setup.goal == Some(rule);
        let cooldown = self.reactions.cooldown(rule);
        let of_a_kind = self.taken.iter().filter(|slot| slot.rule == rule);
        let recent = self.taken.iter().filter(|slot| now.since(slot.at) < HALF_HOUR);
        let snoozed = self
            .snoozed
            .is_some_and(|snooze| now >= snooze.from && snooze.until.is_none_or(|until| now < until));
        let end = self.setup.booked.map(|booked| MeetingTime::START.plus(booked));
        if self.setup.mode == Mode::Off {
            Some(Refusal::Off)
        } else if self.reads_back {
            Some(Refusal::ReadBack)
        } else if snoozed {
            Some(Refusal::Snoozed)
        } else if self.is_goal_only() && !is_goal && !rule.is_safety() {
            Some(Refusal::NotTheGoal)
        } else if self.reactions.is_off(rule) {
            Some(Refusal::Dismissed)
        } else if self.setup.retired.contains(&rule) && !rule.is_safety() {
            Some(Refusal::Retired)
        } else if now.since(MeetingTime::START) < OPENING {
            Some(Refusal::Opening)
        } else if end.is_some_and(|end| now.plus(CLOSING) > end && now <= end) {
            Some(Refusal::Closing)
        } else if now.since(moment.true_at) + self.watchman.lag() > STALE {
            Some(Refusal::Stale)
        } else if let Some(quiet) = self.watchman.quiet(rule, now) {
            Some(Refusal::Quiet(quiet))
        } else if of_a_kind.clone().any(|slot| now.since(slot.at) < cooldown) {
            Some(Refusal::Cooldown)
        } else if !is_goal && of_a_kind.count() >= OF_A_KIND {
            Some(Refusal::SaidTwice)
        } else if self.taken.iter().any(|slot| now.since(slot.at) < self.setup.mode.gap()) {
            Some(Refusal::Gap)
        } else if recent.count() >= self.setup.mode.per_half_hour() {
            Some(Refusal::Budget)
        } else {
            None
        }
    }

    /// Focus has room for the goal alone, and for what must not wait. So has a presentation, where a person looks at their
    /// audience; an exercise is another matter.
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
