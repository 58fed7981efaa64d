//! The report after a meeting: everything a reader needs, as one value.

use crate::attribution;
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, IPU_GAP, Utterance, join};
use crate::correction::Correction;
use crate::judged::Judged;
use crate::measures::{self, Evidence, History, Measures, Profile, speaking_time};
use crate::meeting_type::MeetingType;
use crate::recognize::RecognizerInfo;
use crate::score::{self, CommunicationScore};
use crate::speaker::{Speaker, Track};
use crate::transcript::SegmentId;
use crate::turns::Turn;
use crate::voices::VoicesHeard;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A report of one meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// Reports have versions; a later one replaces an earlier.
    pub version: u32,
    /// The meeting was cut off, and may go on.
    pub incomplete: bool,
    /// Targets depend on it.
    pub meeting_type: MeetingType,
    /// Who turned speech into words, and what it gets wrong.
    pub recognizer: RecognizerInfo,
    /// Length of the meeting as captured, milliseconds.
    pub duration_ms: u64,
    /// The measures.
    pub measures: Measures,
    /// The one number that is made of them, with its parts. None in reports that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<CommunicationScore>,
    /// Speech by speaker.
    pub talk: Vec<Talk>,
    /// Speech of the others by participant, as far as the meeting's page or voices tell who spoke, the longest first; empty
    /// where neither tells anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<ParticipantTalk>,
    /// Whether the others' voices are told apart; none where nobody else has a channel, and in reports that are older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voices: Option<VoicesHeard>,
    /// My pace over time.
    pub pace: Vec<PacePoint>,
    /// What was said, by start.
    pub utterances: Vec<Utterance>,
    /// Who had the floor.
    pub turns: Vec<Turn>,
    /// What was lost.
    pub gaps: Vec<Gap>,
    /// What was said to me while the meeting went on.
    pub nudges: Vec<NudgeShown>,
    /// What became of every second, by track.
    pub coverage: Vec<Coverage>,
    /// That it was heard again after the meeting, from the audio that was kept, and what that changed. None where it was
    /// not: then its words are those written while the meeting went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_hearing: Option<SecondHearing>,
}

/// What hearing a meeting again, from audio that was kept, came to. Words that the person put right are not among what
/// changed: they are theirs in either hearing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondHearing {
    /// Who heard it again.
    pub recognizer: RecognizerInfo,
    /// Who wrote the words while the meeting went on, as recognizer and model.
    pub live_recognizer: String,
    /// Segments of speech.
    pub segments: usize,
    /// Those of them whose words are of the second hearing; the others stand as they were written live.
    pub heard_again: usize,
    /// Words that those had live.
    pub live_words: usize,
    /// Words that are others now, or more, or no more.
    pub changed_words: usize,
}

/// One speaker's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Talk {
    /// Who.
    pub speaker: Speaker,
    /// Seconds of speech.
    pub seconds: f64,
    /// Share of all speech, 0 to 1; absent where channels tell nobody apart.
    pub share: Option<f64>,
    /// Words, filled pauses left out.
    pub words: usize,
}

/// What one of the others said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParticipantTalk {
    /// The name as the meeting's page shows it, or `Speaker 1` for a voice that it does not name; none for all speech that is
    /// not surely anybody's.
    pub name: Option<String>,
    /// Seconds of speech.
    pub seconds: f64,
    /// Share of all speech, mine included, 0 to 1.
    pub share: f64,
    /// Words, filled pauses left out.
    pub words: usize,
}

/// My pace around a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PacePoint {
    /// The middle of the window.
    pub at_ms: u64,
    /// Words a minute in it; absent where I said too little.
    pub wpm: Option<f64>,
}

/// A stretch that was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    /// On this track.
    pub track: Track,
    /// From when to when.
    #[serde(flatten)]
    pub span: Span,
    /// Why, such as `buffer_full`.
    pub reason: String,
}

/// A nudge as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NudgeShown {
    /// Its name.
    pub id: String,
    /// The rule, such as `N1`.
    pub rule: String,
    /// What was shown.
    pub headline: String,
    /// Why.
    pub evidence: String,
    /// When.
    pub at_ms: u64,
}

/// What became of a track's samples: each second is in exactly one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// The track.
    pub track: Track,
    /// Its words are here, seconds.
    pub decoded_s: f64,
    /// Nobody spoke, seconds.
    pub non_speech_s: f64,
    /// Judged not to be speech after all, seconds.
    pub suppressed_s: f64,
    /// Muted, paused or off the record, seconds.
    pub withheld_s: f64,
    /// Lost, seconds.
    pub gap_s: f64,
    /// Why what was not heard was not, the longest first. None in reports that are older than this field.
    #[serde(default)]
    pub reasons: Vec<Unheard>,
}

/// Why some of a track was suppressed, withheld or lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unheard {
    /// Such as `muted`, `off_the_record` or `buffer_full`.
    pub reason: String,
    /// How much, seconds.
    pub seconds: f64,
    /// In how many stretches. Absent in reports that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretches: Option<u64>,
}

/// What a report holds besides the conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportRest {
    /// Names the meeting: intervals are drawn by it, the same for the same name.
    pub meeting: String,
    /// The person's own earlier meetings of the same type.
    pub history: History,
    /// What the person said of their own speech.
    pub profile: Profile,
    /// How long the meeting was booked for; a calendar tells.
    pub booked: Option<Duration>,
    /// What a language model found, where one looked.
    pub judged: Option<Judged>,
    /// Which version this is.
    pub version: u32,
    /// The meeting was cut off.
    pub incomplete: bool,
    /// What was lost.
    pub gaps: Vec<Gap>,
    /// What was shown.
    pub nudges: Vec<NudgeShown>,
    /// What became of every second.
    pub coverage: Vec<Coverage>,
    /// What the person put right.
    pub corrections: Vec<Correction>,
    /// What a second hearing came to, if there was one: the conversation holds its words.
    pub second_hearing: Option<SecondHearing>,
    /// What was written live of the segments that it changed.
    pub live_texts: BTreeMap<SegmentId, String>,
}

