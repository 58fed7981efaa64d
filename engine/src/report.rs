//! The report after a meeting, as two values that are never mixed: the [`MeetingRecord`], which others may be given, and
//! [`Coaching`], which is the person's own.

mod charts;
mod coaching;
mod expired;
mod pace;
mod points;
mod questions;
mod record;
mod statements;
mod talk;
mod turn_taking;

pub use charts::{Charts, FillerTick, GapBar, Lane, PauseTick};
pub use coaching::{Change, Coaching, NudgeHeldOut, NudgeShown, Trend};
pub use pace::PacePoint;
pub use points::Point;
pub use questions::{MissedQuestion, QuestionAsked};
pub use record::{
    ActionItem, Coverage, Decision, Gap, Line, MeetingRecord, Missing, OpenQuestion, SecondHearing, Source, Unheard,
    Who,
};
pub use talk::{ParticipantTalk, Talk};
pub use turn_taking::{CutIn, Follows, TurnTaking};

use crate::conversation::{Conversation, Utterance};
use crate::correction::Correction;
use crate::detect::Language;
use crate::judged::Judged;
use crate::measures::{self, Booked, Evidence, History, Measures};
use crate::score;
use crate::transcript::SegmentId;
use points::{Choice, Points};
use serde::{Deserialize, Serialize};
use statements::Statements;
use std::collections::BTreeMap;

/// Meetings of a trend: this one's forerunners of its type (measures.md, metric board).
const TREND_MEETINGS: usize = 8;

/// A report of one meeting. Both parts lie side by side where it is stored, as one object, so that a report that is older than
/// the parts is still read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What others may be given.
    #[serde(flatten)]
    pub record: MeetingRecord,
    /// What is the person's own.
    #[serde(flatten)]
    pub coaching: Coaching,
}

/// What a report holds besides the conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportRest {
    /// Names the meeting: intervals are drawn by it, the same for the same name.
    pub meeting: String,
    /// The person's own earlier meetings of the same type.
    pub history: History,
    /// When the meeting was to be; a calendar tells.
    pub booked: Booked,
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
    /// What was held out in place of a nudge.
    pub held_out: Vec<NudgeHeldOut>,
    /// The measure that the person works on, such as `C3`.
    pub goal: Option<String>,
    /// BCP 47; English where it is not said.
    pub language: Option<String>,
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
    let read = conversation.corrected(&rest.corrections).with_page();
    let conversation = &read.named(&rest.corrections);
    Report {
        coaching: coaching(conversation, &rest),
        record: record(conversation, rest),
    }
}

fn record(conversation: &Conversation, rest: ReportRest) -> MeetingRecord {
    let language = rest.language.as_deref().map_or(Language::English, Language::of_tag);
    let Statements {
        people,
        decisions,
        actions,
        open_questions,
        missing,
    } = statements::find(conversation, language);
    let line = |said: &Utterance| Line {
        live_text: rest.live_texts.get(&said.id).cloned(),
        ..Line::from(said)
    };
    let utterances = conversation.utterances().iter().map(|said| line(said)).collect();
    MeetingRecord {
        version: rest.version,
        incomplete: rest.incomplete,
        meeting_type: conversation.setup().meeting_type,
        recognizer: conversation.setup().recognizer.clone(),
        duration_ms: conversation.now().as_ms(),
        people,
        coverage: rest.coverage,
        gaps: rest.gaps,
        second_hearing: rest.second_hearing,
        decisions,
        actions,
        open_questions,
        utterances,
        missing,
    }
}

fn coaching(conversation: &Conversation, rest: &ReportRest) -> Coaching {
    let evidence = Evidence::new(conversation, &rest.history, rest.judged.as_ref()).booked(rest.booked);
    let (measures, samples) = measures::estimate(&evidence, &rest.meeting);
    let score = score::estimate(&measures, &samples, evidence.blocks(), &rest.meeting);
    let turns = conversation.turns();
    let tells_missed = conversation.has_two_sides() && is_english(rest);
    let pace = pace::pace(conversation);
    let choice = Choice {
        conversation,
        turns: &turns,
        pace: &pace,
        measures: &measures,
        score: &score,
        goal: rest.goal.as_deref(),
    };
    let Points {
        one_thing,
        strengths,
        growth,
    } = choice.points();
    Coaching {
        one_thing,
        strengths,
        growth,
        talk: talk::talk(conversation),
        participants: talk::participants(conversation),
        voices: conversation.has_two_sides().then_some(conversation.setup().voices),
        turn_taking: turn_taking::turn_taking(conversation, &evidence),
        questions: questions::questions(conversation),
        missed_questions: match tells_missed {
            true => questions::missed(conversation, &turns),
            false => Vec::new(),
        },
        trends: trends(&rest.history, &measures),
        charts: charts::charts(conversation, &turns),
        measures,
        score: Some(score),
        pace,
        turns,
        nudges: rest.nudges.clone(),
        held_out: rest.held_out.clone(),
        attention: conversation.attention().measures(),
        attention_minutes: conversation.attention().minutes(),
        left_out: left_out(conversation, rest),
    }
}

/// Parts of coaching that this one does not have.
fn left_out(conversation: &Conversation, rest: &ReportRest) -> Vec<Missing> {
    let mut left_out = vec![
        Missing::new("better_wording", "Needs a language model."),
        Missing::new(
            "last_plan",
            "Needs training plans, which do not exist yet: whether the last one worked is not told.",
        ),
        Missing::new("drills", "Need practice modules, which do not exist yet."),
    ];
    if !conversation.has_two_sides() {
        left_out.push(Missing::new(
            "missed_questions",
            "Only one channel was heard, so speakers cannot be told apart.",
        ));
    } else if !is_english(rest) {
        left_out.push(Missing::new("missed_questions", "Told of English alone."));
    }
    left_out
}

fn is_english(rest: &ReportRest) -> bool {
    rest.language.as_deref().map_or(Language::English, Language::of_tag) == Language::English
}

/// Each of `measures` that has a value in an earlier meeting.
fn trends(history: &History, measures: &Measures) -> Vec<Trend> {
    let of = measures.0.iter().map(|measure| Trend {
        measure: measure.id.clone(),
        values: history.newest(&measure.id, TREND_MEETINGS).to_vec(),
    });
    of.filter(|trend| !trend.values.is_empty()).collect()
}

#[cfg(test)]
mod tests;
