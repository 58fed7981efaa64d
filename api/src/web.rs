//! The web app, inside the binary: its files, its one page for every address that is not a file, and a plain page that
//! says what is missing where the app was not built.

use crate::error::ApiError;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "web/dist/"]
struct App;

/// Vite puts a hash of its content into the name of each of these, so they never change.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time, and answered 304 while it is the same.
const ASK_AGAIN: &str = "no-cache";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Attune</title>\
    <h1>The web app is not in this build</h1>\
    <p>The server runs, and this page stands in for the app. Run <code>make web</code>, then build the server again.</p>";

/// Everything that is no route of the API.
pub(crate) async fn serve_app(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/v1" || path.starts_with("/v1/") {
        return ApiError::NotFound("address").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::MethodNotAllowed.into_response();
    }
    let path = path.trim_start_matches('/');
    if let Some(file) = App::get(path) {
        let caching = if path.starts_with("assets/") {
            FOREVER
        } else {
            ASK_AGAIN
        };
        return answer(file, caching, request.headers());
    }
    // The app's own addresses have no dot in their last part; a missing file must not be answered with a page.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return ApiError::NotFound("file").into_response();
    }
    match App::get("index.html") {
        Some(page) => answer(page, ASK_AGAIN, request.headers()),
        None => (
            [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")],
            NOT_BUILT,
        )
            .into_response(),
    }
}

fn answer(file: EmbeddedFile, caching: &'static str, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = asked
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let headers = [
        (ETAG, tag),
        (CACHE_CONTROL, caching.to_owned()),
        (CONTENT_TYPE, mime(&file)),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, file.data).into_response()
    }
}

fn mime(file: &EmbeddedFile) -> String {
    match file.metadata.mimetype() {
        text if text.starts_with("text/") && !text.contains("charset") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    }
}