/// The report of a meeting as far as it is decided.
pub fn report(conversation: &Conversation, rest: ReportRest) -> Report {
    let conversation = &conversation.corrected(&rest.corrections).with_page();
    let with_live_text = |utterance: &Utterance| Utterance {
        live_text: rest.live_texts.get(&utterance.id).cloned(),
        ..utterance.clone()
    };
    let utterances = conversation.utterances();
    let evidence = Evidence::new(conversation, &rest.history, rest.judged.as_ref())
        .of(rest.profile)
        .booked(rest.booked);
    let (measures, samples) = measures::estimate(&evidence, &rest.meeting);
    let score = score::estimate(&measures, &samples, evidence.blocks(), &rest.meeting);
    Report {
        version: rest.version,
        incomplete: rest.incomplete,
        meeting_type: conversation.setup().meeting_type,
        recognizer: conversation.setup().recognizer.clone(),
        second_hearing: rest.second_hearing.clone(),
        duration_ms: conversation.now().as_ms(),
        measures,
        score: Some(score),
        talk: talk(conversation),
        participants: participants(conversation),
        voices: (conversation.has_two_sides()).then_some(conversation.setup().voices),
        pace: pace(conversation),
        utterances: utterances.iter().map(|utterance| with_live_text(utterance)).collect(),
        turns: conversation.turns(),
        gaps: rest.gaps,
        nudges: rest.nudges,
        coverage: rest.coverage,
    }
}

fn talk(conversation: &Conversation) -> Vec<Talk> {
    let speakers: &[Speaker] = if conversation.has_two_sides() {
        &[Speaker::Me, Speaker::Them]
    } else {
        &[conversation.me()]
    };
    let all: f64 = speakers
        .iter()
        .map(|speaker| conversation.speech_time(*speaker).as_secs_f64())
        .sum();
    speakers
        .iter()
        .map(|&speaker| {
            let seconds = conversation.speech_time(speaker).as_secs_f64();
            Talk {
                speaker,
                seconds,
                share: (conversation.has_two_sides() && all > 0.0).then_some(seconds / all),
                words: conversation
                    .of(speaker)
                    .map(|utterance| utterance.spoken_words().count())
                    .sum(),
            }
        })
        .collect()
}

/// Speech of the others by name, where the name is sure enough to count by; nothing where no name is.
fn participants(conversation: &Conversation) -> Vec<ParticipantTalk> {
    let name_of = |utterance: &Utterance| {
        let participant = utterance.participant.as_ref()?;
        (participant.confidence >= attribution::TRUSTED).then(|| participant.name.clone())
    };
    let mut by_name: BTreeMap<Option<String>, Vec<&Utterance>> = BTreeMap::new();
    for utterance in conversation.of(Speaker::Them) {
        by_name.entry(name_of(utterance)).or_default().push(utterance);
    }
    if by_name.keys().all(Option::is_none) {
        return Vec::new();
    }
    let mine = conversation.speech_time(conversation.me());
    let all = (mine + conversation.speech_time(Speaker::Them)).as_secs_f64();
    let mut talk: Vec<ParticipantTalk> = by_name
        .into_iter()
        .map(|(name, said)| {
            let units = join(
                said.iter().flat_map(|utterance| utterance.ipus.iter().copied()),
                IPU_GAP,
            );
            let seconds = units.into_iter().map(Span::duration).sum::<Duration>().as_secs_f64();
            ParticipantTalk {
                name,
                seconds,
                share: seconds / all,
                words: said.iter().map(|utterance| utterance.spoken_words().count()).sum(),
            }
        })
        .collect();
    talk.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    talk
}

/// My pace in windows of 30 s, every 10 s. A window with under 15 words or 5 s of speech has none: the rate of a short
/// answer says nothing.
fn pace(conversation: &Conversation) -> Vec<PacePoint> {
    const WINDOW: Duration = Duration::from_secs(30);
    const STEP_MS: u64 = 10_000;
    const MIN_WORDS: usize = 15;
    const MIN_SPEECH: Duration = Duration::from_secs(5);
    let mut words: Vec<MeetingTime> = conversation
        .trusted()
        .flat_map(Utterance::spoken_words)
        .map(|word| word.start)
        .collect();
    words.sort_unstable();
    let units = join(
        conversation
            .trusted()
            .flat_map(|utterance| utterance.ipus.iter().copied()),
        IPU_GAP,
    );
    (0..=conversation.now().as_ms() / STEP_MS)
        .map(|step| {
            let middle = MeetingTime::from_ms(step * STEP_MS);
            let window = Span::new(middle.minus(WINDOW / 2), middle.plus(WINDOW / 2));
            let before = |moment| words.partition_point(|start| *start < moment);
            let said = before(window.end) - before(window.start);
            let heard = units.partition_point(|unit| unit.end <= window.start)
                ..units.partition_point(|unit| unit.start < window.end);
            let inside = |unit: &Span| Span::new(unit.start.max(window.start), unit.end.min(window.end));
            let speaking = speaking_time(units[heard].iter().map(inside));
            let wpm =
                (said >= MIN_WORDS && speaking >= MIN_SPEECH).then(|| said as f64 * 60.0 / speaking.as_secs_f64());
            PacePoint {
                at_ms: middle.as_ms(),
                wpm,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
