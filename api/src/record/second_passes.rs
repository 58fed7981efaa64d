//! Second passes, and what they made of decided segments. What they have so far counts once they are finished.

use crate::ids::{MeetingId, TenantId};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// A second pass.
#[derive(Debug)]
pub(crate) struct Pass {
    /// Who hears the meeting again.
    pub(crate) recognizer: Value,
    pub(crate) finished: bool,
}

/// The second pass over a meeting; it begins, with `recognizer`, unless it has begun before.
pub(crate) async fn begin(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    recognizer: &Value,
) -> sqlx::Result<Pass> {
    sqlx::query_as!(
        Pass,
        r#"INSERT INTO second_passes (tenant_id, meeting_id, recognizer) VALUES ($1, $2, $3)
           ON CONFLICT (tenant_id, meeting_id) DO UPDATE SET recognizer = second_passes.recognizer
           RETURNING recognizer, finished_at IS NOT NULL AS "finished!""#,
        tenant.0,
        meeting.0,
        recognizer
    )
    .fetch_one(db)
    .await
}

/// The second pass over a meeting, if it has begun.
pub(crate) async fn find(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<Option<Pass>> {
    sqlx::query_as!(
        Pass,
        r#"SELECT recognizer, finished_at IS NOT NULL AS "finished!" FROM second_passes
           WHERE tenant_id = $1 AND meeting_id = $2"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// Forgets a pass that is not finished, with what it has so far.
pub(crate) async fn drop_unfinished(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM second_passes WHERE tenant_id = $1 AND meeting_id = $2 AND finished_at IS NULL",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets a pass that is not finished and has not got on for a while, with what it has so far. False where there is none.
pub(crate) async fn drop_stalled(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<bool> {
    // Longer than a passage takes, and several tries to have one heard.
    let dropped = sqlx::query!(
        "DELETE FROM second_passes WHERE tenant_id = $1 AND meeting_id = $2 AND finished_at IS NULL
             AND got_on_at < now() - interval '5 minutes'",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await?;
    Ok(dropped.rows_affected() > 0)
}

/// What a pass made of a segment.
#[derive(Debug)]
pub(crate) struct Reheard {
    pub(crate) utterance_id: Uuid,
    /// Sealed; none where what was written live stands.
    pub(crate) body: Option<Vec<u8>>,
}

/// What the pass made of segments so far.
pub(crate) async fn reheard(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Vec<Reheard>> {
    sqlx::query_as!(
        Reheard,
        "SELECT utterance_id, body FROM second_utterances WHERE tenant_id = $1 AND meeting_id = $2",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// Adds what became of segments by `recognizer`, unless it is there already or the segment was withdrawn. False, and nothing is
/// added, where the pass was given up, is another recognizer's, or is finished.
pub(crate) async fn add(
    db: &mut PgConnection,
    tenant: TenantId,
    meeting: MeetingId,
    recognizer: &Value,
    new: &[Reheard],
) -> sqlx::Result<bool> {
    let got_on = sqlx::query!(
        "UPDATE second_passes SET got_on_at = now()
         WHERE tenant_id = $1 AND meeting_id = $2 AND recognizer = $3 AND finished_at IS NULL",
        tenant.0,
        meeting.0,
        recognizer
    )
    .execute(&mut *db)
    .await?;
    if got_on.rows_affected() == 0 {
        return Ok(false);
    }
    let ids: Vec<_> = new.iter().map(|row| row.utterance_id).collect();
    let bodies: Vec<_> = new.iter().map(|row| row.body.clone()).collect();
    sqlx::query!(
        "INSERT INTO second_utterances (tenant_id, utterance_id, meeting_id, body)
         SELECT $1, n.id, $2, n.body FROM unnest($3::uuid[], $4::bytea[]) AS n (id, body)
         JOIN utterances u ON u.tenant_id = $1 AND u.id = n.id
         ON CONFLICT DO NOTHING",
        tenant.0,
        meeting.0,
        &ids,
        &bodies as &[Option<Vec<u8>>]
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// The pass of `recognizer` is through. True, once, if it found words: then there is a report to be made of them.
pub(crate) async fn finish(
    db: &mut PgConnection,
    tenant: TenantId,
    meeting: MeetingId,
    recognizer: &Value,
) -> sqlx::Result<bool> {
    let finished = sqlx::query!(
        "UPDATE second_passes SET finished_at = now()
         WHERE tenant_id = $1 AND meeting_id = $2 AND recognizer = $3 AND finished_at IS NULL",
        tenant.0,
        meeting.0,
        recognizer
    )
    .execute(&mut *db)
    .await?;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM second_utterances WHERE tenant_id = $1 AND meeting_id = $2 AND body IS NOT NULL)
           AS "found!""#,
        tenant.0,
        meeting.0
    )
    .fetch_one(db)
    .await?;
    Ok(found && finished.rows_affected() == 1)
}
