//! What a decided segment brings about, as the coach hears it. Only from decided words: a partial never becomes a measure. Of
//! the others only what the floor needs: when they spoke, and that they tried to.

mod floor;
mod sound;
mod wording;

use crate::clock::MeetingTime;
use crate::conversation::{Conversation, Utterance};
use crate::detect::Language;
use crate::fillers::FillerKind;
use crate::questions::QuestionKind;
use crate::speaker::Speaker;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use floor::Told;
pub use sound::{PitchHeard, SoundHeard};
pub(crate) use wording::takes_up;

/// Something that nudge rules watch.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// I used a filler.
    Filler {
        /// When it began.
        at: MeetingTime,
        /// Which sort.
        kind: FillerKind,
    },
    /// My speaking rate over the last 30 s (C3).
    Pace {
        /// The end of what I said.
        at: MeetingTime,
        /// Words a minute.
        wpm: f32,
        /// Words in the window.
        words: u32,
    },
    /// I have the floor and my turn has come this far.
    Turn {
        /// When it began.
        start: MeetingTime,
        /// How far it has come.
        at: MeetingTime,
    },
    /// Nobody took the floor up to here.
    Silence {
        /// How far the meeting has come.
        at: MeetingTime,
    },
    /// Somebody spoke: one decided segment.
    Speech {
        /// When its voice began.
        start: MeetingTime,
        /// When it ended.
        at: MeetingTime,
        /// Whether it was mine; where one channel carries everybody, nobody's.
        mine: bool,
        /// Time with voice in it.
        voice: Duration,
        /// Its words can be trusted.
        trusted: bool,
    },
    /// I took the floor after another's turn (C13).
    TookFloor {
        /// When.
        at: MeetingTime,
        /// Silence before it in milliseconds, −500 to 5000; negative is overlap.
        gap_ms: i64,
        /// What kind of question the other's turn ended with.
        asked: Option<QuestionKind>,
    },
    /// I cut in on another (C14).
    CutIn {
        /// When.
        at: MeetingTime,
    },
    /// Another tried to speak during my turn and gave up (C15).
    Tried {
        /// When they gave up.
        at: MeetingTime,
    },
    /// I asked a question (C17).
    Question {
        /// When it began.
        at: MeetingTime,
        /// When it ended.
        end: MeetingTime,
        /// Whether it leaves the answer open.
        kind: QuestionKind,
    },
    /// I hedged (C19), and no number or forecast stood near.
    Hedge {
        /// When.
        at: MeetingTime,
    },
    /// I spoke after a long turn of another, and nothing in what I said takes up a word of it.
    TopicChanged {
        /// When I began.
        at: MeetingTime,
        /// How long the other had spoken.
        answer: Duration,
    },
    /// I spoke after a long turn of another, and took up a word of it.
    FollowedUp {
        /// When I began.
        at: MeetingTime,
    },
    /// Somebody named a next step.
    NextStep {
        /// When.
        at: MeetingTime,
    },
    /// What a segment of mine sounded like.
    Sound(SoundHeard),
    /// My microphone was muted.
    Muted {
        /// From when.
        start: MeetingTime,
        /// To when.
        at: MeetingTime,
    },
    /// What my microphone heard was the others' voices out of a loudspeaker.
    Echo {
        /// From when.
        start: MeetingTime,
        /// To when.
        at: MeetingTime,
    },
    /// The person's device hears them speak while the meeting's page has them muted. It alone can: nothing is sent then.
    TalkingMuted {
        /// Up to when.
        at: MeetingTime,
        /// For how long without a pause.
        voice: Duration,
    },
    /// Who is in the meeting from now on, as its page shows it, the person's own name included.
    Present {
        /// When.
        at: MeetingTime,
        /// The names.
        names: Arc<[String]>,
    },
    /// Another is known to have spoken.
    Heard {
        /// When.
        at: MeetingTime,
        /// Their name.
        name: String,
    },
    /// What the person's own device made of their eyes (A6), where they chose to have that looked at.
    Eyes {
        /// When.
        at: MeetingTime,
        /// PERCLOS over the last three minutes, percent; absent where too little of it is of good quality.
        perclos: Option<f64>,
    },
}

impl Signal {
    /// When it happened.
    pub const fn at(&self) -> MeetingTime {
        match self {
            Self::Filler { at, .. }
            | Self::Pace { at, .. }
            | Self::Turn { at, .. }
            | Self::Silence { at }
            | Self::Speech { at, .. }
            | Self::TookFloor { at, .. }
            | Self::CutIn { at }
            | Self::Tried { at }
            | Self::Question { at, .. }
            | Self::Hedge { at }
            | Self::TopicChanged { at, .. }
            | Self::FollowedUp { at }
            | Self::NextStep { at }
            | Self::Sound(SoundHeard { at, .. })
            | Self::Muted { at, .. }
            | Self::Echo { at, .. }
            | Self::TalkingMuted { at, .. }
            | Self::Present { at, .. }
            | Self::Heard { at, .. }
            | Self::Eyes { at, .. } => *at,
        }
    }
}

/// What the utterance at `place` brings about besides pace, sound and turn: its speech, its wording, and what became of the floor. `told` keeps the same thing from being told twice.
pub(crate) fn of(conversation: &Conversation, place: usize, told: &mut Told) -> Vec<Signal> {
    let utterance = &conversation.utterances()[place];
    let is_english = conversation.language() == Language::English;
    let mut signals = Vec::new();
    if conversation.has_two_sides() {
        signals.extend(floor::took_floor(conversation, place));
        signals.extend(wording::reply(conversation, place).filter(|_| is_english));
        signals.extend(floor::since(conversation, told));
    }
    if !utterance.low_confidence && is_english {
        signals.extend(wording::of(
            conversation,
            place,
            utterance.speaker != Speaker::Them,
            told,
        ));
    }
    signals.push(speech(utterance));
    signals
}

fn speech(utterance: &Utterance) -> Signal {
    Signal::Speech {
        start: utterance.span.start,
        at: utterance.span.end,
        mine: utterance.speaker == Speaker::Me,
        voice: utterance.ipus.iter().map(|ipu| ipu.duration()).sum(),
        trusted: !utterance.low_confidence,
    }
}
