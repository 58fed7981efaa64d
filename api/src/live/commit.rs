//! A batch on its way into the database: sealed into rows first, then written in one transaction that the live epoch
//! fences. A transaction whose answer was lost is recognised by its id and not made twice.

mod kept;

use crate::db::{self, Db};
use crate::keys::MeetingKey;
use crate::live::fold::{Fold, Setup, reaction_of, snoozed};
use crate::live::sealed;
use crate::record::events::{self, Kind, NewEvent};
use crate::record::kept_audio::{self, NewStretch};
use crate::record::nudges::{self, NewMoment, Snoozed};
use crate::record::observations::{self, NewObservations};
use crate::record::utterances::{self, NewUtterance};
use crate::record::{Capture, analyses, sessions, spans, streams};
use crate::retry::{Breaker, Effort};
use attune_coach::{Effect, Reaction};
use attune_engine::clock::MeetingTime;
use attune_ingest::ports::{Batch, Decided, LedgerError, Position, Withdrawal};
use attune_ingest::protocol::{Coaching, CoachingChange, GapNotice, Nudge, SampleClass, ServerEvent, SuppressedNotice};
use kept::{kept, on_the_record};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;
use tracing::Instrument as _;
use uuid::Uuid;

/// What fits into the ten seconds that a connection waits for any one call.
const EFFORT: Effort = Effort {
    attempts: 2,
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(1),
    attempt_timeout: Duration::from_secs(4),
};

/// Who commits: a session, by the connection of one epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer {
    pub(super) at: Capture,
    pub(super) epoch: i64,
    /// The audio is kept, until then.
    pub(super) keep_audio_until: Option<OffsetDateTime>,
}

/// A batch as rows and events.
#[derive(Debug)]
pub(super) struct Prepared {
    id: Uuid,
    decided: Vec<Decided>,
    positions: Vec<Position>,
    decided_before: MeetingTime,
    decided_to: MeetingTime,
    duration: MeetingTime,
    utterances: Vec<NewUtterance>,
    rows: Vec<NewEvent>,
    observations: Vec<NewObservations>,
    kept: Vec<NewStretch>,
    /// What the coach decided, and what became known of earlier decisions.
    moments: Vec<NewMoment>,
    effects: Vec<Effect>,
    /// What the person made of nudges, by their ids.
    reactions: Vec<(String, Reaction)>,
    snoozed: Option<Snoozed>,
    /// The events of `rows`, in the clear.
    events: Vec<ServerEvent>,
}

/// Why a transaction changed nothing.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error("refused: {0:?}")]
    Refused(Refused),
}

/// Why a transaction must not be written, however often it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("a later connection is live")]
    Fenced,
    #[error("the session or its meeting is over")]
    Closed,
    #[error("consent is withdrawn")]
    Withdrawn,
    #[error("a stream would run backwards")]
    Backwards,
}

impl From<Refused> for LedgerError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fenced => Self::Fenced,
            Refused::Closed => Self::Closed,
            Refused::Withdrawn => Self::Withdrawn,
            Refused::Backwards => Self::Unavailable(Box::new(refused)),
        }
    }
}

impl Prepared {
    /// Folds `batch` in and seals what it gives rise to. `decided_before` is how far the meeting was decided already.
    pub(super) fn new(batch: Batch, fold: &mut Fold, key: &MeetingKey, decided_before: MeetingTime) -> Self {
        let decided_to = batch.decided_to.max(decided_before);
        let duration = batch
            .decided
            .iter()
            .map(|decided| decided.span.end)
            .fold(decided_to, MeetingTime::max);
        let mut prepared = Self {
            id: Uuid::now_v7(),
            positions: batch.positions,
            decided: Vec::new(),
            decided_before,
            decided_to,
            duration,
            utterances: Vec::new(),
            rows: Vec::new(),
            observations: Vec::new(),
            kept: kept(&batch.kept, key),
            moments: Vec::new(),
            effects: Vec::new(),
            reactions: Vec::new(),
            snoozed: None,
            events: Vec::new(),
        };
        fold.under(batch.pressure);
        for coaching in &batch.coaching {
            prepared.tell(coaching, fold, key);
        }
        for decided in &batch.decided {
            prepared.decide(decided, fold, key);
        }
        let nudges = fold.advance(decided_to);
        prepared.nudge(nudges, fold, key);
        let nudges = fold.see(&batch.insights);
        prepared.nudge(nudges, fold, key);
        prepared.effects = fold.take_effects();
        for mark in batch.marks {
            let event = ServerEvent::Marked {
                at_ms: mark.at_ms,
                note: mark.note,
            };
            prepared.add(Kind::Marked, (mark.at_ms, mark.at_ms), event, key);
        }
        prepared.observe(
            observations::Kind::Insights,
            &batch.insights,
            |insight| insight.at_ms,
            key,
        );
        fold.show(&batch.captions);
        prepared.observe(
            observations::Kind::Captions,
            &batch.captions,
            |caption| caption.at_ms(),
            key,
        );
        prepared.decided = batch.decided;
        prepared
    }

