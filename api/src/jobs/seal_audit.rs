//! What was done is sealed every hour, tenant by tenant: see `audit`.

use crate::audit::{Batch, digest};
use crate::db::{audit_chain, retention};
use crate::ids::TenantId;
use crate::jobs::{JobError, Workshop, queue};
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};

/// Tenants that are listed at a time.
const TENANTS: i64 = 500;

/// Seals what was done everywhere since it was last sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SealAudit {}

impl TaskHandler for SealAudit {
    const IDENTIFIER: &'static str = queue::SEAL_AUDIT;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = go_round(workshop).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// A tenant that cannot be sealed keeps no other waiting; the job is tried again for it.
async fn go_round(workshop: &Workshop) -> Result<(), JobError> {
    let mut after = None;
    let mut done = Ok(());
    loop {
        let tenants = workshop
            .db
            .without_tenant(async |tx| retention::tenants_after(tx, after, TENANTS).await)
            .await?;
        for tenant in &tenants {
            done = seal(workshop, *tenant).await.and(done);
        }
        let Some(last) = tenants.last() else { return done };
        after = Some(*last);
    }
}

/// Seals what is not sealed yet in one batch.
async fn seal(workshop: &Workshop, tenant: TenantId) -> Result<(), JobError> {
    workshop
        .db
        .with_tenant(tenant, async |tx| {
            audit_chain::hold(&mut *tx, tenant).await?;
            let entries = audit_chain::unsealed(&mut *tx, tenant).await?;
            if entries.is_empty() {
                return Ok(());
            }
            let (newest, previous) = match audit_chain::head(&mut *tx, tenant).await? {
                Some((number, digest)) => (number, digest.try_into().unwrap_or([0; 32])),
                None => (0, [0; 32]),
            };
            let number = newest + 1;
            let digest = digest(tenant, number, previous, &entries);
            let signed = workshop.live.keys().sign_audit(&digest);
            let batch = Batch {
                number,
                entries: entries.iter().map(|entry| entry.id).collect(),
                digest: digest.to_vec(),
                key_id: signed.key_id.into(),
                signature: signed.signature.to_vec(),
            };
            Ok(audit_chain::insert(&mut *tx, tenant, &batch).await?)
        })
        .await
}
