//! The engine's and the coach's state of a meeting: a fold over what is committed of it, and nothing else. The same in an
//! undisturbed run, after a resume, and in the report. What the coach decided is part of that: it is read back, not decided anew.

use crate::record::meetings::Running;
use crate::record::nudges::{Change, Snoozed};
use attune_coach::{Coach, CoachSetup, Conditions, Effect, Reaction, Rule, Slot, Verdict, verdict};
use attune_engine::clock::MeetingTime;
use attune_engine::conversation::{self, Conversation};
use attune_engine::measures::Profile;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::signal::Signal;
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_engine::voices::VoicesHeard;
use attune_ingest::ports::{Decided, Pressure};
use attune_ingest::protocol::{
    Caption, Coaching, CoachingChange, Hello, Insight, Nudge, NudgeReaction, SampleClass, SkipReason,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What the fold starts from: the same for every connection of a session, but for tracks that are added. Holds no word
/// of anyone's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    tracks: Vec<Track>,
    meeting_type: String,
    mode: String,
    /// The number of the rule that the person works on.
    #[serde(default)]
    goal: Option<String>,
    /// Share of nudges left out by lot. Sessions that are older had none left out.
    #[serde(default)]
    hold_out: f64,
    /// The numbers of rules that were found to change nothing for the person.
    #[serde(default)]
    retired: BTreeSet<String>,
    /// How long the meeting is booked for.
    #[serde(default)]
    booked_ms: Option<u64>,
    /// The person invited the others.
    #[serde(default)]
    hosting: bool,
    /// A recording is played, at any speed: what the clock on the wall says of it means nothing.
    #[serde(default)]
    played_back: bool,
    recognizer: RecognizerInfo,
    /// Sessions that are older had no way to.
    #[serde(default)]
    voices: VoicesHeard,
}

impl Setup {
    /// That of a session's first connection.
    pub(crate) fn new(meeting: &Running, hello: &Hello, recognizer: &RecognizerInfo, voices: VoicesHeard) -> Self {
        Self {
            tracks: hello.tracks.iter().map(|declared| declared.track).collect(),
            meeting_type: hello
                .meeting_type
                .clone()
                .unwrap_or_else(|| meeting.meeting_type.clone()),
            mode: meeting.mode.clone(),
            goal: meeting.goal.clone(),
            hold_out: 0.0,
            retired: BTreeSet::new(),
            booked_ms: meeting.booked().map(|booked| booked.as_millis() as u64),
            hosting: meeting.hosting,
            played_back: meeting.played_back,
            recognizer: recognizer.clone(),
            voices,
        }
    }

    /// The same where a share of nudges is left out, and rules are silent that `changes` show to change nothing.
    pub(crate) fn evaluated(self, hold_out: f64, changes: &[Change]) -> Self {
        let of = |rule: Rule, held_out: bool| -> Vec<f64> {
            let same = changes
                .iter()
                .filter(|change| change.rule == rule.as_str() && change.held_out == held_out);
            same.map(|change| change.change).collect()
        };
        let retired = Rule::ALL
            .into_iter()
            .filter(|rule| verdict(*rule, &of(*rule, false), &of(*rule, true)) == Verdict::NoEffect)
            .map(|rule| rule.as_str().to_owned());
        Self {
            hold_out,
            retired: retired.collect(),
            ..self
        }
    }

    /// Takes a track in that is captured from now on; false if it was known.
    pub(crate) fn hear(&mut self, track: Track) -> bool {
        let new = !self.tracks.contains(&track);
        if new {
            self.tracks.push(track);
            self.tracks.sort_unstable();
        }
        new
    }

    /// Who wrote the words.
    pub(crate) const fn recognizer(&self) -> &RecognizerInfo {
        &self.recognizer
    }

    /// The same meeting, heard again by `recognizer`.
    pub(crate) fn heard_again_by(self, recognizer: RecognizerInfo) -> Self {
        Self { recognizer, ..self }
    }

    /// As the session keeps it.
    pub(crate) fn to_stored(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("invariant: a setup has string keys")
    }

    /// What [`Setup::to_stored`] wrote.
    pub(crate) fn from_stored(stored: serde_json::Value) -> Option<Self> {
        serde_json::from_value(stored).ok()
    }
}

/// One meeting's state.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    conversation: Conversation,
    coach: Coach,
    /// See [`Setup`].
    played_back: bool,
}

impl Fold {
    /// The state before anyone spoke, of a person who said this of their speech. A kind of meeting that a newer client knows and we do not is any other.
    pub(crate) fn new(setup: &Setup, profile: &Arc<Profile>, session: Uuid) -> Self {
        let meeting_type = setup.meeting_type.parse().unwrap_or_default();
        let mode = setup.mode.parse().unwrap_or_default();
        let coach = CoachSetup {
            session: session.into_bytes(),
            mode,
            meeting_type,
            goal: setup.goal.as_deref().and_then(|goal| goal.parse().ok()),
            hold_out: setup.hold_out,
            retired: setup.retired.iter().filter_map(|rule| rule.parse().ok()).collect(),
            booked: setup.booked_ms.map(Duration::from_millis),
            is_host: setup.hosting,
            is_guarded: profile.is_guarded(),
            ..CoachSetup::default()
        };
        let conversation = conversation::Setup {
            meeting_type,
            tracks: setup.tracks.clone(),
            recognizer: setup.recognizer.clone(),
            voices: setup.voices,
            profile: Arc::clone(profile),
        };
        Self {
            conversation: Conversation::new(conversation),
            coach: Coach::new(coach),
            played_back: setup.played_back,
        }
    }

    /// Takes the next final, and says what is worth saying now.
    pub(crate) fn observe(&mut self, said: &Final) -> Vec<Nudge> {
        let signals = self.conversation.observe(said);
        self.coach(&signals)
    }

