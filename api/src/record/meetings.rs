//! What capturing changes of a meeting's own row; the rest of it is `db::meetings`.

use crate::ids::{MeetingId, TenantId};
use sqlx::PgExecutor;
use std::time::Duration;
use time::OffsetDateTime;

/// A meeting that is booked for longer than this is booked wrongly.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What the fold over a meeting starts from, and where the meeting stands.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) meeting_type: String,
    pub(crate) mode: String,
    pub(crate) goal: Option<String>,
    pub(crate) hosting: bool,
    pub(crate) played_back: bool,
    /// When it is booked to end.
    pub(crate) ends_at: Option<OffsetDateTime>,
    /// When its first connection came.
    pub(crate) started_at: OffsetDateTime,
    pub(crate) committed_ms: i64,
}

impl Running {
    /// How long it is booked for, from its first sound on; nothing where no end is booked, or none that this meeting can have.
    pub(crate) fn booked(&self) -> Option<Duration> {
        booked_for(self.ends_at, self.started_at)
    }
}

/// How long a meeting is booked for from its first sound at `started_at` on; nothing where no end is booked, or none that it can have.
pub(crate) fn booked_for(ends_at: Option<OffsetDateTime>, started_at: OffsetDateTime) -> Option<Duration> {
    let booked = Duration::try_from(ends_at? - started_at).ok()?;
    (!booked.is_zero() && booked <= LONGEST).then_some(booked)
}

/// By how many milliseconds a meeting whose first sound came at `started_at` began after the time that was booked, negative where it
/// was before; nothing where none is booked, or none that it can have.
pub(crate) fn late_ms(starts_at: Option<OffsetDateTime>, started_at: OffsetDateTime) -> Option<i64> {
    let late = started_at - starts_at?;
    (late.unsigned_abs() <= LONGEST).then(|| i64::try_from(late.whole_milliseconds()).ok())?
}

/// The meeting is being captured from now on. None if it has ended, or is gone.
pub(crate) async fn mark_live(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Running>> {
    sqlx::query_as!(
        Running,
        r#"UPDATE meetings SET state = 'live', started_at = coalesce(started_at, now()), updated_at = now()
           WHERE tenant_id = $1 AND id = $2 AND state <> 'ended'
           RETURNING meeting_type, mode, goal, hosting, played_back, ends_at AS "ends_at: OffsetDateTime",
                     started_at AS "started_at!: OffsetDateTime", committed_ms"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// Nobody captures it just now.
pub(crate) async fn mark_suspended(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE meetings SET state = 'suspended', updated_at = now() WHERE tenant_id = $1 AND id = $2 AND state = 'live'",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It is over.
pub(crate) async fn mark_ended(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET state = 'ended', ended_at = coalesce(ended_at, now()), updated_at = now()
         WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Where a reader of a meeting stands.
#[derive(Debug)]
pub(crate) struct Progress {
    /// It has ended, and its report is of all of it.
    pub(crate) reported: bool,
    pub(crate) last_event_number: i64,
}

/// How far the meeting has come. None once it is gone.
pub(crate) async fn progress(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Progress>> {
    sqlx::query_as!(
        Progress,
        r#"SELECT m.last_event_number, m.state = 'ended' AND coalesce((SELECT NOT a.incomplete FROM meeting_analyses a
                      WHERE a.tenant_id = m.tenant_id AND a.meeting_id = m.id
                      ORDER BY a.version DESC LIMIT 1), false) AS "reported!"
           FROM meetings m WHERE m.tenant_id = $1 AND m.id = $2"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_meeting_begins_late_or_early_by_what_is_booked() {
        let began = datetime!(2026-12-01 9:02 UTC);
        for (starts_at, expected) in [
            (Some(datetime!(2026-12-01 9:00 UTC)), Some(120_000)),
            (Some(datetime!(2026-12-01 9:02:30 UTC)), Some(-30_000)),
            (Some(datetime!(2026-11-01 9:00 UTC)), None),
            (None, None),
        ] {
            assert_eq!(late_ms(starts_at, began), expected, "{starts_at:?}");
        }
    }

    #[test]
    fn a_meeting_is_booked_from_its_first_sound_to_its_end() {
        for (ends_at, booked_s) in [
            (Some(datetime!(2026-12-01 10:00 UTC)), Some(3_600)),
            (None, None),
            // Over before it began, and at once.
            (Some(datetime!(2026-12-01 8:59 UTC)), None),
            (Some(datetime!(2026-12-01 9:00 UTC)), None),
            (Some(datetime!(2026-12-02 9:00 UTC)), Some(86_400)),
            (Some(datetime!(2026-12-02 9:00:01 UTC)), None),
            (Some(datetime!(9999-12-31 23:59 UTC)), None),
        ] {
            let running = Running {
                meeting_type: "other".into(),
                mode: "balanced".into(),
                goal: None,
                hosting: true,
                played_back: false,
                ends_at,
                started_at: datetime!(2026-12-01 9:00 UTC),
                committed_ms: 0,
            };
            assert_eq!(running.booked(), booked_s.map(Duration::from_secs), "{ends_at:?}");
        }
    }
}
