//! What became of every sample of a track.

use crate::coverage::Stretches;
use crate::record::{Capture, from_column, to_column};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::report::Gap;
use attune_engine::speaker::Track;
use attune_ingest::ports::{Decided, Withdrawal};
use attune_ingest::protocol::{Account, SampleClass};
use sqlx::{PgConnection, PgExecutor};
use std::collections::BTreeMap;
use std::ops::Range;

/// Adds what a commit decided. A sample that is decided already stops the transaction.
pub(crate) async fn insert(db: impl PgExecutor<'_>, at: Capture, decided: &[Decided]) -> sqlx::Result<()> {
    let column = |of: fn(&Decided) -> u64| decided.iter().map(|span| to_column(of(span))).collect::<Vec<_>>();
    let tracks: Vec<_> = decided.iter().map(|span| span.track.as_str().to_owned()).collect();
    let classes: Vec<_> = decided.iter().map(|span| span.class.as_str().to_owned()).collect();
    let reasons: Vec<_> = decided.iter().map(|span| span.reason.clone()).collect();
    sqlx::query!(
        "INSERT INTO sample_spans (tenant_id, session_id, track, from_sample, to_sample, t0_ms, t1_ms, class, reason)
         SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
             $8::text[], $9::text[])",
        at.tenant.0,
        at.session,
        &tracks,
        &column(|span| span.from_sample),
        &column(|span| span.to_sample),
        &column(|span| span.span.start.as_ms()),
        &column(|span| span.span.end.as_ms()),
        &classes,
        &reasons as &[Option<String>]
    )
    .execute(db)
    .await
    .map(drop)
}

/// Makes a stretch withheld that was something else. Says what is withheld by it: more than was named where speech
/// reaches beyond that.
pub(crate) async fn withhold(db: &mut PgConnection, at: Capture, what: &Withdrawal) -> sqlx::Result<Range<u64>> {
    let touched = sqlx::query!(
        "DELETE FROM sample_spans
         WHERE tenant_id = $1 AND session_id = $2 AND track = $3 AND from_sample < $5 AND to_sample > $4
         RETURNING from_sample, to_sample, t0_ms, t1_ms, class, reason",
        at.tenant.0,
        at.session,
        what.track.as_str(),
        to_column(what.from_sample),
        to_column(what.to_sample)
    )
    .fetch_all(&mut *db)
    .await?;
    let mut rows = Vec::new();
    for row in touched {
        let span = Decided {
            track: what.track,
            from_sample: from_column(row.from_sample),
            to_sample: from_column(row.to_sample),
            span: Span::new(ms(row.t0_ms), ms(row.t1_ms)),
            class: class_of(&row.class),
            reason: row.reason,
            outcome: None,
        };
        rows.extend(forget(span, what));
    }
    insert(db, at, &rows).await?;
    let withheld = rows.iter().filter(|row| row.class == SampleClass::Withheld);
    Ok(withheld.fold(what.from_sample..what.to_sample, |all, row| {
        all.start.min(row.from_sample)..all.end.max(row.to_sample)
    }))
}

/// What a span becomes that a withdrawal touches. A segment of speech goes as a whole, because its words do; a loss stays
/// a loss, because the person was told of it; of anything else the part inside goes.
fn forget(span: Decided, what: &Withdrawal) -> Vec<Decided> {
    match span.class {
        SampleClass::Gap => vec![span],
        SampleClass::Decoded | SampleClass::Suppressed => vec![withheld(span)],
        SampleClass::NonSpeech | SampleClass::Withheld => {
            let (before, rest) = cut(span, what.from_sample);
            let (inside, after) = rest.map_or((None, None), |rest| cut(rest, what.to_sample));
            before.into_iter().chain(inside.map(withheld)).chain(after).collect()
        }
    }
}

fn withheld(span: Decided) -> Decided {
    Decided {
        class: SampleClass::Withheld,
        reason: Some("off_the_record".into()),
        ..span
    }
}

/// The part of `span` before `sample`, and the part from it on.
fn cut(span: Decided, sample: u64) -> (Option<Decided>, Option<Decided>) {
    if sample <= span.from_sample {
        return (None, Some(span));
    }
    if sample >= span.to_sample {
        return (Some(span), None);
    }
    let (from, to) = (span.from_sample, span.to_sample);
    let middle = MeetingTime::from_ms(
        span.span.start.as_ms() + span.span.duration().as_millis() as u64 * (sample - from) / (to - from),
    );
    let before = Decided {
        to_sample: sample,
        span: Span::new(span.span.start, middle),
        ..span.clone()
    };
    let after = Decided {
        from_sample: sample,
        span: Span::new(middle, span.span.end),
        ..span
    };
    (Some(before), Some(after))
}

/// A stretch of a track.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) track: Track,
    pub(crate) from_sample: u64,
    pub(crate) to_sample: u64,
    pub(crate) span: Span,
    pub(crate) class: SampleClass,
}

