//! SQL: meetings.

use crate::ids::{MeetingId, Member};
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// A meeting as it is stored.
#[derive(Debug, Clone)]
pub struct MeetingRow {
    /// Its id.
    pub id: MeetingId,
    /// Sealed under the meeting key.
    pub title: Vec<u8>,
    /// What kind of meeting.
    pub meeting_type: String,
    /// How much coaching.
    pub mode: String,
    /// The number of the nudge rule that the person works on.
    pub goal: Option<String>,
    /// BCP 47.
    pub language: String,
    /// `scheduled`, `live`, `suspended` or `ended`.
    pub state: String,
    /// The others on the call were told.
    pub others_told: bool,
    /// Its audio may be kept, where the person consents to keeping any.
    pub keep_audio: bool,
    /// When it is booked to begin.
    pub starts_at: Option<OffsetDateTime>,
    /// When it is booked to end.
    pub ends_at: Option<OffsetDateTime>,
    /// The person invited the others.
    pub hosting: bool,
    /// A recording is played, and nobody is there.
    pub played_back: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When the first sound came.
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// How much of it there is.
    pub duration_ms: i64,
    /// How much of that is decided and durable.
    pub committed_ms: i64,
    /// The newest report.
    pub report_version: Option<i32>,
    /// The person's share of the time anyone talked.
    pub talk_share_me: Option<f32>,
    /// Everyone else's.
    pub talk_share_them: Option<f32>,
    /// When what was said in it was past its time, and destroyed.
    pub transcript_expired_at: Option<OffsetDateTime>,
    /// When its reports were.
    pub reports_expired_at: Option<OffsetDateTime>,
}

/// A meeting to be stored.
#[derive(Debug)]
pub struct NewMeeting<'a> {
    /// Its id.
    pub id: MeetingId,
    /// Sealed under the meeting key.
    pub title: &'a [u8],
    /// What kind of meeting.
    pub meeting_type: &'a str,
    /// How much coaching.
    pub mode: &'a str,
    /// The number of the nudge rule that the person works on.
    pub goal: Option<&'a str>,
    /// BCP 47.
    pub language: &'a str,
    /// The others on the call were told.
    pub others_told: bool,
    /// Its audio may be kept, where the person consents to keeping any.
    pub keep_audio: bool,
    /// When it is booked to begin.
    pub starts_at: Option<OffsetDateTime>,
    /// When it is booked to end.
    pub ends_at: Option<OffsetDateTime>,
    /// The person invited the others.
    pub hosting: bool,
    /// A recording is played, and nobody is there.
    pub played_back: bool,
}

/// Stores a meeting.
pub async fn insert(db: impl PgExecutor<'_>, member: Member, meeting: NewMeeting<'_>) -> sqlx::Result<MeetingRow> {
    sqlx::query_as!(
        MeetingRow,
        r#"INSERT INTO meetings (tenant_id, id, user_id, title, meeting_type, mode, goal, language, others_told, keep_audio,
                                 starts_at, ends_at, hosting, played_back)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
           RETURNING id AS "id: MeetingId", title, meeting_type, mode, goal, language, state, others_told, keep_audio,
                  starts_at AS "starts_at: OffsetDateTime", ends_at AS "ends_at: OffsetDateTime", hosting, played_back,
                     created_at AS "created_at: OffsetDateTime", started_at AS "started_at: OffsetDateTime",
                  ended_at AS "ended_at: OffsetDateTime", duration_ms, committed_ms, report_version, talk_share_me, talk_share_them,
                  transcript_expired_at AS "transcript_expired_at: OffsetDateTime", reports_expired_at AS "reports_expired_at: OffsetDateTime""#,
        member.tenant.0,
        meeting.id.0,
        member.user.0,
        meeting.title,
        meeting.meeting_type,
        meeting.mode,
        meeting.goal,
        meeting.language,
        meeting.others_told,
        meeting.keep_audio,
        meeting.starts_at as Option<OffsetDateTime>,
        meeting.ends_at as Option<OffsetDateTime>,
        meeting.hosting,
        meeting.played_back
    )
    .fetch_one(db)
    .await
}

/// A person's meeting.
pub async fn find(db: impl PgExecutor<'_>, member: Member, id: MeetingId) -> sqlx::Result<Option<MeetingRow>> {
    sqlx::query_as!(
        MeetingRow,
        r#"SELECT id AS "id: MeetingId", title, meeting_type, mode, goal, language, state, others_told, keep_audio,
                  starts_at AS "starts_at: OffsetDateTime", ends_at AS "ends_at: OffsetDateTime", hosting, played_back,
                  created_at AS "created_at: OffsetDateTime", started_at AS "started_at: OffsetDateTime",
                  ended_at AS "ended_at: OffsetDateTime", duration_ms, committed_ms, report_version, talk_share_me, talk_share_them,
                  transcript_expired_at AS "transcript_expired_at: OffsetDateTime", reports_expired_at AS "reports_expired_at: OffsetDateTime"
           FROM meetings WHERE tenant_id = $1 AND user_id = $2 AND id = $3"#,
        member.tenant.0,
        member.user.0,
        id.0
    )
    .fetch_optional(db)
    .await
}

/// A person's meetings, newest first, those before `before`.
pub async fn list_for_user(
    db: impl PgExecutor<'_>,
    member: Member,
    before: Option<MeetingId>,
    limit: i64,
) -> sqlx::Result<Vec<MeetingRow>> {
    sqlx::query_as!(
        MeetingRow,
        r#"SELECT id AS "id: MeetingId", title, meeting_type, mode, goal, language, state, others_told, keep_audio,
                  starts_at AS "starts_at: OffsetDateTime", ends_at AS "ends_at: OffsetDateTime", hosting, played_back,
                  created_at AS "created_at: OffsetDateTime", started_at AS "started_at: OffsetDateTime",
                  ended_at AS "ended_at: OffsetDateTime", duration_ms, committed_ms, report_version, talk_share_me, talk_share_them,
                  transcript_expired_at AS "transcript_expired_at: OffsetDateTime", reports_expired_at AS "reports_expired_at: OffsetDateTime"
           FROM meetings WHERE tenant_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id < $3)
           ORDER BY id DESC LIMIT $4"#,
        member.tenant.0,
        member.user.0,
        before.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await
}

/// The ids of all of a person's meetings.
pub async fn ids(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<MeetingId>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: MeetingId" FROM meetings WHERE tenant_id = $1 AND user_id = $2"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Gives a meeting another title.
pub async fn rename(db: impl PgExecutor<'_>, member: Member, id: MeetingId, title: &[u8]) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE meetings SET title = $4, updated_at = now() WHERE tenant_id = $1 AND user_id = $2 AND id = $3",
        member.tenant.0,
        member.user.0,
        id.0,
        title
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

/// Deletes a meeting and everything that hangs on it.
pub async fn delete(db: impl PgExecutor<'_>, member: Member, id: MeetingId) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM meetings WHERE tenant_id = $1 AND user_id = $2 AND id = $3",
        member.tenant.0,
        member.user.0,
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}
