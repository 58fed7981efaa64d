//! A meeting that its device left: suspended after a quarter of an hour, with a report of what there is.

use crate::ids::{MeetingId, TenantId};
use crate::jobs::{About, JobError, SUSPEND_AFTER, Workshop, queue};
use crate::record::{analyses, meetings, sessions};
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Looks whether anyone still captures the meeting.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SuspendMeeting(About);

impl TaskHandler for SuspendMeeting {
    const IDENTIFIER: &'static str = queue::SUSPEND_MEETING;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = suspend(workshop, TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Suspends the meeting if nobody was there for long enough; looks again later if somebody was.
async fn suspend(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<(), JobError> {
    workshop
        .db
        .with_tenant(tenant, async |tx| {
            // Locked before anybody is looked for: whoever comes back after this look finds a suspended meeting, and not
            // one that is suspended under them.
            let subject = analyses::hold(&mut *tx, tenant, meeting).await?;
            if subject.is_none_or(|subject| subject.state != "live") {
                return Ok(());
            }
            let Some(unseen_s) = sessions::unseen_for(&mut *tx, tenant, meeting).await? else {
                return Ok(());
            };
            let left = SUSPEND_AFTER.saturating_sub(Duration::from_secs_f64(unseen_s.max(0.0)));
            if !left.is_zero() {
                return Ok(queue::watch_meeting(&mut *tx, tenant, meeting, left).await?);
            }
            if meetings::mark_suspended(&mut *tx, tenant, meeting).await? {
                queue::make_report(&mut *tx, tenant, meeting).await?;
            }
            Ok(())
        })
        .await
}
