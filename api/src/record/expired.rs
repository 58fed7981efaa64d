//! What is past its time: found, destroyed, and counted in the same transaction.

use crate::db::retention::{Kept, Kind};
use crate::ids::{MeetingId, Member};
use sqlx::{PgConnection, PgExecutor};

/// Stretches of audio that go in one transaction.
const STRETCHES: i64 = 1_000;

/// How long a meeting that was left may be taken up again, and a day: nothing of it is past its time before.
const LEFT_DAYS: i32 = 8;

/// The next meeting of which something of this kind is past its time, locked until the transaction ends. One that another
/// transaction holds is left to the next night.
pub(crate) async fn next_meeting(
    db: impl PgExecutor<'_>,
    member: Member,
    kind: Kind,
    days: i32,
) -> sqlx::Result<Option<MeetingId>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: MeetingId" FROM meetings
           WHERE tenant_id = $1 AND user_id = $2
             AND CASE $3 WHEN 'transcript' THEN transcript_expired_at WHEN 'insights' THEN insights_expired_at
                         ELSE reports_expired_at END IS NULL
             AND (state = 'ended' AND coalesce(ended_at, created_at) <= now() - make_interval(days => $4)
                  OR state = 'suspended' AND coalesce(started_at, created_at) <= now() - make_interval(days => greatest($4, $5)))
           ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"#,
        member.tenant.0,
        member.user.0,
        kind.as_str(),
        days,
        LEFT_DAYS
    )
    .fetch_optional(db)
    .await
}

/// Destroys what was said in a meeting, but for what its report says of it. How many records there were.
pub(crate) async fn forget_transcript(db: &mut PgConnection, member: Member, meeting: MeetingId) -> sqlx::Result<u64> {
    let (tenant, meeting) = (member.tenant.0, meeting.0);
    // Events quote what was said, but for those of losses and reports; corrections and what was heard again hang on the utterances.
    let mut gone = sqlx::query!(
        "DELETE FROM meeting_events WHERE tenant_id = $1 AND meeting_id = $2
             AND kind IN ('final', 'nudge', 'marked', 'retracted')",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "DELETE FROM utterances WHERE tenant_id = $1 AND meeting_id = $2",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "DELETE FROM meeting_observations WHERE tenant_id = $1 AND meeting_id = $2 AND kind = 'captions'",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    sqlx::query!(
        "UPDATE meetings SET transcript_expired_at = now() WHERE tenant_id = $1 AND id = $2",
        tenant,
        meeting
    )
    .execute(db)
    .await?;
    Ok(gone)
}

/// Destroys what a device made of camera and focus in a meeting. How many records there were.
pub(crate) async fn forget_insights(db: &mut PgConnection, member: Member, meeting: MeetingId) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM meeting_observations WHERE tenant_id = $1 AND meeting_id = $2 AND kind = 'insights'",
        member.tenant.0,
        meeting.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE meetings SET insights_expired_at = now() WHERE tenant_id = $1 AND id = $2",
        member.tenant.0,
        meeting.0
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}

