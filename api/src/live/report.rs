//! The report of a meeting, as it is read.

use crate::auth::OwnedMeeting;
use crate::error::{ApiError, ErrorBody};
use crate::ids::{MeetingId, Member};
use crate::live::{correction, sealed};
use crate::record::{analyses, corrections};
use crate::render::{Analysis, Format};
use crate::routes::{ValidQuery, key_of, read_title};
use crate::server::AppState;
use attune_engine::correction::reread;
use attune_engine::detect::Language;
use attune_engine::report::Report;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use garde::Validate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which version.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichReport {
    /// From 1; the newest unless it says otherwise.
    #[garde(inner(range(min = 1)))]
    version: Option<i32>,
}

/// A meeting's report.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeetingReport {
    /// The meeting.
    meeting_id: MeetingId,
    /// This version of its report.
    report_id: Uuid,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// 0 to 100; none until enough of its parts are measured.
    communication_score: Option<f32>,
    /// What was heard and measured.
    #[serde(flatten)]
    report: Report,
}

/// The report of a meeting.
#[utoipa::path(get, path = "/v1/meetings/{id}/report", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), WhichReport),
    responses((status = 200, body = MeetingReport), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_report(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    ValidQuery(WhichReport { version }): ValidQuery<WhichReport>,
) -> Result<Json<MeetingReport>, ApiError> {
    read(&state, member, meeting.id, version).await.map(Json)
}

/// Which kind of file.
#[derive(Debug, Deserialize)]
pub(super) struct WhichFile {
    format: String,
}

/// The report of a meeting as a file: `md` for notes, `html` to read and to send, `txt`, `vtt` (captions), `csv` (the measures)
/// or `json`.
#[utoipa::path(get, path = "/v1/meetings/{id}/report/files/{format}", tag = "live",
    security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), ("format" = String, Path, description = "md, html, txt, vtt, csv or json"), WhichReport),
    responses((status = 200, body = String, content_type = "application/octet-stream"),
              (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_report_file(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    Path(WhichFile { format }): Path<WhichFile>,
    ValidQuery(WhichReport { version }): ValidQuery<WhichReport>,
) -> Result<impl IntoResponse, ApiError> {
    let format: Format = format.parse().map_err(|_| ApiError::NotFound("file"))?;
    let MeetingReport { report, .. } = read(&state, member, meeting.id, version).await?;
    let analysis = Analysis {
        title: read_title(&meeting, &key_of(&state, member, meeting.id).await?)?,
        report,
    };
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            attachment(&analysis.title, format.extension()),
        ),
    ];
    Ok((headers, analysis.write(format)))
}

/// Saved under the meeting's title (RFC 6266), with a plain name for who cannot read that.
fn attachment(title: &str, extension: &str) -> String {
    let encoded = utf8_percent_encode(title, NON_ALPHANUMERIC);
    format!("attachment; filename=\"meeting.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
}

async fn read(
    state: &AppState,
    member: Member,
    meeting: MeetingId,
    version: Option<i32>,
) -> Result<MeetingReport, ApiError> {
    let (stored, corrections) = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let stored = analyses::find(&mut *tx, member.tenant, member.user, meeting, version).await?;
            let corrections = corrections::list(&mut *tx, member.tenant, meeting).await?;
            Ok::<_, ApiError>((stored, corrections))
        })
        .await?;
    let stored = stored.ok_or(ApiError::NotReady {
        code: "report_not_ready",
        message: "the report is not made yet",
    })?;
    let key = key_of(state, member, meeting).await?;
    let mut report: Report =
        sealed::open(&key, sealed::analysis(stored.id), &stored.body).map_err(ApiError::internal)?;
    // What was put right a moment ago is read at once; the measures follow with the next version.
    let corrections = correction::open_all(&key, corrections).map_err(ApiError::internal)?;
    let language = Language::heard_by(&report.recognizer.languages);
    reread(&mut report.utterances, &corrections, language);
    Ok(MeetingReport {
        meeting_id: meeting,
        report_id: stored.id,
        created_at: stored.created_at,
        communication_score: stored.communication_score,
        report,
    })
}
