//! A batch, folded in and sealed into rows, and how it is written.

use super::kept::kept;
use super::{NotWritten, Refused, Writer, attempt, hold};
use crate::db::Db;
use crate::keys::MeetingKey;
use crate::live::fold::{Fold, reaction_of, snoozed};
use crate::live::sealed;
use crate::record::events::{self, Kind, NewEvent};
use crate::record::kept_audio::{self, NewStretch};
use crate::record::nudges::{self, NewMoment, Snoozed};
use crate::record::observations::{self, NewObservations};
use crate::record::utterances::{self, NewUtterance};
use crate::record::{Capture, sessions, spans, streams};
use crate::retry::Breaker;
use attune_coach::{Effect, Reaction};
use attune_engine::clock::MeetingTime;
use attune_ingest::ports::{Batch, Decided, LedgerError, Position};
use attune_ingest::protocol::{Coaching, CoachingChange, GapNotice, Nudge, SampleClass, ServerEvent, SuppressedNotice};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::Instrument as _;
use uuid::Uuid;

/// A batch as rows and events.
#[derive(Debug)]
pub(in crate::live) struct Prepared {
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

impl Prepared {
    /// Folds `batch` in and seals what it gives rise to. `decided_before` is how far the meeting was decided already.
    pub(in crate::live) fn new(batch: Batch, fold: &mut Fold, key: &MeetingKey, decided_before: MeetingTime) -> Self {
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
    pub(in crate::live) const fn decided_to(&self) -> MeetingTime {
        self.decided_to
    }

    /// What readers are told once this is written.
    pub(in crate::live) fn into_events(self) -> Vec<ServerEvent> {
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
    pub(in crate::live) async fn write(&self, db: &Db, breaker: &Breaker, writer: Writer) -> Result<i64, LedgerError> {
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
            let agreed = match self.tells_something() {
                true => sessions::agreed(&mut *tx, at).await?,
                false => None,
            };
            if self.tells_something() && !agreed.as_ref().is_some_and(|agreed| agreed.record) {
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
            if let Some(until) = keep_audio_until.filter(|_| agreed.is_some_and(|agreed| agreed.keep_audio)) {
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
