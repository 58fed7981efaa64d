//! The one way to be signed in, whatever somebody proved themselves with; links, single use, a quarter of an hour; and
//! signing out.

use super::{Token, find_owner};
use crate::db::{self, Db, second_factors, signing_in, users};
use crate::ids::{FamilyId, Member};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// How long a link is good.
const LINK_LIFETIME: Duration = Duration::minutes(15);

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The database did not answer.
    #[error("reaching the database")]
    Db(#[from] sqlx::Error),
    /// The operating system gave no randomness.
    #[error("making a token")]
    Random(#[from] getrandom::Error),
    /// No account was made yet.
    #[error("there is no account yet: start the server once")]
    NoOwner,
}

/// What a person signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// A browser: the token is a cookie.
    Web,
    /// A program: the token is its own to keep.
    Native,
    /// A browser's extension: a token that is good for minutes, and one that is exchanged for the next.
    Extension,
}

impl Client {
    /// How long a sign-in lasts. A browser is used often; a program that records is set up once.
    pub(crate) const fn lifetime(self) -> Duration {
        match self {
            Self::Web | Self::Extension => Duration::days(30),
            Self::Native => Duration::days(90),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
            Self::Extension => "extension",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Web, Self::Native, Self::Extension]
            .into_iter()
            .find(|client| client.as_str() == text)
    }
}

/// A link that signs the owner in, once.
#[derive(Debug)]
pub struct LoginLink {
    /// The secret in it.
    pub token: Token,
    /// When it stops being good.
    pub expires_at: OffsetDateTime,
}

impl LoginLink {
    /// The link itself. The secret stands in the fragment, which no browser sends and no log holds.
    pub fn url(&self, base: &str) -> String {
        format!("{}/sign-in#{}", base.trim_end_matches('/'), *self.token.reveal())
    }
}

/// Makes a link for the owner of this installation.
pub async fn issue_login_link(db: &Db) -> Result<LoginLink, LoginError> {
    let owner = find_owner(db).await?.ok_or(LoginError::NoOwner)?;
    let token = Token::random()?;
    let inserted: sqlx::Result<_> = db
        .without_tenant(async |tx| signing_in::insert_link(tx, &token.digest(), owner, LINK_LIFETIME).await)
        .await;
    Ok(LoginLink {
        expires_at: inserted?,
        token,
    })
}

/// Someone who signed in just now.
#[derive(Debug)]
pub struct NewSignIn {
    /// Who.
    pub member: Member,
    /// What they are in their tenant.
    pub role: String,
    /// By which sign-in.
    pub family: FamilyId,
    /// With what.
    pub client: Client,
    /// What proves it from here on; an extension exchanges it.
    pub token: Token,
}

/// How far somebody got who proved one thing.
#[derive(Debug)]
pub enum Progress {
    /// That was all it takes.
    SignedIn(NewSignIn),
    /// A one-time code is asked for, along with this token.
    CodeNeeded(Token),
}

/// How long somebody has to find their code.
pub(crate) const HALF_LIFETIME: Duration = Duration::minutes(5);

/// Goes on with somebody who proved one thing, such as a password: signed in, or asked for a code. `None` if they are nobody
/// any more.
pub async fn proceed(tx: &mut PgConnection, member: Member, client: Client) -> Result<Option<Progress>, LoginError> {
    if second_factors::asks_for_code(&mut *tx, member.user).await? {
        let token = Token::random()?;
        second_factors::insert_half(&mut *tx, &token.digest(), member.user, client.as_str(), HALF_LIFETIME).await?;
        return Ok(Some(Progress::CodeNeeded(token)));
    }
    Ok(complete(tx, member, client).await?.map(Progress::SignedIn))
}

/// Signs somebody in who proved all that is asked of them. All that the answer takes is read in the same transaction, which is
/// the person's tenant's from here on.
pub(super) async fn complete(
    tx: &mut PgConnection,
    member: Member,
    client: Client,
) -> Result<Option<NewSignIn>, LoginError> {
    let (family, token) = insert_sign_in(&mut *tx, member, client).await?;
    db::enter(&mut *tx, member.tenant).await?;
    let role = users::find_role(&mut *tx, member).await?;
    Ok(role.map(|role| NewSignIn {
        member,
        role,
        family,
        client,
        token,
    }))
}

/// Who proved one thing and got this token for it, and with what they sign in.
pub(super) async fn find_half(tx: &mut PgConnection, token: &Token) -> Result<Option<(Member, Client)>, LoginError> {
    let Some(half) = second_factors::find_half(&mut *tx, &token.digest()).await? else {
        return Ok(None);
    };
    let member = users::find_home(&mut *tx, half.user).await?;
    Ok(member.zip(Client::parse(&half.client)))
}

/// Uses a link up and signs its person in; `None` if it is unknown, used or too old. Whoever made the link runs the server:
/// no code is asked for.
pub async fn redeem_login_link(db: &Db, link: &Token, client: Client) -> Result<Option<NewSignIn>, LoginError> {
    db.without_tenant(
        async |tx| match signing_in::take_link(&mut *tx, &link.digest()).await? {
            Some(member) => complete(tx, member, client).await,
            None => Ok(None),
        },
    )
    .await
}

/// Signs a person in who proved who they are by other means.
pub async fn sign_in(db: &Db, member: Member, client: Client) -> Result<Token, LoginError> {
    db.without_tenant(async |tx| insert_sign_in(tx, member, client).await.map(|(_, token)| token))
        .await
}

async fn insert_sign_in(
    tx: &mut PgConnection,
    member: Member,
    client: Client,
) -> Result<(FamilyId, Token), LoginError> {
    let (family, token) = (FamilyId::new(), Token::random()?);
    signing_in::insert_family(&mut *tx, family, member, client.as_str(), client.lifetime()).await?;
    signing_in::insert_token(&mut *tx, &token.digest(), family).await?;
    Ok((family, token))
}

/// Ends a sign-in: every token of it is worthless from here on.
pub async fn sign_out(db: &Db, family: FamilyId) -> sqlx::Result<()> {
    db.without_tenant(async |tx| signing_in::revoke_family(tx, family).await)
        .await
}
