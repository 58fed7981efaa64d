//! Signing in with a link, and out.

use super::input::Valid;
use super::me::Me;
use crate::auth::{self, Client, LoginError, NewSignIn, SignedIn, Token};
use crate::error::{ApiError, ErrorBody};
use crate::nodes::Subject;
use crate::server::AppState;
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

fn web() -> Client {
    Client::Web
}

/// Someone is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    /// Who. A browser has its cookie now.
    user: Me,
    /// For a native client: its bearer token, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
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
    headers: HeaderMap,
    Valid(input): Valid<RedeemLoginLink>,
) -> Result<Response, ApiError> {
    // Another site must not be able to sign a browser in as someone else.
    if input.client == Client::Web && !state.origins.may_use_cookie(&Method::POST, &headers) {
        return Err(ApiError::CROSS_SITE);
    }
    let most = state.config.limits.sign_ins_per_minute;
    state.rates.admit(Subject::SigningIn, most).await?;
    let gone = || ApiError::Gone {
        code: "login_link_gone",
        message: "this link was used, or is too old: ask for another",
    };
    let link = Token::parse(&input.token).ok_or_else(gone)?;
    let redeemed = auth::redeem_login_link(&state.db, &link, input.client).await?;
    let NewSignIn { member, role, token } = redeemed.ok_or_else(gone)?;
    let user = Me::new(member, role);
    Ok(match input.client {
        Client::Web => {
            let cookie = auth::set_cookie(&token, input.client.lifetime());
            (
                [(SET_COOKIE, cookie)],
                Json(LoggedIn {
                    user,
                    access_token: None,
                }),
            )
                .into_response()
        }
        Client::Native => Json(LoggedIn {
            user,
            access_token: Some(token.reveal().to_string()),
        })
        .into_response(),
    })
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
