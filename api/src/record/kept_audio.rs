//! The index of kept audio, and the stretches of it that a commit brought and no object holds yet.

use crate::ids::{MeetingId, Member, TenantId};
use crate::record::{Capture, to_column};
use attune_engine::speaker::Track;
use sqlx::PgExecutor;
use std::ops::Range;
use time::OffsetDateTime;
use uuid::Uuid;

/// A stretch of a track to be kept, sealed.
#[derive(Debug)]
pub(crate) struct NewStretch {
    pub(crate) id: Uuid,
    pub(crate) track: Track,
    pub(crate) from_sample: u64,
    pub(crate) to_sample: u64,
    pub(crate) audio: Vec<u8>,
}

/// Adds a stretch of a commit, unless any of it is withheld.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    at: Capture,
    new: &NewStretch,
    expires_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO kept_audio (tenant_id, id, meeting_id, session_id, track, from_sample, to_sample, bytes, expires_at, audio)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
         WHERE NOT EXISTS (
             SELECT FROM sample_spans
             WHERE tenant_id = $1 AND session_id = $4 AND track = $5 AND class = 'withheld'
               AND from_sample < $7 AND to_sample > $6)",
        at.tenant.0,
        new.id,
        at.meeting.0,
        at.session,
        new.track.as_str(),
        to_column(new.from_sample),
        to_column(new.to_sample),
        size(&new.audio),
        expires_at as OffsetDateTime,
        new.audio
    )
    .execute(db)
    .await
    .map(drop)
}

/// Until when the audio of this meeting is kept, if it is to be kept at all: the person consents to it, and not otherwise
/// for this meeting; as long as the server, the person and their tenant let it. The date stands from the first time it is asked for.
pub(crate) async fn keep_until(
    db: impl PgExecutor<'_>,
    at: Capture,
    kept_for_secs: f64,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        r#"UPDATE meetings m
           SET audio_expires_at = CASE WHEN audio_expires_at > now() THEN audio_expires_at
                                       ELSE now() + least(make_interval(secs => $3),
                                           (SELECT make_interval(days => c.days) FROM retention_choices c
                                            WHERE c.tenant_id = m.tenant_id AND c.user_id = m.user_id AND c.kind = 'audio'),
                                           (SELECT make_interval(days => c.days) FROM retention_ceilings c
                                            WHERE c.tenant_id = m.tenant_id AND c.kind = 'audio')) END
           WHERE tenant_id = $1 AND id = $2 AND keep_audio
             AND coalesce((SELECT c.granted FROM consents c
                           WHERE c.tenant_id = m.tenant_id AND c.user_id = m.user_id AND c.kind = 'keep_audio'
                           ORDER BY c.created_at DESC, c.id DESC LIMIT 1), false)
           RETURNING audio_expires_at AS "audio_expires_at!: OffsetDateTime""#,
        at.tenant.0,
        at.meeting.0,
        kept_for_secs
    )
    .fetch_optional(db)
    .await
}

/// A stretch that a withdrawal touches.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) id: Uuid,
    /// Absent where it is in an object.
    pub(crate) audio: Option<Vec<u8>>,
    pub(crate) expires_at: OffsetDateTime,
}

/// Forgets the stretches of a session that a withdrawal touches, whole, and gives them back: a part of one may be on the record.
pub(crate) async fn forget_withdrawn(
    db: impl PgExecutor<'_>,
    at: Capture,
    track: Track,
    withheld: &Range<u64>,
) -> sqlx::Result<Vec<Touched>> {
    sqlx::query_as!(
        Touched,
        r#"DELETE FROM kept_audio
           WHERE tenant_id = $1 AND session_id = $2 AND track = $3 AND from_sample < $5 AND to_sample > $4
           RETURNING id, audio, expires_at AS "expires_at: OffsetDateTime""#,
        at.tenant.0,
        at.session,
        track.as_str(),
        to_column(withheld.start),
        to_column(withheld.end)
    )
    .fetch_all(db)
    .await
}

