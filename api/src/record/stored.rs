//! How much of a meeting is stored in the database, part by part, and nothing of what it says.

use crate::ids::{MeetingId, TenantId};
use sqlx::PgExecutor;

/// A part of what is stored.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) part: String,
    pub(crate) count: i64,
    /// What it takes up, encrypted.
    pub(crate) bytes: i64,
}

/// What is stored of a meeting besides its audio; parts of which there is nothing are left out.
pub(crate) async fn parts(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<Vec<Part>> {
    sqlx::query_as!(
        Part,
        r#"SELECT part AS "part!", count(*) AS "count!", coalesce(sum(octet_length(body)), 0)::bigint AS "bytes!"
           FROM (SELECT 'words' AS part, body FROM utterances WHERE tenant_id = $1 AND meeting_id = $2
                 UNION ALL
                 SELECT 'corrections', body FROM corrections WHERE tenant_id = $1 AND meeting_id = $2
                 UNION ALL
                 SELECT kind, body FROM meeting_observations WHERE tenant_id = $1 AND meeting_id = $2
                 UNION ALL
                 SELECT CASE kind WHEN 'nudge' THEN 'nudges' ELSE 'events' END, body FROM meeting_events
                 WHERE tenant_id = $1 AND meeting_id = $2 AND body IS NOT NULL
                 UNION ALL
                 SELECT 'reports', body FROM meeting_analyses WHERE tenant_id = $1 AND meeting_id = $2) stored
           GROUP BY part ORDER BY part"#,
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}
