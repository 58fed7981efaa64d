//! Where Prometheus scrapes: a listener of its own, which is there only where the settings name an address. What it tells
//! is not for everybody, and it asks nobody who they are, so that address is one that only the operator reaches.

use super::Metrics;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use std::sync::Arc;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the listener answers: `GET /metrics`, and nothing else.
pub(crate) fn serve(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/metrics", routing::get(scrape))
        .with_state(metrics)
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