    /// How far the meeting is decided once this is written.
    pub(super) const fn decided_to(&self) -> MeetingTime {
        self.decided_to
    }

    /// What readers are told once this is written.
    pub(super) fn into_events(self) -> Vec<ServerEvent> {
        self.events
    }

    fn decide(&mut self, decided: &Decided, fold: &mut Fold, key: &MeetingKey) {
        let (t0_ms, t1_ms) = (decided.span.start.as_ms(), decided.span.end.as_ms());
        if let Some(said) = &decided.outcome {
            let id = Uuid::now_v7();
            let body = sealed::seal(key, sealed::utterance(id), said);
            self.utterances.push(NewUtterance::new(
                id,
                (decided.from_sample, decided.to_sample),
                said,
                body,
            ));
            let (kind, utterance_id) = (Kind::Final, Some(id));
            self.rows.push(NewEvent {
                id: Uuid::now_v7(),
                kind,
                t0_ms,
                t1_ms,
                utterance_id,
                body: None,
            });
            self.events.push(ServerEvent::Final(said.clone()));
            let nudges = fold.observe(said);
            self.nudge(nudges, fold, key);
        } else {
            let nudges = fold.pass_over(decided);
            self.nudge(nudges, fold, key);
        }
        if decided.class == SampleClass::Gap {
            let reason = decided.reason.clone().unwrap_or_else(|| "unknown".into());
            let event = ServerEvent::Gap(GapNotice {
                track: decided.track,
                t0_ms,
                t1_ms,
                reason,
            });
            self.add(Kind::Gap, (t0_ms, t1_ms), event, key);
        }
        if decided.class == SampleClass::Suppressed {
            let reason = decided.reason.clone().unwrap_or_else(|| "unknown".into());
            let event = ServerEvent::Suppressed(SuppressedNotice {
                track: decided.track,
                t0_ms,
                t1_ms,
                reason,
            });
            self.add(Kind::Suppressed, (t0_ms, t1_ms), event, key);
        }
    }

    fn tell(&mut self, coaching: &Coaching, fold: &mut Fold, key: &MeetingKey) {
        self.snoozed = snoozed(coaching).or(self.snoozed);
        if let CoachingChange::Reaction { nudge, reaction } = &coaching.change {
            self.reactions.push((nudge.clone(), reaction_of(*reaction)));
        }
        let nudges = fold.tell(coaching);
        self.nudge(nudges, fold, key);
    }

    /// Adds what the coach says, and notes what it decided after the events so far.
    fn nudge(&mut self, nudges: Vec<Nudge>, fold: &mut Fold, key: &MeetingKey) {
        let after_place = self.rows.len();
        let moments = fold.take_slots().into_iter();
        self.moments.extend(moments.map(|slot| NewMoment { slot, after_place }));
        for nudge in nudges {
            self.add(
                Kind::Nudge,
                (nudge.at_ms, nudge.expires_at_ms),
                ServerEvent::Nudge(nudge),
                key,
            );
        }
    }

    fn add(&mut self, kind: Kind, (t0_ms, t1_ms): (u64, u64), event: ServerEvent, key: &MeetingKey) {
        let id = Uuid::now_v7();
        let body = Some(sealed::seal(key, sealed::event(id), &event));
        self.rows.push(NewEvent {
            id,
            kind,
            t0_ms,
            t1_ms,
            utterance_id: None,
            body,
        });
        self.events.push(event);
    }

