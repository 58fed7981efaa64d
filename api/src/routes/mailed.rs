//! What takes a link that was mailed: an account, another password, another address. Whoever asks is told the same whether there
//! is such an account or not; what differs is the mail.

use super::input::Valid;
use super::login::{admit, web};
use super::password::{MAX_ADDRESS, address_place, forgot_url, go_on, hash_new, post};
use crate::auth::mailed::{self, Purpose, Used};
use crate::auth::{self, Address, Client, JustProved, LoginError, SignedIn, Token, check_new};
use crate::db::{audit, passwords, second_factors, signing_in, users};
use crate::error::{ApiError, ErrorBody, FieldProblem};
use crate::ids::{Member, TenantId, UserId};
use crate::mail;
use crate::nodes::Subject;
use crate::server::{AppState, Hop};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// Who vouches for whoever has a password: this installation itself.
const ISSUER: &str = "attune:password";

/// Mails to one address in a quarter of an hour.
const MAILS: u32 = 5;

const NO_MAIL: ApiError = ApiError::Conflict {
    code: "no_mail",
    message: "this server sends no mail: whoever runs it sets ATTUNE_SMTP_URL and ATTUNE_MAIL_FROM",
};
const NO_SIGN_UP: ApiError = ApiError::Forbidden {
    code: "sign_up_closed",
    message: "accounts are not made by just anybody here: whoever runs the server sets ATTUNE_SIGN_UP=true",
};
const GONE: ApiError = ApiError::Gone {
    code: "mailed_link_gone",
    message: "this link was used, or is too old: ask for another",
};

/// Where to send a link.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendLink {
    /// An e-mail address.
    #[garde(length(chars, max = MAX_ADDRESS))]
    #[schema(example = "maria@example.com")]
    address: String,
}

/// A link's secret, and a password to have from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoosePassword {
    /// What stands behind the `#` of the link.
    #[garde(length(max = 64))]
    token: String,
    /// 10 to 256 characters, and none of the first that somebody would try.
    #[garde(skip)]
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    password: SecretString,
    /// What is signing in; a browser unless it says otherwise.
    #[serde(default = "web")]
    #[garde(skip)]
    client: Client,
}

/// A link's secret.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmAddress {
    /// What stands behind the `#` of the link.
    #[garde(length(max = 64))]
    token: String,
}

