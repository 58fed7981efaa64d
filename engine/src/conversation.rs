//! The fold over a meeting's decided segments: what was said by whom, in which turns. Everything derived is a pure
//! function of the utterances so far, so that streaming and batch agree and a resume rebuilds the same state.

pub(crate) mod found;
mod shown;

use crate::attention::{Attention, Second};
use crate::attribution::Participant;
use crate::clock::{MeetingTime, Span};
use crate::correction::Corrected;
use crate::detect::Language;
use crate::fillers::Filler;
use crate::lexicon;
use crate::live::{LiveMeasures, Pace};
use crate::measures::{self, Evidence, History, Measures, Profile};
use crate::meeting_type::MeetingType;
use crate::page::Page;
use crate::questions::QuestionKind;
use crate::recognize::RecognizerInfo;
use crate::signal::{self, Signal, SoundHeard};
use crate::sound::Sound;
use crate::speaker::{Speaker, Track};
use crate::transcript::{Final, SegmentFlag, SegmentId, Word};
use crate::turns::{self, Turn};
use crate::voices::{VoiceSpan, VoicesHeard};
use found::{Finder, Found};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Silence that ends an inter-pausal unit (measures.md, primitives).
pub(crate) const IPU_GAP: Duration = Duration::from_millis(250);

/// What is known of a meeting before anyone speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Targets depend on it.
    pub meeting_type: MeetingType,
    /// The channels that are captured.
    pub tracks: Vec<Track>,
    /// Who turns speech into words.
    pub recognizer: RecognizerInfo,
    /// Whether the others' voices are told apart.
    pub voices: VoicesHeard,
    /// What the person said of their own speech. Shared: a conversation is copied at every commit.
    pub profile: Arc<Profile>,
}

/// One decided segment that held words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Utterance {
    /// The segment's name.
    pub id: SegmentId,
    /// Who spoke.
    pub speaker: Speaker,
    /// From the first voice to the last.
    #[serde(flatten)]
    pub span: Span,
    /// Its words joined by spaces.
    pub text: String,
    /// Its words.
    pub words: Vec<Word>,
    /// Inter-pausal units: voice with pauses under 250 ms inside.
    pub ipus: Vec<Span>,
    /// Fillers among the words.
    pub fillers: Vec<Filler>,
    /// The question it asks, if it asks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionKind>,
    /// The evidence for its words is weak: kept in the transcript, left out of the measures of wording.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub low_confidence: bool,
    /// Who of the others it is, as far as the meeting's page or a voice tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<Participant>,
    /// Those of its words, by place, that are the captions': ours were unsure, and other words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_captions: Vec<usize>,
    /// Its words are the person's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// What was written while the meeting went on, where a second hearing found other words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_text: Option<String>,
    /// Whose voice is where in it: what names of voices are made of, and no part of a report.
    #[serde(skip)]
    pub voices: Vec<VoiceSpan>,
    /// What else the detectors found in it: what measures are made of, and no part of a report.
    #[serde(skip)]
    pub(crate) found: Found,
}

impl Utterance {
    /// Words that count as words: filled pauses and punctuation that stands alone are not among them.
    pub fn spoken_words(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(|word| {
            let token = lexicon::token(&word.text);
            !token.is_empty() && !lexicon::is_filled_pause(&token)
        })
    }
}

/// What a segment of mine sounded like.
#[derive(Debug)]
pub(crate) struct Sounded {
    /// When the segment began: what times in `sound` count from.
    pub(crate) start: MeetingTime,
    /// Its sound.
    pub(crate) sound: Sound,
}

/// A meeting as far as it is decided. Cheap to clone: a commit folds into a copy, and copies share what was said.
#[derive(Debug, Clone)]
pub struct Conversation {
    setup: Setup,
    /// By start, then by speaker.
    pub(crate) utterances: Vec<Arc<Utterance>>,
    /// Of my segments that held words, in order of start.
    sounds: Vec<Arc<Sounded>>,
    pace: Pace,
    /// What the meeting's page showed of who speaks.
    page: Page,
    /// What the person's own device made of their camera and wearable.
    attention: Attention,
    /// What is found in what was said.
    finder: Finder,
    /// What was told of the floor and of questions.
    told: signal::Told,
    /// Of each track: how far its segments go.
    tracks_to: BTreeMap<Track, MeetingTime>,
    /// How far the meeting has come: what was decided last ends here, on one track at least.
    now: MeetingTime,
}

