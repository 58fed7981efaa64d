//! An archive of everything that is a person's: asked for, watched while it is made, taken away, destroyed.

use crate::audio::AudioStore;
use crate::auth::{JustProved, SignedIn};
use crate::db::audit;
use crate::db::exports::{self, ExportRow};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{ExportId, TenantId};
use crate::jobs::{export_part, queue};
use crate::keys::MemberKey;
use crate::server::AppState;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an archive is kept for its person.
const LIFETIME: time::Duration = time::Duration::days(7);
/// The wait from its end until its objects are looked for: those of a transaction that is still under way.
const SWEEP_AFTER: Duration = Duration::from_secs(60);

const UNDER_WAY: ApiError = ApiError::Conflict {
    code: "export_under_way",
    message: "an archive is being made already; wait for it, or delete it",
};
const NOT_READY: ApiError = ApiError::NotReady {
    code: "export_not_ready",
    message: "the archive is still being made",
};

/// Where an archive stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Export {
    /// Its id.
    id: ExportId,
    /// `waiting` for its turn, `running`, or `ready` to be taken away.
    state: String,
    /// Meetings that go into it.
    meetings: i32,
    /// Of these, the ones that are in it.
    meetings_done: i32,
    /// How long it is so far.
    bytes: i64,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it is destroyed.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl From<ExportRow> for Export {
    fn from(row: ExportRow) -> Self {
        Self {
            id: row.id,
            state: row.state,
            meetings: row.meetings,
            meetings_done: row.meetings_done,
            bytes: row.bytes,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// A person's archives, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Exports {
    exports: Vec<Export>,
}

/// Asks for an archive of everything that is the person's: a ZIP, made in the background and kept for a week. One at a time.
#[utoipa::path(post, path = "/v1/exports", tag = "exports", security(("session" = []), ("token" = [])),
    responses((status = 202, body = Export), (status = 401, body = ErrorBody),
        (status = 403, description = "proof is needed first", body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create_export(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
) -> Result<(StatusCode, Json<Export>), ApiError> {
    let id = ExportId::new();
    let row = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let row = exports::insert(&mut *tx, member, id, LIFETIME)
                .await?
                .ok_or(UNDER_WAY)?;
            queue::make_export(&mut *tx, member.tenant, id, Duration::ZERO).await?;
            queue::expire_export(&mut *tx, member.tenant, id, LIFETIME.unsigned_abs() + SWEEP_AFTER).await?;
            audit::insert(&mut *tx, member, "export.asked_for", id.0).await?;
            Ok::<_, ApiError>(row)
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// The person's archives, and where those stand that are being made.
#[utoipa::path(get, path = "/v1/exports", tag = "exports", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Exports), (status = 401, body = ErrorBody)))]
pub(super) async fn list_exports(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Exports>, ApiError> {
    let rows = state
        .db
        .with_tenant(member.tenant, async |tx| exports::list(tx, member).await)
        .await?;
    Ok(Json(Exports {
        exports: rows.into_iter().map(Export::from).collect(),
    }))
}

/// Destroys an archive, or stops one that is being made.
#[utoipa::path(delete, path = "/v1/exports/{id}", tag = "exports", security(("session" = []), ("token" = [])),
    params(("id" = ExportId, Path)),
    responses((status = 204, description = "destroyed"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn delete_export(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    id: Result<Path<ExportId>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("archive"))?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            if exports::delete(&mut *tx, member, id).await? == 0 {
                return Err(ApiError::NotFound("archive"));
            }
            queue::expire_export(&mut *tx, member.tenant, id, Duration::ZERO).await?;
            audit::insert(&mut *tx, member, "export.deleted", id.0).await?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

/// The archive itself, a ZIP.
#[utoipa::path(get, path = "/v1/exports/{id}/file", tag = "exports", security(("session" = []), ("token" = [])),
    params(("id" = ExportId, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 401, body = ErrorBody),
              (status = 404, body = ErrorBody)))]
pub(super) async fn get_export_file(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    id: Result<Path<ExportId>, axum::extract::rejection::PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("archive"))?;
    let row = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let row = exports::find(&mut *tx, member, id)
                .await?
                .ok_or(ApiError::NotFound("archive"))?;
            if row.state != "ready" {
                return Err(NOT_READY);
            }
            audit::insert(&mut *tx, member, "export.taken", id.0).await?;
            Ok(row)
        })
        .await?;
    let day = row.created_at.date();
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, row.bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"attune-{day}.zip\""),
        ),
    ];
    let reading = Reading {
        store: state.live.audio().clone(),
        key: state.keys.member(member).await?,
        tenant: member.tenant,
        export: id,
    };
    Ok((headers, reading.body(row.parts)))
}

/// An archive on its way to its person, a part in memory at a time.
struct Reading {
    store: AudioStore,
    key: MemberKey,
    tenant: TenantId,
    export: ExportId,
}

impl Reading {
    fn body(self, parts: Vec<Uuid>) -> Body {
        let parts = stream::try_unfold((self, parts.into_iter()), async |(reading, mut parts)| {
            let Some(part) = parts.next() else { return Ok(None) };
            let bytes = reading.part(part).await?;
            Ok::<_, std::io::Error>(Some((bytes, (reading, parts))))
        });
        Body::from_stream(parts)
    }

    /// Its length was announced: an error ends the connection, and no browser takes what came for the whole.
    async fn part(&self, part: Uuid) -> std::io::Result<Bytes> {
        let sealed = self.store.get(self.tenant, self.export, part).await;
        let sealed = sealed.map_err(std::io::Error::other)?;
        let sealed = sealed.ok_or_else(|| std::io::Error::other("a part of the archive is gone"))?;
        let opened = self.key.open(export_part(part), &sealed);
        let opened = opened.map_err(std::io::Error::other)?;
        Ok(Bytes::copy_from_slice(&opened))
    }
}
