//! What is stored of a meeting, where, and until when.

use crate::audio::AudioPlace;
use crate::auth::OwnedMeeting;
use crate::error::{ApiError, ErrorBody};
use crate::ids::{MeetingId, Member};
use crate::record::{kept_audio, stored};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What is stored of a meeting: all of it sealed under the meeting's own key, which goes with the meeting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeetingStored {
    /// What is in the database. It is kept until the meeting is deleted.
    parts: Vec<StoredPart>,
    /// Kept audio; none where there is none.
    audio: Option<StoredAudio>,
}

/// A part of what is in the database.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredPart {
    /// `words`, `corrections`, `captions`, `insights`, `nudges`, `events` (marks, gaps and the like) or `reports`.
    part: String,
    /// How many there are.
    count: i64,
    /// What they take up, encrypted.
    bytes: i64,
}

/// Kept audio.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredAudio {
    /// `server` for the server's own disk, `object_store` for a bucket elsewhere.
    place: &'static str,
    /// What it takes up, encrypted.
    bytes: i64,
    /// When it is destroyed.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// What is stored of a meeting, where, and until when.
#[utoipa::path(get, path = "/v1/meetings/{id}/stored", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 200, body = MeetingStored), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_stored(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<Json<MeetingStored>, ApiError> {
    read_stored(&state, member, meeting.id).await.map(Json)
}

/// What is stored of a meeting.
pub(crate) async fn read_stored(
    state: &AppState,
    member: Member,
    meeting: MeetingId,
) -> Result<MeetingStored, ApiError> {
    let (parts, audio) = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let parts = stored::parts(&mut *tx, member.tenant, meeting).await?;
            let audio = kept_audio::extent(&mut *tx, member.tenant, meeting).await?;
            Ok::<_, sqlx::Error>((parts, audio))
        })
        .await?;
    let parts = parts.into_iter().map(|part| StoredPart {
        part: part.part,
        count: part.count,
        bytes: part.bytes,
    });
    Ok(MeetingStored {
        parts: parts.collect(),
        audio: audio.map(|extent| StoredAudio {
            place: match state.config.audio.place {
                AudioPlace::Folder(_) => "server",
                AudioPlace::S3 { .. } => "object_store",
            },
            bytes: extent.bytes,
            expires_at: extent.expires_at,
        }),
    })
}

impl MeetingStored {
    /// The same in sentences, for whoever reads it in a file: what, how much, where, until when.
    pub(crate) fn told(&self) -> Vec<String> {
        let parts = self.parts.iter().map(|part| {
            let (name, count, size) = (name_of(&part.part), part.count, size(part.bytes));
            format!("{name}: {count}, {size}, in this server's database, until the meeting is deleted")
        });
        let audio = match &self.audio {
            Some(audio) => {
                let place = match audio.place {
                    "server" => "on this server's disk",
                    _ => "in the object store that this server names",
                };
                let day = time::macros::format_description!("[year]-[month]-[day]");
                let until = audio.expires_at.format(day).unwrap_or_default();
                format!("Audio: {}, {place}, until {until}", size(audio.bytes))
            }
            None => "Audio: none is kept".to_owned(),
        };
        parts.chain([audio]).collect()
    }
}

fn name_of(part: &str) -> &str {
    match part {
        "words" => "Words, by segment",
        "corrections" => "Words and names that you put right",
        "captions" => "What the meeting's page showed",
        "insights" => "What your device made of camera and wearable",
        "nudges" => "Nudges",
        "events" => "Marks, gaps and other events",
        "reports" => "Versions of this report",
        other => other,
    }
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn what_is_stored_is_told_with_its_place_and_its_end() {
        let part = |part: &str, count, bytes| StoredPart {
            part: part.into(),
            count,
            bytes,
        };
        let mut stored = MeetingStored {
            parts: vec![part("nudges", 2, 999), part("words", 56, 61_400)],
            audio: None,
        };
        assert_eq!(
            stored.told(),
            [
                "Nudges: 2, 999 bytes, in this server's database, until the meeting is deleted",
                "Words, by segment: 56, 61 kB, in this server's database, until the meeting is deleted",
                "Audio: none is kept",
            ]
        );
        stored.audio = Some(StoredAudio {
            place: "server",
            bytes: 2_410_000,
            expires_at: datetime!(2026-12-21 9:00 UTC),
        });
        let told = stored.told();
        assert_eq!(told[2], "Audio: 2.4 MB, on this server's disk, until 2026-12-21");
    }
}