    fn observe<T: Serialize>(&mut self, kind: observations::Kind, seen: &[T], at_ms: fn(&T) -> u64, key: &MeetingKey) {
        let times = || seen.iter().map(at_ms);
        let (Some(t0_ms), Some(t1_ms)) = (times().min(), times().max()) else {
            return;
        };
        let id = Uuid::now_v7();
        let body = sealed::seal(key, sealed::observations(id), &seen);
        self.observations.push(NewObservations {
            id,
            kind,
            count: seen.len(),
            t0_ms,
            t1_ms,
            body,
        });
    }

    /// Whether it says anything of anyone. Samples that nobody heard, and how far streams have come, do not.
    fn tells_something(&self) -> bool {
        let said = !(self.utterances.is_empty() && self.rows.is_empty());
        said || !(self.observations.is_empty() && self.kept.is_empty() && self.moments.is_empty())
    }

    async fn keep(&self, tx: &mut sqlx::PgConnection, at: Capture, until: OffsetDateTime) -> sqlx::Result<()> {
        for stretch in &self.kept {
            kept_audio::insert(&mut *tx, at, stretch, until).await?;
        }
        // Once a minute of the meeting: the job finds what may be moved by then.
        let minute = |at: MeetingTime| at.as_ms() / 60_000;
        if !self.kept.is_empty() && minute(self.decided_before) != minute(self.decided_to) {
            crate::jobs::queue::store_audio(&mut *tx, at.tenant, at.meeting).await?;
        }
        Ok(())
    }

    /// Notes what the coach decided after the event `before`, and what became of earlier decisions.
    async fn note_coaching(&self, tx: &mut sqlx::PgConnection, at: Capture, before: i64) -> sqlx::Result<()> {
        if !self.moments.is_empty() {
            nudges::insert(&mut *tx, at.tenant, at.meeting, before, &self.moments).await?;
        }
        if !self.effects.is_empty() {
            nudges::note_effects(&mut *tx, at.tenant, at.meeting, &self.effects).await?;
        }
        for (nudge, reaction) in &self.reactions {
            // One that was not shown, or was taken back meanwhile, is nothing to react to.
            let _ = nudges::note_reaction(&mut *tx, at.tenant, at.meeting, nudge, *reaction).await?;
        }
        if let Some(snoozed) = self.snoozed {
            nudges::note_snooze(&mut *tx, at.tenant, at.meeting, snoozed).await?;
        }
        Ok(())
    }

    /// Writes it; the number of its last event.
    pub(super) async fn write(&self, db: &Db, breaker: &Breaker, writer: Writer) -> Result<i64, LedgerError> {
        let span = tracing::info_span!("commit", session.id = %writer.at.session, events = self.rows.len());
        attempt(breaker, || self.write_once(db, writer)).instrument(span).await
    }

    async fn write_once(
        &self,
        db: &Db,
        Writer {
            at,
            epoch,
            keep_audio_until,
        }: Writer,
    ) -> Result<i64, NotWritten> {
        db.with_tenant(at.tenant, async |tx| {
            let held = hold(tx, at, epoch).await?;
            if held.last_commit == Some(self.id) {
                return Ok(held.last_commit_number);
            }
            // After the lock, which a withdrawal takes too: once that is answered, nothing is added to what was said.
            let stands = match self.tells_something() {
                true => sessions::stand(&mut *tx, at, epoch).await?,
                false => None,
            };
            if self.tells_something() && !stands.as_ref().is_some_and(|at| at.consent) {
                return Err(NotWritten::Refused(Refused::Withdrawn));
            }
            for position in &self.positions {
                if !streams::advance(&mut *tx, at, position).await? {
                    return Err(NotWritten::Refused(Refused::Backwards));
                }
            }
            if !self.decided.is_empty() {
                spans::insert(&mut *tx, at, &self.decided).await?;
            }
            // Looked up here and not only when the connection opened: once keeping is taken back, nothing more is kept.
            if let Some(until) = keep_audio_until.filter(|_| stands.is_some_and(|at| at.keep_audio)) {
                self.keep(&mut *tx, at, until).await?;
            }
            let (count, committed, duration) = (self.rows.len(), self.decided_to.as_ms(), self.duration.as_ms());
            let last = events::take_numbers(&mut *tx, at.tenant, at.meeting, count, committed, duration).await?;
            let last = last.ok_or(NotWritten::Refused(Refused::Closed))?;
            if !self.utterances.is_empty() {
                utterances::insert(&mut *tx, at, &self.utterances).await?;
            }
            if count > 0 {
                let (before, decided_ms) = (last - count as i64, self.decided_before.as_ms());
                events::insert(&mut *tx, at.tenant, at.meeting, before, epoch, decided_ms, &self.rows).await?;
            }
            for observed in &self.observations {
                observations::insert(&mut *tx, at, observed).await?;
            }
            self.note_coaching(&mut *tx, at, last - count as i64).await?;
            sessions::committed(&mut *tx, at, self.id, last).await?;
            Ok(last)
        })
        .await
    }
}

