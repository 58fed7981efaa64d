//! Words that a person put right: one correction of a decided segment at most, in versions.

use crate::ids::{MeetingId, TenantId};
use sqlx::PgExecutor;
use uuid::Uuid;

/// A correction as it is stored, with the stretch that it is of.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) utterance_id: Uuid,
    pub(crate) version: i32,
    pub(crate) track: String,
    pub(crate) from_sample: i64,
    pub(crate) t0_ms: i64,
    pub(crate) t1_ms: i64,
    pub(crate) body: Vec<u8>,
}

/// The corrections of a meeting, in order of time.
pub(crate) async fn list(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<Vec<Stored>> {
    sqlx::query_as!(
        Stored,
        "SELECT c.utterance_id, c.version, u.track, u.from_sample, u.t0_ms, u.t1_ms, c.body
         FROM corrections c JOIN utterances u ON u.tenant_id = c.tenant_id AND u.id = c.utterance_id
         WHERE c.tenant_id = $1 AND c.meeting_id = $2 ORDER BY u.t0_ms, u.track",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// Writes the version after `version`, 0 for none yet. None, and nothing is written, where it is another by now.
pub(crate) async fn write(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    utterance: Uuid,
    version: i32,
    body: &[u8],
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"INSERT INTO corrections (tenant_id, utterance_id, meeting_id, version, body)
           SELECT $1, $2, $3, 1, $5 WHERE $4 = 0 OR EXISTS (
               SELECT FROM corrections WHERE tenant_id = $1 AND utterance_id = $2)
           ON CONFLICT (tenant_id, utterance_id) DO UPDATE
               SET version = corrections.version + 1, body = excluded.body, updated_at = now()
               WHERE corrections.version = $4
           RETURNING version"#,
        tenant.0,
        utterance,
        meeting.0,
        version,
        body
    )
    .fetch_optional(db)
    .await
}
