//! What the meeting's own page shows: its captions and who is there, with the time of capture.

use super::{Limits, MAX_WHOLE, Malformed, from_json, require};
use attune_engine::clock::MeetingTime;
use attune_engine::page::Shown;
use serde::{Deserialize, Serialize};

/// One message of stream 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Caption {
    /// A caption in its latest wording; the same `id` again replaces it.
    Caption {
        /// The page's block of captions that it is; 1 to 64 characters.
        id: String,
        /// When its first word appeared, on the session's clock.
        at_ms: u64,
        /// The name shown beside it; at most 120 characters.
        speaker: String,
        /// Its words; at most 2,000 characters.
        text: String,
    },
    /// Who is in the meeting from now on.
    Participants {
        /// When the list was read, on the session's clock.
        at_ms: u64,
        /// The names shown, the person's own included; at most 100, of 120 characters.
        names: Vec<String>,
    },
    /// Whose tile the page marks as speaking from now on.
    Speaking {
        /// When the mark appeared, on the session's clock.
        at_ms: u64,
        /// The names marked; none when all are silent.
        names: Vec<String>,
    },
}

impl Caption {
    /// Reads the payload of a frame on stream 4.
    ///
    /// # Errors
    /// When it is too long, does not parse, or breaks a rule.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        let caption: Self = from_json("caption", json, Limits::CAPTION_BYTES)?;
        caption.check()?;
        Ok(caption)
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: a caption has string keys and whole numbers")
    }

    /// When it was captured, on the session's clock.
    pub const fn at_ms(&self) -> u64 {
        match self {
            Self::Caption { at_ms, .. } | Self::Participants { at_ms, .. } | Self::Speaking { at_ms, .. } => *at_ms,
        }
    }

    /// What it shows of who speaks and who is there.
    pub fn shown(&self) -> Shown {
        let at = MeetingTime::from_ms(self.at_ms());
        match self {
            Self::Caption { id, speaker, text, .. } => Shown::Caption {
                id: id.clone(),
                at,
                speaker: speaker.clone(),
                text: text.clone(),
            },
            Self::Speaking { names, .. } => Shown::Speaking {
                at,
                names: names.clone(),
            },
            Self::Participants { names, .. } => Shown::Present { names: names.clone() },
        }
    }

    fn check(&self) -> Result<(), Malformed> {
        let what = "caption";
        let fits = |text: &str, most: usize| text.chars().count() <= most;
        require(self.at_ms() <= MAX_WHOLE, what, "at_ms is below 2^53")?;
        match self {
            Self::Caption { id, speaker, text, .. } => {
                require(!id.is_empty() && fits(id, 64), what, "id has 1 to 64 characters")?;
                require(fits(speaker, 120), what, "a name has at most 120 characters")?;
                require(fits(text, 2_000), what, "a caption has at most 2000 characters")
            }
            Self::Participants { names, .. } | Self::Speaking { names, .. } => {
                require(names.len() <= 100, what, "there are at most 100 names")?;
                let short = names.iter().all(|name| fits(name, 120));
                require(short, what, "a name has at most 120 characters")
            }
        }
    }
}
