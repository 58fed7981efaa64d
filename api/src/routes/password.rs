//! Signing in with an address and a password, and what a person signs in with.

use super::input::Valid;
use super::login::{admit, web, welcome};
use crate::auth::{self, Address, BadPassword, Client, JustProved, PasswordError, Progress, SignedIn, second_factor};
use crate::db::{audit, passwords, second_factors, signing_in};
use crate::error::{ApiError, ErrorBody, FieldProblem};
use crate::ids::Member;
use crate::keys::Place;
use crate::mail;
use crate::nodes::Subject;
use crate::server::{AppState, Hop};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Guesses of one password, or of one person's code, in a quarter of an hour.
pub(super) const GUESSES: u32 = 10;

/// The longest address and the longest password that are looked at.
pub(super) const MAX_ADDRESS: usize = 320;
pub(super) const MAX_PASSWORD: usize = 1_024;

/// How somebody can sign in here, and whether they can make an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaysIn {
    /// With an address and a password: there is a way for mail.
    password: bool,
    /// Anybody may make an account.
    sign_up: bool,
}

/// Who somebody says they are.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInWithPassword {
    /// Their address.
    #[garde(length(chars, max = MAX_ADDRESS))]
    address: String,
    /// Their password.
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// What is signing in; a browser unless it says otherwise.
    #[serde(default = "web")]
    #[garde(skip)]
    client: Client,
}

/// The password is right, and a one-time code is asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeNeeded {
    /// Shown with the code, at `/v1/auth/code`, within 5 minutes.
    code_token: String,
}

/// That it is them.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// Their password.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// Or a one-time code, or a recovery code.
    #[garde(length(max = 64))]
    code: Option<String>,
}

/// A password to have from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// 10 to 256 characters, and none of the first that somebody would try.
    #[garde(skip)]
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    password: SecretString,
}

/// What a person signs in with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningInWith {
    /// Their address, if they have one here.
    address: Option<String>,
    /// They have a password.
    password: bool,
    /// They are asked for one-time codes.
    codes: bool,
    /// Recovery codes that are left.
    recovery_codes: i64,
}

/// How somebody can sign in here.
#[utoipa::path(get, path = "/v1/auth/ways", tag = "auth", responses((status = 200, body = WaysIn)))]
pub(super) async fn get_ways_in(State(state): State<AppState>) -> Json<WaysIn> {
    Json(WaysIn {
        password: state.mailer.is_some(),
        sign_up: state.mailer.is_some() && state.config.sign_up,
    })
}

/// Signs in with an address and a password. The answer is the same, and takes as long, whether there is no such account or the
/// password is not right.
#[utoipa::path(post, path = "/v1/auth/sign-in", tag = "auth", request_body = SignInWithPassword, responses(
    (status = 200, description = "signed in", body = super::login::LoggedIn),
    (status = 202, description = "right so far: a code is asked for", body = CodeNeeded),
    (status = 401, description = "the address or the password is not right", body = ErrorBody),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 429, description = "too many tries from there", body = ErrorBody),
    (status = 503, description = "too many passwords wait to be looked at", body = ErrorBody),
))]
pub(super) async fn sign_in_with_password(
    State(state): State<AppState>,
    hop: Hop,
    headers: HeaderMap,
    Valid(input): Valid<SignInWithPassword>,
) -> Result<Response, ApiError> {
    const WRONG: ApiError = ApiError::NotProved("the address or the password is not right");
    admit(&state, hop, input.client, &headers).await?;
    check_length(&input.password)?;
    let Ok(address) = Address::parse(&input.address) else {
        return Err(WRONG);
    };
    let hmac = address.hmac(&state.keys);
    state.rates.admit(Subject::Password(hmac, hop), GUESSES).await?;
    let account = state
        .db
        .without_tenant(async |tx| passwords::find_by_address(tx, &hmac).await)
        .await?;
    let kept = account.as_ref().and_then(|account| account.password.as_deref());
    let right = state.passwords.is_right(&input.password, kept).await?;
    let Some(account) = account.filter(|_| right) else {
        return Err(WRONG);
    };
    let progress = state
        .db
        .without_tenant(async |tx| auth::proceed(tx, account.member, input.client).await)
        .await?;
    go_on(&state, progress.ok_or(WRONG)?)
}

/// Tells somebody how far they got.
pub(super) fn go_on(state: &AppState, progress: Progress) -> Result<Response, ApiError> {
    match progress {
        Progress::SignedIn(new) => welcome(state, new),
        Progress::CodeNeeded(token) => {
            let code_token = token.reveal().to_string();
            Ok((StatusCode::ACCEPTED, Json(CodeNeeded { code_token })).into_response())
        }
    }
}

