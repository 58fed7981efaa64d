//! The numbered events of a meeting.

use crate::ids::{MeetingId, TenantId};
use crate::record::to_column;
use sqlx::PgExecutor;
use uuid::Uuid;

/// What kind of event a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Final,
    Gap,
    Suppressed,
    Nudge,
    Marked,
    Retracted,
    ReportReady,
}

impl Kind {
    /// Its name in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Gap => "gap",
            Self::Suppressed => "suppressed",
            Self::Nudge => "nudge",
            Self::Marked => "marked",
            Self::Retracted => "retracted",
            Self::ReportReady => "report_ready",
        }
    }
}

/// An event to be stored; its number comes from its place in the commit.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) t0_ms: u64,
    pub(crate) t1_ms: u64,
    /// A final's words are in its utterance; every other event brings its own sealed body.
    pub(crate) utterance_id: Option<Uuid>,
    pub(crate) body: Option<Vec<u8>>,
}

/// Takes the next `count` numbers of the meeting and moves its times on; the last number taken. None once the meeting is
/// gone.
pub(crate) async fn take_numbers(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    count: usize,
    committed_ms: u64,
    duration_ms: u64,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "UPDATE meetings SET last_event_number = last_event_number + $3, committed_ms = greatest(committed_ms, $4),
             duration_ms = greatest(duration_ms, $5), updated_at = now()
         WHERE tenant_id = $1 AND id = $2
         RETURNING last_event_number",
        tenant.0,
        meeting.0,
        to_column(count as u64),
        to_column(committed_ms),
        to_column(duration_ms)
    )
    .fetch_optional(db)
    .await
}

/// Adds events under the numbers after `before`, in their order.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    before: i64,
    epoch: i64,
    decided_ms: u64,
    new: &[NewEvent],
) -> sqlx::Result<()> {
    let column = |of: fn(&NewEvent) -> u64| new.iter().map(|row| to_column(of(row))).collect::<Vec<_>>();
    let ids: Vec<_> = new.iter().map(|row| row.id).collect();
    let kinds: Vec<_> = new.iter().map(|row| row.kind.as_str().to_owned()).collect();
    let utterances: Vec<_> = new.iter().map(|row| row.utterance_id).collect();
    let bodies: Vec<_> = new.iter().map(|row| row.body.clone()).collect();
    sqlx::query!(
        "INSERT INTO meeting_events (tenant_id, meeting_id, number, epoch, decided_ms, id, kind, t0_ms, t1_ms,
             utterance_id, body)
         SELECT $1, $2, $3 + e.place, $4, $5, e.id, e.kind, e.t0_ms, e.t1_ms, e.utterance_id, e.body
         FROM unnest($6::uuid[], $7::text[], $8::bigint[], $9::bigint[], $10::uuid[], $11::bytea[])
             WITH ORDINALITY AS e (id, kind, t0_ms, t1_ms, utterance_id, body, place)",
        tenant.0,
        meeting.0,
        before,
        epoch,
        to_column(decided_ms),
        &ids,
        &kinds,
        &column(|row| row.t0_ms),
        &column(|row| row.t1_ms),
        &utterances as &[Option<Uuid>],
        &bodies as &[Option<Vec<u8>>]
    )
    .execute(db)
    .await
    .map(drop)
}

/// An event as it is stored. `utterance_id` says in which table its body was sealed.
#[derive(Debug)]
pub(crate) struct StoredEvent {
    pub(crate) number: i64,
    pub(crate) id: Uuid,
    pub(crate) epoch: i64,
    pub(crate) kind: String,
    pub(crate) decided_ms: i64,
    pub(crate) utterance_id: Option<Uuid>,
    pub(crate) body: Vec<u8>,
}

/// The events after a number, in order, at most `limit`.
pub(crate) async fn after(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    number: i64,
    limit: i64,
) -> sqlx::Result<Vec<StoredEvent>> {
    sqlx::query_as!(
        StoredEvent,
        r#"SELECT e.number, e.id, e.epoch, e.kind, e.decided_ms, e.utterance_id, coalesce(u.body, e.body) AS "body!"
           FROM meeting_events e
           LEFT JOIN utterances u ON u.tenant_id = e.tenant_id AND u.id = e.utterance_id
           WHERE e.tenant_id = $1 AND e.meeting_id = $2 AND e.number > $3
           ORDER BY e.number LIMIT $4"#,
        tenant.0,
        meeting.0,
        number,
        limit
    )
    .fetch_all(db)
    .await
}

/// An event's own body, opened with its id.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) id: Uuid,
    pub(crate) body: Vec<u8>,
}

/// Forgets nudges given since `from_ms`: what they say rests on what was said before them.
pub(crate) async fn forget_nudges(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    from_ms: u64,
) -> sqlx::Result<Vec<Body>> {
    sqlx::query_as!(
        Body,
        r#"DELETE FROM meeting_events
           WHERE tenant_id = $1 AND meeting_id = $2 AND kind = 'nudge' AND t0_ms >= $3
           RETURNING id, body AS "body!""#,
        tenant.0,
        meeting.0,
        to_column(from_ms)
    )
    .fetch_all(db)
    .await
}

/// Forgets the marks from a time on.
pub(crate) async fn forget_marks(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    from_ms: u64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM meeting_events
         WHERE tenant_id = $1 AND meeting_id = $2 AND kind = 'marked' AND t0_ms >= $3",
        tenant.0,
        meeting.0,
        to_column(from_ms)
    )
    .execute(db)
    .await
    .map(drop)
}

/// The events of one kind, in order; not for finals, whose bodies are utterances.
pub(crate) async fn of_kind(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    kind: Kind,
) -> sqlx::Result<Vec<Body>> {
    sqlx::query_as!(
        Body,
        r#"SELECT id, body AS "body!" FROM meeting_events
           WHERE tenant_id = $1 AND meeting_id = $2 AND kind = $3 AND body IS NOT NULL ORDER BY number"#,
        tenant.0,
        meeting.0,
        kind.as_str()
    )
    .fetch_all(db)
    .await
}
