//! Every night what is past its time is destroyed, tenant by tenant and person by person, as each of them chose. Each transaction
//! destroys a little and counts it: a run that breaks off goes on where it was, and what it says of itself is true.

use crate::db::retention::{self, Kept, Kind};
use crate::ids::{MeetingId, Member, TenantId};
use crate::jobs::{JobError, Workshop, queue};
use crate::keys::KeyError;
use crate::live::{Stored, sealed};
use crate::record::{analyses, expired};
use attune_engine::report::Report;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Tenants that are listed at a time.
const TENANTS: i64 = 500;

/// Has every tenant looked through.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExpireEverything {}

impl TaskHandler for ExpireEverything {
    const IDENTIFIER: &'static str = queue::EXPIRE_EVERYTHING;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = go_round(workshop).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Destroys what is past its time in one tenant.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExpireTenant {
    tenant_id: Uuid,
}

impl TaskHandler for ExpireTenant {
    const IDENTIFIER: &'static str = queue::EXPIRE_TENANT;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = expire(workshop, TenantId(self.tenant_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// A job for each tenant, so that one that fails keeps no other waiting.
async fn go_round(workshop: &Workshop) -> Result<(), JobError> {
    let mut after = None;
    loop {
        let tenants = workshop
            .db
            .without_tenant(async |tx| {
                let tenants = retention::tenants_after(&mut *tx, after, TENANTS).await?;
                for tenant in &tenants {
                    queue::expire_tenant(&mut *tx, *tenant).await?;
                }
                Ok::<_, sqlx::Error>(tenants)
            })
            .await?;
        let Some(last) = tenants.last() else { return Ok(()) };
        after = Some(*last);
    }
}

async fn expire(workshop: &Workshop, tenant: TenantId) -> Result<(), JobError> {
    let people = workshop
        .db
        .with_tenant(tenant, async |tx| retention::people(tx, tenant).await)
        .await?;
    for user in people {
        let member = Member { tenant, user };
        for kind in Kind::ALL {
            expire_kind(workshop, member, kind).await?;
        }
        workshop
            .db
            .with_tenant(tenant, async |tx| expired::forget_old_runs(tx, member).await)
            .await?;
    }
    Ok(())
}

async fn expire_kind(workshop: &Workshop, member: Member, kind: Kind) -> Result<(), JobError> {
    let Some(kept) = begin(workshop, member, kind).await? else {
        return Ok(());
    };
    if let Some(days) = kept.days() {
        match kind {
            Kind::Audio => while expire_audio(workshop, member, days).await? {},
            _ => while expire_meeting(workshop, member, kind, days).await? {},
        }
    }
    workshop
        .db
        .with_tenant(member.tenant, async |tx| expired::finish_run(tx, member, kind).await)
        .await?;
    Ok(())
}

/// How long it is kept, as it stands now. None where the person left meanwhile.
async fn begin(workshop: &Workshop, member: Member, kind: Kind) -> Result<Option<Kept>, JobError> {
    let audio_days = workshop.live.audio_days();
    let begun = workshop.db.with_tenant(member.tenant, async |tx| {
        if crate::db::users::find_role(&mut *tx, member).await?.is_none() {
            return Ok(None);
        }
        let kept = retention::of_person(&mut *tx, member, audio_days).await?;
        let Some(kept) = kept.into_iter().find(|kept| kept.kind == kind) else {
            return Ok(None);
        };
        expired::begin_run(&mut *tx, member, kept).await?;
        Ok::<_, JobError>(Some(kept))
    });
    begun.await
}

/// Destroys some audio; false where nothing was left to destroy. The objects go by jobs of their own, which know nothing of them then.
async fn expire_audio(workshop: &Workshop, member: Member, days: i32) -> Result<bool, JobError> {
    let some = workshop
        .db
        .with_tenant(member.tenant, async |tx| {
            let stretches = expired::forget_audio(&mut *tx, member, days).await?;
            let meetings: BTreeSet<MeetingId> = stretches.iter().copied().collect();
            for meeting in &meetings {
                queue::forget_audio(&mut *tx, member.tenant, *meeting).await?;
            }
            expired::count(&mut *tx, member, Kind::Audio, meetings.len(), stretches.len() as u64).await?;
            Ok::<_, sqlx::Error>(!stretches.is_empty())
        })
        .await?;
    Ok(some)
}

/// Destroys what is past its time of the next meeting; false where there is none.
async fn expire_meeting(workshop: &Workshop, member: Member, kind: Kind, days: i32) -> Result<bool, JobError> {
    let expired = workshop.db.with_tenant(member.tenant, async |tx| {
        let Some(meeting) = expired::next_meeting(&mut *tx, member, kind, days).await? else {
            return Ok(false);
        };
        let records = match kind {
            Kind::Reports => expired::forget_reports(&mut *tx, member, meeting).await?,
            Kind::Insights => {
                rewrite_report(workshop, &mut *tx, member, meeting, Report::without_minutes).await?;
                expired::forget_insights(&mut *tx, member, meeting).await?
            }
            _ => {
                rewrite_report(workshop, &mut *tx, member, meeting, Report::without_words).await?;
                expired::forget_transcript(&mut *tx, member, meeting).await?
            }
        };
        expired::count(&mut *tx, member, kind, usize::from(records > 0), records).await?;
        Ok::<_, JobError>(true)
    });
    expired.await
}

/// Leaves of a meeting's reports the newest, and of that what is not past its time.
async fn rewrite_report(
    workshop: &Workshop,
    tx: &mut PgConnection,
    member: Member,
    meeting: MeetingId,
    leave: fn(Report) -> Report,
) -> Result<(), JobError> {
    let newest = analyses::find(&mut *tx, member.tenant, member.user, meeting, None).await?;
    let Some(newest) = newest else { return Ok(()) };
    let key = match workshop.live.keys().meeting(member, meeting).await {
        // Nobody reads it any more.
        Err(KeyError::Gone) => return Ok(analyses::forget(tx, member.tenant, meeting).await?),
        key => key?,
    };
    let stored: Stored = sealed::open(&key, sealed::analysis(newest.id), &newest.body)?;
    let left = Stored::from(leave(stored.report));
    let body = sealed::seal(&key, sealed::analysis(newest.id), &left);
    analyses::leave_only(tx, member.tenant, meeting, newest.id, &body).await?;
    Ok(())
}
