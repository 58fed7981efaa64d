//! What kind of meeting it is: targets differ by it.

use serde::{Deserialize, Serialize};

/// The kind of a meeting, from the person's side of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeetingType {
    /// A first conversation with a customer.
    Discovery,
    /// Showing a product.
    Demo,
    /// I interview someone.
    Interviewer,
    /// Someone interviews me.
    Candidate,
    /// A one-to-one with someone who reports to me.
    OneOnOneManager,
    /// A one-to-one with my manager.
    OneOnOneReport,
    /// A short round of everyone.
    StandUp,
    /// I present, others listen.
    Presentation,
    /// I bring others up to date.
    InternalUpdate,
    /// Anything else.
    #[default]
    Other,
}

impl std::str::FromStr for MeetingType {
    type Err = UnknownMeetingType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|meeting_type| meeting_type.as_str() == name)
            .ok_or_else(|| UnknownMeetingType(name.to_owned()))
    }
}

/// Not the name of a kind of meeting.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no meeting type")]
pub struct UnknownMeetingType(pub String);

impl MeetingType {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Discovery,
        Self::Demo,
        Self::Interviewer,
        Self::Candidate,
        Self::OneOnOneManager,
        Self::OneOnOneReport,
        Self::StandUp,
        Self::Presentation,
        Self::InternalUpdate,
        Self::Other,
    ];

    /// Whether there are two people in it by its kind, one of them me.
    pub const fn is_between_two(self) -> bool {
        matches!(
            self,
            Self::Interviewer | Self::Candidate | Self::OneOnOneManager | Self::OneOnOneReport
        )
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Demo => "demo",
            Self::Interviewer => "interviewer",
            Self::Candidate => "candidate",
            Self::OneOnOneManager => "one_on_one_manager",
            Self::OneOnOneReport => "one_on_one_report",
            Self::StandUp => "stand_up",
            Self::Presentation => "presentation",
            Self::InternalUpdate => "internal_update",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_meeting_is_read_back_from_its_name() {
        for meeting_type in MeetingType::ALL {
            assert_eq!(meeting_type.as_str().parse(), Ok(meeting_type));
            assert_eq!(serde_json::to_value(meeting_type).unwrap(), meeting_type.as_str());
        }
        let refused = "picnic".parse::<MeetingType>().unwrap_err();
        assert_eq!(refused.to_string(), "\"picnic\" is no meeting type");
    }
}
