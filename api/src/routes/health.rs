//! Whether this node can answer at all.

use crate::error::{ApiError, ErrorBody};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What a healthy node says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The release that runs.
    version: &'static str,
}

/// Whether this node and its database answer.
#[utoipa::path(get, path = "/v1/health", tag = "health", responses(
    (status = 200, body = Health),
    (status = 503, description = "the database does not answer", body = ErrorBody),
))]
pub(super) async fn get_health(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    state.db.ping().await?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
