//! Kept audio on its way: from the commits that brought it into objects of a minute, and out of the store again.

use crate::audio;
use crate::ids::{MeetingId, Member, TenantId, UserId};
use crate::jobs::{About, JobError, Workshop, queue};
use crate::keys::{KeyError, MeetingKey};
use crate::record::kept_audio::{self, Stretch};
use crate::record::{analyses, from_column, spans};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_ingest::ports::KeptFrame;
use attune_ingest::protocol::Limits;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Audio in an object: 180 KiB of Opus, 1.9 MiB of plain samples.
const OBJECT_SAMPLES: u64 = 60_000 * SAMPLES_PER_MS;

/// While a meeting goes on, what the person may still take back stays where a transaction reaches it: as far as they may
/// go off the record, and the speech that this takes with it, which is never longer than half a minute.
const STAYS_SAMPLES: u64 = (Limits::OFF_THE_RECORD_REACH_MS as u64 + 30_000) * SAMPLES_PER_MS;

/// Moves audio of a meeting into objects.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct StoreAudio(About);

impl TaskHandler for StoreAudio {
    const IDENTIFIER: &'static str = queue::STORE_AUDIO;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = store(workshop, TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Deletes the objects of a meeting that the index does not know, or not any more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ForgetAudio(About);

impl TaskHandler for ForgetAudio {
    const IDENTIFIER: &'static str = queue::FORGET_AUDIO;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = sweep(workshop, TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Destroys audio that is past its time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ExpireAudio(About);

impl TaskHandler for ExpireAudio {
    const IDENTIFIER: &'static str = queue::EXPIRE_AUDIO;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let (tenant, meeting) = (TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id));
        workshop
            .db
            .with_tenant(tenant, async |tx| kept_audio::forget_expired(tx, tenant, meeting).await)
            .await?;
        sweep(workshop, tenant, meeting).await
    }
}

/// The sealed audio of a stretch, wherever it lies; none where it is gone.
pub(super) async fn sealed(
    workshop: &Workshop,
    tenant: TenantId,
    meeting: MeetingId,
    stretch: &Stretch,
) -> Result<Option<Vec<u8>>, JobError> {
    if stretch.stored {
        return Ok(workshop.live.audio().get(tenant, meeting, stretch.id).await?);
    }
    let row = workshop
        .db
        .with_tenant(tenant, async |tx| kept_audio::audio(tx, tenant, stretch.id).await);
    Ok(row.await?)
}

/// What is to be moved, read in one look.
struct Found {
    key: MeetingKey,
    ended: bool,
    stretches: Vec<Stretch>,
}

async fn store(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<(), JobError> {
    let Some(Found { key, ended, stretches }) = find(workshop, tenant, meeting).await? else {
        return Ok(());
    };
    for group in groups(stretches.iter().filter(|stretch| !stretch.stored), ended) {
        store_group(workshop, tenant, meeting, &key, &group).await?;
    }
    if ended && !stretches.is_empty() {
        sweep(workshop, tenant, meeting).await?;
    }
    Ok(())
}

async fn find(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<Option<Found>, JobError> {
    workshop
        .db
        .with_tenant(tenant, async |tx| {
            let Some(subject) = analyses::hold(&mut *tx, tenant, meeting).await? else {
                return Ok(None);
            };
            let member = Member {
                tenant,
                user: UserId(subject.user_id),
            };
            let key = match workshop.live.keys().meeting(member, meeting).await {
                Err(KeyError::Gone) => return Ok(None),
                key => key?,
            };
            kept_audio::drop_unfinished(&mut *tx, tenant, meeting).await?;
            Ok(Some(Found {
                key,
                ended: subject.state == "ended",
                stretches: kept_audio::list(&mut *tx, tenant, meeting).await?,
            }))
        })
        .await
}

/// The stretches that go into an object each, which are in order within each track, and without a hole. Of a meeting that
/// goes on, whole objects alone, and nothing that may still be taken back.
fn groups<'a>(stretches: impl Iterator<Item = &'a Stretch>, ended: bool) -> Vec<Vec<&'a Stretch>> {
    let mut tracks: Vec<Vec<&Stretch>> = Vec::new();
    for stretch in stretches {
        match tracks.last_mut() {
            Some(track) if (track[0].session_id, &track[0].track) == (stretch.session_id, &stretch.track) => {
                track.push(stretch);
            }
            _ => tracks.push(vec![stretch]),
        }
    }
    let mut groups = Vec::new();
    for track in tracks {
        let newest = track.last().map_or(0, |last| from_column(last.to_sample));
        let settled = if ended {
            newest
        } else {
            newest.saturating_sub(STAYS_SAMPLES)
        };
        let mut group: Vec<&Stretch> = Vec::new();
        for stretch in track {
            if from_column(stretch.to_sample) > settled {
                break;
            }
            if group.last().is_some_and(|last| last.to_sample != stretch.from_sample) {
                groups.push(std::mem::take(&mut group));
            }
            group.push(stretch);
            if length(&group) >= OBJECT_SAMPLES {
                groups.push(std::mem::take(&mut group));
            }
        }
        if ended && !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}

/// From the first sample to the last.
fn length(group: &[&Stretch]) -> u64 {
    let ends = group.first().zip(group.last());
    ends.map_or(0, |(first, last)| {
        from_column(last.to_sample) - from_column(first.from_sample)
    })
}

/// Writes one object: named in the index first, so that no sweep takes it; then written; then in the place of its
/// stretches, all of which must still be there.
async fn store_group(
    workshop: &Workshop,
    tenant: TenantId,
    meeting: MeetingId,
    key: &MeetingKey,
    group: &[&Stretch],
) -> Result<(), JobError> {
    let mut frames: Vec<KeptFrame> = Vec::new();
    for stretch in group {
        let sealed = workshop
            .db
            .with_tenant(tenant, async |tx| kept_audio::audio(tx, tenant, stretch.id).await)
            .await?;
        // Taken back meanwhile: the next run sees what is left.
        let Some(sealed) = sealed else { return Ok(()) };
        frames.extend(audio::open(key, stretch.id, spans::track_of(&stretch.track), &sealed)?);
    }
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return Ok(());
    };
    let object = Stretch {
        id: Uuid::now_v7(),
        to_sample: last.to_sample,
        expires_at: group
            .iter()
            .map(|stretch| stretch.expires_at)
            .fold(first.expires_at, Ord::min),
        ..(*first).clone()
    };
    let sealed = audio::seal(key, object.id, &frames);
    drop(frames);
    workshop
        .db
        .with_tenant(tenant, async |tx| {
            kept_audio::begin_object(tx, tenant, meeting, &object, &sealed).await
        })
        .await?;
    workshop.live.audio().put(tenant, meeting, object.id, sealed).await?;
    let ids: Vec<Uuid> = group.iter().map(|stretch| stretch.id).collect();
    let stands = workshop
        .db
        .with_tenant(tenant, async |tx| {
            // The lock that a withdrawal takes too: it finds either the stretches or the object, never neither.
            analyses::hold(&mut *tx, tenant, meeting).await?;
            match kept_audio::finish_object(&mut *tx, tenant, object.id, &ids).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(NotStored::Gone),
                Err(error) => Err(error.into()),
            }
        })
        .await;
    match stands {
        Ok(()) => Ok(()),
        Err(NotStored::Db(error)) => Err(error.into()),
        Err(NotStored::Gone) => {
            workshop
                .db
                .with_tenant(tenant, async |tx| kept_audio::drop_object(tx, tenant, object.id).await)
                .await?;
            sweep(workshop, tenant, meeting).await
        }
    }
}

