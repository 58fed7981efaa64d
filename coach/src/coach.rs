//! The coach of one meeting: every signal goes to every rule, and what they see goes to the governor.

use crate::effect::{Effect, Effects};
use crate::governor::{Answer, Governor, Moment, Reaction};
use crate::mode::Mode;
use crate::nudge::{Nudge, Slot};
use crate::quiet::Conditions;
use crate::rule::Rule;
use crate::rules::{Commitment, Rules};
use crate::written::Offer;
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::collections::BTreeSet;
use std::time::Duration;

/// What the coach knows before anyone speaks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoachSetup {
    /// The session, which makes ids and lots its own.
    pub session: [u8; 16],
    /// How much coaching.
    pub mode: Mode,
    /// What kind of meeting: limits differ by it.
    pub meeting_type: MeetingType,
    /// What is usual for the person, once it is known.
    pub own: Usual,
    /// The one thing the person works on.
    pub goal: Option<Rule>,
    /// How long the meeting is booked for, where its end is known.
    pub booked: Option<Duration>,
    /// The person invited the others.
    pub is_host: bool,
    /// Nothing is said in a meeting that is marked as sensitive.
    pub is_sensitive: bool,
    /// Targets of pace and fillers are none for this person (measures.md, guards): nothing is said of them.
    pub is_guarded: bool,
    /// Rules that were found to change nothing for this person.
    pub retired: BTreeSet<Rule>,
    /// Share of moments left out by lot, 0 to 1, so that what a nudge changes can be told from what would have changed
    /// anyway: 0.2 in the design; 0 shows all.
    pub hold_out: f64,
}

/// What is usual for a person, from their own meetings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usual {
    /// Words a minute (C3).
    pub wpm: Option<f32>,
    /// Level of the voice, LUFS (C25).
    pub lufs: Option<f32>,
    /// Spread of pitch, semitones (C24).
    pub pitch_st: Option<f32>,
}

/// The coach of one meeting, as far as it has heard it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Coach {
    now: MeetingTime,
    goal: Option<Rule>,
    rules: Rules,
    governor: Governor,
    effects: Effects,
    /// Slots taken that nobody has asked for yet.
    taken: Vec<Slot>,
}

impl Coach {
    /// A coach that has heard nothing.
    pub fn new(setup: CoachSetup) -> Self {
        Self {
            now: MeetingTime::START,
            goal: setup.goal,
            rules: Rules::new(&setup),
            governor: Governor::new(setup),
            effects: Effects::default(),
            taken: Vec::new(),
        }
    }

    /// Takes the meeting's next signal. At most one thing is said; what may not be said now is asked again, as long as it
    /// holds.
    pub fn observe(&mut self, signal: &Signal) -> Option<Nudge> {
        // A filler early in a segment may be told after the end of another's segment; time never runs back.
        self.now = self.now.max(signal.at());
        self.governor.observe(signal);
        self.effects.observe(signal, self.now);
        let mut moments = self.rules.observe(signal);
        let praise = self.governor.owes_praise();
        // The goal first, then what must not wait, then praise that is due; else in the order of the rules.
        moments.sort_by_key(|moment| {
            let rule = moment.rule;
            (
                self.goal != Some(rule),
                !rule.is_safety(),
                !(praise && rule.is_positive()),
            )
        });
        let mut said = None;
        for moment in moments {
            said = self.ask(&moment).or(said);
        }
        said
    }

    /// Takes in what the meeting's page shows: who is there ([`Signal::Present`]) and who has spoken ([`Signal::Heard`]). It has its
    /// own clock beside the words, so it says nothing by itself and moves no time on.
    pub fn show(&mut self, shown: &Signal) {
        self.rules.show(shown);
    }

    /// What a language model wrote asks like everything else.
    pub fn offer(&mut self, offer: &Offer) -> Option<Nudge> {
        self.now = self.now.max(offer.at);
        self.ask(&offer.moment())
    }

    /// A language model found a commitment: N20 watches what becomes of it.
    pub fn committed(&mut self, commitment: Commitment) {
        self.rules.committed(commitment);
    }

    fn ask(&mut self, moment: &Moment) -> Option<Nudge> {
        let answer = self.governor.ask(moment, self.now);
        if matches!(answer, Answer::NotNow(_)) {
            return None;
        }
        self.rules.told(moment);
        if let Some(slot) = self.governor.last().cloned() {
            self.effects.open(&slot);
            self.taken.push(slot);
        }
        match answer {
            Answer::Say(nudge) => Some(nudge),
            Answer::HeldOut | Answer::NotNow(_) => None,
        }
    }

    /// The slots taken since this was asked last: what was shown, and what was held out in its place.
    pub fn take_slots(&mut self) -> Vec<Slot> {
        std::mem::take(&mut self.taken)
    }

    /// What became of earlier slots, as far as it has become known since this was asked last.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        self.effects.take()
    }

    /// The person reacted to a nudge.
    pub fn react(&mut self, id: &str, reaction: Reaction) {
        self.governor.react(id, reaction);
    }

    /// The person wants quiet from `from` on: until then, or for the rest of the meeting.
    pub fn snooze(&mut self, from: MeetingTime, until: Option<MeetingTime>) {
        self.governor.snooze(from, until);
    }

    /// The person shows this tab or window to others, or no longer does.
    pub fn sharing(&mut self, on: bool) {
        self.governor.watchman().sharing(on);
    }

    /// How the node keeps up.
    pub fn conditions(&mut self, conditions: Conditions) {
        self.governor.watchman().conditions(conditions);
    }

    /// Rules that the person turned off by dismissing them: they are asked once after the meeting.
    pub fn turned_off(&self) -> Vec<Rule> {
        self.governor.turned_off()
    }

    /// From here on a meeting is read back from its record, or no longer is: while it is, nothing is decided, and
    /// [`recall`](Self::recall) says what was.
    pub fn read_back(&mut self, on: bool) {
        self.governor.read_back(on);
    }

    /// A slot that was taken, as the record has it: told after the signals that led to it, before those that follow.
    pub fn recall(&mut self, slot: Slot) {
        let moment = Moment::new(slot.rule, slot.at, slot.at, String::new());
        self.rules.told(&moment);
        self.effects.open(&slot);
        self.governor.recall(slot);
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod recorded;

#[cfg(test)]
mod sample;
