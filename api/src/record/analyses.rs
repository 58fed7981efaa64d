//! Reports, in versions.

use crate::ids::{MeetingId, TenantId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// The meeting a report is about, as it stands.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) user_id: Uuid,
    pub(crate) state: String,
    pub(crate) committed_ms: i64,
    pub(crate) last_event_number: i64,
    pub(crate) report_version: Option<i32>,
    pub(crate) words_revision: i64,
    pub(crate) goal: Option<String>,
    pub(crate) language: String,
    pub(crate) played_back: bool,
    pub(crate) starts_at: Option<OffsetDateTime>,
    pub(crate) ends_at: Option<OffsetDateTime>,
    pub(crate) started_at: Option<OffsetDateTime>,
    /// What it would be made of, or it itself, is past its time.
    pub(crate) expired: bool,
    pub(crate) insights_expired: bool,
}

/// The meeting, locked until the transaction ends: no commit changes it while its report is made.
pub(crate) async fn hold(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Subject>> {
    sqlx::query_as!(
        Subject,
        r#"SELECT user_id, state, committed_ms, last_event_number, report_version, words_revision, goal, language, played_back,
                  starts_at AS "starts_at: OffsetDateTime", ends_at AS "ends_at: OffsetDateTime",
                  started_at AS "started_at: OffsetDateTime",
                  num_nonnulls(transcript_expired_at, reports_expired_at) > 0 AS "expired!",
                  insights_expired_at IS NOT NULL AS "insights_expired!"
           FROM meetings WHERE tenant_id = $1 AND id = $2 FOR UPDATE"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// A report to be stored.
#[derive(Debug)]
pub(crate) struct NewAnalysis {
    pub(crate) id: Uuid,
    pub(crate) version: i32,
    pub(crate) incomplete: bool,
    pub(crate) events_through: i64,
    pub(crate) words_revision: i64,
    pub(crate) duration_ms: i64,
    pub(crate) word_count: i32,
    pub(crate) gap_count: i32,
    pub(crate) nudge_count: i32,
    pub(crate) communication_score: Option<f32>,
    pub(crate) body: Vec<u8>,
    pub(crate) improvement_areas: Vec<u8>,
}

/// Adds a version.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    new: &NewAnalysis,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO meeting_analyses (tenant_id, id, meeting_id, version, incomplete, events_through, duration_ms,
             word_count, gap_count, nudge_count, body, improvement_areas, words_revision, communication_score)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tenant.0,
        new.id,
        meeting.0,
        new.version,
        new.incomplete,
        new.events_through,
        new.duration_ms,
        new.word_count,
        new.gap_count,
        new.nudge_count,
        new.body,
        new.improvement_areas,
        new.words_revision,
        new.communication_score
    )
    .execute(db)
    .await
    .map(drop)
}

/// Tells the meeting about its newest report.
pub(crate) async fn announce(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    version: i32,
    share_me: Option<f32>,
    share_them: Option<f32>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET report_version = $3, talk_share_me = $4, talk_share_them = $5, updated_at = now()
         WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0,
        version,
        share_me,
        share_them
    )
    .execute(db)
    .await
    .map(drop)
}

/// What the meeting's words are has changed: there is a report to be made of them.
pub(crate) async fn revise_words(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET words_revision = words_revision + 1, updated_at = now() WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// The newest version so far, and what it covers.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) version: i32,
    pub(crate) incomplete: bool,
    pub(crate) events_through: i64,
    pub(crate) words_revision: i64,
}

/// The newest version so far.
pub(crate) async fn newest(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Newest>> {
    sqlx::query_as!(
        Newest,
        "SELECT version, incomplete, events_through, words_revision FROM meeting_analyses
         WHERE tenant_id = $1 AND meeting_id = $2 ORDER BY version DESC LIMIT 1",
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// A report as it is stored.
#[derive(Debug)]
pub(crate) struct StoredAnalysis {
    pub(crate) id: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) communication_score: Option<f32>,
    pub(crate) body: Vec<u8>,
}

/// A person's report, of this version or the newest.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    user: UserId,
    meeting: MeetingId,
    version: Option<i32>,
) -> sqlx::Result<Option<StoredAnalysis>> {
    sqlx::query_as!(
        StoredAnalysis,
        r#"SELECT a.id, a.created_at AS "created_at: OffsetDateTime", a.communication_score,
                  a.body
           FROM meeting_analyses a JOIN meetings m ON m.tenant_id = a.tenant_id AND m.id = a.meeting_id
           WHERE a.tenant_id = $1 AND m.user_id = $2 AND a.meeting_id = $3 AND a.version = coalesce($4, a.version)
           ORDER BY a.version DESC LIMIT 1"#,
        tenant.0,
        user.0,
        meeting.0,
        version
    )
    .fetch_optional(db)
    .await
}

/// The report of an earlier meeting.
#[derive(Debug)]
pub(crate) struct EarlierAnalysis {
    pub(crate) id: Uuid,
    pub(crate) meeting_id: Uuid,
    pub(crate) body: Vec<u8>,
}

/// The newest reports of the same person's meetings of the same type before this one, the newest meeting first, ten at most.
pub(crate) async fn earlier(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Vec<EarlierAnalysis>> {
    sqlx::query_as!(
        EarlierAnalysis,
        "SELECT a.id, a.meeting_id, a.body
         FROM meetings this
         JOIN meetings m ON m.tenant_id = this.tenant_id AND m.user_id = this.user_id
             AND m.meeting_type = this.meeting_type AND m.id < this.id
         JOIN meeting_analyses a ON a.tenant_id = m.tenant_id AND a.meeting_id = m.id AND a.version = m.report_version
         WHERE this.tenant_id = $1 AND this.id = $2 AND NOT a.incomplete
         ORDER BY m.id DESC LIMIT 10",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// Leaves of a meeting's reports this one alone, with another body.
pub(crate) async fn leave_only(
    db: &mut sqlx::PgConnection,
    tenant: TenantId,
    meeting: MeetingId,
    id: Uuid,
    body: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM meeting_analyses WHERE tenant_id = $1 AND meeting_id = $2 AND id <> $3",
        tenant.0,
        meeting.0,
        id
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE meeting_analyses SET body = $3 WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        id,
        body
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets every version: what they quote was withdrawn.
pub(crate) async fn forget(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM meeting_analyses WHERE tenant_id = $1 AND meeting_id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}
