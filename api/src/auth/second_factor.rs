//! One-time codes as a second factor (RFC 6238: six digits, half a minute, SHA-1, as every authenticator knows them), and
//! recovery codes for who lost what makes them.

use super::login::{complete, find_half};
use super::{Client, LoginError, NewSignIn, Token};
use crate::db::{Db, second_factors};
use crate::ids::Member;
use crate::keys::{KeyError, Keys, OpenError, Place};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;
use totp_rs::Totp;
use zeroize::Zeroizing;

/// Bytes of what makes codes: as long as SHA-1 is (RFC 4226, section 4).
const SECRET_LEN: usize = 20;
/// Recovery codes a person has, and random bytes of each.
const RECOVERY_CODES: usize = 10;
const RECOVERY_LEN: usize = 10;

const ISSUER: &str = "Attune";

/// Why codes could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Storing or reading.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// Their key could not be had.
    #[error("reaching a person's key")]
    Keys(#[from] KeyError),
    /// What makes their codes does not open.
    #[error("opening what makes a person's codes")]
    Open(#[from] OpenError),
    /// What makes their codes is none that could.
    #[error("reading what makes a person's codes")]
    Totp(#[from] totp_rs::TotpError),
}

impl From<sqlx::Error> for CodeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Login(error.into())
    }
}

/// What an authenticator is given.
#[derive(Debug)]
pub struct NewSecret {
    /// To be typed: base32.
    pub base32: String,
    /// To be shown as a QR code: an `otpauth://` address.
    pub url: String,
}

/// Makes what will make the person's codes, in place of what they have not confirmed; `None` if they have confirmed one.
/// `account` is what their authenticator calls it.
pub async fn begin(db: &Db, keys: &Keys, member: Member, account: &str) -> Result<Option<NewSecret>, CodeError> {
    let mut bytes = Zeroizing::new([0; SECRET_LEN]);
    getrandom::fill(bytes.as_mut()).map_err(LoginError::from)?;
    let totp = totp_of(bytes.as_ref(), account)?;
    let sealed = keys.member(member).await?.seal(place(member), bytes.as_ref());
    let put = db
        .without_tenant(async |tx| second_factors::put_secret(tx, member.user, &sealed).await)
        .await?;
    Ok(match put {
        true => Some(NewSecret {
            base32: totp.secret().to_base32(),
            url: totp.to_url()?,
        }),
        false => None,
    })
}

/// Confirms with a first code; from here on one is asked for. The person's recovery codes, or `None` if the code is not right.
pub async fn confirm(
    tx: &mut PgConnection,
    keys: &Keys,
    member: Member,
    code: &str,
) -> Result<Option<Vec<String>>, CodeError> {
    let secret = second_factors::find_secret(&mut *tx, member.user).await?;
    let Some(secret) = secret.filter(|secret| !secret.confirmed) else {
        return Ok(None);
    };
    if !is_new_code(&mut *tx, keys, member, &secret.sealed, code).await? {
        return Ok(None);
    }
    second_factors::confirm_secret(&mut *tx, member.user).await?;
    let codes: Vec<String> = (0..RECOVERY_CODES)
        .map(|_| recovery_code())
        .collect::<Result<_, _>>()
        .map_err(LoginError::from)?;
    let digests: Vec<_> = codes.iter().map(|code| recovery_digest(code).to_vec()).collect();
    second_factors::insert_recovery_codes(&mut *tx, member.user, &digests).await?;
    Ok(Some(codes))
}

/// Whether it is a code of the person's that was not taken before, or a recovery code, which is used up.
pub async fn take(tx: &mut PgConnection, keys: &Keys, member: Member, code: &str) -> Result<bool, CodeError> {
    let secret = second_factors::find_secret(&mut *tx, member.user).await?;
    let Some(secret) = secret.filter(|secret| secret.confirmed) else {
        return Ok(false);
    };
    if is_new_code(&mut *tx, keys, member, &secret.sealed, code).await? {
        return Ok(true);
    }
    Ok(second_factors::take_recovery_code(tx, member.user, &recovery_digest(code)).await?)
}

/// Signs in with the second of two factors; `None` if the code is not right, or the token of the first none that is in force.
pub async fn sign_in_with_code(
    tx: &mut PgConnection,
    keys: &Keys,
    token: &Token,
    code: &str,
) -> Result<Option<NewSignIn>, CodeError> {
    let Some((member, client)) = find_half(&mut *tx, token).await? else {
        return Ok(None);
    };
    if !take(&mut *tx, keys, member, code).await? || !second_factors::take_half(&mut *tx, &token.digest()).await? {
        return Ok(None);
    }
    Ok(complete(tx, member, client).await?)
}

/// Whose code is asked for along with this token, and with what they sign in.
pub async fn whose_half(db: &Db, token: &Token) -> Result<Option<(Member, Client)>, LoginError> {
    db.without_tenant(async |tx| find_half(tx, token).await).await
}

async fn is_new_code(
    tx: &mut PgConnection,
    keys: &Keys,
    member: Member,
    sealed: &[u8],
    code: &str,
) -> Result<bool, CodeError> {
    let secret = keys.member(member).await?.open(place(member), sealed)?;
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or(0);
    // What it is called makes no difference to a code.
    let step = totp_of(&secret, "attune")?.check(&compact(code), now);
    match step.and_then(|step| i64::try_from(step).ok()) {
        Some(step) => Ok(second_factors::take_step(tx, member.user, step).await?),
        None => Ok(false),
    }
}

fn totp_of(secret: &[u8], account: &str) -> Result<Totp, totp_rs::TotpError> {
    totp_rs::Builder::new()
        .with_secret(secret)
        // A colon would end the name.
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some(ISSUER))
        .build()
}

fn place(member: Member) -> Place {
    Place {
        table: "totp_secrets",
        column: "sealed",
        object: member.user.0,
    }
}

/// Such as `3f9a0-b72c4-11de8-90a5f`.
fn recovery_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RECOVERY_LEN];
    getrandom::fill(&mut bytes)?;
    let hex = hex::encode(bytes);
    let parts: Vec<&str> = (0..hex.len()).step_by(5).map(|at| &hex[at..at + 5]).collect();
    Ok(parts.join("-"))
}

/// As people type it: blanks, dashes and large letters make no difference.
fn recovery_digest(code: &str) -> [u8; 32] {
    Sha256::digest(compact(code).as_bytes()).into()
}

fn compact(code: &str) -> String {
    let kept = code.chars().filter(|letter| letter.is_ascii_alphanumeric());
    kept.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_that_every_authenticator_makes() {
        let totp = totp_of(b"12345678901234567890", "maria@example.com").unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.check(code, time), Some(time / 30));
            assert_eq!(totp.check(code, time + 90), None);
        }
        let url = totp.to_url().unwrap();
        assert!(
            url.starts_with("otpauth://totp/Attune:maria%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{url}"
        );
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        let code = recovery_code().unwrap();
        assert_eq!(code.len(), 23);
        let typed = code.replace('-', " ").to_uppercase();
        assert_eq!(recovery_digest(&typed), recovery_digest(&code));
        assert_ne!(recovery_digest(&recovery_code().unwrap()), recovery_digest(&code));
    }
}