/// Every stretch of a session, in order within each track.
pub(crate) async fn list(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Vec<Stored>> {
    let rows = sqlx::query!(
        "SELECT track, from_sample, to_sample, t0_ms, t1_ms, class FROM sample_spans
         WHERE tenant_id = $1 AND session_id = $2 ORDER BY track, from_sample",
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await?;
    let stored = rows.into_iter().map(|row| Stored {
        track: track_of(&row.track),
        from_sample: from_column(row.from_sample),
        to_sample: from_column(row.to_sample),
        span: Span::new(ms(row.t0_ms), ms(row.t1_ms)),
        class: class_of(&row.class),
    });
    Ok(stored.collect())
}

/// What became of every sample of each track.
pub(crate) async fn accounts(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<BTreeMap<Track, Account>> {
    let rows = sqlx::query!(
        r#"SELECT track, class, reason, sum(to_sample - from_sample)::bigint AS "samples!" FROM sample_spans
           WHERE tenant_id = $1 AND session_id = $2 GROUP BY track, class, reason"#,
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await?;
    let mut accounts: BTreeMap<Track, Account> = BTreeMap::new();
    for row in rows {
        let account = accounts.entry(track_of(&row.track)).or_default();
        account.add(class_of(&row.class), row.reason.as_deref(), from_column(row.samples));
    }
    Ok(accounts)
}

/// How many stretches of each track were not heard for which reason. What was committed in pieces is one stretch.
pub(crate) async fn stretches(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Stretches> {
    let rows = sqlx::query!(
        r#"SELECT track AS "track!", reason AS "reason!", count(*) AS "stretches!"
           FROM (
               SELECT track, reason, from_sample = lag(to_sample) OVER pieces AS goes_on
               FROM sample_spans
               WHERE tenant_id = $1 AND session_id = $2 AND reason IS NOT NULL
               WINDOW pieces AS (PARTITION BY track, class, reason ORDER BY from_sample)
           ) AS piece
           WHERE goes_on IS NOT TRUE
           GROUP BY track, reason"#,
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await?;
    let counted = rows
        .into_iter()
        .map(|row| ((track_of(&row.track), row.reason), from_column(row.stretches)));
    Ok(counted.collect())
}

/// The stretches that are lost, in order of time.
pub(crate) async fn gaps(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Vec<Gap>> {
    let rows = sqlx::query!(
        r#"SELECT track, t0_ms, t1_ms, coalesce(reason, 'unknown') AS "reason!" FROM sample_spans
           WHERE tenant_id = $1 AND session_id = $2 AND class = 'gap' ORDER BY t0_ms, track"#,
        at.tenant.0,
        at.session
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Gap {
            track: track_of(&row.track),
            span: Span::new(ms(row.t0_ms), ms(row.t1_ms)),
            reason: row.reason,
        })
        .collect())
}

/// The track of a row: the column is checked to name one of the two.
pub(crate) fn track_of(name: &str) -> Track {
    if name == Track::Mic.as_str() {
        Track::Mic
    } else {
        Track::Tab
    }
}

/// The class of a row: the column is checked to name one of the five.
pub(crate) fn class_of(name: &str) -> SampleClass {
    const ALL: [SampleClass; 5] = [
        SampleClass::Decoded,
        SampleClass::NonSpeech,
        SampleClass::Suppressed,
        SampleClass::Withheld,
        SampleClass::Gap,
    ];
    ALL.into_iter()
        .find(|class| class.as_str() == name)
        .unwrap_or(SampleClass::Gap)
}

fn ms(column: i64) -> MeetingTime {
    MeetingTime::from_ms(from_column(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(class: SampleClass) -> Decided {
        Decided {
            track: Track::Mic,
            from_sample: 1_600,
            to_sample: 16_000,
            span: Span::new(MeetingTime::from_ms(100), MeetingTime::from_ms(1_000)),
            class,
            reason: None,
            outcome: None,
        }
    }

    #[test]
    fn a_span_that_is_cut_keeps_every_sample_and_every_millisecond() {
        let span = span(SampleClass::NonSpeech);
        let (before, after) = cut(span.clone(), 8_000);
        let (before, after) = (before.unwrap(), after.unwrap());
        assert_eq!(
            (before.from_sample, before.to_sample, after.from_sample, after.to_sample),
            (1_600, 8_000, 8_000, 16_000)
        );
        assert_eq!(
            (before.span.end, after.span.start),
            (MeetingTime::from_ms(500), MeetingTime::from_ms(500))
        );

        assert_eq!(cut(span.clone(), 1_600), (None, Some(span.clone())));
        assert_eq!(cut(span.clone(), 16_000), (Some(span), None));
    }

    #[test]
    fn off_the_record_takes_speech_whole_silence_in_part_and_leaves_a_loss() {
        use SampleClass::{Decoded, Gap, NonSpeech, Suppressed, Withheld};
        let what = Withdrawal {
            track: Track::Mic,
            from_sample: 8_000,
            to_sample: 12_000,
            span: Span::new(MeetingTime::from_ms(500), MeetingTime::from_ms(750)),
        };
        let silence = [
            (1_600, 8_000, NonSpeech),
            (8_000, 12_000, Withheld),
            (12_000, 16_000, NonSpeech),
        ];
        for (class, expected) in [
            (Decoded, &[(1_600, 16_000, Withheld)][..]),
            (Suppressed, &[(1_600, 16_000, Withheld)]),
            (NonSpeech, &silence),
            (Gap, &[(1_600, 16_000, Gap)]),
        ] {
            let left: Vec<_> = forget(span(class), &what)
                .into_iter()
                .map(|part| (part.from_sample, part.to_sample, part.class))
                .collect();
            assert_eq!(left, expected, "{class:?}");
        }
    }
}
