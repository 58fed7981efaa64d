//! Exchanging an extension's token for the next. Each is exchanged once; an answer that was lost may be asked for again within
//! half a minute, and is the same. One that is shown later was stolen, or its successor was: the sign-in ends.

use super::{Client, LoginError, Token};
use crate::db::Db;
use crate::db::signing_in::{self, Family};
use time::Duration;

/// How long an answer that was lost may be asked for again: an extension can be stopped between the answer and storing it.
const GRACE: Duration = Duration::seconds(30);

/// The next token of a sign-in.
#[derive(Debug)]
pub struct Exchanged {
    /// The sign-in.
    pub family: Family,
    /// What is exchanged next.
    pub token: Token,
}

/// Exchanges a token; `None` if it is none of an extension's sign-in that is in force, which it may just have ended.
pub async fn exchange(db: &Db, token: &Token) -> Result<Option<Exchanged>, LoginError> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)?;
    db.without_tenant(async |tx| {
        let Some(exchange) = signing_in::exchange_token(&mut *tx, &token.digest(), &salt, GRACE).await? else {
            return Ok(None);
        };
        let family = exchange.family;
        if exchange.replayed {
            tracing::warn!(family.id = %family.id, user.id = %family.user, "a token was exchanged a second time: its sign-in ends");
            signing_in::revoke_family(&mut *tx, family.id).await?;
            return Ok(None);
        }
        let next = token.successor(&exchange.salt);
        let lifetime = Client::Extension.lifetime();
        signing_in::insert_successor(&mut *tx, &next.digest(), family.id, lifetime).await?;
        Ok(Some(Exchanged { family, token: next }))
    })
    .await
}
