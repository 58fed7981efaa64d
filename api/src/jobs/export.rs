//! Everything that is a person's in one archive: a ZIP that is made meeting by meeting and leaves memory in sealed parts.

mod archive;
mod contents;
mod sound;

use crate::audio;
use crate::db::exports::{self, Run};
use crate::db::meetings::{self, MeetingRow};
use crate::ids::{ExportId, MeetingId, Member, TenantId};
use crate::jobs::{JobError, Workshop, queue};
use crate::keys::{KeyError, MeetingKey, MemberKey};
use crate::record::kept_audio::{self, Stretch};
pub(crate) use archive::place as part;

use archive::Archive;
use attune_engine::speaker::Track;
use attune_ingest::protocol::Codec;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use sound::{OggOpus, wav};
use std::time::Duration;
use uuid::Uuid;

/// Meetings read at once.
const PAGE: i64 = 50;

/// The wait while something else has the one place for long work.
const SOON: Duration = Duration::from_secs(5);

/// Which archive a job is about.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct About {
    tenant_id: Uuid,
    export_id: Uuid,
}

/// Makes an archive.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct MakeExport(About);

impl TaskHandler for MakeExport {
    const IDENTIFIER: &'static str = queue::MAKE_EXPORT;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = make(workshop, TenantId(self.0.tenant_id), ExportId(self.0.export_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Destroys an archive that is past its time, or deleted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ExpireExport(About);

impl TaskHandler for ExpireExport {
    const IDENTIFIER: &'static str = queue::EXPIRE_EXPORT;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let (tenant, export) = (TenantId(self.0.tenant_id), ExportId(self.0.export_id));
        workshop
            .db
            .with_tenant(tenant, async |tx| exports::forget_expired(tx, tenant, export).await)
            .await?;
        sweep(workshop, tenant, export).await
    }
}

/// Deletes the objects that the archive does not name, or not any more.
async fn sweep(workshop: &Workshop, tenant: TenantId, export: ExportId) -> Result<(), JobError> {
    let index = async || {
        let parts = workshop
            .db
            .with_tenant(tenant, async |tx| exports::parts(tx, tenant, export).await);
        Ok::<_, JobError>(parts.await?)
    };
    workshop
        .live
        .audio()
        .delete_unknown(tenant, export, index)
        .await
        .map(drop)
}

/// An archive on its way.
struct Making<'a> {
    workshop: &'a Workshop,
    run: Run,
    member: Member,
    key: MemberKey,
    archive: Archive,
}

/// The archive was deleted, or another try makes it.
struct Gone;

async fn make(workshop: &Workshop, tenant: TenantId, export: ExportId) -> Result<(), JobError> {
    // Long work never takes the place that reports need.
    let Ok(_alone) = workshop.long_work.try_acquire() else {
        let later = workshop
            .db
            .with_tenant(tenant, async |tx| queue::make_export(tx, tenant, export, SOON).await);
        return Ok(later.await?);
    };
    let run = Run {
        tenant,
        export,
        id: Uuid::now_v7(),
    };
    let begun = workshop
        .db
        .with_tenant(tenant, async |tx| exports::begin(tx, run).await);
    let Some(user) = begun.await? else { return Ok(()) };
    sweep(workshop, tenant, export).await?;
    let member = Member { tenant, user };
    let mut making = Making {
        workshop,
        run,
        member,
        key: workshop.live.keys().member(member).await?,
        archive: Archive::new(),
    };
    if making.everything().await?.is_ok() {
        workshop
            .db
            .with_tenant(tenant, async |tx| exports::finish(tx, run).await)
            .await?;
        tracing::info!(export.id = %export, "made an archive of everything that is a person's");
    }
    Ok(())
}

