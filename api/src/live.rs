//! A meeting while it happens: the ingest socket, its tickets, and the readers of its events.

use crate::server::AppState;
use utoipa_axum::router::OpenApiRouter;

/// The routes of live meetings.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}
