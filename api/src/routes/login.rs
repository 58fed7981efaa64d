//! Signing in with a link, staying signed in, and signing out.

use super::input::Valid;
use super::me::Me;
use crate::auth::{self, ACCESS_TOKEN_LIFETIME, AccountError, Client, LoginError, NewSignIn, SignedIn, Token};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{FamilyId, Member};
use crate::nodes::Subject;
use crate::server::{AppState, Hop};
use axum::Json;
use axum::extract::State;
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sign-in link's secret.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemLoginLink {
    /// What stands behind the `#` of the link.
    #[garde(length(max = 64))]
    token: String,
    /// What is signing in; a browser unless it says otherwise.
    #[serde(default = "web")]
    #[garde(skip)]
    client: Client,
}

pub(super) fn web() -> Client {
    Client::Web
}

/// Someone is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    /// Who. A browser has its cookie now.
    user: Me,
    /// For a program: its bearer token, shown this once. For an extension: one that is good for minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// For an extension: what it exchanges for the next pair, once, at `/v1/auth/refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// For an extension: seconds that its access token is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_s: Option<i64>,
}

/// What an extension exchanges.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refresh {
    /// The token that came with the last access token.
    #[garde(length(max = 64))]
    refresh_token: String,
}

/// The next pair.
#[derive(Serialize, ToSchema)]
pub(super) struct Refreshed {
    /// Good for minutes.
    access_token: String,
    /// Exchanged once.
    refresh_token: String,
    /// Seconds that the access token is good for.
    expires_in_s: i64,
}

/// Whoever is signing in may try: a browser from our own page alone, and nobody too often.
pub(super) async fn admit(state: &AppState, hop: Hop, client: Client, headers: &HeaderMap) -> Result<(), ApiError> {
    // Another site must not be able to sign a browser in as someone else.
    if client == Client::Web && !state.origins.may_use_cookie(&Method::POST, headers) {
        return Err(ApiError::CROSS_SITE);
    }
    let most = state.config.limits.sign_in_tries;
    state.rates.admit(Subject::From(hop), most).await.map(drop)
}

/// Tells somebody that they are signed in, and gives them what proves it.
pub(super) fn welcome(state: &AppState, new: NewSignIn) -> Result<Response, ApiError> {
    let mut logged_in = LoggedIn {
        user: Me::new(new.member, new.role),
        access_token: None,
        refresh_token: None,
        expires_in_s: None,
    };
    match new.client {
        Client::Web => {
            let cookie = auth::set_cookie(&new.token, new.client.lifetime());
            return Ok(([(SET_COOKIE, cookie)], Json(logged_in)).into_response());
        }
        Client::Native => logged_in.access_token = Some(new.token.reveal().to_string()),
        Client::Extension => {
            logged_in.access_token = Some(access_token(state, new.member, new.family)?);
            logged_in.refresh_token = Some(new.token.reveal().to_string());
            logged_in.expires_in_s = Some(ACCESS_TOKEN_LIFETIME.whole_seconds());
        }
    }
    Ok(Json(logged_in).into_response())
}

fn access_token(state: &AppState, member: Member, family: FamilyId) -> Result<String, ApiError> {
    state.access_tokens.issue(member, family).map_err(ApiError::internal)
}

/// Signs in with a link: single use, 15 minutes.
#[utoipa::path(post, path = "/v1/auth/login-links/redeem", tag = "auth", request_body = RedeemLoginLink, responses(
    (status = 200, body = LoggedIn),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 410, description = "unknown, used or too old", body = ErrorBody),
    (status = 429, description = "too many try to sign in just now", body = ErrorBody),
))]
pub(super) async fn redeem_login_link(
    State(state): State<AppState>,
    hop: Hop,
    headers: HeaderMap,
    Valid(input): Valid<RedeemLoginLink>,
) -> Result<Response, ApiError> {
    admit(&state, hop, input.client, &headers).await?;
    let gone = || ApiError::Gone {
        code: "login_link_gone",
        message: "this link was used, or is too old: ask for another",
    };
    let link = Token::parse(&input.token).ok_or_else(gone)?;
    let redeemed = auth::redeem_login_link(&state.db, &link, input.client).await?;
    welcome(&state, redeemed.ok_or_else(gone)?)
}

/// Exchanges an extension's token for the next pair. An answer that was lost may be asked for again within 30 seconds, and is
/// the same; a token that is shown later ends its sign-in, for it was stolen.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", request_body = Refresh, responses(
    (status = 200, body = Refreshed),
    (status = 401, description = "none of a sign-in that is in force", body = ErrorBody),
))]
pub(super) async fn refresh(
    State(state): State<AppState>,
    Valid(input): Valid<Refresh>,
) -> Result<Json<Refreshed>, ApiError> {
    let token = Token::parse(&input.refresh_token).ok_or(ApiError::NotSignedIn)?;
    let exchanged = auth::exchange(&state.db, &token).await?.ok_or(ApiError::NotSignedIn)?;
    let family = exchanged.family;
    let member = Member {
        tenant: family.tenant,
        user: family.user,
    };
    Ok(Json(Refreshed {
        access_token: access_token(&state, member, family.id)?,
        refresh_token: exchanged.token.reveal().to_string(),
        expires_in_s: ACCESS_TOKEN_LIFETIME.whole_seconds(),
    }))
}

/// Signs out: the cookie, or the token, is worthless from here on.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "auth", security(("session" = []), ("token" = [])), responses(
    (status = 204, description = "signed out"),
    (status = 401, body = ErrorBody),
))]
pub(super) async fn logout(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, ApiError> {
    auth::sign_out(&state.db, signed_in.family).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, auth::clear_cookie())]).into_response())
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Db(error) => error.into(),
            LoginError::Random(_) | LoginError::NoOwner => Self::internal(error),
        }
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Db(error) => error.into(),
            AccountError::Keys(error) => error.into(),
        }
    }
}
