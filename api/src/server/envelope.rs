//! What every request and answer has, whatever is inside: an id, a line in the log, the security headers, and one shape
//! of error, also where axum, a layer or a panic made it.

use super::AppState;
use crate::error::{ApiError, Problem};
use crate::ids::RequestId;
use crate::nodes::Allowance;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What our own pages may load: themselves. `connect-src 'self'` covers the socket of the same origin too.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// On every answer.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    ),
];

/// A year, once someone reaches us over TLS.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";

/// Puts the envelope around every route.
pub(super) fn wrap(routes: Router<AppState>, state: &AppState) -> Router {
    let limits = state.config.limits;
    routes
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.request_timeout,
        ))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(middleware::from_fn_with_state(state.clone(), enclose))
        .with_state(state.clone())
}

/// What a request leaves its person to ask for, for the headers of its answer. Whoever counts it says so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<OnceLock<Allowance>>);

impl Told {
    /// Says so; the first word counts.
    pub(crate) fn tell(&self, allowance: Allowance) {
        let _ = self.0.set(allowance);
    }

    fn write(&self, headers: &mut HeaderMap) {
        let Some(allowance) = self.0.get() else { return };
        let renewed_in_s = u32::try_from(allowance.renewed_in.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
        for (name, value) in [
            ("ratelimit-limit", allowance.most),
            ("ratelimit-remaining", allowance.left),
            ("ratelimit-reset", renewed_in_s),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

async fn enclose(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new().to_string();
    let (method, began) = (request.method().clone(), Instant::now());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
        .to_owned();
    let is_api = request.uri().path().starts_with("/v1/");
    let span = tracing::info_span!("request", id, %method, route, status = tracing::field::Empty);

    let told_allowance = Told::default();
    request.extensions_mut().insert(told_allowance.clone());
    let is_known_host = state.origins.is_own_host(request.headers(), request.uri()) || route == "/v1/health";
    let answered = async {
        if is_known_host {
            next.run(request).await
        } else {
            ApiError::WrongHost.into_response()
        }
    };
    let mut response = answered.instrument(span.clone()).await;
    state
        .metrics
        .answered(&method, route, response.status().as_u16(), began.elapsed());
    span.record("status", response.status().as_u16());
    let entered = span.enter();
    tracing::info!(
        status = response.status().as_u16(),
        took_ms = began.elapsed().as_millis(),
        "answered"
    );
    response = told(response, &method, &id);
    drop(entered);

    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.origins.public_url().starts_with("https://") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(STRICT_TRANSPORT_SECURITY),
        );
    }
    told_allowance.write(headers);
    if is_api || headers.contains_key(header::SET_COOKIE) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(
        REQUEST_ID,
        HeaderValue::from_str(&id).expect("invariant: a UUID is visible ASCII"),
    );
    response
}

/// Writes the one shape of error into an answer that is one, whoever made it.
fn told(mut response: Response, method: &Method, id: &str) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    if response.extensions().get::<Problem>().is_none() {
        let words = ApiError::from_status(response.status()).into_response();
        response.extensions_mut().extend(words.extensions().clone());
        *response.status_mut() = words.status();
    }
    let (mut parts, _) = response.into_parts();
    let problem = parts
        .extensions
        .remove::<Problem>()
        .expect("invariant: put there above");
    let now = OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .expect("invariant: a time of this age has an RFC 3339 form");
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from(problem.body(id, &now).to_string())
    };
    describe(&mut parts.headers, &problem);
    Response::from_parts(parts, body)
}

fn describe(headers: &mut HeaderMap, problem: &Problem) {
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(secs) = problem.retry_after_secs() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
}

/// A panic is a fault of ours; what it says may quote data, so nothing of it goes on (see `panic` for the log).
fn on_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::internal("a handler panicked").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body_of(response: Response) -> serde_json::Value {
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_in_the_one_shape_without_its_words() {
        let panicking: Box<dyn Any + Send> = Box::new("zebra".to_owned());
        let response = told(on_panic(panicking), &Method::GET, "an-id");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = body_of(response).await;
        assert_eq!(body["error"]["code"], "internal");
        assert_eq!(body["error"]["request_id"], "an-id");
        assert!(!body.to_string().contains("zebra"));
    }

    #[tokio::test]
    async fn an_answer_that_a_layer_made_gets_the_shape_and_keeps_its_headers() {
        let made = (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET")],
            "words of a layer",
        )
            .into_response();
        let response = told(made, &Method::POST, "an-id");
        assert_eq!(response.headers()[header::ALLOW], "GET");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(body_of(response).await["error"]["code"], "method_not_allowed");
    }

    #[tokio::test]
    async fn an_answer_to_head_has_no_body() {
        let response = told(ApiError::NotSignedIn.into_response(), &Method::HEAD, "an-id");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(axum::body::to_bytes(response.into_body(), 10).await.unwrap().is_empty());
    }
}
