//! Heart-rate variability of recordings that a person uploads: computed, sealed under their key, and read back beside what is usual for
//! them. The intervals themselves are not kept.

mod upload;

use crate::auth::SignedIn;
use crate::db::audit;
use crate::db::heart::{self, HeartRow};
use crate::error::{ApiError, ErrorBody};
use crate::ids::HeartRecordingId;
use crate::keys::{MemberKey, Place};
use crate::server::AppState;
use attune_engine::hrv::{Own, Variability, against_own, variability, with_holes};
use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use upload::{BODY_BYTES, CreateHeartRecording, Upload, not_right};
use utoipa::ToSchema;

/// What is usual is told by the recordings of so long before (A8).
const USUAL_OVER: time::Duration = time::Duration::days(14);
/// The most recordings of a person: ten years of one a day is fewer.
const MOST: i64 = 4_000;
/// The most in one answer.
const LISTED: usize = 100;
/// Rows read for it: those before them tell what was usual for the last ones.
const READ: i64 = 500;

const TOO_MANY: ApiError = ApiError::Conflict {
    code: "too_many_recordings",
    message: "there are as many recordings as can be kept; delete some first",
};

/// The body that this route takes is larger than others.
pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_BYTES)
}

/// What was computed of a recording.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct HeartRecording {
    /// Its id.
    id: HeartRecordingId,
    /// When its first interval ended.
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// In the time domain.
    variability: Variability,
    /// Its RMSSD against the person's own of the 14 days before (A8); none where these are fewer than five recordings.
    own: Option<Own>,
}

/// A person's recordings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeartRecordings {
    recordings: Vec<HeartRecording>,
}

/// Computes the variability of RR intervals and keeps that, and nothing else of them. A recording of less than a minute, or with more
/// than 5 % of artefacts, is refused; the same recording again takes the place of the first. Also as `text/csv`, with the columns `time`
/// and `rr_ms`.
#[utoipa::path(post, path = "/v1/heart-recordings", tag = "heart", security(("session" = []), ("token" = [])),
    request_body(content((CreateHeartRecording = "application/json"), (String = "text/csv"))),
    responses((status = 201, body = HeartRecording), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
              (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
              (status = 422, body = ErrorBody)))]
pub(super) async fn create_heart_recording(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    upload: Upload,
) -> Result<(StatusCode, Json<HeartRecording>), ApiError> {
    let measured = variability(&with_holes(&upload.beats));
    let measured = measured.map_err(|why| not_right("intervals".into(), why.to_string()))?;
    let key = state.keys.member(member).await?;
    let (id, started_at) = (HeartRecordingId::new(), upload.started_at);
    let row = HeartRow {
        id,
        started_at,
        body: seal(&key, id, &measured),
    };
    let rows = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let again = heart::named(&mut *tx, member, started_at).await?.is_some();
            if !again && heart::count(&mut *tx, member).await? >= MOST {
                return Err(TOO_MANY);
            }
            heart::put(&mut *tx, member, &row).await?;
            audit::insert(&mut *tx, member, "heart_recording.added", id.0).await?;
            Ok(heart::list_until(&mut *tx, member, started_at, READ).await?)
        })
        .await?;
    let mut recordings = read(&key, &rows)?;
    Ok((StatusCode::CREATED, Json(recordings.swap_remove(0))))
}

/// The signed-in person's recordings, newest first: the last hundred.
#[utoipa::path(get, path = "/v1/heart-recordings", tag = "heart", security(("session" = []), ("token" = [])),
    responses((status = 200, body = HeartRecordings), (status = 401, body = ErrorBody)))]
pub(super) async fn list_heart_recordings(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<HeartRecordings>, ApiError> {
    let key = state.keys.member(member).await?;
    // None is later than a device's clock may run ahead.
    let all = OffsetDateTime::now_utc() + time::Duration::DAY;
    let rows = state
        .db
        .with_tenant(member.tenant, async |tx| heart::list_until(tx, member, all, READ).await)
        .await?;
    let mut recordings = read(&key, &rows)?;
    recordings.truncate(LISTED);
    Ok(Json(HeartRecordings { recordings }))
}

/// Deletes a recording.
#[utoipa::path(delete, path = "/v1/heart-recordings/{id}", tag = "heart", security(("session" = []), ("token" = [])),
    params(("id" = HeartRecordingId, Path)),
    responses((status = 204, description = "deleted"), (status = 401, body = ErrorBody),
              (status = 404, body = ErrorBody)))]
pub(super) async fn delete_heart_recording(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    id: Result<Path<HeartRecordingId>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("recording"))?;
    let deleted = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let deleted = heart::delete(&mut *tx, member, id).await?;
            if deleted > 0 {
                audit::insert(&mut *tx, member, "heart_recording.deleted", id.0).await?;
            }
            Ok::<_, sqlx::Error>(deleted)
        })
        .await?;
    if deleted == 0 {
        return Err(ApiError::NotFound("recording"));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What `rows`, newest first, hold, each beside those of the 14 days before it.
fn read(key: &MemberKey, rows: &[HeartRow]) -> Result<Vec<HeartRecording>, ApiError> {
    let mut recordings = Vec::with_capacity(rows.len());
    for row in rows {
        let body = key.open(body_of(row.id), &row.body).map_err(ApiError::internal)?;
        recordings.push(HeartRecording {
            id: row.id,
            started_at: row.started_at,
            variability: serde_json::from_slice(&body).map_err(ApiError::internal)?,
            own: None,
        });
    }
    for index in 0..recordings.len() {
        let HeartRecording {
            started_at,
            variability,
            ..
        } = recordings[index];
        let earlier: Vec<f64> = recordings[index + 1..]
            .iter()
            .take_while(|earlier| started_at - earlier.started_at <= USUAL_OVER)
            .map(|earlier| earlier.variability.rmssd_ms)
            .collect();
        recordings[index].own = against_own(variability.rmssd_ms, &earlier);
    }
    Ok(recordings)
}

fn seal(key: &MemberKey, id: HeartRecordingId, measured: &Variability) -> Vec<u8> {
    let body = serde_json::to_vec(measured).expect("invariant: what is measured is finite and has string keys");
    key.seal(body_of(id), &body)
}

/// Where a recording is sealed for.
pub(crate) const fn body_of(id: HeartRecordingId) -> Place {
    Place {
        table: "heart_recordings",
        column: "body",
        object: id.0,
    }
}
