//! What a client tells the coach: that the person wants quiet, what they made of a nudge, that they talk while muted, that others
//! see their screen.

use super::{MAX_WHOLE, Malformed, require};
use serde::{Deserialize, Serialize};

/// Longest snooze by the clock, a day; a longer one is the rest of the meeting.
const LONGEST_SNOOZE_MS: u64 = 24 * 60 * 60 * 1000;
/// Longest stretch of voice that is told; who goes on is told again.
const LONGEST_VOICE_MS: u64 = 60_000;

/// Something for the coach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coaching {
    /// When, on the session's clock.
    pub at_ms: u64,
    /// What.
    pub change: CoachingChange,
}

/// What the coach is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CoachingChange {
    /// The person wants quiet.
    Snooze {
        /// For how long; without it for the rest of the meeting; 0 ends a snooze.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
    },
    /// What the person made of a nudge.
    Reaction {
        /// The nudge's id.
        nudge: String,
        /// What they made of it; the last word counts.
        reaction: NudgeReaction,
    },
    /// The device hears the person speak while the meeting's page has them muted. None of that sound is sent.
    TalkingMuted {
        /// For how long without a pause.
        voice_ms: u64,
    },
    /// The person shows this tab, window or screen to the meeting, or no longer does.
    Sharing {
        /// They do.
        on: bool,
    },
}

/// What the person made of a nudge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NudgeReaction {
    /// They sent it away.
    Dismissed,
    /// They said that it helped.
    Helpful,
}

impl NudgeReaction {
    /// Its name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Helpful => "helpful",
        }
    }
}

impl Coaching {
    pub(super) fn check(&self) -> Result<(), Malformed> {
        let what = "coaching";
        require(self.at_ms <= MAX_WHOLE, what, "at_ms is below 2^53")?;
        match &self.change {
            CoachingChange::Snooze { for_ms } => {
                let short = for_ms.is_none_or(|for_ms| for_ms <= LONGEST_SNOOZE_MS);
                require(short, what, "a snooze is at most a day")
            }
            CoachingChange::Reaction { nudge, .. } => {
                let hex = nudge.len() == 32 && nudge.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                require(hex, what, "a nudge's id is 32 hexadecimal digits")
            }
            CoachingChange::TalkingMuted { voice_ms } => {
                require(*voice_ms <= LONGEST_VOICE_MS, what, "voice is told of at most a minute")
            }
            CoachingChange::Sharing { .. } => Ok(()),
        }
    }
}
