//! What became of a session's samples, as the database has it.

use super::Stage;
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;

/// Samples of each track in each class.
pub async fn classes(db: &mut PgConnection, stage: &Stage) -> BTreeMap<(String, String), i64> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT track, class, sum(to_sample - from_sample)::bigint FROM sample_spans WHERE session_id = $1
         GROUP BY track, class",
    )
    .bind(stage.session)
    .fetch_all(db)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(track, class, samples)| ((track, class), samples))
        .collect()
}

/// Stretches that overlap, or leave something out between them, of one session.
pub async fn breaks(db: &mut PgConnection, stage: &Stage) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT from_sample, lag(to_sample, 1, 0::bigint) OVER (PARTITION BY track ORDER BY from_sample) AS before
             FROM sample_spans WHERE session_id = $1) spans
         WHERE from_sample <> before",
    )
    .bind(stage.session)
    .fetch_one(db)
    .await
    .unwrap()
}
