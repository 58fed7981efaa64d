//! The API's description of itself: `/v1/openapi.json`, and `api/openapi.json` in the repository, which the web app's
//! types are made from.

use crate::error::ErrorBody;
use crate::server::AppState;
use attune_engine::live::LiveMeasures;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use std::sync::LazyLock;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, InfoBuilder, License, OpenApi, Ref, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

pub(super) fn router() -> Router<AppState> {
    Router::new().route(
        "/v1/openapi.json",
        get(async || ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())),
    )
}

/// The document as pretty JSON with a newline at its end.
pub fn document() -> String {
    let mut document: OpenApi = super::all().into_openapi();
    document.info = InfoBuilder::new()
        .title("Attune")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Meetings, the live connection's tickets, and reports."))
        .license(Some(License::new("Apache-2.0")))
        .build();
    for operation in operations(&mut document) {
        operation.responses.responses.insert("default".into(), refusal().into());
    }
    let components = document.components.get_or_insert_with(Components::new);
    // No operation answers with it: it comes over the live socket, whose protocol leaves it to the engine.
    let mut live = vec![(LiveMeasures::name().into_owned(), LiveMeasures::schema())];
    LiveMeasures::schemas(&mut live);
    components.schemas.extend(live);
    let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::auth::COOKIE));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let mut text = document
        .to_pretty_json()
        .expect("invariant: the document is made of strings and maps");
    text.push('\n');
    text
}

/// What any operation may answer beside what it names: a body that cannot be read, too many requests, a database that is away.
fn refusal() -> Response {
    ResponseBuilder::new()
        .description("refused, in the one shape of errors")
        .content(
            "application/json",
            Content::new(Some(Ref::from_schema_name(ErrorBody::name()))),
        )
        .build()
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .flatten()
    })
}
