//! Where operators' tools look: a listener of its own, which is there only where the settings name an address. What it tells
//! is not for everybody, and it asks nobody who they are, so that address is one that only the operator reaches.

use super::{Metrics, statements};
use crate::server::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use serde_json::json;
use std::sync::Arc;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the listener answers: `GET /metrics` to Prometheus, `GET /ready` to whatever sends people here, and nothing else.
pub(crate) fn serve(state: AppState) -> Router {
    statements::time();
    Router::new()
        .route("/metrics", routing::get(scrape))
        .with_state(Arc::clone(&state.metrics))
        .route("/ready", routing::get(ready))
        .with_state(state)
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.tell() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "could not write the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether new people should be sent to this node: those who are here stay, whatever it says. A node that lost Redis takes them
/// all the same, and says what it does without: all nodes lose it together, and then there would be none.
async fn ready(State(state): State<AppState>) -> Response {
    let overloaded = state
        .config
        .hearing
        .as_ref()
        .is_some_and(|hearing| hearing.is_overloaded());
    let because = if state.stopping.is_cancelled() {
        Some("stopping")
    } else if overloaded {
        Some("overloaded")
    } else if state.db.ping().await.is_err() {
        Some("database")
    } else {
        None
    };
    match because {
        None => Json(json!({ "ready": true, "without": state.nodes.without() })).into_response(),
        Some(because) => {
            let body = Json(json!({ "ready": false, "because": because }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
