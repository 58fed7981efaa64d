//! Decided segments of speech.

use crate::record::{Capture, to_column};
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, SegmentId};
use attune_ingest::ports::Withdrawal;
use sqlx::PgExecutor;
use uuid::Uuid;

/// A segment to be stored.
#[derive(Debug)]
pub(crate) struct NewUtterance {
    pub(crate) id: Uuid,
    pub(crate) track: &'static str,
    pub(crate) from_sample: u64,
    pub(crate) to_sample: u64,
    pub(crate) t0_ms: u64,
    pub(crate) t1_ms: u64,
    pub(crate) word_count: i32,
    pub(crate) body: Vec<u8>,
}

impl NewUtterance {
    /// The row of `decided`, whose samples and sealed words these are.
    pub(crate) fn new(id: Uuid, samples: (u64, u64), decided: &Final, body: Vec<u8>) -> Self {
        Self {
            id,
            track: decided.track.as_str(),
            from_sample: samples.0,
            to_sample: samples.1,
            t0_ms: decided.span.start.as_ms(),
            t1_ms: decided.span.end.as_ms(),
            word_count: i32::try_from(decided.words.len()).unwrap_or(i32::MAX),
            body,
        }
    }
}

/// Adds what a commit decided. A segment that is there already stops the transaction.
pub(crate) async fn insert(db: impl PgExecutor<'_>, at: Capture, new: &[NewUtterance]) -> sqlx::Result<()> {
    let column = |of: fn(&NewUtterance) -> u64| new.iter().map(|row| to_column(of(row))).collect::<Vec<_>>();
    let ids: Vec<_> = new.iter().map(|row| row.id).collect();
    let tracks: Vec<_> = new.iter().map(|row| row.track.to_owned()).collect();
    let words: Vec<_> = new.iter().map(|row| row.word_count).collect();
    let bodies: Vec<_> = new.iter().map(|row| row.body.clone()).collect();
    sqlx::query!(
        "INSERT INTO utterances (tenant_id, meeting_id, session_id, id, track, from_sample, to_sample, t0_ms, t1_ms,
             word_count, body)
         SELECT $1, $2, $3, * FROM unnest($4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
             $9::bigint[], $10::integer[], $11::bytea[])",
        at.tenant.0,
        at.meeting.0,
        at.session,
        &ids,
        &tracks,
        &column(|row| row.from_sample),
        &column(|row| row.to_sample),
        &column(|row| row.t0_ms),
        &column(|row| row.t1_ms),
        &words,
        &bodies
    )
    .execute(db)
    .await
    .map(drop)
}

/// A segment as it is stored.
#[derive(Debug)]
pub(crate) struct StoredUtterance {
    pub(crate) id: Uuid,
    pub(crate) track: String,
    pub(crate) from_sample: i64,
    pub(crate) to_sample: i64,
    pub(crate) body: Vec<u8>,
}

/// The segments of a session, in order within each track.
pub(crate) async fn list(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Vec<StoredUtterance>> {
    sqlx::query_as!(
        StoredUtterance,
        "SELECT id, track, from_sample, to_sample, body FROM utterances
         WHERE tenant_id = $1 AND session_id = $2 ORDER BY track, from_sample",
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await
}

/// The segment of a session that is named so.
pub(crate) async fn named(
    db: impl PgExecutor<'_>,
    at: Capture,
    track: Track,
    from_sample: u64,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM utterances WHERE tenant_id = $1 AND session_id = $2 AND track = $3 AND from_sample = $4",
        at.tenant.0,
        at.session,
        track.as_str(),
        to_column(from_sample)
    )
    .fetch_optional(db)
    .await
}

/// Forgets the segments that overlap a withdrawn stretch, and with them their events; says which they were and where each
/// began.
pub(crate) async fn forget(
    db: impl PgExecutor<'_>,
    at: Capture,
    what: &Withdrawal,
) -> sqlx::Result<Vec<(SegmentId, u64)>> {
    let from_samples = sqlx::query_scalar!(
        "DELETE FROM utterances
         WHERE tenant_id = $1 AND session_id = $2 AND track = $3 AND from_sample < $5 AND to_sample > $4
         RETURNING from_sample",
        at.tenant.0,
        at.session,
        what.track.as_str(),
        to_column(what.from_sample),
        to_column(what.to_sample)
    )
    .fetch_all(db)
    .await?;
    let segment = |sample| {
        let sample = crate::record::from_column(sample);
        (SegmentId::new(what.track, sample), sample)
    };
    Ok(from_samples.into_iter().map(segment).collect())
}