/// Forgets what `withdrawals` name, in one transaction: words, events, nudges, marks, what was observed, and reports
/// that might quote any of it. The `retracted` event and its number, if anything was there to forget.
pub(super) async fn withdraw(
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

/// Keeps what the fold starts from.
pub(super) async fn set_up(db: &Db, breaker: &Breaker, writer: Writer, setup: &Setup) -> Result<(), LedgerError> {
    let Writer { at, epoch, .. } = writer;
    let stored = setup.to_stored();
    attempt(breaker, || async {
        db.with_tenant(at.tenant, async |tx| {
            hold(tx, at, epoch).await?;
            Ok(sessions::set_up(tx, at, &stored).await?)
        })
        .await
    })
    .await
}

/// Ends the session and its meeting, and has the report made. Nothing happens if it has ended before.
pub(super) async fn end(db: &Db, breaker: &Breaker, writer: Writer) -> Result<(), LedgerError> {
    attempt(breaker, || async {
        let Writer { at, epoch, .. } = writer;
        db.with_tenant(at.tenant, async |tx| {
            match hold(tx, at, epoch).await {
                Err(NotWritten::Refused(Refused::Closed)) => return Ok(()),
                held => held?,
            };
            sessions::end(&mut *tx, at).await?;
            crate::record::meetings::mark_ended(&mut *tx, at.tenant, at.meeting).await?;
            crate::jobs::queue::make_report(&mut *tx, at.tenant, at.meeting).await?;
            if kept_audio::extent(&mut *tx, at.tenant, at.meeting).await?.is_some() {
                crate::jobs::queue::store_audio(&mut *tx, at.tenant, at.meeting).await?;
            }
            Ok(())
        })
        .await
    })
    .await
}

/// The session, locked, if this connection may still write to it.
async fn hold(tx: &mut sqlx::PgConnection, at: Capture, epoch: i64) -> Result<sessions::Held, NotWritten> {
    let held = sessions::hold(tx, at)
        .await?
        .ok_or(NotWritten::Refused(Refused::Closed))?;
    if held.live_epoch != epoch {
        return Err(NotWritten::Refused(Refused::Fenced));
    }
    if held.ended_at.is_some() {
        return Err(NotWritten::Refused(Refused::Closed));
    }
    Ok(held)
}

/// A few tries. A connection offers the same batch again, for longer: the client keeps every frame meanwhile.
async fn attempt<T, F>(breaker: &Breaker, mut once: impl FnMut() -> F) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, NotWritten>>,
{
    let told = breaker.call(EFFORT, db::is_transient, || {
        let once = once();
        async {
            // A refusal is an answer of the database, not a failure of it.
            match once.await {
                Ok(written) => Ok(Ok(written)),
                Err(NotWritten::Refused(refused)) => Ok(Err(refused)),
                Err(NotWritten::Db(error)) => Err(error),
            }
        }
    });
    match told.await {
        Ok(written) => Ok(written?),
        Err(down) => Err(LedgerError::Unavailable(Box::new(down))),
    }
}
