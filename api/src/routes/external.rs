//! Signing in by way of somebody else: which there are, setting out, and coming back.

use super::login::admit;
use crate::auth::{self, Arrived, Client, Problem, Progress, Returned};
use crate::config::Provider;
use crate::error::{ApiError, ErrorBody};
use crate::nodes::Subject;
use crate::server::{AppState, Hop};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who may vouch for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferedProvider {
    /// As it stands in addresses.
    provider: Provider,
    /// What people call it.
    name: String,
}

/// Those who may vouch for a person, in the order in which they are offered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferedProviders {
    providers: Vec<OfferedProvider>,
}

/// Where to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetOut {
    /// The provider's page. It is for this browser alone, for ten minutes.
    pub(super) url: String,
}

/// Who may vouch for people who sign in here. Empty where nobody was set up.
#[utoipa::path(get, path = "/v1/auth/providers", tag = "auth", responses((status = 200, body = OfferedProviders)))]
pub(super) async fn list_providers(State(state): State<AppState>) -> Json<OfferedProviders> {
    let providers = state.providers.offered().map(|(provider, name)| OfferedProvider {
        provider,
        name: name.to_owned(),
    });
    Json(OfferedProviders {
        providers: providers.collect(),
    })
}

/// Sets out to sign in with a provider: what to go to, and a cookie without which nobody comes back.
#[utoipa::path(post, path = "/v1/auth/external/{provider}", tag = "auth", params(("provider" = Provider, Path)), responses(
    (status = 200, body = SetOut),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 404, description = "no such provider was set up", body = ErrorBody),
    (status = 429, description = "too many try to sign in just now", body = ErrorBody),
    (status = 503, description = "the provider does not answer", body = ErrorBody),
))]
pub(super) async fn begin_external_sign_in(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    hop: Hop,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    admit(&state, hop, Client::Web, &headers).await?;
    let begun = auth::begin(&state, named(&provider)?, None).await?;
    let body = SetOut {
        url: begun.url.to_string(),
    };
    Ok(([(SET_COOKIE, begun.cookie)], Json(body)).into_response())
}

/// Comes back from a provider, by an address. Leads on to the web app, signed in; or to its page that says why not.
#[utoipa::path(get, path = "/v1/auth/external/{provider}/callback", tag = "auth",
    params(("provider" = Provider, Path), Returned), responses(
    (status = 303, description = "to the app; to its page that asks for a one-time code; or to one with `problem` in its address"),
    (status = 404, description = "no such provider", body = ErrorBody),
))]
pub(super) async fn finish_external_sign_in(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    hop: Hop,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, ApiError> {
    // What cannot be read names no attempt.
    let returned = returned.map(|Query(returned)| returned).unwrap_or_default();
    finish(&state, named(&provider)?, hop, &headers, &returned).await
}

/// Comes back from a provider that has its page post a form, as Apple does.
#[utoipa::path(post, path = "/v1/auth/external/{provider}/callback", tag = "auth", params(("provider" = Provider, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`state`, and `code` or `error`"),
    responses(
    (status = 303, description = "to the app; to its page that asks for a one-time code; or to one with `problem` in its address"),
    (status = 404, description = "no such provider", body = ErrorBody),
    (status = 413, body = ErrorBody),
))]
pub(super) async fn finish_external_sign_in_by_form(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    hop: Hop,
    headers: HeaderMap,
    form: Bytes,
) -> Result<Response, ApiError> {
    finish(&state, named(&provider)?, hop, &headers, &read_form(&form)).await
}

/// A form is written like a query.
fn read_form(form: &[u8]) -> Returned {
    let uri = Uri::builder().path_and_query([b"/?".as_slice(), form].concat()).build();
    uri.ok()
        .and_then(|uri| Query::try_from_uri(&uri).ok())
        .map(|Query(returned)| returned)
        .unwrap_or_default()
}

async fn finish(
    state: &AppState,
    provider: Provider,
    hop: Hop,
    headers: &HeaderMap,
    returned: &Returned,
) -> Result<Response, ApiError> {
    let most = state.config.limits.sign_in_tries;
    if state.rates.admit(Subject::From(hop), most).await.is_err() {
        return Ok(told("/sign-in", provider, &Problem::TooMany));
    }
    let attempt = match auth::take(state, returned).await {
        Ok(Some(attempt)) => attempt,
        Ok(None) => return Ok(told("/sign-in", provider, &Problem::Gone)),
        Err(error) => return Ok(told("/sign-in", provider, &error.into())),
    };
    let page = match attempt.family {
        Some(_) => "/settings",
        None => "/sign-in",
    };
    match auth::arrive(state, provider, headers, &attempt, returned).await {
        Ok(Arrived::Vouched(Progress::SignedIn(new))) => {
            let session = auth::set_cookie(&new.token, new.client.lifetime());
            let cookies = AppendHeaders([(SET_COOKIE, session), (SET_COOKIE, auth::clear_attempt_cookie())]);
            Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")], cookies).into_response())
        }
        Ok(Arrived::Vouched(Progress::CodeNeeded(token))) => {
            // Behind the `#`, which no browser sends and no log holds.
            let page = format!("/sign-in/code#{}", *token.reveal());
            let cookie = AppendHeaders([(SET_COOKIE, auth::clear_attempt_cookie())]);
            Ok((StatusCode::SEE_OTHER, [(LOCATION, page)], cookie).into_response())
        }
        Ok(Arrived::Linked) => {
            let cookie = (SET_COOKIE, auth::clear_attempt_cookie());
            Ok((
                StatusCode::SEE_OTHER,
                [(LOCATION, HeaderValue::from_static(page)), cookie],
            )
                .into_response())
        }
        Err(problem) => Ok(told(page, provider, &problem)),
    }
}

/// Leads to a page that says why. The one place where it is logged.
fn told(page: &str, provider: Provider, problem: &Problem) -> Response {
    let (provider, code) = (provider.as_str(), problem.code());
    let cause = crate::error::Chain(problem);
    match problem {
        Problem::Failed(_) => tracing::error!(provider, %cause, "somebody came back from a provider in vain"),
        Problem::Db(_) | Problem::Away(_) => {
            tracing::warn!(provider, %cause, "somebody came back from a provider in vain");
        }
        _ => tracing::info!(provider, %cause, "somebody came back from a provider in vain"),
    }
    (StatusCode::SEE_OTHER, [(LOCATION, format!("{page}?problem={code}"))]).into_response()
}

/// The provider in an address.
pub(super) fn named(provider: &str) -> Result<Provider, ApiError> {
    Provider::parse(provider).ok_or(ApiError::NotFound("provider"))
}
