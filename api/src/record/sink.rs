//! Digests of frames, on a server that is measured: many connections' in one statement.

use crate::ids::TenantId;
use sqlx::PgExecutor;
use std::collections::HashSet;
use uuid::Uuid;

/// What connections of one tenant have checked, column by column as one statement takes it.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// Who writes: a session, by the connection of one epoch.
    pub(crate) sessions: Vec<Uuid>,
    pub(crate) epochs: Vec<i64>,
    /// Stretches of frames of one stream, and their digests.
    pub(crate) frames: Frames,
    /// Where streams stand now.
    pub(crate) places: Places,
}

/// Stretches of frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    pub(crate) sessions: Vec<Uuid>,
    pub(crate) streams: Vec<i16>,
    pub(crate) from_seqs: Vec<i64>,
    pub(crate) digests: Vec<Vec<u8>>,
}

/// Where streams stand.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) sessions: Vec<Uuid>,
    pub(crate) streams: Vec<i16>,
    pub(crate) decided_samples: Vec<i64>,
    pub(crate) release_seqs: Vec<i64>,
    pub(crate) release_first_samples: Vec<i64>,
}

/// Makes `checks` durable for every session whose epoch is live and which has not ended; gives these back, and changes
/// nothing of the others. The same digests written once more, because an answer was lost, change nothing.
pub(crate) async fn commit(db: impl PgExecutor<'_>, tenant: TenantId, checks: &Checks) -> sqlx::Result<HashSet<Uuid>> {
    let held = sqlx::query_scalar!(
        r#"WITH locked AS (
               SELECT s.id FROM meeting_sessions s
               JOIN unnest($2::uuid[], $3::bigint[]) AS writer (session_id, epoch)
                    ON writer.session_id = s.id AND writer.epoch = s.live_epoch
               WHERE s.tenant_id = $1 AND s.ended_at IS NULL
               ORDER BY s.id FOR UPDATE OF s),
           held AS (
               UPDATE meeting_sessions s SET last_seen_at = now(), last_commit = coalesce(s.last_commit, s.id)
               FROM locked WHERE s.tenant_id = $1 AND s.id = locked.id
               RETURNING s.id),
           kept AS (
               INSERT INTO sink_frames (tenant_id, session_id, stream, from_seq, digests)
               SELECT $1, f.session_id, f.stream, f.from_seq, f.digests
               FROM unnest($4::uuid[], $5::smallint[], $6::bigint[], $7::bytea[])
                    AS f (session_id, stream, from_seq, digests)
               JOIN held ON held.id = f.session_id
               ON CONFLICT ON CONSTRAINT sink_frames_pk DO NOTHING),
           placed AS (
               INSERT INTO session_streams AS s
                   (tenant_id, session_id, stream, decided_sample, release_seq, release_first_sample)
               SELECT $1, p.session_id, p.stream, p.decided_sample, p.release_seq, p.release_first_sample
               FROM unnest($8::uuid[], $9::smallint[], $10::bigint[], $11::bigint[], $12::bigint[])
                    AS p (session_id, stream, decided_sample, release_seq, release_first_sample)
               JOIN held ON held.id = p.session_id
               ON CONFLICT ON CONSTRAINT session_streams_pk DO UPDATE SET
                   decided_sample = EXCLUDED.decided_sample,
                   release_seq = EXCLUDED.release_seq,
                   release_first_sample = EXCLUDED.release_first_sample
               WHERE s.decided_sample <= EXCLUDED.decided_sample AND s.release_seq <= EXCLUDED.release_seq)
           SELECT id AS "id!" FROM held"#,
        tenant.0,
        &checks.sessions,
        &checks.epochs,
        &checks.frames.sessions,
        &checks.frames.streams,
        &checks.frames.from_seqs,
        &checks.frames.digests,
        &checks.places.sessions,
        &checks.places.streams,
        &checks.places.decided_samples,
        &checks.places.release_seqs,
        &checks.places.release_first_samples
    )
    .fetch_all(db)
    .await?;
    Ok(held.into_iter().collect())
}
