//! What was said, on its way into a row and out of it: JSON, sealed under the meeting's key for that one row.

use crate::keys::{MeetingKey, OpenError, Place};
use crate::record::events::StoredEvent;
use attune_engine::transcript::Final;
use attune_ingest::protocol::ServerEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// Why a row's body says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// It does not open: another key, or bytes that were changed or moved.
    #[error("a stored body does not open")]
    Sealed(#[from] OpenError),
    /// It opens, but is not what the table holds.
    #[error("a stored body is not of its table")]
    Shape,
}

/// The place of a segment's words.
pub(crate) const fn utterance(id: Uuid) -> Place {
    Place {
        table: "utterances",
        column: "body",
        object: id,
    }
}

/// The place of the words that a second hearing found in a segment.
pub(crate) const fn second_utterance(id: Uuid) -> Place {
    Place {
        table: "second_utterances",
        column: "body",
        object: id,
    }
}

/// The place of words that the person put right.
pub(crate) const fn correction(utterance: Uuid) -> Place {
    Place {
        table: "corrections",
        column: "body",
        object: utterance,
    }
}

/// The place of an event.
pub(crate) const fn event(id: Uuid) -> Place {
    Place {
        table: "meeting_events",
        column: "body",
        object: id,
    }
}

/// The place of a commit's insights or captions.
pub(crate) const fn observations(id: Uuid) -> Place {
    Place {
        table: "meeting_observations",
        column: "body",
        object: id,
    }
}

/// The place of a report.
pub(crate) const fn analysis(id: Uuid) -> Place {
    Place {
        table: "meeting_analyses",
        column: "body",
        object: id,
    }
}

/// The place of what a report says could be better.
pub(crate) const fn improvement_areas(id: Uuid) -> Place {
    Place {
        table: "meeting_analyses",
        column: "improvement_areas",
        object: id,
    }
}

/// Seals `what` for its place.
pub(crate) fn seal(key: &MeetingKey, place: Place, what: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(what).expect("invariant: what is stored has string keys and finite numbers");
    key.seal(place, &json)
}

/// Opens what [`seal`] made for the same place.
pub(crate) fn open<T: DeserializeOwned>(key: &MeetingKey, place: Place, stored: &[u8]) -> Result<T, Unreadable> {
    // The cause would name a position in the plaintext: the log is told the table at most.
    serde_json::from_slice(&key.open(place, stored)?).map_err(|_| Unreadable::Shape)
}

/// The event that a row holds.
pub(crate) fn open_event(key: &MeetingKey, row: &StoredEvent) -> Result<ServerEvent, Unreadable> {
    match row.utterance_id {
        Some(id) => Ok(ServerEvent::Final(open::<Final>(key, utterance(id), &row.body)?)),
        None => open(key, event(row.id), &row.body),
    }
}
