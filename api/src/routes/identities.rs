//! Who vouches for a person: listed, linked and unlinked by themselves.

use super::external::SetOut;
use super::input::Valid;
use crate::auth::{self, JustProved, SignedIn};
use crate::config::Provider;
use crate::db::{audit, identities};
use crate::error::{ApiError, ErrorBody};
use crate::ids::UserId;
use crate::nodes::Subject;
use crate::server::{AppState, Hop};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// What issuers of this installation's own begin with: they are no provider's, and are not unlinked.
const OWN: &str = "attune:";

const LAST: ApiError = ApiError::Conflict {
    code: "last_way_in",
    message: "this is the last way in to this account: link another first",
};

/// Somebody who vouches for the person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkedIdentity {
    /// Its id.
    id: Uuid,
    /// Which provider; none where it is not set up any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
    /// What people call it.
    name: String,
    /// When it was linked.
    #[serde(with = "time::serde::rfc3339")]
    linked_at: OffsetDateTime,
}

/// Who vouches for the person, the first to do so first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkedIdentities {
    identities: Vec<LinkedIdentity>,
}

/// Who is to vouch for the person from now on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkIdentity {
    /// Which provider.
    #[garde(skip)]
    provider: Provider,
}

/// Who vouches for the signed-in person.
#[utoipa::path(get, path = "/v1/me/identities", tag = "auth", security(("session" = []), ("token" = [])),
    responses((status = 200, body = LinkedIdentities), (status = 401, body = ErrorBody)))]
pub(super) async fn list_identities(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<LinkedIdentities>, ApiError> {
    let listed = state.db.ask(async |db| identities::list(db, member.user).await).await?;
    let identities = listed
        .into_iter()
        .filter(|listed| !listed.iss.starts_with(OWN))
        .map(|listed| {
            let known = state.providers.speaking_for(&listed.iss);
            LinkedIdentity {
                id: listed.id,
                provider: known.map(|(provider, _)| provider),
                name: known.map_or_else(|| listed.iss.clone(), |(_, name)| name.to_owned()),
                linked_at: listed.created_at,
            }
        });
    Ok(Json(LinkedIdentities {
        identities: identities.collect(),
    }))
}

/// Sets out to have a provider vouch for the signed-in person: what to go to, and a cookie without which nobody comes back.
#[utoipa::path(post, path = "/v1/me/identities", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = LinkIdentity,
    responses((status = 200, body = SetOut), (status = 401, body = ErrorBody), (status = 403, description = "proof is asked for first", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn link_identity(
    State(state): State<AppState>,
    hop: Hop,
    JustProved(SignedIn { family, .. }): JustProved,
    Valid(LinkIdentity { provider }): Valid<LinkIdentity>,
) -> Result<Response, ApiError> {
    let most = state.config.limits.sign_in_tries;
    state.rates.admit(Subject::From(hop), most).await?;
    let begun = auth::begin(&state, provider, Some(family)).await?;
    let body = SetOut {
        url: begun.url.to_string(),
    };
    Ok(([(SET_COOKIE, begun.cookie)], Json(body)).into_response())
}

/// Ends that somebody vouches for the person. The last way in stays.
#[utoipa::path(delete, path = "/v1/me/identities/{id}", tag = "auth", security(("session" = []), ("token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "unlinked"), (status = 401, body = ErrorBody), (status = 403, description = "proof is asked for first", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "the last way in", body = ErrorBody)))]
pub(super) async fn unlink_identity(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("identity"))?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            identities::lock(&mut *tx, member.user).await?;
            let listed = identities::list(&mut *tx, member.user).await?;
            let theirs = listed.iter().find(|listed| listed.id == id);
            theirs
                .filter(|listed| !listed.iss.starts_with(OWN))
                .ok_or(ApiError::NotFound("identity"))?;
            let others: Vec<&str> = listed
                .iter()
                .filter(|listed| listed.id != id)
                .map(|listed| listed.iss.as_str())
                .collect();
            if !has_another_way_in(&state, &mut *tx, member.user, &others).await? {
                return Err(LAST);
            }
            identities::unlink(&mut *tx, member, id).await?;
            audit::insert(&mut *tx, member, "identity.unlinked", id).await?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

/// Whether the person still gets in by what is left: a provider that is not set up any more lets nobody in.
async fn has_another_way_in(
    state: &AppState,
    tx: &mut PgConnection,
    user: UserId,
    issuers: &[&str],
) -> sqlx::Result<bool> {
    let is_way_in = |iss: &&str| iss.starts_with(OWN) || state.providers.speaking_for(iss).is_some();
    if issuers.iter().any(is_way_in) {
        return Ok(true);
    }
    identities::has_credentials(tx, user).await
}
