//! What is shown while a meeting goes on. For display: the report's numbers come from `measures`.

use crate::attention::Cards;
use crate::attribution::Attributed;
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, Utterance, join};
use crate::fillers::FillerKind;
use crate::measures::{Band, pace_target};
use crate::speaker::Speaker;
use crate::voices::VoicesHeard;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// Window of the live pace.
const PACE_WINDOW: Duration = Duration::from_secs(30);
/// Weight of the newest value in the live pace's exponential mean.
const PACE_ALPHA: f32 = 0.3;
/// Fewer words than this in the window give no pace.
const PACE_MIN_WORDS: usize = 20;
/// My own pauses up to this long belong to speaking (C3).
pub(crate) const OWN_PAUSE: Duration = Duration::from_millis(2000);

/// The live page's numbers. Absent where there is not enough speech yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveMeasures {
    /// How far the meeting has come; other tracks may be decided less far.
    pub at_ms: u64,
    /// My pace over the last 30 s of mine, exponentially smoothed, words a minute.
    pub pace_wpm: Option<f32>,
    /// What my pace aims at in this kind of meeting (C3); unbounded for a person whose pace is not to be held
    /// against them.
    pub pace_target: Band,
    /// My share of all speech, 0 to 1; absent on one channel.
    pub talk_share_me: Option<f32>,
    /// Length of the turn that I have now, 0 if I have none, milliseconds.
    pub current_turn_ms: u64,
    /// Fillers of mine a minute of my speech over the whole meeting.
    pub fillers_per_min: Option<f32>,
    /// Whether um and uh are among them: not every recognizer writes them.
    pub filled_pauses_covered: bool,
    /// Words decided so far, everybody's.
    pub words: u32,
    /// Questions of mine so far.
    pub questions: u32,
    /// Who of the others spoke in the last half minute, as far as the meeting's page or voices tell by now. Captions come after the
    /// words that they name: a segment may be told here, or told otherwise, some seconds after it was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributed: Vec<Attributed>,
    /// Whether the others' voices are told apart; none where nobody else has a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voices: Option<VoicesHeard>,
    /// The three cards of attention; absent where the person's device sends no insights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<Cards>,
}

/// My pace over the last 30 s, as a fold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    recent: VecDeque<Said>,
    smoothed: Option<f32>,
}

#[derive(Debug, Clone)]
struct Said {
    ipus: Vec<Span>,
    words: Vec<MeetingTime>,
}

impl Pace {
    pub(crate) fn observe(&mut self, utterance: &Utterance) {
        let words = utterance.spoken_words().map(|word| word.start).collect();
        self.recent.push_back(Said {
            ipus: utterance.ipus.clone(),
            words,
        });
        let from = utterance.span.end.minus(PACE_WINDOW);
        self.recent
            .retain(|said| said.ipus.last().is_some_and(|ipu| ipu.end > from));
        if let Some((wpm, _)) = self.at(utterance.span.end) {
            self.smoothed = Some(self.smoothed.map_or(wpm, |old| old + PACE_ALPHA * (wpm - old)));
        }
    }

    /// Words a minute over the 30 s before `end`, and the words it rests on.
    pub(crate) fn at(&self, end: MeetingTime) -> Option<(f32, u32)> {
        let window = Span::new(end.minus(PACE_WINDOW), end);
        let words = self
            .recent
            .iter()
            .flat_map(|said| &said.words)
            .filter(|at| **at >= window.start)
            .count();
        let spans = self.recent.iter().flat_map(|said| said.ipus.iter().copied());
        let speaking: Duration = join(spans, OWN_PAUSE)
            .into_iter()
            .map(|span| Duration::from_millis(span.overlap_ms(window)))
            .sum();
        (words >= PACE_MIN_WORDS && !speaking.is_zero())
            .then(|| (words as f32 * 60.0 / speaking.as_secs_f32(), words as u32))
    }
}

pub(crate) fn live(conversation: &Conversation, pace: &Pace) -> LiveMeasures {
    /// Speech needed before a share or a rate means anything.
    const ENOUGH: Duration = Duration::from_secs(20);
    /// How long a name may come after its segment: far longer than captions take.
    const NAMES_COME_WITHIN: Duration = Duration::from_secs(30);
    let me = conversation.me();
    let mine = conversation.speech_time(me);
    let all = mine + conversation.speech_time(Speaker::Them);
    let covered = conversation.setup().recognizer.writes_fillers;
    let fillers = conversation
        .trusted()
        .flat_map(|utterance| &utterance.fillers)
        .filter(|filler| covered || filler.kind == FillerKind::Lexical)
        .count();
    let target = match conversation.setup().profile.is_guarded() {
        true => Band::default(),
        false => pace_target(conversation.setup().meeting_type),
    };
    LiveMeasures {
        at_ms: conversation.now().as_ms(),
        pace_wpm: pace.smoothed,
        pace_target: target,
        talk_share_me: (conversation.has_two_sides() && all >= ENOUGH).then(|| mine.as_secs_f32() / all.as_secs_f32()),
        current_turn_ms: current_turn_ms(conversation),
        fillers_per_min: (mine >= ENOUGH).then(|| fillers as f32 * 60.0 / mine.as_secs_f32()),
        filled_pauses_covered: covered,
        words: conversation
            .utterances()
            .iter()
            .map(|utterance| utterance.words.len() as u32)
            .sum(),
        questions: conversation
            .trusted()
            .map(|utterance| utterance.found.questions.len() as u32)
            .sum(),
        attributed: conversation.attributed(conversation.now().minus(NAMES_COME_WITHIN)),
        voices: conversation.has_two_sides().then_some(conversation.setup().voices),
        attention: conversation.attention().cards(),
    }
}

fn current_turn_ms(conversation: &Conversation) -> u64 {
    /// A turn that ended longer ago than this is over.
    const STILL: Duration = Duration::from_millis(1500);
    match conversation.last_turn() {
        Some(turn) if turn.speaker == conversation.me() && turn.span.end.plus(STILL) > conversation.now() => {
            turn.span.duration().as_millis() as u64
        }
        _ => 0,
    }
}
