//! SQL: how long what is kept of a person is kept, and what the nights destroyed.

use crate::ids::{Member, TenantId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What has a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetentionKind)]
pub enum Kind {
    /// Audio that the person chose to keep.
    Audio,
    /// What was said in a meeting, and whatever quotes it.
    Transcript,
    /// What a device made of camera and focus, minute by minute.
    Insights,
    /// Reports with their measures, and nudges.
    Reports,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Audio, Self::Transcript, Self::Insights, Self::Reports];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Transcript => "transcript",
            Self::Insights => "insights",
            Self::Reports => "reports",
        }
    }

    /// For how many days it is kept where the person chose nothing (measures.md); none is until they delete it. Audio has the time
    /// that the server gives it.
    pub const fn default_days(self, audio_days: i32) -> Option<i32> {
        match self {
            Self::Audio => Some(audio_days),
            Self::Transcript => Some(90),
            Self::Insights => Some(30),
            Self::Reports => None,
        }
    }
}

/// For how long one kind is kept, and why so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub kind: Kind,
    /// What the person chose; none where they chose nothing.
    pub chosen: Option<Option<i32>>,
    /// The longest that the tenant lets anything be kept.
    pub ceiling: Option<i32>,
    /// What would hold without choice and ceiling.
    pub default: Option<i32>,
}

impl Kept {
    /// For how many days it is kept; none is until the person deletes it.
    pub fn days(self) -> Option<i32> {
        let chosen = self.chosen.unwrap_or(self.default);
        match (chosen, self.ceiling) {
            (Some(days), Some(ceiling)) => Some(days.min(ceiling)),
            (days, ceiling) => days.or(ceiling),
        }
    }
}

/// For how long everything is kept of a person.
pub async fn of_person(db: &mut PgConnection, member: Member, audio_days: i32) -> sqlx::Result<[Kept; 4]> {
    let choices = sqlx::query!(
        "SELECT kind, days FROM retention_choices WHERE tenant_id = $1 AND user_id = $2",
        member.tenant.0,
        member.user.0
    )
    .fetch_all(&mut *db)
    .await?;
    let ceilings = ceilings(&mut *db, member.tenant).await?;
    Ok(Kind::ALL.map(|kind| Kept {
        kind,
        chosen: choices.iter().find(|row| row.kind == kind.as_str()).map(|row| row.days),
        // No audio outlives the server's own time for it.
        ceiling: ceiling_of(&ceilings, kind, audio_days),
        default: kind.default_days(audio_days),
    }))
}

fn ceiling_of(ceilings: &[(Kind, i32)], kind: Kind, audio_days: i32) -> Option<i32> {
    let set = ceilings.iter().find(|(of, _)| *of == kind).map(|(_, days)| *days);
    match kind {
        Kind::Audio => Some(set.map_or(audio_days, |days| days.min(audio_days))),
        _ => set,
    }
}

