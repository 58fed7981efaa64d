//! The report of a meeting, as it is read.

use crate::auth::OwnedMeeting;
use crate::db::audit;
use crate::db::meetings::MeetingRow;
use crate::error::{ApiError, ErrorBody};
use crate::ids::{MeetingId, Member};
use crate::keys::MeetingKey;
use crate::live::sealed::Unreadable;
use crate::live::{correction, sealed};
use crate::record::nudges::{self, StoredMoment};
use crate::record::{analyses, corrections};
use crate::render::{About, Analysis, Format, Hashes, Part, WriteError, hashes};
use crate::routes::{ValidQuery, key_of, read_stored, read_title};
use crate::server::AppState;
use attune_engine::correction::reread;
use attune_engine::report::{Coaching, MeetingRecord, Report};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use garde::Validate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const EXPIRED: ApiError = ApiError::Gone {
    code: "report_expired",
    message: "the report was deleted, as old as you want reports to become",
};

/// Which version.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichReport {
    /// From 1; the newest unless it says otherwise.
    #[garde(inner(range(min = 1)))]
    version: Option<i32>,
}

/// A report as it is stored, sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// None of reports that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hashes: Option<Hashes>,
    /// The report.
    #[serde(flatten)]
    pub(crate) report: Report,
}

impl From<Report> for Stored {
    fn from(report: Report) -> Self {
        Self {
            hashes: Some(hashes(&report)),
            report,
        }
    }
}

/// A meeting's report: what others may be given, and what is the person's own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeetingReport {
    /// The meeting.
    meeting_id: MeetingId,
    /// This version of its report.
    report_id: Uuid,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// 0 to 100; none until enough of its parts are measured.
    communication_score: Option<f32>,
    /// Fingerprints: the same events give the same ones. None in reports that are older than this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    hashes: Option<Hashes>,
    /// What others may be given.
    record: MeetingRecord,
    /// What is the person's own.
    coaching: Coaching,
}

/// A meeting's record, without anybody's coaching.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SharedRecord {
    /// What the meeting is called.
    title: String,
    /// When the first sound came.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    /// The others on the call were told that they are heard.
    others_told: bool,
    /// Its fingerprint. None in reports that are older than this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// What was decided, promised, asked and said.
    record: MeetingRecord,
}

/// The report of a meeting.
#[utoipa::path(get, path = "/v1/meetings/{id}/report", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), WhichReport),
    responses((status = 200, body = MeetingReport), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 410, body = ErrorBody)))]
pub(super) async fn get_report(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    ValidQuery(WhichReport { version }): ValidQuery<WhichReport>,
) -> Result<Json<MeetingReport>, ApiError> {
    read(&state, member, &meeting, version).await.map(Json)
}

/// The record of a meeting: what may be handed to others, and nothing that measures or advises anybody.
#[utoipa::path(get, path = "/v1/meetings/{id}/record", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), WhichReport),
    responses((status = 200, body = SharedRecord), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 410, body = ErrorBody)))]
pub(super) async fn get_record(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    ValidQuery(WhichReport { version }): ValidQuery<WhichReport>,
) -> Result<Json<SharedRecord>, ApiError> {
    let MeetingReport { record, hashes, .. } = read(&state, member, &meeting, version).await?;
    Ok(Json(SharedRecord {
        title: read_title(&meeting, &key_of(&state, member, meeting.id).await?)?,
        started_at: meeting.started_at,
        ended_at: meeting.ended_at,
        others_told: meeting.others_told,
        hash: hashes.map(|hashes| hashes.record),
        record,
    }))
}

/// Which kind of file.
#[derive(Debug, Deserialize)]
pub(super) struct WhichKind {
    format: String,
}

/// Which file.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichFile {
    /// From 1; the newest unless it says otherwise.
    #[garde(inner(range(min = 1)))]
    version: Option<i32>,
    /// `record` for what others may be given, `all` for that and the person's own coaching; `all` unless it says otherwise.
    #[garde(inner(pattern("^(record|all)$")))]
    part: Option<String>,
}

/// The report of a meeting as a file: `md` for notes, `html` and `pdf` to read, `txt`, `vtt` (captions), `ics` (what is due on a
/// day, for a calendar), `csv` (the measures) or `json`. Of the record alone there is no `csv`.
#[utoipa::path(get, path = "/v1/meetings/{id}/report/files/{format}", tag = "live",
    security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path),
           ("format" = String, Path, description = "md, html, pdf, txt, vtt, ics, csv or json"), WhichFile),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
              (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 410, body = ErrorBody)))]
