//! The engine's and the coach's state of a meeting: a fold over its committed finals and captions, and nothing else. The same in an
//! undisturbed run, after a resume, and in the report.

use crate::record::meetings::Running;
use attune_coach::{Coach, CoachSetup};
use attune_engine::clock::MeetingTime;
use attune_engine::conversation::{self, Conversation};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::signal::Signal;
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_engine::voices::VoicesHeard;
use attune_ingest::protocol::{Caption, Hello, Nudge};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the fold starts from: the same for every connection of a session, but for tracks that are added. Holds no word
/// of anyone's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    tracks: Vec<Track>,
    meeting_type: String,
    mode: String,
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
            recognizer: recognizer.clone(),
            voices,
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
}

impl Fold {
    /// The state before anyone spoke. A kind of meeting that a newer client knows and we do not is any other.
    pub(crate) fn new(setup: &Setup, session: Uuid) -> Self {
        let meeting_type = setup.meeting_type.parse().unwrap_or_default();
        let mode = setup.mode.parse().unwrap_or_default();
        let coach = CoachSetup {
            session: session.into_bytes(),
            mode,
            meeting_type,
            ..CoachSetup::default()
        };
        let conversation = conversation::Setup {
            meeting_type,
            tracks: setup.tracks.clone(),
            recognizer: setup.recognizer.clone(),
            voices: setup.voices,
        };
        Self {
            conversation: Conversation::new(conversation),
            coach: Coach::new(coach),
        }
    }

    /// Takes the next final, and says what is worth saying now.
    pub(crate) fn observe(&mut self, said: &Final) -> Vec<Nudge> {
        let signals = self.conversation.observe(said);
        self.coach(&signals)
    }

    /// Takes in what the meeting's page showed. It changes nothing that was decided, so its place among finals is no matter.
    pub(crate) fn show(&mut self, captions: &[Caption]) {
        for shown in captions.iter().filter_map(Caption::shown) {
            self.conversation.show(shown);
        }
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
