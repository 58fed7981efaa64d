//! What holds for everybody in the space a person is signed in to: an organisation, or their own.

use super::input::Valid;
use crate::auth::{Administrator, SignedIn};
use crate::db::{audit, tenants};
use crate::error::{ApiError, ErrorBody};
use crate::ids::TenantId;
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The space, and what is settled in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Organisation {
    /// Its id.
    id: TenantId,
    /// `personal` or `organisation`.
    kind: String,
    /// Speech of those who agree to it (`remote_recognition`) may be sent to the recognizer elsewhere.
    remote_recognition: bool,
    /// The host that it would be sent to; none where this server has no recognizer elsewhere, and nothing ever leaves it.
    recognizer_elsewhere: Option<String>,
}

/// What is to change.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeOrganisation {
    /// Whether speech may be sent to the recognizer elsewhere, of those who agree to it.
    #[garde(skip)]
    remote_recognition: bool,
}

/// What holds in the space that the person is signed in to.
#[utoipa::path(get, path = "/v1/organisation", tag = "organisation", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Organisation), (status = 401, body = ErrorBody)))]
pub(super) async fn get_organisation(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Organisation>, ApiError> {
    let found = state
        .db
        .with_tenant(member.tenant, async |tx| tenants::find(tx, member.tenant).await)
        .await?;
    // A sign-in hangs on its tenant, so this is the moment between one and the other.
    let found = found.ok_or(ApiError::NotSignedIn)?;
    Ok(Json(Organisation {
        id: member.tenant,
        kind: found.kind,
        remote_recognition: found.remote_recognition,
        recognizer_elsewhere: state.config.recognizer_elsewhere.clone(),
    }))
}

/// Changes what holds in the space; its administrators alone may. Whoever is being heard is heard by the new rule within a
/// second or so.
#[utoipa::path(patch, path = "/v1/organisation", tag = "organisation", security(("session" = []), ("token" = [])),
    request_body = ChangeOrganisation,
    responses((status = 200, body = Organisation), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub(super) async fn change_organisation(
    State(state): State<AppState>,
    Administrator(signed_in): Administrator,
    Valid(ChangeOrganisation { remote_recognition }): Valid<ChangeOrganisation>,
) -> Result<Json<Organisation>, ApiError> {
    let member = signed_in.member;
    let action = if remote_recognition {
        "organisation.remote_recognition_allowed"
    } else {
        "organisation.remote_recognition_forbidden"
    };
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            if tenants::allow_remote_recognition(&mut *tx, member.tenant, remote_recognition).await? {
                audit::insert(&mut *tx, member, action, member.tenant.0).await?;
            }
            Ok::<_, sqlx::Error>(())
        })
        .await?;
    get_organisation(State(state), signed_in).await
}