impl Conversation {
    /// A meeting of which nothing is decided yet.
    pub fn new(setup: Setup) -> Self {
        Self {
            finder: Finder::new(&setup),
            setup,
            utterances: Vec::new(),
            sounds: Vec::new(),
            pace: Pace::default(),
            page: Page::default(),
            attention: Attention::default(),
            told: signal::Told::default(),
            tracks_to: BTreeMap::new(),
            now: MeetingTime::START,
        }
    }

    /// Takes the next decided segment, in the order in which segments were committed, and says what it brought about.
    pub fn observe(&mut self, decided: &Final) -> Vec<Signal> {
        let Some(utterance) = utterance_of(decided) else {
            let signals = self.pass(decided.span.end);
            self.decide(decided);
            return signals;
        };
        let mine = utterance.speaker != Speaker::Them;
        if let Some(sound) = decided.sound.as_deref().filter(|_| mine) {
            self.keep_sound(decided.span.start, sound);
        }
        if mine && !utterance.low_confidence {
            self.pace.observe(&utterance);
        }
        let span = utterance.span;
        let place = self.utterances.partition_point(|earlier| {
            (earlier.span.start, earlier.speaker) <= (utterance.span.start, utterance.speaker)
        });
        self.utterances.insert(place, Arc::new(utterance));
        self.now = self.now.max(span.end);
        self.finder.observe(&mut self.utterances, place);
        self.decide(decided);
        let mut told = std::mem::take(&mut self.told);
        let mut signals = signal::of(self, place, &mut told);
        self.told = told;
        if let Some(sound) = decided.sound.as_deref().filter(|_| mine) {
            signals.push(Signal::Sound(SoundHeard::of(decided.span.start, span.end, sound)));
        }
        if mine {
            signals.extend(self.pace.at(span.end).map(|(wpm, words)| Signal::Pace {
                at: span.end,
                wpm,
                words,
            }));
        }
        signals.extend(
            self.last_turn()
                .filter(|turn| turn.speaker == self.me())
                .map(|turn| Signal::Turn {
                    start: turn.span.start,
                    at: turn.span.end,
                }),
        );
        signals
    }

    /// Notes how far the track of `decided` is decided, and with it what all tracks are: the segments of each come in order.
    fn decide(&mut self, decided: &Final) {
        let to = self.tracks_to.entry(decided.track).or_default();
        *to = decided.span.end.max(*to);
        let tracks = self.setup.tracks.iter();
        let to = tracks.map(|track| self.tracks_to.get(track).copied().unwrap_or_default());
        self.finder.advance(to.min().unwrap_or_default());
    }

    fn keep_sound(&mut self, start: MeetingTime, sound: &Sound) {
        let place = self.sounds.partition_point(|earlier| earlier.start <= start);
        let sound = sound.clone();
        self.sounds.insert(place, Arc::new(Sounded { start, sound }));
    }

    /// Says that everything that begins before `to` is decided: silence, where no segment came.
    pub fn advance(&mut self, to: MeetingTime) -> Vec<Signal> {
        self.finder.advance(to);
        self.pass(to)
    }

    fn pass(&mut self, to: MeetingTime) -> Vec<Signal> {
        if to <= self.now {
            return Vec::new();
        }
        self.now = to;
        vec![Signal::Silence { at: to }]
    }

    /// Takes in the next second of what the person's own device made of their camera and wearable.
    pub fn see(&mut self, second: &Second) -> Signal {
        let last_word = self.of(self.me()).map(|utterance| utterance.span.end).max();
        let silent = last_word.is_none_or(|end| end <= second.at);
        self.attention.see(second, silent);
        Signal::Eyes {
            at: second.at,
            perclos: self.attention.perclos(),
        }
    }

    /// What is known of the person's attention, where they chose to have it looked at.
    pub fn attention(&self) -> &Attention {
        &self.attention
    }

    /// How far the meeting has come: the end of what was decided latest on any track, or what [`advance`](Self::advance)
    /// said of all of them.
    pub fn now(&self) -> MeetingTime {
        self.now
    }

    /// What is known of the meeting.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What was said, by start.
    pub fn utterances(&self) -> &[Arc<Utterance>] {
        &self.utterances
    }

    /// What my voice sounded like, segment by segment, by start; a segment without words is no voice of mine.
    pub(crate) fn sounds(&self) -> impl Iterator<Item = &Sounded> {
        self.sounds.iter().map(Arc::as_ref)
    }

