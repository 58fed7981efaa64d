//! One-time codes: signing in with one, setting them up, and giving them up.

use super::input::Valid;
use super::login::welcome;
use super::password::{GUESSES, address_of};
use crate::auth::second_factor::{self, CodeError};
use crate::auth::{Client, JustProved, SignedIn, Token};
use crate::db::{audit, second_factors, signing_in};
use crate::error::{ApiError, ErrorBody};
use crate::nodes::Subject;
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const WRONG: ApiError = ApiError::NotProved("the code is not right, or was used: wait for the next");

/// The second of two factors.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInWithCode {
    /// What came when the first was right.
    #[garde(length(max = 64))]
    code_token: String,
    /// A one-time code, or a recovery code.
    #[garde(length(max = 64))]
    code: String,
}

/// A code.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    /// Six digits, as the authenticator shows them.
    #[garde(length(max = 64))]
    code: String,
}

/// What an authenticator is given.
#[derive(Serialize, ToSchema)]
pub(super) struct CodesBegun {
    /// To be typed: base32.
    secret: String,
    /// To be shown as a QR code: an `otpauth://` address.
    url: String,
}

/// What lets somebody in who lost what makes their codes.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodes {
    /// Each works once. Shown this once.
    recovery_codes: Vec<String>,
}

/// Signs in with a one-time code, after the first factor was right.
#[utoipa::path(post, path = "/v1/auth/code", tag = "auth", request_body = SignInWithCode, responses(
    (status = 200, description = "signed in", body = super::login::LoggedIn),
    (status = 401, description = "the code is not right, or was used", body = ErrorBody),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 410, description = "that took too long: begin again", body = ErrorBody),
    (status = 429, description = "too many tries", body = ErrorBody),
))]
pub(super) async fn sign_in_with_code(
    State(state): State<AppState>,
    headers: HeaderMap,
    Valid(input): Valid<SignInWithCode>,
) -> Result<Response, ApiError> {
    let gone = || ApiError::Gone {
        code: "code_token_gone",
        message: "that took too long: sign in again from the start",
    };
    let token = Token::parse(&input.code_token).ok_or_else(gone)?;
    let (member, client) = second_factor::whose_half(&state.db, &token).await?.ok_or_else(gone)?;
    if client == Client::Web && !state.origins.may_use_cookie(&Method::POST, &headers) {
        return Err(ApiError::CROSS_SITE);
    }
    state.rates.admit(Subject::Code(member.user), GUESSES).await?;
    let new = state
        .db
        .without_tenant(async |tx| second_factor::sign_in_with_code(tx, &state.keys, &token, &input.code).await)
        .await?;
    welcome(&state, new.ok_or(WRONG)?)
}

/// Makes what an authenticator makes codes from. Nothing is asked for until a first code was shown.
#[utoipa::path(post, path = "/v1/me/codes", tag = "auth", security(("session" = []), ("token" = [])), responses(
    (status = 200, body = CodesBegun),
    (status = 401, body = ErrorBody),
    (status = 403, description = "proof is needed first", body = ErrorBody),
    (status = 409, description = "codes are asked for already", body = ErrorBody),
))]
pub(super) async fn begin_codes(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
) -> Result<Json<CodesBegun>, ApiError> {
    let address = address_of(&state, member).await?;
    let account = address.as_ref().map_or("Attune", |address| address.as_str());
    let begun = second_factor::begin(&state.db, &state.keys, member, account).await?;
    let secret = begun.ok_or(ApiError::Conflict {
        code: "codes_in_use",
        message: "codes are asked for already: turn them off first",
    })?;
    Ok(Json(CodesBegun {
        secret: secret.base32,
        url: secret.url,
    }))
}

/// Shows a first code: from here on one is asked for at each sign-in. Every other sign-in of the person ends.
#[utoipa::path(post, path = "/v1/me/codes/confirm", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = Code, responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, description = "the code is not right, or nobody is signed in", body = ErrorBody),
    (status = 429, description = "too many tries", body = ErrorBody),
))]
pub(super) async fn confirm_codes(
    State(state): State<AppState>,
    SignedIn { member, family }: SignedIn,
    Valid(input): Valid<Code>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    state.rates.admit(Subject::Code(member.user), GUESSES).await?;
    let recovery_codes = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let codes = second_factor::confirm(&mut *tx, &state.keys, member, &input.code).await?;
            let codes = codes.ok_or(WRONG)?;
            signing_in::revoke_families_of(&mut *tx, member.user, Some(family)).await?;
            audit::insert(&mut *tx, member, "codes.turned_on", member.user.0).await?;
            Ok::<_, ApiError>(codes)
        })
        .await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Asks for no more codes.
#[utoipa::path(delete, path = "/v1/me/codes", tag = "auth", security(("session" = []), ("token" = [])), responses(
    (status = 204, description = "none are asked for"),
    (status = 401, body = ErrorBody),
    (status = 403, description = "proof is needed first", body = ErrorBody),
))]
pub(super) async fn end_codes(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
) -> Result<StatusCode, ApiError> {
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            second_factors::delete_secret(&mut *tx, member.user).await?;
            audit::insert(&mut *tx, member, "codes.turned_off", member.user.0).await
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<CodeError> for ApiError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Login(error) => error.into(),
            CodeError::Keys(error) => error.into(),
            CodeError::Open(_) | CodeError::Totp(_) => Self::internal(error),
        }
    }
}
