//! SQL: what people say of themselves.

use crate::ids::Member;
use sqlx::PgExecutor;

/// What the person said of their speech, sealed under the member key; none until they said something.
pub async fn speech(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Option<Vec<u8>>> {
    let speech = sqlx::query_scalar!(
        "SELECT speech FROM user_profiles WHERE tenant_id = $1 AND user_id = $2",
        member.tenant.0,
        member.user.0
    );
    Ok(speech.fetch_optional(db).await?.flatten())
}

/// Stores what the person says of their speech, in place of what they said before.
pub async fn put_speech(db: impl PgExecutor<'_>, member: Member, speech: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO user_profiles (tenant_id, user_id, speech) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT user_profiles_pk DO UPDATE SET speech = $3, updated_at = now()",
        member.tenant.0,
        member.user.0,
        speech
    )
    .execute(db)
    .await
    .map(drop)
}
