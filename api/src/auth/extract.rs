//! Extractors as policy: a handler that takes one cannot be reached without what it proves.

use super::{Token, cookie};
use crate::db::signing_in::{self, Family};
use crate::db::{meetings, users};
use crate::error::ApiError;
use crate::ids::{FamilyId, MeetingId, Member};
use crate::nodes::{Allowance, Subject};
use crate::server::{AppState, Told};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::request::Parts;
use time::Duration;
use uuid::Uuid;

/// Someone is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// Who, and where.
    pub member: Member,
    /// By which sign-in; what is opened under it dies with it.
    pub family: FamilyId,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let found = match bearer(&parts.headers).map(|text| (text, Token::parse(text))) {
            Some((_, Some(token))) => family_of(state, &token).await?,
            Some((text, None)) => {
                let (member, family) = state.access_tokens.read(text).ok_or(ApiError::NotSignedIn)?;
                state
                    .db
                    .without_tenant(async |tx| signing_in::find_family_of(tx, member, family).await)
                    .await?
            }
            None => {
                let token = cookie::token_in(&parts.headers).ok_or(ApiError::NotSignedIn)?;
                // A browser adds the cookie by itself, so the request must come from our own page.
                if !state.origins.may_use_cookie(&parts.method, &parts.headers) {
                    return Err(ApiError::CROSS_SITE);
                }
                family_of(state, &token).await?
            }
        };
        let family = found.ok_or(ApiError::NotSignedIn)?;
        // By whom they are, which only we say, and not by where they are.
        let most = state.config.limits.requests_per_minute;
        let admitted = state.rates.admit(Subject::Tenant(family.tenant), most).await;
        if let (Some(told), Some(allowance)) = (parts.extensions.get::<Told>(), Allowance::of(&admitted, most)) {
            told.tell(allowance);
        }
        admitted?;
        Ok(Self {
            member: Member {
                tenant: family.tenant,
                user: family.user,
            },
            family: family.id,
        })
    }
}

async fn family_of(state: &AppState, token: &Token) -> sqlx::Result<Option<Family>> {
    state
        .db
        .without_tenant(async |tx| signing_in::find_family(tx, &token.digest()).await)
        .await
}

/// Someone is signed in who proved who they are a moment ago, for acts that somebody who found a computer unlocked must not do.
#[derive(Debug, Clone, Copy)]
pub struct JustProved(pub SignedIn);

/// How long a proof counts.
const PROOF_LIFETIME: Duration = Duration::minutes(5);

const PROOF_NEEDED: ApiError = ApiError::Forbidden {
    code: "proof_needed",
    message: "show first that it is you: with your password or a code, or by signing in again",
};

impl FromRequestParts<AppState> for JustProved {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let proved = state
            .db
            .without_tenant(async |tx| signing_in::was_proved(tx, signed_in.family, PROOF_LIFETIME).await)
            .await?;
        match proved {
            true => Ok(Self(signed_in)),
            false => Err(PROOF_NEEDED),
        }
    }
}

/// Someone is signed in who may settle what holds for everybody in the space.
#[derive(Debug, Clone, Copy)]
pub struct Administrator(pub SignedIn);

const NOT_AN_ADMINISTRATOR: ApiError = ApiError::Forbidden {
    code: "not_an_administrator",
    message: "only an owner or an administrator may change this",
};

impl FromRequestParts<AppState> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let member = signed_in.member;
        let role = state
            .db
            .with_tenant(member.tenant, async |tx| users::find_role(tx, member).await)
            .await?;
        match role.as_deref() {
            Some("owner" | "admin") => Ok(Self(signed_in)),
            _ => Err(NOT_AN_ADMINISTRATOR),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The meeting named in the address is the signed-in person's own; anything else is 404.
#[derive(Debug)]
pub struct OwnedMeeting {
    /// Whose it is.
    pub member: Member,
    /// By which sign-in.
    pub family: FamilyId,
    /// The meeting.
    pub meeting: meetings::MeetingRow,
}

impl FromRequestParts<AppState> for OwnedMeeting {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let SignedIn { member, family } = SignedIn::from_request_parts(parts, state).await?;
        let id = MeetingId(id_in_path(parts, state, "meeting").await?);
        let found = state
            .db
            .with_tenant(member.tenant, async |tx| meetings::find(tx, member, id).await)
            .await;
        let meeting = found.map_err(ApiError::from)?.ok_or(ApiError::NotFound("meeting"))?;
        Ok(Self {
            member,
            family,
            meeting,
        })
    }
}

/// The `{id}` in the address; one that is no id names nothing.
pub(crate) async fn id_in_path(parts: &mut Parts, state: &AppState, what: &'static str) -> Result<Uuid, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::NotFound(what))?;
    let id = params.iter().find_map(|(name, value)| (name == "id").then_some(value));
    id.and_then(|id| id.parse().ok()).ok_or(ApiError::NotFound(what))
}
