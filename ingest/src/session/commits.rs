//! What waits to be made durable, when it is, and what the client may then delete.

use super::controls::Controls;
use super::intake::Intake;
use super::sink::Sink;
use crate::lanes::{Class, Lanes};
use crate::ports::{Batch, Checked, Decided, Position, Withdrawal};
use crate::protocol::{Caption, Coaching, CoachingChange, Insight, Mark, SampleClass, Stream};
use attune_engine::clock::MeetingTime;
use attune_engine::speaker::Track;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Silence, insights and captions wait this long for company.
const COMMIT_WITHIN: Duration = Duration::from_secs(5);

/// Unless so much of it waits: a client that catches up has credit for a minute, and would spend it in three seconds and
/// then wait for the commit that gives it back.
const COMMIT_OVER_MS: u64 = 15_000;

/// A track that has sent nothing for this long is not waited for.
const STANDS_STILL_AFTER: Duration = Duration::from_millis(1500);

/// What the ledger is to do.
#[derive(Debug)]
pub enum ToLedger {
    /// Make a batch durable; offer the same batch again until it is.
    Commit(Box<Batch>),
    /// End the session: everything in it is durable.
    End,
}

/// What waits to be made durable.
#[derive(Debug)]
pub(super) struct Commits {
    next: Batch,
    /// The next frame of streams that carry no sound.
    next_seqs: BTreeMap<Stream, u64>,
    /// Where each stream durably stands.
    durable: BTreeMap<Stream, Position>,
    in_flight: Option<Vec<Position>>,
    last: Instant,
    /// The track that holds a decided segment up.
    held_up_by: Option<Track>,
}

impl Commits {
    pub(super) fn resumed(durable: &BTreeMap<Stream, Position>, now: Instant) -> Self {
        Self {
            next: Batch::default(),
            next_seqs: BTreeMap::new(),
            durable: durable.clone(),
            in_flight: None,
            last: now,
            held_up_by: None,
        }
    }

    pub(super) fn position(&self, track: Track) -> Option<&Position> {
        self.durable.get(&Stream::from(track))
    }

    /// The insight of frame `seq`, if it is kept.
    pub(super) fn insight(&mut self, seq: u64, kept: Option<Insight>) {
        self.next_seqs.insert(Stream::Insights, seq + 1);
        self.next.insights.extend(kept);
    }

    /// The caption of frame `seq`, if it is kept.
    pub(super) fn caption(&mut self, seq: u64, kept: Option<Caption>) {
        self.next_seqs.insert(Stream::Captions, seq + 1);
        self.next.captions.extend(kept);
    }

    /// A frame that was checked.
    pub(super) fn checked(&mut self, checked: Checked) {
        self.next.checked.push(checked);
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        self.next.marks.push(mark);
    }

    pub(super) fn coaching(&mut self, coaching: Coaching) {
        self.next.coaching.push(coaching);
    }

    /// Has a stretch forgotten: what is durable of it by the ledger, what is about to be right here.
    pub(super) fn forget(&mut self, withdrawal: Withdrawal) {
        let decided = std::mem::take(&mut self.next.decided).into_iter();
        self.next.decided = decided.flat_map(|decided| decided.without(&withdrawal)).collect();
        self.next.withdrawals.push(withdrawal);
    }

    /// Drops what was observed from `at` on and is not durable.
    pub(super) fn forget_observed(&mut self, at: MeetingTime) {
        let before = |at_ms: u64| at_ms < at.as_ms();
        self.next.insights.retain(|insight| before(insight.at_ms));
        self.next.captions.retain(|caption| before(caption.at_ms()));
        self.next.marks.retain(|mark| before(mark.at_ms));
        let heard = |told: &Coaching| matches!(told.change, CoachingChange::TalkingMuted { .. });
        self.next.coaching.retain(|told| !heard(told) || before(told.at_ms));
    }

    /// Turns whatever is not durable into withheld samples.
    pub(super) fn withdraw(&mut self, lanes: &mut Lanes, class: Class) {
        for decided in &mut self.next.decided {
            withhold(decided, class.reason);
        }
        self.next.insights.clear();
        self.next.captions.clear();
        self.next.marks.clear();
        self.next.coaching.clear();
        for lane in lanes.iter_mut() {
            lane.withhold_all(class, &mut self.next.decided);
        }
    }

    /// Takes the segments over that may leave.
    pub(super) fn release(&mut self, lanes: &mut Lanes, intakes: &BTreeMap<Track, Intake>, now: Instant) {
        let stands_still = |track: Track| stands_still(intakes, track, now);
        self.held_up_by = lanes.release(stands_still, &mut self.next.decided);
    }