/// Shows that it is them, with their password or a code: what is dangerous may be done for 5 minutes.
#[utoipa::path(post, path = "/v1/auth/proof", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = Proof, responses(
    (status = 204, description = "shown"),
    (status = 401, description = "not right, or nobody is signed in", body = ErrorBody),
    (status = 429, description = "too many tries", body = ErrorBody),
))]
pub(super) async fn prove(
    State(state): State<AppState>,
    SignedIn { member, family }: SignedIn,
    Valid(input): Valid<Proof>,
) -> Result<StatusCode, ApiError> {
    const WRONG: ApiError = ApiError::NotProved("that is not right");
    state.rates.admit(Subject::Code(member.user), GUESSES).await?;
    let right = match (input.password, input.code) {
        (Some(password), None) => {
            check_length(&password)?;
            let kept = state
                .db
                .without_tenant(async |tx| passwords::find_password(tx, member.user).await)
                .await?;
            state.passwords.is_right(&password, kept.as_deref()).await?
        }
        (None, Some(code)) => {
            state
                .db
                .without_tenant(async |tx| second_factor::take(tx, &state.keys, member, &code).await)
                .await?
        }
        _ => return Err(ApiError::Malformed("send either a password or a code".into())),
    };
    if !right {
        return Err(WRONG);
    }
    state
        .db
        .without_tenant(async |tx| signing_in::mark_proved(tx, family).await)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the person signs in with.
#[utoipa::path(get, path = "/v1/me/sign-in", tag = "auth", security(("session" = []), ("token" = [])),
    responses((status = 200, body = SigningInWith), (status = 401, body = ErrorBody)))]
pub(super) async fn get_signing_in_with(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<SigningInWith>, ApiError> {
    let address = address_of(&state, member).await?;
    let with = state
        .db
        .without_tenant(async |tx| {
            Ok::<_, sqlx::Error>(SigningInWith {
                address: address.map(|address| address.as_str().to_owned()),
                password: passwords::find_password(&mut *tx, member.user).await?.is_some(),
                codes: second_factors::asks_for_code(&mut *tx, member.user).await?,
                recovery_codes: second_factors::count_recovery_codes(&mut *tx, member.user).await?,
            })
        })
        .await?;
    Ok(Json(with))
}

/// Changes the person's password, or gives them one. Every other sign-in of theirs ends, and every link that was mailed to them
/// is worthless.
#[utoipa::path(put, path = "/v1/me/password", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = NewPassword, responses(
    (status = 204, description = "changed"),
    (status = 401, body = ErrorBody),
    (status = 403, description = "proof is needed first", body = ErrorBody),
    (status = 422, description = "not one to take", body = ErrorBody),
))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    JustProved(SignedIn { member, family }): JustProved,
    Valid(input): Valid<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let address = address_of(&state, member).await?;
    let password = hash_new(&state, &input.password, address.as_ref()).await?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            passwords::put_password(&mut *tx, member.user, &password).await?;
            passwords::forget_links(&mut *tx, member.user).await?;
            second_factors::forget_halves(&mut *tx, member.user).await?;
            signing_in::revoke_families_of(&mut *tx, member.user, Some(family)).await?;
            audit::insert(&mut *tx, member, "password.changed", member.user.0).await
        })
        .await?;
    if let Some(address) = address {
        post(&state, address, mail::PASSWORD_CHANGED, forgot_url(&state));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The page where somebody chooses another password.
pub(super) fn forgot_url(state: &AppState) -> String {
    format!("{}/forgot-password", state.origins.public_url().trim_end_matches('/'))
}

/// Sends a letter, while whoever caused it is answered: how long it takes shall tell nobody anything.
pub(super) fn post(state: &AppState, to: Address, letter: mail::Letter, link: String) {
    if let Some(mailer) = state.mailer.clone() {
        state.tasks.spawn(async move { mailer.send(&to, letter, &link).await });
    }
}

/// What is kept of a password that somebody chose.
pub(super) async fn hash_new(
    state: &AppState,
    password: &SecretString,
    address: Option<&Address>,
) -> Result<String, ApiError> {
    auth::check_new(password, address)?;
    Ok(state.passwords.hash(password).await?)
}

/// The address the person signs in with.
pub(super) async fn address_of(state: &AppState, member: Member) -> Result<Option<Address>, ApiError> {
    let sealed = state
        .db
        .without_tenant(async |tx| passwords::sealed_address(tx, member.user).await)
        .await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = state.keys.member(member).await?.open(address_place(member), &sealed);
    let text = opened.map_err(ApiError::internal)?;
    let text = std::str::from_utf8(&text).map_err(ApiError::internal)?;
    Address::parse(text).map(Some).map_err(ApiError::internal)
}

/// Where a person's address is kept.
pub(super) fn address_place(member: Member) -> Place {
    Place {
        table: "addresses",
        column: "sealed",
        object: member.user.0,
    }
}

/// What is longer than any password is not hashed.
fn check_length(password: &SecretString) -> Result<(), ApiError> {
    use secrecy::ExposeSecret as _;
    match password.expose_secret().len() <= MAX_PASSWORD {
        true => Ok(()),
        false => Err(BadPassword::Length.into()),
    }
}

impl From<BadPassword> for ApiError {
    fn from(error: BadPassword) -> Self {
        Self::Invalid(vec![FieldProblem {
            field: "password".into(),
            problem: error.to_string(),
        }])
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Unavailable(error.into()),
            PasswordError::Hash(_) | PasswordError::Lost(_) => Self::internal(error),
        }
    }
}
