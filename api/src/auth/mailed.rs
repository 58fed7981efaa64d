//! Links that are mailed: they show that somebody reads what is sent to an address. Single use; the address is sealed under
//! a key that only the link gives, so that nobody can say afterwards to whom it was sent.

use super::{Address, LoginError, Token};
use crate::db::passwords::{self, MailedLink};
use crate::ids::UserId;
use crate::keys::Keys;
use sqlx::PgConnection;
use time::Duration;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Making an account.
    SignUp,
    /// Choosing another password.
    ResetPassword,
    /// Signing in with this address from here on.
    AddAddress,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::ResetPassword => "reset_password",
            Self::AddAddress => "add_address",
        }
    }

    /// How long a link of this kind is good. One that opens an account that is there is good for less.
    const fn lifetime(self) -> Duration {
        match self {
            Self::SignUp | Self::AddAddress => Duration::hours(1),
            Self::ResetPassword => Duration::minutes(15),
        }
    }

    /// The page that the link opens.
    const fn page(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::ResetPassword => "reset-password",
            Self::AddAddress => "confirm-address",
        }
    }
}

/// What a link said that was used just now.
#[derive(Debug)]
pub struct Used {
    /// The address it was sent to.
    pub address: Address,
    /// Whose it was; nobody's where it makes an account.
    pub user: Option<UserId>,
}

/// Makes a link to `address`, in place of any before it. The link itself: its secret stands in the fragment, which no browser
/// sends and no log holds.
pub async fn issue(
    tx: &mut PgConnection,
    keys: &Keys,
    base: &str,
    purpose: Purpose,
    (address, user): (&Address, Option<UserId>),
) -> Result<String, LoginError> {
    let token = Token::random()?;
    let link = MailedLink {
        address_hmac: address.hmac(keys).to_vec(),
        sealed: token.seal(purpose.as_str(), address.as_str().as_bytes()),
        user,
    };
    passwords::put_link(tx, &token.digest(), purpose.as_str(), &link, purpose.lifetime()).await?;
    Ok(format!(
        "{}/{}#{}",
        base.trim_end_matches('/'),
        purpose.page(),
        *token.reveal()
    ))
}

/// Uses a link up; `None` if it is unknown, used or too old, or for something else.
pub async fn take(tx: &mut PgConnection, purpose: Purpose, token: &Token) -> Result<Option<Used>, LoginError> {
    let Some(link) = passwords::take_link(tx, &token.digest(), purpose.as_str()).await? else {
        return Ok(None);
    };
    let opened = token.open(purpose.as_str(), &link.sealed).ok();
    let address = opened.and_then(|text| Address::parse(std::str::from_utf8(&text).ok()?).ok());
    Ok(address.map(|address| Used {
        address,
        user: link.user,
    }))
}
