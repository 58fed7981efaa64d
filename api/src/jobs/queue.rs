//! The way into the queue: one function in the database, called in the transaction that gives rise to the job.

use crate::ids::{ExportId, MeetingId, TenantId};
use sqlx::PgExecutor;
use std::time::Duration;

/// The task that makes a report.
pub(crate) const MAKE_REPORT: &str = "make_report";
/// The task that looks whether anyone still captures a meeting.
pub(crate) const SUSPEND_MEETING: &str = "suspend_meeting";

/// The task that moves kept audio into objects.
pub(crate) const STORE_AUDIO: &str = "store_audio";
/// The task that deletes objects nobody knows of any more.
pub(crate) const FORGET_AUDIO: &str = "forget_audio";
/// The task that destroys audio past its time.
pub(crate) const EXPIRE_AUDIO: &str = "expire_audio";
/// The task that hears a meeting again.
pub(crate) const SECOND_PASS: &str = "second_pass";
/// The task that makes an archive of everything that is a person's.
pub(crate) const MAKE_EXPORT: &str = "make_export";
/// The task that destroys such an archive.
pub(crate) const EXPIRE_EXPORT: &str = "expire_export";

/// The task that has every tenant looked through for what is past its time.
pub(crate) const EXPIRE_EVERYTHING: &str = "expire_everything";
/// The task that destroys what is past its time in one tenant.
pub(crate) const EXPIRE_TENANT: &str = "expire_tenant";

/// The task that seals what was done.
pub(crate) const SEAL_AUDIT: &str = "seal_audit";

/// How long it is waited for another correction before a report is made of them: whoever puts words right seldom leaves it
/// at one.
const CORRECTIONS_REST: Duration = Duration::from_secs(2);

/// Has the meeting's report made, as it stands when the job runs.
pub(crate) async fn make_report(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    enqueue(db, MAKE_REPORT, tenant, meeting, Duration::ZERO).await
}

/// Has the meeting's report made once the person has not put another word right for a moment.
pub(crate) async fn make_report_of_corrections(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<()> {
    enqueue(db, MAKE_REPORT, tenant, meeting, CORRECTIONS_REST).await
}

/// Has the meeting heard again, or further, after a while.
pub(crate) async fn second_pass(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    after: Duration,
) -> sqlx::Result<()> {
    enqueue(db, SECOND_PASS, tenant, meeting, after).await
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

/// Has what was kept of the meeting's audio moved into objects, as far as it may be; all of it once the meeting has ended.
pub(crate) async fn store_audio(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    enqueue(db, STORE_AUDIO, tenant, meeting, Duration::ZERO).await
}

/// Has objects deleted that the index of kept audio does not know any more.
pub(crate) async fn forget_audio(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    enqueue(db, FORGET_AUDIO, tenant, meeting, Duration::ZERO).await
}

/// Has the meeting's audio destroyed after a while.
pub(crate) async fn expire_audio(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    after: Duration,
) -> sqlx::Result<()> {
    enqueue(db, EXPIRE_AUDIO, tenant, meeting, after).await
}

/// Has an archive made.
pub(crate) async fn make_export(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    export: ExportId,
    after: Duration,
) -> sqlx::Result<()> {
    enqueue_export(db, MAKE_EXPORT, tenant, export, after).await
}

/// Has an archive destroyed after a while, or what is left of it at once.
pub(crate) async fn expire_export(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    export: ExportId,
    after: Duration,
) -> sqlx::Result<()> {
    enqueue_export(db, EXPIRE_EXPORT, tenant, export, after).await
}

/// Has what is past its time in a tenant destroyed.
pub(crate) async fn expire_tenant(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!("SELECT enqueue_tenant_job($1, $2)", EXPIRE_TENANT, tenant.0)
        .execute(db)
        .await
        .map(drop)
}

async fn enqueue_export(
    db: impl PgExecutor<'_>,
    task: &str,
    tenant: TenantId,
    export: ExportId,
    after: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT enqueue_export_job($1, $2, $3, now() + make_interval(secs => $4))",
        task,
        tenant.0,
        export.0,
        after.as_secs_f64()
    )
    .execute(db)
    .await
    .map(drop)
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