/// The longest that anything is kept in a tenant, where it says so.
pub async fn ceilings(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Vec<(Kind, i32)>> {
    let rows = sqlx::query!(
        "SELECT kind, days FROM retention_ceilings WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let of = |name: &str| Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
    Ok(rows.iter().filter_map(|row| Some((of(&row.kind)?, row.days))).collect())
}

/// Sets the longest that anything of a kind is kept in a tenant, or lets it be kept for ever. Says whether that changed anything.
pub async fn set_ceiling(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    kind: Kind,
    days: Option<i32>,
) -> sqlx::Result<bool> {
    let changed = match days {
        Some(days) => {
            sqlx::query!(
                "INSERT INTO retention_ceilings (tenant_id, kind, days) VALUES ($1, $2, $3)
                 ON CONFLICT ON CONSTRAINT retention_ceilings_pk DO UPDATE SET days = $3
                 WHERE retention_ceilings.days <> $3",
                tenant.0,
                kind.as_str(),
                days
            )
            .execute(db)
            .await?
        }
        None => {
            sqlx::query!(
                "DELETE FROM retention_ceilings WHERE tenant_id = $1 AND kind = $2",
                tenant.0,
                kind.as_str()
            )
            .execute(db)
            .await?
        }
    };
    Ok(changed.rows_affected() > 0)
}

/// Stores what a person chose of a kind, in place of what they chose before.
pub async fn choose(db: impl PgExecutor<'_>, member: Member, kind: Kind, days: Option<i32>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO retention_choices (tenant_id, user_id, kind, days) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT retention_choices_pk DO UPDATE SET days = $4, updated_at = now()",
        member.tenant.0,
        member.user.0,
        kind.as_str(),
        days
    )
    .execute(db)
    .await
    .map(drop)
}

/// A person chose nothing: the defaults hold.
pub async fn choose_nothing(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM retention_choices WHERE tenant_id = $1 AND user_id = $2",
        member.tenant.0,
        member.user.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Audio that is kept already is kept no longer than this either.
pub async fn shorten_audio(db: &mut PgConnection, member: Member, days: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE kept_audio k SET expires_at = k.created_at + make_interval(days => $3)
         FROM meetings m WHERE m.tenant_id = k.tenant_id AND m.id = k.meeting_id AND k.tenant_id = $1 AND m.user_id = $2
             AND k.expires_at > k.created_at + make_interval(days => $3)",
        member.tenant.0,
        member.user.0,
        days
    )
    .execute(&mut *db)
    .await?;
    // What a meeting that goes on says of the rest of its audio.
    sqlx::query!(
        "UPDATE meetings SET audio_expires_at = NULL WHERE tenant_id = $1 AND user_id = $2 AND audio_expires_at IS NOT NULL
             AND audio_expires_at > now() + make_interval(days => $3)",
        member.tenant.0,
        member.user.0,
        days
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a night destroyed of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Of which kind.
    pub kind: String,
    /// The day in UTC.
    pub night: time::Date,
    /// For how many days it was to be kept.
    pub days: Option<i32>,
    /// Meetings that something was destroyed of.
    pub meetings: i32,
    /// How many records that was.
    pub records: i64,
    /// From when the oldest is that was left.
    pub oldest_left: Option<OffsetDateTime>,
    /// When the run was through.
    pub finished_at: Option<OffsetDateTime>,
}

/// What the newest nights destroyed of a person's, the newest first.
pub async fn runs(db: impl PgExecutor<'_>, member: Member, nights: i64) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"SELECT kind, night AS "night: time::Date", days, meetings, records,
                  oldest_left AS "oldest_left: OffsetDateTime", finished_at AS "finished_at: OffsetDateTime"
           FROM retention_runs
           WHERE tenant_id = $1 AND user_id = $2 AND night IN (
               SELECT DISTINCT night FROM retention_runs WHERE tenant_id = $1 AND user_id = $2 ORDER BY night DESC LIMIT $3)
           ORDER BY night DESC, kind"#,
        member.tenant.0,
        member.user.0,
        nights
    )
    .fetch_all(db)
    .await
}

/// Everybody in a tenant.
pub async fn people(db: impl PgExecutor<'_>, tenant: TenantId) -> sqlx::Result<Vec<UserId>> {
    sqlx::query_scalar!(
        r#"SELECT user_id AS "user_id: UserId" FROM memberships WHERE tenant_id = $1 ORDER BY user_id"#,
        tenant.0
    )
    .fetch_all(db)
    .await
}

/// Tenants after this one, in order: for a job that goes from one to the next.
pub async fn tenants_after(db: impl PgExecutor<'_>, after: Option<TenantId>, most: i64) -> sqlx::Result<Vec<TenantId>> {
    sqlx::query_scalar!(
        r#"SELECT tenant_id AS "tenant_id: TenantId" FROM nightly_tenants
           WHERE $1::uuid IS NULL OR tenant_id > $1 ORDER BY tenant_id LIMIT $2"#,
        after.map(|tenant| tenant.0),
        most
    )
    .fetch_all(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_holds_up_to_the_ceiling_and_the_default_where_nothing_was_chosen() {
        for (chosen, ceiling, default, days) in [
            (None, None, Some(90), Some(90)),
            (None, Some(30), Some(90), Some(30)),
            (None, Some(30), None, Some(30)),
            (Some(Some(7)), Some(30), Some(90), Some(7)),
            (Some(Some(60)), Some(30), Some(90), Some(30)),
            (Some(None), None, Some(90), None),
            (Some(None), Some(30), Some(90), Some(30)),
        ] {
            let kind = Kind::Transcript;
            let kept = Kept {
                kind,
                chosen,
                ceiling,
                default,
            };
            assert_eq!(kept.days(), days, "{kept:?}");
        }
    }

    #[test]
    fn no_audio_outlives_the_server_s_own_time_for_it() {
        assert_eq!(ceiling_of(&[], Kind::Audio, 30), Some(30));
        assert_eq!(ceiling_of(&[(Kind::Audio, 90)], Kind::Audio, 30), Some(30));
        assert_eq!(ceiling_of(&[(Kind::Audio, 7)], Kind::Audio, 30), Some(7));
        assert_eq!(ceiling_of(&[], Kind::Transcript, 30), None);
    }
}
