//! What holds for everybody in the space a person is signed in to: an organisation, or their own.

use super::input::Valid;
use super::retention::MOST_DAYS;
use crate::auth::{Administrator, SignedIn};
use crate::db::retention::{self, Kind};
use crate::db::{audit, tenants};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{Member, TenantId};
use crate::jobs::queue;
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
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
    /// The longest that anything is kept, by kind, whoever chose what.
    retention_ceilings: Vec<Ceiling>,
}

/// The longest that one kind is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetentionCeiling)]
pub(super) struct Ceiling {
    /// Which.
    #[garde(skip)]
    kind: Kind,
    /// For how many days, 1 to 3650.
    #[garde(range(min = 1, max = MOST_DAYS))]
    days: i32,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeOrganisation {
    /// Whether speech may be sent to the recognizer elsewhere, of those who agree to it.
    #[garde(skip)]
    #[serde(default)]
    remote_recognition: Option<bool>,
    /// The longest that anything is kept, all of it: a kind that is not named is kept for as long as each person chooses.
    #[garde(dive)]
    #[serde(default)]
    retention_ceilings: Option<Vec<Ceiling>>,
}

/// What holds in the space that the person is signed in to.
#[utoipa::path(get, path = "/v1/organisation", tag = "organisation", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Organisation), (status = 401, body = ErrorBody)))]
pub(super) async fn get_organisation(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Organisation>, ApiError> {
    let (found, ceilings) = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let found = tenants::find(&mut *tx, member.tenant).await?;
            Ok::<_, sqlx::Error>((found, retention::ceilings(&mut *tx, member.tenant).await?))
        })
        .await?;
    // A sign-in hangs on its tenant, so this is the moment between one and the other.
    let found = found.ok_or(ApiError::NotSignedIn)?;
    Ok(Json(Organisation {
        id: member.tenant,
        kind: found.kind,
        remote_recognition: found.remote_recognition,
        recognizer_elsewhere: state.config.recognizer_elsewhere.clone(),
        retention_ceilings: ceilings
            .into_iter()
            .map(|(kind, days)| Ceiling { kind, days })
            .collect(),
    }))
}

/// Changes what holds in the space; its administrators alone may. Whoever is being heard is heard by the new rule within a
/// second or so; what is past its time by a new ceiling is destroyed within minutes.
#[utoipa::path(patch, path = "/v1/organisation", tag = "organisation", security(("session" = []), ("token" = [])),
    request_body = ChangeOrganisation,
    responses((status = 200, body = Organisation), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub(super) async fn change_organisation(
    State(state): State<AppState>,
    Administrator(signed_in): Administrator,
    Valid(change): Valid<ChangeOrganisation>,
) -> Result<Json<Organisation>, ApiError> {
    let member = signed_in.member;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            if let Some(allowed) = change.remote_recognition {
                allow_remote_recognition(&mut *tx, member, allowed).await?;
            }
            if let Some(ceilings) = &change.retention_ceilings {
                set_ceilings(&mut *tx, member, ceilings).await?;
            }
            Ok::<_, sqlx::Error>(())
        })
        .await?;
    get_organisation(State(state), signed_in).await
}

async fn allow_remote_recognition(tx: &mut PgConnection, member: Member, allowed: bool) -> sqlx::Result<()> {
    let action = if allowed {
        "organisation.remote_recognition_allowed"
    } else {
        "organisation.remote_recognition_forbidden"
    };
    if tenants::allow_remote_recognition(&mut *tx, member.tenant, allowed).await? {
        audit::insert(&mut *tx, member, action, member.tenant.0).await?;
    }
    Ok(())
}

async fn set_ceilings(tx: &mut PgConnection, member: Member, ceilings: &[Ceiling]) -> sqlx::Result<()> {
    let mut changed = false;
    for kind in Kind::ALL {
        let days = ceilings
            .iter()
            .filter(|ceiling| ceiling.kind == kind)
            .map(|ceiling| ceiling.days)
            .min();
        changed |= retention::set_ceiling(&mut *tx, member.tenant, kind, days).await?;
    }
    if changed {
        audit::insert(&mut *tx, member, "organisation.retention_changed", member.tenant.0).await?;
        queue::expire_tenant(&mut *tx, member.tenant).await?;
    }
    Ok(())
}