/// Mails a link that makes an account.
#[utoipa::path(post, path = "/v1/auth/sign-ups", tag = "auth", request_body = SendLink, responses(
    (status = 202, description = "mailed, whether or not there is such an account"),
    (status = 403, description = "accounts are not made by just anybody here", body = ErrorBody),
    (status = 409, description = "this server sends no mail", body = ErrorBody),
    (status = 422, body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn ask_for_sign_up(
    State(state): State<AppState>,
    hop: Hop,
    Valid(input): Valid<SendLink>,
) -> Result<StatusCode, ApiError> {
    if !state.config.sign_up {
        return Err(NO_SIGN_UP);
    }
    let address = may_be_mailed(&state, hop, &input.address).await?;
    let (letter, link) = match account_of(&state, &address).await? {
        None => (mail::SIGN_UP, issue(&state, Purpose::SignUp, &address, None).await?),
        Some(_) => (mail::HAS_ACCOUNT, forgot_url(&state)),
    };
    post(&state, address, letter, link);
    Ok(StatusCode::ACCEPTED)
}

/// Makes an account with the address that the link was sent to, and signs in.
#[utoipa::path(post, path = "/v1/auth/sign-ups/redeem", tag = "auth", request_body = ChoosePassword, responses(
    (status = 200, description = "signed in", body = super::login::LoggedIn),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 410, description = "unknown, used or too old", body = ErrorBody),
    (status = 422, description = "not a password to take", body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn sign_up(
    State(state): State<AppState>,
    hop: Hop,
    headers: HeaderMap,
    Valid(input): Valid<ChoosePassword>,
) -> Result<Response, ApiError> {
    admit(&state, hop, input.client, &headers).await?;
    let token = Token::parse(&input.token).ok_or(GONE)?;
    check_new(&input.password, None)?;
    let new = Member {
        tenant: TenantId::new(),
        user: UserId::new(),
    };
    let password = hash_new(&state, &input.password, None).await?;
    let progress = state
        .db
        .with_tenant(new.tenant, async |tx| {
            let Used { address, .. } = mailed::take(&mut *tx, Purpose::SignUp, &token).await?.ok_or(GONE)?;
            check_new(&input.password, Some(&address))?;
            auth::insert_account(&mut *tx, &state.keys, new, ISSUER, &new.user.to_string()).await?;
            passwords::put_password(&mut *tx, new.user, &password).await?;
            if !put_address(&state, &mut *tx, new, &address).await? {
                return Err(GONE);
            }
            audit::insert(&mut *tx, new, "account.made", new.user.0).await?;
            Ok::<_, ApiError>(auth::proceed(tx, new, input.client).await?)
        })
        .await?;
    go_on(&state, progress.ok_or(GONE)?)
}

/// Mails a link that chooses another password, to an address that has an account.
#[utoipa::path(post, path = "/v1/auth/password-resets", tag = "auth", request_body = SendLink, responses(
    (status = 202, description = "mailed, if there is such an account"),
    (status = 409, description = "this server sends no mail", body = ErrorBody),
    (status = 422, body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn ask_for_password_reset(
    State(state): State<AppState>,
    hop: Hop,
    Valid(input): Valid<SendLink>,
) -> Result<StatusCode, ApiError> {
    let address = may_be_mailed(&state, hop, &input.address).await?;
    if let Some(user) = account_of(&state, &address).await? {
        let link = issue(&state, Purpose::ResetPassword, &address, Some(user)).await?;
        post(&state, address, mail::RESET_PASSWORD, link);
    }
    Ok(StatusCode::ACCEPTED)
}

/// Chooses another password, and signs in with it. Every other sign-in of the person ends, and every link that was mailed to them
/// is worthless. Who is asked for codes is asked for one here too.
#[utoipa::path(post, path = "/v1/auth/password-resets/redeem", tag = "auth", request_body = ChoosePassword, responses(
    (status = 200, description = "signed in", body = super::login::LoggedIn),
    (status = 202, description = "changed: a code is asked for", body = super::password::CodeNeeded),
    (status = 403, description = "sent by another site's page", body = ErrorBody),
    (status = 410, description = "unknown, used or too old", body = ErrorBody),
    (status = 422, description = "not a password to take", body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    hop: Hop,
    headers: HeaderMap,
    Valid(input): Valid<ChoosePassword>,
) -> Result<Response, ApiError> {
    admit(&state, hop, input.client, &headers).await?;
    let token = Token::parse(&input.token).ok_or(GONE)?;
    let password = hash_new(&state, &input.password, None).await?;
    let (progress, address) = state
        .db
        .without_tenant(async |tx| {
            let used = mailed::take(&mut *tx, Purpose::ResetPassword, &token)
                .await?
                .ok_or(GONE)?;
            check_new(&input.password, Some(&used.address))?;
            let member = home(&mut *tx, used.user).await?;
            passwords::put_password(&mut *tx, member.user, &password).await?;
            passwords::forget_links(&mut *tx, member.user).await?;
            second_factors::forget_halves(&mut *tx, member.user).await?;
            signing_in::revoke_families_of(&mut *tx, member.user, None).await?;
            crate::db::enter(&mut *tx, member.tenant).await?;
            audit::insert(&mut *tx, member, "password.changed", member.user.0).await?;
            Ok::<_, ApiError>((auth::proceed(tx, member, input.client).await?, used.address))
        })
        .await?;
    post(&state, address, mail::PASSWORD_CHANGED, forgot_url(&state));
    go_on(&state, progress.ok_or(GONE)?)
}

/// Mails a link to an address that the person wants to sign in with from then on.
#[utoipa::path(post, path = "/v1/me/address", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = SendLink, responses(
    (status = 202, description = "mailed, unless it is somebody else's"),
    (status = 401, body = ErrorBody),
    (status = 403, description = "proof is needed first", body = ErrorBody),
    (status = 409, description = "this server sends no mail", body = ErrorBody),
    (status = 422, body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn ask_for_address(
    State(state): State<AppState>,
    JustProved(SignedIn { member, .. }): JustProved,
    hop: Hop,
    Valid(input): Valid<SendLink>,
) -> Result<StatusCode, ApiError> {
    let address = may_be_mailed(&state, hop, &input.address).await?;
    let (letter, link) = match account_of(&state, &address).await? {
        Some(user) if user != member.user => (mail::HAS_ACCOUNT, forgot_url(&state)),
        _ => (
            mail::ADD_ADDRESS,
            issue(&state, Purpose::AddAddress, &address, Some(member.user)).await?,
        ),
    };
    post(&state, address, letter, link);
    Ok(StatusCode::ACCEPTED)
}

/// Makes the address that the link was sent to the one its person signs in with.
#[utoipa::path(post, path = "/v1/auth/addresses/redeem", tag = "auth", request_body = ConfirmAddress, responses(
    (status = 204, description = "it is"),
    (status = 410, description = "unknown, used or too old", body = ErrorBody),
    (status = 422, body = ErrorBody),
    (status = 429, body = ErrorBody),
))]
pub(super) async fn confirm_address(
    State(state): State<AppState>,
    hop: Hop,
    Valid(input): Valid<ConfirmAddress>,
) -> Result<StatusCode, ApiError> {
    let most = state.config.limits.sign_in_tries;
    state.rates.admit(Subject::From(hop), most).await?;
    let token = Token::parse(&input.token).ok_or(GONE)?;
    state
        .db
        .without_tenant(async |tx| {
            let used = mailed::take(&mut *tx, Purpose::AddAddress, &token).await?.ok_or(GONE)?;
            let member = home(&mut *tx, used.user).await?;
            if !put_address(&state, &mut *tx, member, &used.address).await? {
                return Err(GONE);
            }
            crate::db::enter(&mut *tx, member.tenant).await?;
            Ok(audit::insert(&mut *tx, member, "address.changed", member.user.0).await?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The address, if mail may go there now.
async fn may_be_mailed(state: &AppState, hop: Hop, address: &str) -> Result<Address, ApiError> {
    if state.mailer.is_none() {
        return Err(NO_MAIL);
    }
    let most = state.config.limits.sign_in_tries;
    state.rates.admit(Subject::From(hop), most).await?;
    let address = Address::parse(address).map_err(|error| {
        ApiError::Invalid(vec![FieldProblem {
            field: "address".into(),
            problem: error.to_string(),
        }])
    })?;
    state
        .rates
        .admit(Subject::Mail(address.hmac(&state.keys)), MAILS)
        .await?;
    Ok(address)
}

async fn account_of(state: &AppState, address: &Address) -> Result<Option<UserId>, ApiError> {
    let hmac = address.hmac(&state.keys);
    let account = state
        .db
        .without_tenant(async |tx| passwords::find_by_address(tx, &hmac).await)
        .await?;
    Ok(account.map(|account| account.member.user))
}

async fn issue(
    state: &AppState,
    purpose: Purpose,
    address: &Address,
    user: Option<UserId>,
) -> Result<String, LoginError> {
    let base = state.origins.public_url();
    state
        .db
        .without_tenant(async |tx| mailed::issue(tx, &state.keys, base, purpose, (address, user)).await)
        .await
}

/// Makes it the person's address; not if it is somebody else's.
async fn put_address(
    state: &AppState,
    tx: &mut sqlx::PgConnection,
    member: Member,
    address: &Address,
) -> Result<bool, ApiError> {
    let key = state.keys.member(member).await?;
    let sealed = key.seal(address_place(member), address.as_str().as_bytes());
    Ok(passwords::put_address(tx, member.user, &address.hmac(&state.keys), &sealed).await?)
}

async fn home(tx: &mut sqlx::PgConnection, user: Option<UserId>) -> Result<Member, ApiError> {
    match user {
        Some(user) => users::find_home(tx, user).await?.ok_or(GONE),
        None => Err(GONE),
    }
}
