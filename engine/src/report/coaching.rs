//! My coaching: what a report says of how one person spoke and attended. It is that person's alone: nothing of it is in a
//! [`MeetingRecord`](super::MeetingRecord), which is what others may be given.

use super::charts::Charts;
use super::pace::PacePoint;
use super::points::Point;
use super::questions::{MissedQuestion, QuestionAsked};
use super::record::Missing;
use super::talk::{ParticipantTalk, Talk};
use super::turn_taking::TurnTaking;
use crate::attention::Minute;
use crate::measures::Measures;
use crate::score::CommunicationScore;
use crate::turns::Turn;
use crate::voices::VoicesHeard;
use serde::{Deserialize, Serialize};

/// The private part of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coaching {
    /// The one thing to look at first: the person's goal where they chose one and it was measured, else the first of `growth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_thing: Option<Point>,
    /// What went well, three at most.
    #[serde(default)]
    pub strengths: Vec<Point>,
    /// What could be better, two at most.
    #[serde(default)]
    pub growth: Vec<Point>,
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
    /// Who had the floor.
    pub turns: Vec<Turn>,
    /// Who follows whom.
    #[serde(default)]
    pub turn_taking: TurnTaking,
    /// What I asked.
    #[serde(default)]
    pub questions: Vec<QuestionAsked>,
    /// Where I could have asked and spoke of something else.
    #[serde(default)]
    pub missed_questions: Vec<MissedQuestion>,
    /// The measures in my earlier meetings of the same type, as far as there are any.
    #[serde(default)]
    pub trends: Vec<Trend>,
    /// What the other charts are drawn from.
    #[serde(default)]
    pub charts: Charts,
    /// What was said to me while the meeting went on.
    pub nudges: Vec<NudgeShown>,
    /// What was held out by lot in place of a nudge, so that the two can be compared.
    #[serde(default)]
    pub held_out: Vec<NudgeHeldOut>,
    /// A1 to A8 over the meeting; empty where the person's device sent nothing.
    #[serde(default)]
    pub attention: Measures,
    /// The same by minute.
    #[serde(default)]
    pub attention_minutes: Vec<Minute>,
    /// Parts that this coaching does not have, and why not.
    #[serde(default)]
    pub left_out: Vec<Missing>,
}

/// A measure in earlier meetings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trend {
    /// Which, such as `C3`.
    pub measure: String,
    /// Its values in the last eight meetings of the same type that have one, the oldest first; this meeting's is none of them.
    pub values: Vec<f64>,
}

/// A nudge as it was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What the person made of it: `dismissed` or `helpful`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    /// What became of the number that it was about.
    #[serde(flatten)]
    pub effect: Change,
}

/// A moment in which a nudge was due and was held out by lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NudgeHeldOut {
    /// Its name.
    pub id: String,
    /// The rule, such as `N1`.
    pub rule: String,
    /// What would have been shown.
    pub headline: String,
    /// When.
    pub at_ms: u64,
    /// What became of the number that it was about.
    #[serde(flatten)]
    pub effect: Change,
}

/// A number over the two minutes before a moment and the two after, in the unit of the rule's measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Before; absent where there was too little speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// After.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
}
