//! Somebody comes back from a provider: they are signed in, or what it said is linked to who they are already, or they are told why
//! neither happened.

use super::Identity;
use super::attempt::{Returned, TakenAttempt, redirect_uri};
use super::outside::ProviderError;
use crate::auth::{AccountError, Client, LoginError, Progress, create_account, proceed};
use crate::config::Provider;
use crate::db::{attempts, audit, identities};
use crate::ids::{FamilyId, Member, TenantId, UserId};
use crate::server::AppState;
use axum::http::header::HeaderMap;

/// What became of somebody who came back.
pub(crate) enum Arrived {
    /// They are signed in, or asked for a one-time code.
    Vouched(Progress),
    /// The identity is linked to the person who asked for it.
    Linked,
}

/// Why nobody was signed in, and nothing linked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The attempt is unknown, used or too old.
    #[error("the attempt is gone")]
    Gone,
    /// It is not the browser that set out.
    #[error("it is another browser than the one that set out")]
    AnotherBrowser,
    /// The person did not agree.
    #[error("the person declined at the provider")]
    Declined,
    /// The provider does not answer.
    #[error("the provider does not answer")]
    Away(#[source] ProviderError),
    /// The provider does not say who it is, or does not prove it.
    #[error("the provider vouches for nobody")]
    NotVouched(#[source] ProviderError),
    /// The provider tells of an error instead of a person.
    #[error("the provider tells of an error")]
    Refused,
    /// The person is new, and nobody makes an account here.
    #[error("nobody makes an account here")]
    Closed,
    /// The account may not be used.
    #[error("the account is disabled")]
    Disabled,
    /// The identity is somebody else's.
    #[error("the identity is linked to somebody else")]
    Taken,
    /// The sign-in that asked for the link has ended.
    #[error("the sign-in that asked for the link has ended")]
    SignedOut,
    /// Too many try to sign in just now.
    #[error("too many try to sign in just now")]
    TooMany,
    /// Something here does not answer.
    #[error("the database does not answer")]
    Db(#[from] sqlx::Error),
    /// Something here went wrong.
    #[error("signing somebody in")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Problem {
    /// As it stands in the address of the page that tells of it.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Gone => "attempt_gone",
            Self::AnotherBrowser => "another_browser",
            Self::Declined => "declined",
            Self::Away(_) => "provider_away",
            Self::NotVouched(_) | Self::Refused => "not_vouched",
            Self::Closed => "sign_up_closed",
            Self::Disabled => "account_disabled",
            Self::Taken => "identity_taken",
            Self::SignedOut => "signed_out",
            Self::TooMany => "too_many",
            Self::Db(_) | Self::Failed(_) => "failed",
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Db(error) => Self::Db(error),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Away(_) | ProviderError::Published(_) => Self::Away(error),
            ProviderError::Refused(_) | ProviderError::NotProven(_) => Self::NotVouched(error),
        }
    }
}

/// What becomes of somebody who came back from `provider` with an attempt.
pub(crate) async fn arrive(
    state: &AppState,
    provider: Provider,
    headers: &HeaderMap,
    attempt: &TakenAttempt,
    returned: &Returned,
) -> Result<Arrived, Problem> {
    let external = state.providers.find(provider).ok_or(Problem::Gone)?;
    let secrets = attempt.secrets(external, headers).ok_or(Problem::AnotherBrowser)?;
    let code = match (&returned.code, returned.error.as_deref()) {
        (Some(code), None) => code,
        // Apple has a word of its own for it.
        (_, Some("access_denied" | "user_cancelled_authorize")) => return Err(Problem::Declined),
        _ => return Err(Problem::Refused),
    };
    let identity = external
        .exchange(code, &redirect_uri(state, provider), &secrets)
        .await?;
    match attempt.family {
        Some(family) => link(state, family, &identity).await.map(|()| Arrived::Linked),
        None => {
            let member = find_or_make(state, &identity).await?;
            let progress = state
                .db
                .without_tenant(async |tx| proceed(tx, member, Client::Web).await);
            // An account that ended a moment ago is as good as disabled.
            progress.await?.map(Arrived::Vouched).ok_or(Problem::Disabled)
        }
    }
}

/// The person whom an issuer means; a new one, where it was not heard of and anybody may make an account.
async fn find_or_make(state: &AppState, identity: &Identity) -> Result<Member, Problem> {
    if let Some(member) = find(state, identity).await? {
        return Ok(member);
    }
    if !state.config.sign_up {
        return Err(Problem::Closed);
    }
    let new = Member {
        tenant: TenantId::new(),
        user: UserId::new(),
    };
    match create_account(&state.db, &state.keys, new, &identity.iss, &identity.sub).await {
        Ok(()) => {
            tracing::info!(tenant.id = %new.tenant, user.id = %new.user, "made an account for somebody whom a provider vouches for");
            Ok(new)
        }
        // Two of their browsers came back at once.
        Err(AccountError::Db(error)) if is_known_already(&error) => find(state, identity).await?.ok_or(error.into()),
        Err(AccountError::Db(error)) => Err(error.into()),
        Err(other) => Err(Problem::Failed(other.into())),
    }
}

async fn find(state: &AppState, identity: &Identity) -> Result<Option<Member>, Problem> {
    let found = state
        .db
        .ask(async |db| identities::find(db, &identity.iss, &identity.sub).await)
        .await?;
    match found {
        Some(vouched) if vouched.is_disabled => Err(Problem::Disabled),
        found => Ok(found.map(|vouched| Member {
            tenant: vouched.tenant,
            user: vouched.user,
        })),
    }
}

fn is_known_already(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.constraint() == Some("identities_pk"))
}

/// Links an identity to the person of a sign-in. One that is theirs already stays theirs.
async fn link(state: &AppState, family: FamilyId, identity: &Identity) -> Result<(), Problem> {
    let member = state
        .db
        .ask(async |db| attempts::member_of(db, family).await)
        .await?
        .ok_or(Problem::SignedOut)?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            match identities::link(&mut *tx, member.user, &identity.iss, &identity.sub).await? {
                Some(id) => audit::insert(&mut *tx, member, "identity.linked", id).await?,
                None => {
                    let whose = identities::find(&mut *tx, &identity.iss, &identity.sub).await?;
                    if whose.is_none_or(|whose| whose.user != member.user) {
                        return Err(Problem::Taken);
                    }
                }
            }
            Ok(())
        })
        .await
}