    /// The next batch, if its time has come: at once where there are words, a mark or something to forget, where much of the
    /// client's credit waits for it, or with `hurry`.
    pub(super) fn take_batch(
        &mut self,
        lanes: &mut Lanes,
        intakes: &BTreeMap<Track, Intake>,
        controls: &Controls,
        sink: Option<&Sink>,
        hurry: bool,
        now: Instant,
    ) -> Option<Batch> {
        let urgent = hurry
            || lanes.iter().any(|lane| lane.settled_ms() >= COMMIT_OVER_MS)
            || !self.next.decided.is_empty()
            || !self.next.marks.is_empty()
            || !self.next.coaching.is_empty()
            || !self.next.withdrawals.is_empty();
        if self.in_flight.is_some() || !(urgent || now >= self.due()) {
            return None;
        }
        self.last = now;
        lanes.settle(&mut self.next.decided);
        let positions = self.moved_positions(lanes, intakes, controls, sink);
        let nothing = self.next.decided.is_empty()
            && self.next.marks.is_empty()
            && self.next.coaching.is_empty()
            && self.next.withdrawals.is_empty()
            && positions.is_empty();
        if nothing {
            return None;
        }
        let decided_to = lanes
            .decided_to(|track| stands_still(intakes, track, now))
            .max(self.next.decided_to);
        self.in_flight = Some(positions.clone());
        let batch = Batch {
            positions,
            decided_to,
            ..std::mem::take(&mut self.next)
        };
        self.next.decided_to = decided_to;
        Some(batch)
    }

    fn moved_positions(
        &self,
        lanes: &Lanes,
        intakes: &BTreeMap<Track, Intake>,
        controls: &Controls,
        sink: Option<&Sink>,
    ) -> Vec<Position> {
        let tracks: Vec<Position> = intakes
            .iter()
            .filter_map(|(track, intake)| {
                let lane = lanes.get(*track)?;
                Some(intake.position(lane, lanes.again_from(lane)))
            })
            .collect();
        let resume_from = intakes
            .iter()
            .zip(&tracks)
            .map(|((track, intake), position)| (*track, intake.at_16_khz(position.release_first_sample)))
            .collect();
        let silent = self.next_seqs.iter().map(|(&stream, &release_seq)| Position {
            stream,
            decided_sample: 0,
            release_seq,
            release_first_sample: 0,
            line: None,
        });
        let control = sink.is_none().then(|| controls.position(&resume_from));
        let sunk = sink.into_iter().flat_map(Sink::positions);
        let moved = |position: &Position| match self.durable.get(&position.stream) {
            Some(durable) => durable != position,
            None => position.release_seq > 0 || position.decided_sample > 0,
        };
        tracks
            .into_iter()
            .chain(silent)
            .chain(control)
            .chain(sunk)
            .filter(moved)
            .collect()
    }

    /// The ledger is ending the session: nothing may follow.
    pub(super) fn ending(&mut self) {
        self.in_flight = Some(Vec::new());
    }

    pub(super) const fn in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The batch in flight is durable; says where streams stand by it.
    pub(super) fn on_committed(&mut self) -> Vec<Position> {
        let positions = self.in_flight.take().unwrap_or_default();
        for position in &positions {
            self.durable.insert(position.stream, position.clone());
        }
        positions
    }

    /// When silence and the like has waited long enough.
    pub(super) fn due(&self) -> Instant {
        self.last + COMMIT_WITHIN
    }

    /// When a track that holds words up is not waited for any longer.
    pub(super) fn stalled_until(&self, intakes: &BTreeMap<Track, Intake>, now: Instant) -> Option<Instant> {
        let intake = intakes.get(&self.held_up_by?)?;
        Some(intake.still_since + STANDS_STILL_AFTER).filter(|&at| at > now)
    }
}

fn stands_still(intakes: &BTreeMap<Track, Intake>, track: Track, now: Instant) -> bool {
    intakes
        .get(&track)
        .is_none_or(|intake| intake.removed || now >= intake.still_since + STANDS_STILL_AFTER)
}

/// A loss stays a loss; everything else was never said.
fn withhold(decided: &mut Decided, reason: &str) {
    if decided.class != SampleClass::Gap {
        decided.class = SampleClass::Withheld;
        decided.reason = Some(reason.to_owned());
        decided.outcome = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::clock::Span;

    #[test]
    fn a_silence_is_withheld_from_where_the_person_went_off_the_record_and_a_loss_stays_one() {
        let span = |from: u64, to: u64| Span::new(MeetingTime::from_ms(from), MeetingTime::from_ms(to));
        let decided = |from: u64, to: u64, class| Decided {
            track: Track::Mic,
            from_sample: from * 16,
            to_sample: to * 16,
            span: span(from, to),
            class,
            reason: None,
            outcome: None,
        };
        let mut commits = Commits::resumed(&BTreeMap::new(), Instant::now());
        commits.next.decided = vec![
            decided(0, 3_000, SampleClass::NonSpeech),
            decided(3_000, 4_000, SampleClass::Gap),
            decided(4_000, 5_000, SampleClass::Suppressed),
        ];
        commits.forget(Withdrawal {
            track: Track::Mic,
            from_sample: 1_000 * 16,
            to_sample: 5_000 * 16,
            span: span(1_000, 5_000),
        });
        let left = commits.next.decided.iter().map(|left| (left.span, left.class));
        assert_eq!(
            left.collect::<Vec<_>>(),
            [
                (span(0, 1_000), SampleClass::NonSpeech),
                (span(1_000, 3_000), SampleClass::Withheld),
                (span(3_000, 4_000), SampleClass::Gap),
                (span(4_000, 5_000), SampleClass::Withheld),
            ]
        );
        assert_eq!(commits.next.decided[1].from_sample, 16_000);
    }
}
