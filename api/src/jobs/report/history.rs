//! The person's own earlier meetings of the same type, as their reports measured them: what a measure is compared with where
//! its target is one's own.

use crate::ids::{MeetingId, Member};
use crate::jobs::JobError;
use crate::keys::Keys;
use crate::live::sealed;
use crate::record::analyses;
use attune_engine::measures::{History, Measures};
use serde::Deserialize;
use sqlx::PgConnection;

/// What is read of an earlier report.
#[derive(Deserialize)]
struct Measured {
    measures: Measures,
}

/// The history before `meeting`. A report that cannot be read any more, its key destroyed, is no part of it.
pub(super) async fn load(
    tx: &mut PgConnection,
    keys: &Keys,
    member: Member,
    meeting: MeetingId,
) -> Result<History, JobError> {
    let earlier = analyses::earlier(tx, member.tenant, meeting).await?;
    let meetings: Vec<MeetingId> = earlier.iter().map(|report| MeetingId(report.meeting_id)).collect();
    let keys = keys.meetings(member, &meetings).await?;
    let mut history = History::default();
    // The newest came first.
    for report in earlier.iter().rev() {
        let Some(key) = keys.get(&MeetingId(report.meeting_id)) else {
            continue;
        };
        let Measured { measures } = sealed::open(key, sealed::analysis(report.id), &report.body)?;
        history.push(&measures);
    }
    Ok(history)
}
