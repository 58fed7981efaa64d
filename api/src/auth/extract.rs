//! Extractors as policy: a handler that takes one cannot be reached without what it proves.

use super::{Token, cookie};
use crate::db::{meetings, signing_in, users};
use crate::error::ApiError;
use crate::ids::{FamilyId, MeetingId, Member};
use crate::nodes::Subject;
use crate::server::AppState;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::request::Parts;
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
        let token = match bearer(&parts.headers) {
            Some(token) => token,
            None => {
                let token = cookie::token_in(&parts.headers).ok_or(ApiError::NotSignedIn)?;
                // A browser adds the cookie by itself, so the request must come from our own page.
                if !state.origins.may_use_cookie(&parts.method, &parts.headers) {
                    return Err(ApiError::CROSS_SITE);
                }
                token
            }
        };
        let found = state
            .db
            .without_tenant(async |tx| signing_in::find_family(tx, &token.digest()).await)
            .await;
        let family = found.map_err(ApiError::from)?.ok_or(ApiError::NotSignedIn)?;
        // By whom they are, which only we say, and not by where they are.
        let most = state.config.limits.requests_per_minute;
        state.rates.admit(Subject::Tenant(family.tenant), most).await?;
        Ok(Self {
            member: Member {
                tenant: family.tenant,
                user: family.user,
            },
            family: family.id,
        })
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

fn bearer(headers: &HeaderMap) -> Option<Token> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Token::parse(token.trim()))?
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
