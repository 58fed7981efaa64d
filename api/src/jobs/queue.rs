//! The way into the queue: one function in the database, called in the transaction that gives rise to the job.

use crate::ids::{MeetingId, TenantId};
use sqlx::PgExecutor;
use std::time::Duration;

/// The task that makes a report.
pub(crate) const MAKE_REPORT: &str = "make_report";
/// The task that looks whether anyone still captures a meeting.
pub(crate) const SUSPEND_MEETING: &str = "suspend_meeting";

/// Has the meeting's report made, as it stands when the job runs.
pub(crate) async fn make_report(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    enqueue(db, MAKE_REPORT, tenant, meeting, Duration::ZERO).await
}

/// Looks after a while whether anyone still captures the meeting.
pub(crate) async fn watch_meeting(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    after: Duration,
) -> sqlx::Result<()> {
    enqueue(db, SUSPEND_MEETING, tenant, meeting, after).await
}

/// One job of a kind waits for a meeting at a time: a later one takes its place.
async fn enqueue(
    db: impl PgExecutor<'_>,
    task: &str,
    tenant: TenantId,
    meeting: MeetingId,
    after: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT enqueue_job($1, $2, $3, $4, now() + make_interval(secs => $5))",
        task,
        tenant.0,
        meeting.0,
        format!("{task}:{meeting}"),
        after.as_secs_f64()
    )
    .execute(db)
    .await
    .map(drop)
}
