//! Where a person is signed in, and how that ends from afar.

use crate::auth::SignedIn;
use crate::db::{audit, signing_in};
use crate::error::{ApiError, ErrorBody};
use crate::ids::FamilyId;
use crate::server::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A sign-in that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignIn {
    /// Its id.
    id: FamilyId,
    /// Where: `web`, a browser; `native`, a program; `extension`.
    client: String,
    /// When the person signed in.
    #[serde(with = "time::serde::rfc3339")]
    signed_in_at: OffsetDateTime,
    /// When it was last used, to the hour.
    #[serde(with = "time::serde::rfc3339")]
    used_at: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// It is the one that asks.
    current: bool,
}

/// A person's sign-ins, the last used first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignIns {
    sign_ins: Vec<SignIn>,
}

/// Where the person is signed in.
#[utoipa::path(get, path = "/v1/sign-ins", tag = "auth", security(("session" = []), ("token" = [])),
    responses((status = 200, body = SignIns), (status = 401, body = ErrorBody)))]
pub(super) async fn list_sign_ins(
    State(state): State<AppState>,
    SignedIn { member, family }: SignedIn,
) -> Result<Json<SignIns>, ApiError> {
    let families = state
        .db
        .without_tenant(async |tx| signing_in::list_families(tx, member).await)
        .await?;
    let sign_ins = families.into_iter().map(|listed| SignIn {
        id: listed.id,
        client: listed.client,
        signed_in_at: listed.created_at,
        used_at: listed.used_at,
        expires_at: listed.expires_at,
        current: listed.id == family,
    });
    Ok(Json(SignIns {
        sign_ins: sign_ins.collect(),
    }))
}

/// Ends one of the person's sign-ins: its tokens are worthless at once, and connections opened under it end within seconds.
#[utoipa::path(delete, path = "/v1/sign-ins/{id}", tag = "auth", security(("session" = []), ("token" = [])),
    params(("id" = FamilyId, Path)),
    responses((status = 204, description = "ended"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn end_sign_in(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    id: Result<Path<FamilyId>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("sign-in"))?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            if !signing_in::owns_family(&mut *tx, member, id).await? {
                return Err(ApiError::NotFound("sign-in"));
            }
            signing_in::revoke_family(&mut *tx, id).await?;
            audit::insert(&mut *tx, member, "sign_in.ended", id.0).await?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

/// Ends all of the person's sign-ins but the one that asks.
#[utoipa::path(delete, path = "/v1/sign-ins", tag = "auth", security(("session" = []), ("token" = [])),
    responses((status = 204, description = "ended"), (status = 401, body = ErrorBody)))]
pub(super) async fn end_other_sign_ins(
    State(state): State<AppState>,
    SignedIn { member, family }: SignedIn,
) -> Result<StatusCode, ApiError> {
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            for other in signing_in::list_families(&mut *tx, member).await? {
                if other.id != family {
                    signing_in::revoke_family(&mut *tx, other.id).await?;
                    audit::insert(&mut *tx, member, "sign_in.ended", other.id.0).await?;
                }
            }
            Ok::<_, sqlx::Error>(StatusCode::NO_CONTENT)
        })
        .await
        .map_err(ApiError::from)
}