    /// Takes in what the meeting's page showed. It changes nothing that was decided, so its place among finals is no matter.
    pub(crate) fn show(&mut self, captions: &[Caption]) {
        for shown in captions.iter().map(Caption::shown) {
            self.conversation.show(shown);
        }
        for caption in captions {
            let at = MeetingTime::from_ms(caption.at_ms());
            let heard = |name: &String| Signal::Heard { at, name: name.clone() };
            match caption {
                Caption::Participants { names, .. } => self.coach.show(&Signal::Present {
                    at,
                    names: names.clone().into(),
                }),
                Caption::Caption { speaker, .. } => self.coach.show(&heard(speaker)),
                Caption::Speaking { names, .. } => names.iter().for_each(|name| self.coach.show(&heard(name))),
            }
        }
    }

    /// Takes in what the person's device made of their camera and wearable.
    pub(crate) fn see(&mut self, insights: &[Insight]) -> Vec<Nudge> {
        let signals: Vec<Signal> = insights
            .iter()
            .map(|insight| self.conversation.see(&insight.second()))
            .collect();
        self.coach(&signals)
    }

    /// Takes in what became of a stretch without words: a mute, or echo.
    pub(crate) fn pass_over(&mut self, decided: &Decided) -> Vec<Nudge> {
        let (start, at) = (decided.span.start, decided.span.end);
        let reason = decided.reason.as_deref();
        let signal = if decided.track != Track::Mic {
            None
        } else if decided.class == SampleClass::Withheld && reason == Some(SkipReason::Muted.as_str()) {
            Some(Signal::Muted { start, at })
        } else if decided.class == SampleClass::Suppressed && reason == Some("echo") {
            Some(Signal::Echo { start, at })
        } else {
            None
        };
        signal.map_or_else(Vec::new, |signal| self.coach(&[signal]))
    }

    /// Takes in what the client tells the coach.
    pub(crate) fn tell(&mut self, coaching: &Coaching) -> Vec<Nudge> {
        let at = MeetingTime::from_ms(coaching.at_ms);
        match &coaching.change {
            CoachingChange::Snooze { .. } => {
                if let Some(snoozed) = snoozed(coaching) {
                    self.snooze(snoozed);
                }
            }
            CoachingChange::Reaction { nudge, reaction } => self.react(nudge, reaction_of(*reaction)),
            CoachingChange::Sharing { on } => self.coach.sharing(*on),
            CoachingChange::TalkingMuted { voice_ms } => {
                let voice = Duration::from_millis(*voice_ms);
                return self.coach(&[Signal::TalkingMuted { at, voice }]);
            }
        }
        Vec::new()
    }

    /// The person asked for quiet.
    pub(crate) fn snooze(&mut self, snoozed: Snoozed) {
        self.coach.snooze(snoozed.from, snoozed.until);
    }

    /// What the person made of a nudge.
    pub(crate) fn react(&mut self, nudge: &str, reaction: Reaction) {
        self.coach.react(nudge, reaction);
    }

    /// How the node keeps up with what happens now.
    pub(crate) fn under(&mut self, pressure: Pressure) {
        let Pressure { lag, is_pressed } = pressure;
        if !self.played_back {
            self.coach.conditions(Conditions { lag, is_pressed });
        }
    }

    /// From here on the coach's decisions are read back, until they are not.
    pub(crate) fn read_back(&mut self, on: bool) {
        self.coach.read_back(on);
        // What was taken and became known meanwhile is in the record.
        let _ = (self.coach.take_slots(), self.coach.take_effects());
    }

    /// A decision that is read back.
    pub(crate) fn recall(&mut self, slot: Slot) {
        self.coach.recall(slot);
    }

    /// The slots that nudges took since this was asked last.
    pub(crate) fn take_slots(&mut self) -> Vec<Slot> {
        self.coach.take_slots()
    }

    /// What became known of earlier nudges' effects since this was asked last.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        self.coach.take_effects()
    }

    /// Everything before `to` is decided.
    pub(crate) fn advance(&mut self, to: MeetingTime) -> Vec<Nudge> {
        let signals = self.conversation.advance(to);
        self.coach(&signals)
    }

    /// What the live page shows.
    pub(crate) fn measures(&self) -> serde_json::Value {
        serde_json::to_value(self.conversation.live()).expect("invariant: live measures have string keys")
    }

    /// What was said, for the report.
    pub(crate) const fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    fn coach(&mut self, signals: &[Signal]) -> Vec<Nudge> {
        let nudges = signals.iter().filter_map(|signal| self.coach.observe(signal));
        nudges
            .map(|nudge| Nudge {
                id: nudge.id,
                rule: nudge.rule.as_str().into(),
                headline: nudge.headline,
                evidence: nudge.evidence,
                at_ms: nudge.at.as_ms(),
                expires_at_ms: nudge.expires_at.as_ms(),
            })
            .collect()
    }
}

/// The quiet that `coaching` asks for, if it does.
pub(crate) fn snoozed(coaching: &Coaching) -> Option<Snoozed> {
    let CoachingChange::Snooze { for_ms } = coaching.change else {
        return None;
    };
    let from = MeetingTime::from_ms(coaching.at_ms);
    Some(Snoozed {
        from,
        until: for_ms.map(|for_ms| from.plus(Duration::from_millis(for_ms))),
    })
}

/// The reaction as the coach has it.
pub(crate) const fn reaction_of(reaction: NudgeReaction) -> Reaction {
    match reaction {
        NudgeReaction::Dismissed => Reaction::Dismissed,
        NudgeReaction::Helpful => Reaction::Helpful,
    }
}