/// Why an object does not stand for its stretches.
#[derive(Debug, thiserror::Error)]
enum NotStored {
    #[error("some of it was forgotten meanwhile")]
    Gone,
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

async fn sweep(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<(), JobError> {
    let index = async || {
        let objects = workshop
            .db
            .with_tenant(tenant, async |tx| kept_audio::objects(tx, tenant, meeting).await);
        Ok::<_, JobError>(objects.await?)
    };
    let deleted = workshop.live.audio().delete_unknown(tenant, meeting, index).await?;
    if deleted > 0 {
        tracing::info!(meeting.id = %meeting, deleted, "deleted objects of kept audio");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    const S: i64 = 16_000;

    fn stretch(track: &str, from_s: i64, to_s: i64) -> Stretch {
        Stretch {
            id: Uuid::now_v7(),
            session_id: Uuid::nil(),
            track: track.into(),
            from_sample: from_s * S,
            to_sample: to_s * S,
            expires_at: OffsetDateTime::UNIX_EPOCH,
            stored: false,
        }
    }

    fn seconds(groups: &[Vec<&Stretch>]) -> Vec<(String, i64, i64)> {
        groups
            .iter()
            .map(|group| {
                let (first, last) = (group[0], group[group.len() - 1]);
                (first.track.clone(), first.from_sample / S, last.to_sample / S)
            })
            .collect()
    }

    #[test]
    fn an_object_holds_a_minute_of_one_track_and_the_last_of_an_ended_meeting_what_is_left() {
        let stretches: Vec<_> = ["mic", "tab"]
            .iter()
            .flat_map(|track| (0..7).map(|step| stretch(track, step * 20, step * 20 + 20)))
            .collect();
        let expected = ["mic", "tab"].map(|track| {
            let of = |from, to| (track.to_owned(), from, to);
            [of(0, 60), of(60, 120), of(120, 140)]
        });
        assert_eq!(seconds(&groups(stretches.iter(), true)), expected.concat());
    }

    #[test]
    fn an_object_has_no_hole() {
        let stretches = [stretch("mic", 0, 20), stretch("mic", 30, 50), stretch("mic", 50, 55)];
        let expected = [(0, 20), (30, 55)].map(|(from, to)| ("mic".to_owned(), from, to));
        assert_eq!(seconds(&groups(stretches.iter(), true)), expected);
    }

    #[test]
    fn while_a_meeting_goes_on_what_may_be_taken_back_stays() {
        // 150 s: the last 90 may still be taken back, which leaves one minute.
        let stretches: Vec<_> = (0..15).map(|step| stretch("mic", step * 10, step * 10 + 10)).collect();
        assert_eq!(seconds(&groups(stretches.iter(), false)), [("mic".to_owned(), 0, 60)]);
        assert_eq!(groups(stretches[..14].iter(), false).len(), 0);
    }
}
