//! What was said and is taken back: forgotten with all that rests on it.

use super::kept::on_the_record;
use super::{NotWritten, Refused, Writer, attempt, hold};
use crate::db::Db;
use crate::keys::MeetingKey;
use crate::live::sealed;
use crate::record::events::{self, Kind, NewEvent};
use crate::record::{analyses, kept_audio, nudges, observations, spans, utterances};
use crate::retry::Breaker;
use attune_ingest::ports::{LedgerError, Withdrawal};
use attune_ingest::protocol::ServerEvent;
use uuid::Uuid;

/// Forgets what `withdrawals` name, in one transaction: words, events, nudges, marks, what was observed, and reports
/// that might quote any of it. The `retracted` event and its number, if anything was there to forget.
pub(in crate::live) async fn withdraw(
    db: &Db,
    breaker: &Breaker,
    writer: Writer,
    key: &MeetingKey,
    withdrawals: &[Withdrawal],
) -> Result<Option<(i64, ServerEvent)>, LedgerError> {
    attempt(breaker, || withdraw_once(db, writer, key, withdrawals)).await
}

async fn withdraw_once(
    db: &Db,
    Writer { at, epoch, .. }: Writer,
    key: &MeetingKey,
    withdrawals: &[Withdrawal],
) -> Result<Option<(i64, ServerEvent)>, NotWritten> {
    db.with_tenant(at.tenant, async |tx| {
        hold(tx, at, epoch).await?;
        // The meeting too, which whoever moves its audio locks: after the session, like everybody.
        analyses::hold(&mut *tx, at.tenant, at.meeting).await?;
        let (mut ids, mut objects) = (Vec::new(), false);
        for what in withdrawals {
            let from_ms = what.span.start.as_ms();
            let segments = utterances::forget(&mut *tx, at, what).await?;
            ids.extend(segments.iter().map(|(id, _)| id.as_str().to_owned()));
            for row in events::forget_nudges(&mut *tx, at.tenant, at.meeting, from_ms).await? {
                // A nudge that does not open is gone all the same; its id cannot be told.
                if let Ok(ServerEvent::Nudge(nudge)) = sealed::open(key, sealed::event(row.id), &row.body) {
                    ids.push(nudge.id);
                }
            }
            nudges::forget(&mut *tx, at.tenant, at.meeting, from_ms).await?;
            // What was marked and observed does not wait for audio, and may be ahead of it.
            events::forget_marks(&mut *tx, at.tenant, at.meeting, from_ms).await?;
            observations::forget(&mut *tx, at, from_ms).await?;
            let withheld = spans::withhold(&mut *tx, at, what).await?;
            let touched = kept_audio::forget_withdrawn(&mut *tx, at, what.track, &withheld).await?;
            objects |= touched.iter().any(|stretch| stretch.audio.is_none());
            for stretch in &touched {
                for rest in on_the_record(stretch, key, what.track, &withheld) {
                    kept_audio::insert(&mut *tx, at, &rest, stretch.expires_at).await?;
                }
            }
        }
        if objects {
            crate::jobs::queue::forget_audio(&mut *tx, at.tenant, at.meeting).await?;
        }
        analyses::forget(&mut *tx, at.tenant, at.meeting).await?;
        if ids.is_empty() {
            return Ok(None);
        }
        let last = events::take_numbers(&mut *tx, at.tenant, at.meeting, 1, 0, 0).await?;
        let last = last.ok_or(NotWritten::Refused(Refused::Closed))?;
        let event = ServerEvent::Retracted { ids };
        let id = Uuid::now_v7();
        let row = NewEvent {
            id,
            kind: Kind::Retracted,
            t0_ms: 0,
            t1_ms: 0,
            utterance_id: None,
            body: Some(sealed::seal(key, sealed::event(id), &event)),
        };
        events::insert(&mut *tx, at.tenant, at.meeting, last - 1, epoch, 0, &[row]).await?;
        Ok(Some((last, event)))
    })
    .await
}
