//! The end of everything that is a person's here: rows gone, keys destroyed, and a signed receipt of it.

use super::input::Valid;
use crate::auth::{self, JustProved, SignedIn};
use crate::db::{self, audit, exports, meetings, users};
use crate::error::{ApiError, ErrorBody};
use crate::jobs::queue;
use crate::record::sessions;
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// That somebody means it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseEverything {
    /// `erase everything`, word for word.
    #[garde(pattern("^erase everything$"))]
    confirm: String,
}

/// What was erased, and who says so.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErasureReceipt {
    /// What is signed, behind `attune/v1|erasure-receipt|`: JSON with ids, the time, how many meetings there were, and the entry of
    /// the ledger that is replayed over every backup.
    receipt: String,
    /// Ed25519 over it, base64.
    signature: String,
    /// The identity key that signed it.
    key_id: u8,
    /// That key, base64: the one that devices pinned.
    public: String,
}

/// Erases everything of the signed-in person in this space, at once and for good: meetings, reports, audio, devices, sign-ins and the
/// account. Their keys are destroyed, so that what a backup still holds is noise. Live meetings end within seconds. Other
/// nodes forget keys within a minute. What remains is that it was done, by ids.
#[utoipa::path(post, path = "/v1/me/erasure", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = EraseEverything,
    responses((status = 200, body = ErasureReceipt), (status = 401, body = ErrorBody),
        (status = 403, description = "proof is needed first", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn erase_everything(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
    Valid(EraseEverything { confirm: _ }): Valid<EraseEverything>,
) -> Result<impl IntoResponse, ApiError> {
    let (ids, entry) = state
        .db
        .with_tenant(member.tenant, async |tx| {
            db::take_time(&mut *tx).await?;
            sessions::hold_live(&mut *tx, member).await?;
            let ids = meetings::ids(&mut *tx, member).await?;
            for meeting in &ids {
                queue::forget_audio(&mut *tx, member.tenant, *meeting).await?;
            }
            for export in exports::list(&mut *tx, member).await? {
                queue::expire_export(&mut *tx, member.tenant, export.id, Duration::ZERO).await?;
            }
            if users::delete_membership(&mut *tx, member).await? == 0 {
                return Err(ApiError::NotSignedIn);
            }
            users::delete(&mut *tx, member).await?;
            audit::insert(&mut *tx, member, "person.erased", member.user.0).await?;
            // Inside: if the keys cannot be destroyed, everything is still there to be erased again.
            let entry = state.keys.erase_member(member).await?;
            Ok::<_, ApiError>((ids, entry))
        })
        .await?;
    tracing::info!(tenant.id = %member.tenant, user.id = %member.user, meetings = ids.len(), "erased a person");
    let erased_at = OffsetDateTime::now_utc().format(&Rfc3339).map_err(ApiError::internal)?;
    let receipt = json!({
        "tenant_id": member.tenant, "user_id": member.user, "erased_at": erased_at, "meetings": ids.len(), "ledger_entry": entry,
    })
    .to_string();
    let signed = state.keys.sign_receipt(&receipt);
    let public = state
        .keys
        .identity_keys()
        .into_iter()
        .find(|key| key.key_id == signed.key_id);
    let body = ErasureReceipt {
        receipt,
        signature: BASE64_STANDARD.encode(signed.signature),
        key_id: signed.key_id,
        public: public.map(|key| BASE64_STANDARD.encode(key.public)).unwrap_or_default(),
    };
    Ok(([(SET_COOKIE, auth::clear_cookie())], Json(body)))
}