pub(super) async fn get_report_file(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    Path(WhichKind { format }): Path<WhichKind>,
    ValidQuery(WhichFile { version, part }): ValidQuery<WhichFile>,
) -> Result<impl IntoResponse, ApiError> {
    let format: Format = format.parse().map_err(|_| ApiError::NotFound("file"))?;
    let part: Part = part
        .map_or(Ok(Part::All), |part| part.parse())
        .map_err(|_| ApiError::NotFound("file"))?;
    let read = read(&state, member, &meeting, version).await?;
    let title = read_title(&meeting, &key_of(&state, member, meeting.id).await?)?;
    let disposition = attachment(&title, format.extension());
    // A record says nothing of what is stored for its owner.
    let stored = match part {
        Part::All => read_stored(&state, member, meeting.id).await?.told(),
        Part::Record => Vec::new(),
    };
    let analysis = analysis(title, &meeting, read, stored, part);
    // Laying out a long meeting takes a while: not on a thread that others wait for.
    let written = tokio::task::spawn_blocking(move || analysis.write(format))
        .await
        .map_err(ApiError::internal)?;
    let written = written.map_err(|error| match error {
        WriteError::NoCoaching => ApiError::NotFound("file"),
        error @ WriteError::Pdf(_) => ApiError::internal(error),
    })?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            audit::insert(tx, member, "report.taken", meeting.id.0).await
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, written))
}

/// The report of a meeting, to be written as a file.
pub(crate) fn analysis(
    title: String,
    meeting: &MeetingRow,
    read: MeetingReport,
    stored: Vec<String>,
    part: Part,
) -> Analysis {
    let about = About {
        title,
        started_at: meeting.started_at,
        ended_at: meeting.ended_at,
        others_told: Some(meeting.others_told),
        hashes: read.hashes,
        stored,
    };
    let report = Report {
        record: read.record,
        coaching: read.coaching,
    };
    Analysis::of(about, report, part)
}

/// Saved under the meeting's title (RFC 6266), with a plain name for who cannot read that.
fn attachment(title: &str, extension: &str) -> String {
    let encoded = utf8_percent_encode(title, NON_ALPHANUMERIC);
    format!("attachment; filename=\"meeting.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
}

async fn read(
    state: &AppState,
    member: Member,
    meeting: &MeetingRow,
    version: Option<i32>,
) -> Result<MeetingReport, ApiError> {
    if meeting.reports_expired_at.is_some() {
        return Err(EXPIRED);
    }
    let meeting = meeting.id;
    let key = key_of(state, member, meeting).await?;
    let read = state
        .db
        .with_tenant(member.tenant, async |tx| {
            stored::<ApiError>(tx, member, &key, meeting, version).await
        })
        .await?;
    read.ok_or(ApiError::NotReady {
        code: "report_not_ready",
        message: "the report is not made yet",
    })
}

/// The report as it is read, of this version or the newest; none where it is not made yet.
pub(crate) async fn stored<E: From<sqlx::Error> + From<Unreadable>>(
    tx: &mut PgConnection,
    member: Member,
    key: &MeetingKey,
    meeting: MeetingId,
    version: Option<i32>,
) -> Result<Option<MeetingReport>, E> {
    let row = analyses::find(&mut *tx, member.tenant, member.user, meeting, version).await?;
    let Some(row) = row else { return Ok(None) };
    let corrections = corrections::list(&mut *tx, member.tenant, meeting).await?;
    let moments = nudges::of_meeting(&mut *tx, member.tenant, meeting).await?;
    let stored: Stored = sealed::open(key, sealed::analysis(row.id), &row.body)?;
    let Report {
        mut record,
        mut coaching,
    } = stored.report;
    // What was put right a moment ago is read at once; the measures follow with the next version.
    let corrections = correction::open_all(key, corrections)?;
    reread(&mut record.utterances, &corrections);
    react(&mut coaching, &moments);
    Ok(Some(MeetingReport {
        meeting_id: meeting,
        report_id: row.id,
        created_at: row.created_at,
        communication_score: row.communication_score,
        hashes: stored.hashes,
        record,
        coaching,
    }))
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        Self::internal(error)
    }
}

/// What the person made of a nudge since the report was made is read at once too.
fn react(coaching: &mut Coaching, moments: &[StoredMoment]) {
    for nudge in &mut coaching.nudges {
        if let Some(moment) = moments.iter().find(|moment| moment.id == nudge.id) {
            nudge.reaction.clone_from(&moment.reaction);
            nudge.effect = moment.change();
        }
    }
}
