//! What became of nudges: moments that took a slot, shown or held out, their effect, and what the person made of them.

use crate::ids::{MeetingId, TenantId};
use crate::record::{from_column, to_column};
use attune_coach::{Effect, Reaction, Rule, Slot};
use attune_engine::clock::MeetingTime;
use attune_engine::report;
use sqlx::PgExecutor;

/// A moment to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewMoment {
    pub(crate) slot: Slot,
    /// It was decided after so many of the commit's events.
    pub(crate) after_place: usize,
}

/// Adds moments; `before` is the number of the last event before the commit's own.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    before: i64,
    new: &[NewMoment],
) -> sqlx::Result<()> {
    let ids: Vec<_> = new.iter().map(|moment| moment.slot.id.clone()).collect();
    let rules: Vec<_> = new.iter().map(|moment| moment.slot.rule.as_str().to_owned()).collect();
    let at_ms: Vec<_> = new.iter().map(|moment| to_column(moment.slot.at.as_ms())).collect();
    let after: Vec<_> = new.iter().map(|moment| before + moment.after_place as i64).collect();
    let held_out: Vec<_> = new.iter().map(|moment| moment.slot.held_out).collect();
    sqlx::query!(
        "INSERT INTO nudge_moments (tenant_id, meeting_id, id, rule, at_ms, after_number, held_out)
         SELECT $1, $2, m.id, m.rule, m.at_ms, m.after_number, m.held_out
         FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[])
             AS m (id, rule, at_ms, after_number, held_out)
         ON CONFLICT ON CONSTRAINT nudge_moments_pk DO NOTHING",
        tenant.0,
        meeting.0,
        &ids,
        &rules,
        &at_ms,
        &after,
        &held_out
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes what became of earlier moments.
pub(crate) async fn note_effects(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    effects: &[Effect],
) -> sqlx::Result<()> {
    let ids: Vec<_> = effects.iter().map(|effect| effect.id.clone()).collect();
    let before: Vec<_> = effects.iter().map(|effect| effect.before).collect();
    let after: Vec<_> = effects.iter().map(|effect| effect.after).collect();
    sqlx::query!(
        "UPDATE nudge_moments n SET before = e.before, after = e.after
         FROM unnest($3::text[], $4::double precision[], $5::double precision[]) AS e (id, before, after)
         WHERE n.tenant_id = $1 AND n.meeting_id = $2 AND n.id = e.id",
        tenant.0,
        meeting.0,
        &ids,
        &before as &[Option<f64>],
        &after as &[Option<f64>]
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes what the person made of a nudge that they were shown; the last word counts. False where none of that id was shown.
pub(crate) async fn note_reaction(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    id: &str,
    reaction: Reaction,
) -> sqlx::Result<bool> {
    let noted = sqlx::query!(
        "UPDATE nudge_moments SET reaction = $4 WHERE tenant_id = $1 AND meeting_id = $2 AND id = $3 AND NOT held_out",
        tenant.0,
        meeting.0,
        id,
        reaction.as_str()
    )
    .execute(db)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// A moment as it is stored.
#[derive(Debug)]
pub(crate) struct StoredMoment {
    pub(crate) id: String,
    pub(crate) rule: String,
    pub(crate) at_ms: i64,
    pub(crate) after_number: i64,
    pub(crate) held_out: bool,
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    pub(crate) reaction: Option<String>,
}

impl StoredMoment {
    /// What became of the number that it was about.
    pub(crate) const fn change(&self) -> report::Change {
        report::Change {
            before: self.before,
            after: self.after,
        }
    }

    /// The slot that it took; none of a rule that this version does not know.
    pub(crate) fn slot(&self) -> Option<Slot> {
        Some(Slot {
            id: self.id.clone(),
            rule: self.rule.parse::<Rule>().ok()?,
            at: MeetingTime::from_ms(from_column(self.at_ms)),
            held_out: self.held_out,
        })
    }
}

/// The moments of a meeting, in order.
pub(crate) async fn of_meeting(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Vec<StoredMoment>> {
    sqlx::query_as!(
        StoredMoment,
        "SELECT id, rule, at_ms, after_number, held_out, before, after, reaction FROM nudge_moments
         WHERE tenant_id = $1 AND meeting_id = $2 ORDER BY after_number, at_ms, id",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// How much the number of a rule changed around one moment.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) rule: String,
    pub(crate) held_out: bool,
    pub(crate) change: f64,
}

/// The changes around the last moments of the person whose meeting this is, over all of their meetings. Recordings that were played
/// tell nothing of what a nudge changes.
pub(crate) async fn changes(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"SELECT n.rule, n.held_out, n.after - n.before AS "change!"
           FROM meetings mine
           JOIN meetings m ON m.tenant_id = mine.tenant_id AND m.user_id = mine.user_id
           JOIN nudge_moments n ON n.tenant_id = m.tenant_id AND n.meeting_id = m.id
           WHERE mine.tenant_id = $1 AND mine.id = $2 AND NOT m.played_back AND n.before IS NOT NULL AND n.after IS NOT NULL
           ORDER BY n.created_at DESC LIMIT 2000"#,
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// Forgets the moments from a time on.
pub(crate) async fn forget(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    from_ms: u64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM nudge_moments WHERE tenant_id = $1 AND meeting_id = $2 AND at_ms >= $3",
        tenant.0,
        meeting.0,
        to_column(from_ms)
    )
    .execute(db)
    .await
    .map(drop)
}

/// When the person asked for quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snoozed {
    pub(crate) from: MeetingTime,
    pub(crate) until: Option<MeetingTime>,
}

/// Notes that the person asked for quiet: the last time counts.
pub(crate) async fn note_snooze(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    snoozed: Snoozed,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET snoozed_from_ms = $3, snoozed_until_ms = $4 WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0,
        to_column(snoozed.from.as_ms()),
        snoozed.until.map(|until| to_column(until.as_ms()))
    )
    .execute(db)
    .await
    .map(drop)
}

/// When the person asked for quiet last.
pub(crate) async fn snoozed(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Snoozed>> {
    let row = sqlx::query!(
        "SELECT snoozed_from_ms, snoozed_until_ms FROM meetings WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await?;
    let at = |ms: i64| MeetingTime::from_ms(from_column(ms));
    Ok(row.and_then(|row| {
        Some(Snoozed {
            from: at(row.snoozed_from_ms?),
            until: row.snoozed_until_ms.map(at),
        })
    }))
}
