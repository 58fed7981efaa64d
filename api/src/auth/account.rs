//! Accounts: how one is made, and the first of them, of the person whose machine this is.

use crate::db::{Db, users};
use crate::ids::{Member, TenantId, UserId};
use crate::keys::{KeyError, Keys};
use sqlx::PgConnection;

/// Who vouches for the owner: this installation itself.
const ISSUER: &str = "attune:local";
const SUBJECT: &str = "owner";

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database did not answer.
    #[error("storing an account")]
    Db(#[from] sqlx::Error),
    /// Their keys could not be made.
    #[error("making a person's keys")]
    Keys(#[from] KeyError),
}

/// The owner, if the account was made.
pub async fn find_owner(db: &Db) -> sqlx::Result<Option<Member>> {
    db.without_tenant(async |tx| users::find_by_identity(tx, ISSUER, SUBJECT).await)
        .await
}

/// The owner; on first start their tenant, account, membership and keys are made.
pub async fn ensure_owner(db: &Db, keys: &Keys) -> Result<Member, AccountError> {
    if let Some(owner) = find_owner(db).await? {
        return Ok(owner);
    }
    let new = Member {
        tenant: TenantId::new(),
        user: UserId::new(),
    };
    db.with_tenant(new.tenant, async |tx| {
        users::lock_first_account(&mut *tx).await?;
        if let Some(owner) = users::find_by_identity(&mut *tx, ISSUER, SUBJECT).await? {
            return Ok(owner);
        }
        insert_account(tx, keys, new, ISSUER, SUBJECT).await?;
        Ok(new)
    })
    .await
}

/// Makes a person with a space of their own, known by what an issuer calls them.
pub async fn create_account(db: &Db, keys: &Keys, new: Member, iss: &str, sub: &str) -> Result<(), AccountError> {
    db.with_tenant(new.tenant, async |tx| insert_account(tx, keys, new, iss, sub).await)
        .await
}

/// The same, in a transaction with their tenant.
pub async fn insert_account(
    tx: &mut PgConnection,
    keys: &Keys,
    new: Member,
    iss: &str,
    sub: &str,
) -> Result<(), AccountError> {
    users::insert_personal_tenant(&mut *tx, new.tenant).await?;
    users::insert(&mut *tx, new).await?;
    users::insert_owner(&mut *tx, new).await?;
    users::insert_identity(&mut *tx, new.user, iss, sub).await?;
    // Before the commit: keys without an account are harmless, an account without keys is not.
    keys.create_tenant(new.tenant).await?;
    keys.create_member(new).await?;
    Ok(())
}