    /// What `speaker` said, by start.
    pub fn of(&self, speaker: Speaker) -> impl Iterator<Item = &Utterance> {
        self.utterances
            .iter()
            .map(Arc::as_ref)
            .filter(move |utterance| utterance.speaker == speaker)
    }

    /// What I said in words that can be trusted, by start: what measures of wording and of pace rest on.
    pub fn trusted(&self) -> impl Iterator<Item = &Utterance> {
        self.of(self.me()).filter(|utterance| !utterance.low_confidence)
    }

    /// Whose measures these are: me, or the one unknown speaker of a mono recording.
    pub fn me(&self) -> Speaker {
        match self.utterances.first() {
            Some(utterance) if utterance.speaker == Speaker::Unknown => Speaker::Unknown,
            _ => Speaker::Me,
        }
    }

    /// Whether channels tell the person from the others.
    pub fn has_two_sides(&self) -> bool {
        self.setup.tracks.len() > 1
    }

    /// Inter-pausal units of `speaker`, across segments, in order, disjoint.
    pub fn ipus(&self, speaker: Speaker) -> Vec<Span> {
        join(
            self.of(speaker).flat_map(|utterance| utterance.ipus.iter().copied()),
            IPU_GAP,
        )
    }

    /// Speech time of `speaker`: the sum of their inter-pausal units.
    pub fn speech_time(&self, speaker: Speaker) -> Duration {
        self.ipus(speaker).into_iter().map(Span::duration).sum()
    }

    /// Who had the floor, in order.
    pub fn turns(&self) -> Vec<Turn> {
        turns::turns(&self.utterances)
    }

    /// Who had the floor last. Looks no further back than it has to: this is asked at every segment.
    pub(crate) fn last_turn(&self) -> Option<Turn> {
        /// Utterances at the start of a tail whose neighbours are missing, and with them what decides on their turns.
        const MARGIN: usize = 2 * turns::NEAR;
        let mut length = 4 * turns::NEAR;
        loop {
            let from = self.utterances.len().saturating_sub(length);
            let last = turns::turns(&self.utterances[from..]).pop();
            if from == 0 {
                return last;
            }
            if let Some(turn) = last.filter(|turn| turn.utterances[0] > MARGIN) {
                let utterances = turn.utterances.iter().map(|index| from + index).collect();
                return Some(Turn { utterances, ..turn });
            }
            length *= 2;
        }
    }

    /// The measures as they stand, without intervals and without the person's history: those are the report's.
    pub fn measures(&self) -> Measures {
        measures::measure(&Evidence::new(self, &History::default(), None))
    }

    /// The language that is spoken, as far as the detectors care.
    pub(crate) fn language(&self) -> Language {
        Language::heard_by(&self.setup.recognizer.languages)
    }

    /// Finds anew what there is to find, in words that were changed.
    pub(crate) fn find_anew(&mut self) {
        let (language, profile) = (self.language(), Arc::clone(&self.setup.profile));
        found::mark_all(&mut self.utterances, language, profile);
    }

    /// What is shown while the meeting goes on.
    pub fn live(&self) -> LiveMeasures {
        crate::live::live(self, &self.pace)
    }
}

/// What was said in a segment, before anything is found in it.
fn utterance_of(decided: &Final) -> Option<Utterance> {
    let (first, last) = (decided.words.first()?, decided.words.last()?);
    let voiced = if decided.voiced.is_empty() {
        vec![Span::new(first.start, last.end)]
    } else {
        decided.voiced.clone()
    };
    let ipus = join(voiced.into_iter(), IPU_GAP);
    let texts: Vec<&str> = decided.words.iter().map(|word| word.text.as_str()).collect();
    Some(Utterance {
        id: decided.segment.clone(),
        speaker: decided.speaker,
        span: Span::new(ipus.first()?.start, ipus.last()?.end),
        text: texts.join(" "),
        words: decided.words.clone(),
        ipus,
        fillers: Vec::new(),
        question: None,
        // What ran into the loop guard is probably repetition, however sure of it the recognizer is.
        low_confidence: decided
            .flags
            .iter()
            .any(|flag| matches!(flag, SegmentFlag::LowConfidence | SegmentFlag::LoopGuard)),
        participant: None,
        from_captions: Vec::new(),
        corrected: None,
        live_text: None,
        voices: decided.voices.clone(),
        found: Found::default(),
    })
}

/// Stretches in order of start, joined where less than `gap` lies between them.
pub(crate) fn join(spans: impl Iterator<Item = Span>, gap: Duration) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end.plus(gap) => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
