//! Who is signed in.

use crate::auth::SignedIn;
use crate::db::users;
use crate::error::{ApiError, ErrorBody};
use crate::ids::{Member, TenantId, UserId};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A person, in the tenant they are signed in to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The person.
    id: UserId,
    /// The tenant.
    tenant_id: TenantId,
    /// What they are there: `owner`, `admin` or `member`.
    role: String,
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/me", tag = "auth", security(("session" = []), ("token" = [])), responses(
    (status = 200, body = Me),
    (status = 401, body = ErrorBody),
))]
pub(super) async fn get_me(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Me>, ApiError> {
    let role = state
        .db
        .with_tenant(member.tenant, async |tx| users::find_role(tx, member).await)
        .await?;
    // A sign-in hangs on its membership, so this is the moment between one and the other.
    let role = role.ok_or(ApiError::NotSignedIn)?;
    Ok(Json(Me::new(member, role)))
}

impl Me {
    pub(super) const fn new(member: Member, role: String) -> Self {
        Self {
            id: member.user,
            tenant_id: member.tenant,
            role,
        }
    }
}