/// Destroys the reports of a meeting and its nudges. How many records there were.
pub(crate) async fn forget_reports(db: &mut PgConnection, member: Member, meeting: MeetingId) -> sqlx::Result<u64> {
    let (tenant, meeting) = (member.tenant.0, meeting.0);
    let mut gone = sqlx::query!(
        "DELETE FROM meeting_analyses WHERE tenant_id = $1 AND meeting_id = $2",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "DELETE FROM nudge_moments WHERE tenant_id = $1 AND meeting_id = $2",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "DELETE FROM meeting_events WHERE tenant_id = $1 AND meeting_id = $2 AND kind = 'nudge'",
        tenant,
        meeting
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    sqlx::query!(
        "UPDATE meetings SET reports_expired_at = now(), report_version = NULL, talk_share_me = NULL, talk_share_them = NULL
         WHERE tenant_id = $1 AND id = $2",
        tenant,
        meeting
    )
    .execute(db)
    .await?;
    Ok(gone)
}

/// Forgets some of the audio that is past its time: of which meetings it was, once for each stretch. None where nothing is left to do.
pub(crate) async fn forget_audio(db: impl PgExecutor<'_>, member: Member, days: i32) -> sqlx::Result<Vec<MeetingId>> {
    sqlx::query_scalar!(
        r#"DELETE FROM kept_audio WHERE tenant_id = $1 AND id IN (
               SELECT k.id FROM kept_audio k JOIN meetings m ON m.tenant_id = k.tenant_id AND m.id = k.meeting_id
               WHERE k.tenant_id = $1 AND m.user_id = $2
                 AND (k.expires_at <= now() OR k.created_at <= now() - make_interval(days => $3))
               LIMIT $4)
           RETURNING meeting_id AS "meeting_id: MeetingId""#,
        member.tenant.0,
        member.user.0,
        days,
        STRETCHES
    )
    .fetch_all(db)
    .await
}

/// A run over one kind has begun, or goes on.
pub(crate) async fn begin_run(db: impl PgExecutor<'_>, member: Member, kept: Kept) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO retention_runs (tenant_id, user_id, kind, days) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT retention_runs_pk DO UPDATE SET days = $4, finished_at = NULL",
        member.tenant.0,
        member.user.0,
        kept.kind.as_str(),
        kept.days()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Counts what the transaction destroyed.
pub(crate) async fn count(
    db: impl PgExecutor<'_>,
    member: Member,
    kind: Kind,
    meetings: usize,
    records: u64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE retention_runs SET meetings = meetings + $4, records = records + $5
         WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 AND night = (
             SELECT max(night) FROM retention_runs WHERE tenant_id = $1 AND user_id = $2 AND kind = $3)",
        member.tenant.0,
        member.user.0,
        kind.as_str(),
        i32::try_from(meetings).unwrap_or(i32::MAX),
        i64::try_from(records).unwrap_or(i64::MAX)
    )
    .execute(db)
    .await
    .map(drop)
}

/// The run is through: from when the oldest is that is left is looked for in what is there, not in what was to be destroyed.
pub(crate) async fn finish_run(db: impl PgExecutor<'_>, member: Member, kind: Kind) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE retention_runs SET finished_at = now(), oldest_left = CASE kind
             WHEN 'audio' THEN (
                 SELECT min(k.created_at) FROM kept_audio k JOIN meetings m ON m.tenant_id = k.tenant_id AND m.id = k.meeting_id
                 WHERE k.tenant_id = $1 AND m.user_id = $2)
             ELSE (
                 SELECT min(coalesce(m.ended_at, m.started_at, m.created_at)) FROM meetings m
                 WHERE m.tenant_id = $1 AND m.user_id = $2 AND CASE retention_runs.kind
                     WHEN 'transcript' THEN EXISTS (
                         SELECT FROM utterances u WHERE u.tenant_id = m.tenant_id AND u.meeting_id = m.id)
                     WHEN 'insights' THEN EXISTS (
                         SELECT FROM meeting_observations o
                         WHERE o.tenant_id = m.tenant_id AND o.meeting_id = m.id AND o.kind = 'insights')
                     ELSE EXISTS (
                         SELECT FROM meeting_analyses a WHERE a.tenant_id = m.tenant_id AND a.meeting_id = m.id) END) END
         WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 AND night = (
             SELECT max(night) FROM retention_runs WHERE tenant_id = $1 AND user_id = $2 AND kind = $3)",
        member.tenant.0,
        member.user.0,
        kind.as_str()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets what was said of nights more than a year ago.
pub(crate) async fn forget_old_runs(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM retention_runs WHERE tenant_id = $1 AND user_id = $2 AND night < now() - interval '400 days'",
        member.tenant.0,
        member.user.0
    )
    .execute(db)
    .await
    .map(drop)
}
