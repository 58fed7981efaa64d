//! The audio of a meeting that a person chose to keep: how much there is, and its end.

use crate::auth::OwnedMeeting;
use crate::db::audit;
use crate::error::{ApiError, ErrorBody};
use crate::ids::MeetingId;
use crate::jobs::queue;
use crate::record::{kept_audio, sessions};
use crate::server::AppState;
use attune_engine::clock::SAMPLE_RATE_HZ;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What is kept of a meeting's audio.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptAudio {
    /// Whether more may be kept of it, where the person agreed to `keep_audio`.
    keep_audio: bool,
    /// What there is; none where nothing is kept.
    kept: Option<Extent>,
}

/// How much audio is kept, and until when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Extent {
    /// Seconds of the track of which most is kept.
    seconds: f64,
    /// What it takes up, encrypted.
    bytes: i64,
    /// When it is destroyed.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// What is kept of a meeting's audio.
#[utoipa::path(get, path = "/v1/meetings/{id}/audio", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 200, body = KeptAudio), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_audio(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<Json<KeptAudio>, ApiError> {
    let extent = state
        .db
        .with_tenant(member.tenant, async |tx| {
            kept_audio::extent(tx, member.tenant, meeting.id).await
        })
        .await?;
    let kept = extent.map(|extent| Extent {
        seconds: extent.samples as f64 / f64::from(SAMPLE_RATE_HZ),
        bytes: extent.bytes,
        expires_at: extent.expires_at,
    });
    Ok(Json(KeptAudio {
        keep_audio: meeting.keep_audio,
        kept,
    }))
}

/// Destroys what is kept of a meeting's audio, and keeps nothing more of it. Its words and its report stay.
#[utoipa::path(delete, path = "/v1/meetings/{id}/audio", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 204, description = "deleted"), (status = 401, body = ErrorBody),
              (status = 404, body = ErrorBody)))]
pub(super) async fn delete_audio(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<StatusCode, ApiError> {
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            // First: what is being committed is waited for, and whatever comes next finds that nothing is to be kept.
            sessions::hold_all(&mut *tx, member.tenant, meeting.id).await?;
            kept_audio::refuse(&mut *tx, member.tenant, meeting.id).await?;
            kept_audio::forget(&mut *tx, member.tenant, meeting.id).await?;
            queue::forget_audio(&mut *tx, member.tenant, meeting.id).await?;
            audit::insert(&mut *tx, member, "meeting.audio_deleted", meeting.id.0).await
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
