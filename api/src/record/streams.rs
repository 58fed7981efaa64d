//! Where each stream of a session stands.

use crate::record::{Capture, from_column, to_column};
use attune_ingest::ports::{Line, Position};
use attune_ingest::protocol::Stream;
use sqlx::PgExecutor;

/// Moves a stream on. Nothing here runs backwards: a position that does is a fault, and no row is changed by it.
pub(crate) async fn advance(db: impl PgExecutor<'_>, at: Capture, to: &Position) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO session_streams AS s (tenant_id, session_id, stream, decided_sample, release_seq,
             release_first_sample, line_sample, line_at_ms, line_floor_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT ON CONSTRAINT session_streams_pk DO UPDATE SET
             decided_sample = EXCLUDED.decided_sample,
             release_seq = EXCLUDED.release_seq,
             release_first_sample = EXCLUDED.release_first_sample,
             line_sample = EXCLUDED.line_sample,
             line_at_ms = EXCLUDED.line_at_ms,
             line_floor_ms = EXCLUDED.line_floor_ms
         WHERE s.decided_sample <= EXCLUDED.decided_sample AND s.release_seq <= EXCLUDED.release_seq",
        at.tenant.0,
        at.session,
        i16::from(to.stream.byte()),
        to_column(to.decided_sample),
        to_column(to.release_seq),
        to_column(to.release_first_sample),
        to.line.map(|line| to_column(line.sample)),
        to.line.map(|line| to_column(line.at_ms)),
        to.line.map(|line| to_column(line.floor_ms))
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where every stream of the session stands.
pub(crate) async fn positions(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Vec<Position>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT stream, decided_sample, release_seq, release_first_sample, line_sample, line_at_ms, line_floor_ms
         FROM session_streams WHERE tenant_id = $1 AND session_id = $2 ORDER BY stream",
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await?;
    let position = |row: Row| {
        Some(Position {
            stream: u8::try_from(row.stream).ok().and_then(Stream::from_byte)?,
            decided_sample: from_column(row.decided_sample),
            release_seq: from_column(row.release_seq),
            release_first_sample: from_column(row.release_first_sample),
            line: row
                .line_sample
                .zip(row.line_at_ms)
                .zip(row.line_floor_ms)
                .map(|((sample, at_ms), floor_ms)| Line {
                    sample: from_column(sample),
                    at_ms: from_column(at_ms),
                    floor_ms: from_column(floor_ms),
                }),
        })
    };
    Ok(rows.into_iter().filter_map(position).collect())
}

/// A row of `session_streams`.
struct Row {
    stream: i16,
    decided_sample: i64,
    release_seq: i64,
    release_first_sample: i64,
    line_sample: Option<i64>,
    line_at_ms: Option<i64>,
    line_floor_ms: Option<i64>,
}