/// Forgets all audio of a meeting.
pub(crate) async fn forget(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM kept_audio WHERE tenant_id = $1 AND meeting_id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets all audio of a person's meetings; says of which there was any.
pub(crate) async fn forget_all(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<MeetingId>> {
    sqlx::query_scalar!(
        r#"WITH gone AS (
               DELETE FROM kept_audio k USING meetings m
               WHERE k.tenant_id = $1 AND m.tenant_id = $1 AND m.id = k.meeting_id AND m.user_id = $2
               RETURNING k.meeting_id)
           SELECT DISTINCT meeting_id AS "meeting_id!: MeetingId" FROM gone"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Forgets what is past its time.
pub(crate) async fn forget_expired(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM kept_audio WHERE tenant_id = $1 AND meeting_id = $2 AND expires_at <= now()",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Nothing of this meeting is kept from now on.
pub(crate) async fn refuse(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meetings SET keep_audio = false, audio_expires_at = NULL, updated_at = now()
         WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// How much audio of a meeting is kept.
#[derive(Debug)]
pub(crate) struct Extent {
    /// 16 kHz samples of the track of which most is kept.
    pub(crate) samples: i64,
    pub(crate) bytes: i64,
    pub(crate) expires_at: OffsetDateTime,
}

/// How much audio of a meeting is kept; none where there is none.
pub(crate) async fn extent(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Extent>> {
    sqlx::query_as!(
        Extent,
        r#"SELECT max(samples)::bigint AS "samples!", sum(bytes)::bigint AS "bytes!",
                  max(expires_at) AS "expires_at!: OffsetDateTime"
           FROM (SELECT sum(to_sample - from_sample) AS samples, sum(bytes) AS bytes, max(expires_at) AS expires_at
                 FROM kept_audio
                 WHERE tenant_id = $1 AND meeting_id = $2 AND expires_at > now() AND num_nonnulls(audio, stored_at) = 1
                 GROUP BY session_id, track) tracks
           HAVING count(*) > 0"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// A stretch without its audio.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) track: String,
    pub(crate) from_sample: i64,
    pub(crate) to_sample: i64,
    pub(crate) expires_at: OffsetDateTime,
    /// It is an object.
    pub(crate) stored: bool,
}

/// What there is of a meeting and may still be heard, in order within each track.
pub(crate) async fn list(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<Vec<Stretch>> {
    sqlx::query_as!(
        Stretch,
        r#"SELECT id, session_id, track, from_sample, to_sample, expires_at AS "expires_at: OffsetDateTime",
                  stored_at IS NOT NULL AS "stored!"
           FROM kept_audio
           WHERE tenant_id = $1 AND meeting_id = $2 AND expires_at > now() AND num_nonnulls(audio, stored_at) = 1
           ORDER BY session_id, track, from_sample"#,
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// The objects that the meeting has or is about to have.
pub(crate) async fn objects(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM kept_audio WHERE tenant_id = $1 AND meeting_id = $2 AND audio IS NULL",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
}

/// The sealed audio of a stretch that is no object yet.
pub(crate) async fn audio(db: impl PgExecutor<'_>, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Vec<u8>>> {
    let found = sqlx::query_scalar!(
        "SELECT audio FROM kept_audio WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}

/// An object is about to be written for these stretches: its place in the index.
pub(crate) async fn begin_object(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    object: &Stretch,
    bytes: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO kept_audio (tenant_id, id, meeting_id, session_id, track, from_sample, to_sample, bytes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        object.id,
        meeting.0,
        object.session_id,
        object.track,
        object.from_sample,
        object.to_sample,
        size(bytes),
        object.expires_at as OffsetDateTime
    )
    .execute(db)
    .await
    .map(drop)
}

/// The object is there and stands for the stretches. False, and to be rolled back, if any of them is gone meanwhile.
pub(crate) async fn finish_object(
    db: &mut sqlx::PgConnection,
    tenant: TenantId,
    object: Uuid,
    stretches: &[Uuid],
) -> sqlx::Result<bool> {
    let replaced = sqlx::query!(
        "DELETE FROM kept_audio WHERE tenant_id = $1 AND id = ANY($2)",
        tenant.0,
        stretches
    )
    .execute(&mut *db)
    .await?;
    let stored = sqlx::query!(
        "UPDATE kept_audio SET stored_at = now() WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        object
    )
    .execute(&mut *db)
    .await?;
    Ok(replaced.rows_affected() == stretches.len() as u64 && stored.rows_affected() == 1)
}

/// The object does not come about.
pub(crate) async fn drop_object(db: impl PgExecutor<'_>, tenant: TenantId, object: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM kept_audio WHERE tenant_id = $1 AND id = $2 AND audio IS NULL AND stored_at IS NULL",
        tenant.0,
        object
    )
    .execute(db)
    .await
    .map(drop)
}

/// Drops the places of objects whose writer died: one takes minutes at most.
pub(crate) async fn drop_unfinished(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM kept_audio WHERE tenant_id = $1 AND meeting_id = $2 AND audio IS NULL AND stored_at IS NULL
             AND created_at < now() - interval '10 minutes'",
        tenant.0,
        meeting.0
    )
    .execute(db)
    .await
    .map(drop)
}

fn size(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}
