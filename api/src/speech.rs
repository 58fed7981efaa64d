//! What a person says of their own speech: kept sealed under their key, heeded by the coach and by reports made from then on.

use crate::db::profiles;
use crate::ids::Member;
use crate::keys::{KeyError, Keys, MemberKey, Place};
use crate::live::Unreadable;
use attune_engine::measures::{Profile, Trait};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a person says of their own speech.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Speech {
    /// They speak the meeting's language as a second one.
    pub(crate) second_language: bool,
    /// Recognizers hear their accent badly.
    pub(crate) accent: bool,
    /// They stutter.
    pub(crate) stutter: bool,
    /// Words and phrases that they keep: none of them is counted as a filler, a hedge or a repetition, and nothing is named in its
    /// place.
    pub(crate) keep: Vec<String>,
}

/// Why it could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpeechError {
    /// The database did not answer.
    #[error("reading what a person says of their speech")]
    Db(#[from] sqlx::Error),
    /// It does not open.
    #[error("opening what a person says of their speech")]
    Sealed(#[from] Unreadable),
    /// The person's key could not be had.
    #[error("having the key of what a person says of their speech")]
    Key(#[source] KeyError),
}

impl Speech {
    /// What `member` says; nothing until they say something, and nothing of a person whose key is destroyed.
    pub(crate) async fn load(db: &mut PgConnection, keys: &Keys, member: Member) -> Result<Self, SpeechError> {
        let Some(stored) = profiles::speech(db, member).await? else {
            return Ok(Self::default());
        };
        match keys.member(member).await {
            Ok(key) => Ok(Self::open(&key, member, &stored)?),
            Err(KeyError::Gone) => Ok(Self::default()),
            Err(error) => Err(SpeechError::Key(error)),
        }
    }

    /// Sealed for `member`.
    pub(crate) fn seal(&self, key: &MemberKey, member: Member) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("invariant: what is stored has string keys");
        key.seal(place(member), &json)
    }

    fn open(key: &MemberKey, member: Member, stored: &[u8]) -> Result<Self, Unreadable> {
        let json = key.open(place(member), stored)?;
        serde_json::from_slice(&json).map_err(|_| Unreadable::Shape)
    }

    /// As measures heed it.
    pub(crate) fn profile(&self) -> Arc<Profile> {
        let traits = [
            (self.second_language, Trait::SecondLanguage),
            (self.accent, Trait::Accent),
            (self.stutter, Trait::Stutter),
        ];
        let traits = traits.into_iter().filter_map(|(is, of)| is.then_some(of));
        Arc::new(Profile::new(traits, &self.keep))
    }
}

const fn place(member: Member) -> Place {
    Place {
        table: "user_profiles",
        column: "speech",
        object: member.user.0,
    }
}