impl Making<'_> {
    async fn everything(&mut self) -> Result<Result<(), Gone>, JobError> {
        for (name, bytes) in contents::of_person(self.workshop, self.member, &self.key).await? {
            self.archive.add(&name, &bytes)?;
        }
        let mut before = None;
        loop {
            let page = self.page(before).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            for meeting in page {
                if self.meeting(meeting).await?.is_err() {
                    return Ok(Err(Gone));
                }
            }
        }
        let rest = std::mem::take(&mut self.archive).finish()?;
        self.store(&rest).await
    }

    async fn page(&self, before: Option<MeetingId>) -> Result<Vec<MeetingRow>, JobError> {
        let listed = self.workshop.db.with_tenant(self.member.tenant, async |tx| {
            meetings::list_for_user(tx, self.member, before, PAGE).await
        });
        Ok(listed.await?)
    }

    async fn meeting(&mut self, row: MeetingRow) -> Result<Result<(), Gone>, JobError> {
        let (id, folder) = (row.id, contents::folder(&row));
        let key = match self.workshop.live.keys().meeting(self.member, id).await {
            // Deleted while its turn came.
            Err(KeyError::Gone) => return Ok(Ok(())),
            key => key?,
        };
        for (name, bytes) in contents::of_meeting(self.workshop, self.member, &key, row).await? {
            self.archive.add(&format!("{folder}/{name}"), &bytes)?;
            if self.store_full_parts().await?.is_err() {
                return Ok(Err(Gone));
            }
        }
        let listed = self.workshop.db.with_tenant(self.member.tenant, async |tx| {
            kept_audio::list(tx, self.member.tenant, id).await
        });
        let stretches = listed.await?;
        let tracks = stretches.chunk_by(|one, next| (one.session_id, &one.track) == (next.session_id, &next.track));
        for (place, track) in tracks.enumerate() {
            // Each of the devices that took over from each other has its own.
            let name = format!("{folder}/audio/{}-{}", place + 1, track[0].track);
            if self.track(id, &key, &name, track).await?.is_err() {
                return Ok(Err(Gone));
            }
        }
        let run = self.run;
        let counted = self
            .workshop
            .db
            .with_tenant(run.tenant, async |tx| exports::count_meeting(tx, run).await);
        counted.await?;
        Ok(Ok(()))
    }

    /// The kept audio of one track: Opus as it came, in one file; plain samples in a file for each stretch.
    async fn track(
        &mut self,
        meeting: MeetingId,
        key: &MeetingKey,
        name: &str,
        stretches: &[Stretch],
    ) -> Result<Result<(), Gone>, JobError> {
        let track = match stretches[0].track == Track::Mic.as_str() {
            true => Track::Mic,
            false => Track::Tab,
        };
        let mut opus: Option<OggOpus> = None;
        let mut files = 0;
        let mut next_name = |extension: &str| {
            files += 1;
            format!("{name}-{files}.{extension}")
        };
        for stretch in stretches {
            let sealed = super::audio::sealed(self.workshop, self.member.tenant, meeting, stretch).await?;
            let Some(sealed) = sealed else { continue };
            let frames = audio::open(key, stretch.id, track, &sealed)?;
            for alike in frames.chunk_by(|one, next| (one.codec, one.rate_hz) == (next.codec, next.rate_hz)) {
                if alike[0].codec == Codec::Opus {
                    if opus.is_none() {
                        self.archive.begin(&next_name("ogg"), false)?;
                    }
                    let ogg = opus.get_or_insert_with(|| OggOpus::new(alike[0].rate_hz));
                    alike.iter().for_each(|frame| ogg.push(frame));
                    self.archive.write(&ogg.take())?;
                } else {
                    if let Some(ogg) = opus.take() {
                        self.archive.write(&ogg.finish())?;
                    }
                    self.archive.add(&next_name("wav"), &wav(alike))?;
                }
            }
            if self.store_full_parts().await?.is_err() {
                return Ok(Err(Gone));
            }
        }
        if let Some(ogg) = opus {
            self.archive.write(&ogg.finish())?;
        }
        Ok(Ok(()))
    }

    async fn store_full_parts(&mut self) -> Result<Result<(), Gone>, JobError> {
        while let Some(part) = self.archive.full_part() {
            if self.store(&part).await?.is_err() {
                return Ok(Err(Gone));
            }
        }
        Ok(Ok(()))
    }

    /// Seals a part and stores it. It is named in the index first, so that none is left over that nobody knows.
    async fn store(&self, part: &[u8]) -> Result<Result<(), Gone>, JobError> {
        let (run, id) = (self.run, Uuid::now_v7());
        let known = self
            .workshop
            .db
            .with_tenant(run.tenant, async |tx| exports::add_part(tx, run, id, part.len()).await);
        if !known.await? {
            return Ok(Err(Gone));
        }
        let sealed = self.key.seal(archive::place(id), part);
        self.workshop
            .live
            .audio()
            .put(run.tenant, run.export, id, sealed)
            .await?;
        Ok(Ok(()))
    }
}
