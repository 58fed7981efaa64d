//! Whether this node can answer at all.

use crate::error::{ApiError, ErrorBody};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// How a node is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, or `degraded` where it does without something.
    status: &'static str,
    /// What it does without: `redis`, while readers hear of this node's meetings alone at once, and of those of other nodes a
    /// few seconds late.
    without: Vec<&'static str>,
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
    let without = state.nodes.without().to_vec();
    Ok(Json(Health {
        status: if without.is_empty() { "ok" } else { "degraded" },
        without,
        version: env!("CARGO_PKG_VERSION"),
    }))
}
