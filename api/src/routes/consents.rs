//! What a person agrees to.

use super::input::Valid;
use crate::auth::SignedIn;
use crate::db::consents;
use crate::error::{ApiError, ErrorBody};
use crate::ids::ConsentId;
use crate::jobs::queue;
use crate::record::{kept_audio, sessions};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What can be agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ConsentKind {
    /// That the person's own voice is recorded and analysed.
    RecordSelf,
    /// That the audio of their meetings is kept on the server for a while, encrypted, and read again for a better report.
    /// Taken back, everything that was kept is destroyed.
    KeepAudio,
    /// That what is said and heard is sent to a recognizer elsewhere, where the organisation allows that.
    RemoteRecognition,
}

impl ConsentKind {
    /// As it is stored.
    const fn as_str(self) -> &'static str {
        match self {
            Self::RecordSelf => "record_self",
            Self::KeepAudio => "keep_audio",
            Self::RemoteRecognition => "remote_recognition",
        }
    }
}

/// Consent, given or taken back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateConsent {
    /// To what.
    #[garde(skip)]
    kind: ConsentKind,
    /// Given, or taken back.
    #[garde(skip)]
    granted: bool,
}

/// The newest word on one kind of consent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Consent {
    /// To what.
    #[schema(value_type = ConsentKind)]
    kind: String,
    /// Given, or taken back.
    granted: bool,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// The newest word on every kind that was ever given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Consents {
    consents: Vec<Consent>,
    /// For how many days audio is kept where the person agrees to `keep_audio`.
    audio_days: u64,
}

/// Gives consent, or takes it back: once that is answered for `record_self`, nothing that is said is kept. Every word on
/// consent is kept; the newest holds.
#[utoipa::path(post, path = "/v1/consents", tag = "consents", security(("session" = []), ("token" = [])),
    request_body = CreateConsent,
    responses((status = 201, body = Consent), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_consent(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    Valid(input): Valid<CreateConsent>,
) -> Result<(StatusCode, Json<Consent>), ApiError> {
    let kind = input.kind.as_str();
    let created_at = state
        .db
        .with_tenant(member.tenant, async |tx| {
            if !input.granted {
                // Before the row: what is being committed is waited for, and whatever comes next finds consent gone.
                sessions::hold_live(&mut *tx, member).await?;
            }
            let created_at = consents::insert(&mut *tx, member, ConsentId::new(), kind, input.granted).await?;
            if matches!(input.kind, ConsentKind::KeepAudio) && !input.granted {
                for meeting in kept_audio::forget_all(&mut *tx, member).await? {
                    queue::forget_audio(&mut *tx, member.tenant, meeting).await?;
                }
            }
            Ok::<_, sqlx::Error>(created_at)
        })
        .await?;
    // What is given anew holds for whoever connects; what is taken back, for whoever is being heard.
    if !input.granted {
        state.live.consent_changed(member).await;
    }
    Ok((
        StatusCode::CREATED,
        Json(Consent {
            kind: kind.into(),
            granted: input.granted,
            created_at,
        }),
    ))
}

/// What the signed-in person agreed to.
#[utoipa::path(get, path = "/v1/consents", tag = "consents", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Consents), (status = 401, body = ErrorBody)))]
pub(super) async fn list_consents(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Consents>, ApiError> {
    let newest = state
        .db
        .with_tenant(member.tenant, async |tx| consents::list_newest(tx, member).await)
        .await?;
    let consents = newest
        .into_iter()
        .map(|row| Consent {
            kind: row.kind,
            granted: row.granted,
            created_at: row.created_at,
        })
        .collect();
    let audio_days = state.config.audio.kept_for.as_secs() / (24 * 60 * 60);
    Ok(Json(Consents { consents, audio_days }))
}
