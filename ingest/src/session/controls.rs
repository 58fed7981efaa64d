//! What the client asks for on the control stream, and which of those frames it must still keep: a skip is sent again for
//! as long as the audio around it may be.

use super::frames::{malformed_code, refuse};
use super::intake::same_sound;
use super::{Phase, Session};
use crate::lanes::{Class, Lane, Lanes};
use crate::ports::{Position, Withdrawal};
use crate::protocol::{
    ClientControl, CloseCode, CoachingChange, Limits, OffTheRecord, Pause, SampleClass, ServerEvent, Skip, SkipReason,
    Stream, TrackChange, TrackControl, TrackDeclaration,
};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS};
use attune_engine::speaker::Track;
use std::collections::{BTreeMap, VecDeque};
use tokio::time::Instant;

/// How far back `off_the_record` may reach.
const REACH_SAMPLES: u64 = Limits::OFF_THE_RECORD_REACH_MS as u64 * SAMPLES_PER_MS;

/// Control frames that the client keeps at most; a client that skips more often than its audio advances has lost its way.
const KEPT_CONTROLS: usize = 100_000;

/// The control stream.
#[derive(Debug, Default)]
pub(super) struct Controls {
    /// Frames that are not released, in order.
    kept: VecDeque<Kept>,
    next_seq: u64,
    /// Frames below it had their effect in an earlier connection.
    had_effect: u64,
    off_the_record: Option<Silence>,
    paused: Option<Silence>,
    check_consent: bool,
}

/// From where on nothing is listened to, until the person says otherwise.
#[derive(Debug)]
struct Silence {
    /// The first 16 kHz sample of each track; a track that comes later is silent from its start.
    from: BTreeMap<Track, u64>,
    /// When the first of these was: what is observed from then on is not kept.
    at: MeetingTime,
}

/// A control frame that the client must still keep.
#[derive(Debug)]
struct Kept {
    seq: u64,
    needed: Needed,
}

/// For how long a control frame has to be sent again.
#[derive(Debug)]
enum Needed {
    /// Until it is durable.
    Once,
    /// Until it is taken back: the next connection must know of a silence that lasts.
    Open(SkipReason),
    /// While a track may be sent again from before one of these 16 kHz samples.
    Until(Vec<(Track, u64)>),
    /// To the end.
    Forever,
}

impl Controls {
    pub(super) fn resumed(position: Option<&Position>) -> Self {
        Self {
            next_seq: position.map_or(0, |position| position.release_seq),
            had_effect: position.map_or(0, |position| position.decided_sample),
            ..Self::default()
        }
    }

    /// Why audio of `track` that ends with the 16 kHz sample `end` is not listened to, if it is not. A frame that begins
    /// before a silence and ends in it is withheld whole.
    pub(super) fn withheld(&self, track: Track, end: u64) -> Option<Class> {
        let silent = |silence: &Option<Silence>| {
            let from = silence.as_ref().map(|silence| silence.from.get(&track).copied());
            from.is_some_and(|from| end > from.unwrap_or(0))
        };
        if silent(&self.off_the_record) {
            Some(withheld(SkipReason::OffTheRecord))
        } else if silent(&self.paused) {
            Some(withheld(SkipReason::Paused))
        } else {
            None
        }
    }

    /// Whether what was observed at `at_ms` is kept.
    pub(super) fn keeps(&self, at_ms: u64) -> bool {
        let mut silences = [&self.off_the_record, &self.paused].into_iter().flatten();
        silences.all(|silence| at_ms < silence.at.as_ms())
    }

    /// The silences for `reason` are over; their frames are needed until the tracks have passed these 16 kHz samples.
    fn close(&mut self, reason: SkipReason, places: &[(Track, u64)]) {
        for kept in &mut self.kept {
            if matches!(kept.needed, Needed::Open(open) if open == reason) {
                kept.needed = Needed::Until(places.to_vec());
            }
        }
    }

    pub(super) fn consent_changed(&mut self) {
        self.check_consent = true;
    }

    pub(super) fn take_consent_check(&mut self) -> bool {
        std::mem::take(&mut self.check_consent)
    }

    /// Where the stream stands once the tracks may be sent again from these 16 kHz samples only.
    pub(super) fn position(&self, resume_from: &BTreeMap<Track, u64>) -> Position {
        let passed = |needed: &Needed| match needed {
            Needed::Once => true,
            Needed::Until(places) => places
                .iter()
                .all(|(track, sample)| resume_from.get(track).is_none_or(|from| from >= sample)),
            Needed::Open(_) | Needed::Forever => false,
        };
        let first = self.kept.iter().find(|kept| !passed(&kept.needed));
        Position {
            stream: Stream::Control,
            decided_sample: self.next_seq.max(self.had_effect),
            release_seq: first.map_or(self.next_seq, |kept| kept.seq),
            release_first_sample: 0,
            line: None,
        }
    }

    /// The frames below `seq` need not be kept any more.
    pub(super) fn release(&mut self, seq: u64) {
        while self.kept.front().is_some_and(|kept| kept.seq < seq) {
            self.kept.pop_front();
        }
    }
}

impl Session {
    pub(super) fn on_control(&mut self, seq: u64, payload: &[u8], now: Instant) -> Result<(), CloseCode> {
        let control = ClientControl::parse(payload).map_err(|malformed| malformed_code(&malformed))?;
        let again = seq < self.controls.had_effect;
        let needed = match control {
            ClientControl::Mark(mark) => {
                if !again && self.controls.keeps(mark.at_ms) {
                    self.commits.mark(mark);
                }
                Needed::Once
            }
            ClientControl::Track(change) => self.on_track(change, now)?,
            ClientControl::Skip(skip) => self.on_skip(&skip)?,
            ClientControl::OffTheRecord(off) => self.on_off_the_record(&off, again),
            ClientControl::Pause(pause) => self.on_pause(pause),
            ClientControl::Coaching(coaching) => {
                // A wish holds whenever it is made; that somebody talks is not told while they are off the record.
                let heard = matches!(coaching.change, CoachingChange::TalkingMuted { .. });
                if !again && (!heard || self.controls.keeps(coaching.at_ms)) {
                    self.commits.coaching(coaching);
                }
                Needed::Once
            }
            ClientControl::Trouble(trouble) => {
                self.troubles.tell(trouble, now);
                Needed::Once
            }
            ClientControl::ConsentChanged {} => {
                self.controls.check_consent |= !again;
                Needed::Once
            }
            ClientControl::End {} => {
                self.on_end();
                Needed::Forever
            }
        };
        if self.controls.kept.len() >= KEPT_CONTROLS {
            return Err(CloseCode::Malformed);
        }
        self.controls.kept.push_back(Kept { seq, needed });
        self.controls.next_seq = seq + 1;
        Ok(())
    }

    fn on_track(&mut self, control: TrackControl, now: Instant) -> Result<Needed, CloseCode> {
        if self.phase == Phase::Ending {
            return Err(CloseCode::Malformed);
        }
        let TrackControl { track, change } = control;
        let known = self.intakes.get_mut(&track).zip(self.lanes.get_mut(track));
        match (change, known) {
            (TrackChange::Added { codec, rate_hz }, None) => {
                let declared = TrackDeclaration { track, codec, rate_hz };
                let position = self.commits.position(track);
                let (intake, lane) =
                    super::Intake::open(declared, position, self.keep_audio, now).map_err(|error| refuse(&error))?;
                self.intakes.insert(track, intake);
                self.lanes.add(lane);
            }
            (TrackChange::Added { codec, rate_hz }, Some((intake, _))) => {
                if !same_sound(&intake.declared, (codec, rate_hz)) {
                    return Err(CloseCode::Malformed);
                }
                if intake.removed {
                    intake.reopen(now);
                }
            }
            (TrackChange::Removed {}, Some((intake, lane))) => intake.remove(lane),
            // Said again on a connection that does not know the track: it is gone already.
            (TrackChange::Removed {}, None) => {}
        }
        Ok(Needed::Once)
    }

    fn on_skip(&mut self, skip: &Skip) -> Result<Needed, CloseCode> {
        if self.phase == Phase::Ending {
            return Err(CloseCode::Malformed);
        }
        let known = self.intakes.get_mut(&skip.track).zip(self.lanes.get_mut(skip.track));
        let Some((intake, lane)) = known else {
            return Err(CloseCode::Malformed);
        };
        intake.skip(lane, skip).map_err(|error| refuse(&error))?;
        Ok(Needed::Until(vec![(skip.track, intake.at_16_khz(skip.to_sample))]))
    }

    /// From `from_sample` on nothing is listened to, and what was heard of it is forgotten, committed or not. The frame
    /// overtakes the audio that waits at the client: what of that lies before `from_sample` is still heard.
    fn on_off_the_record(&mut self, off: &OffTheRecord, again: bool) -> Needed {
        if !off.on {
            self.controls.off_the_record = None;
            self.controls.close(SkipReason::OffTheRecord, &places(&self.lanes));
            return Needed::Once;
        }
        let earlier = self.controls.off_the_record.take();
        let mut at = earlier.as_ref().map(|silence| silence.at);
        let mut silent_from = earlier.map_or_else(BTreeMap::new, |silence| silence.from);
        let mut taken_back = Vec::new();
        for (&track, intake) in &mut self.intakes {
            let Some(lane) = self.lanes.get_mut(track) else {
                continue;
            };
            // A resumed track is sent again from before what is decided of it.
            let end = lane.received().max(lane.decided());
            let named = off.from_sample.get(&track).map(|&sample| intake.at_16_khz(sample));
            let from = named.unwrap_or(end).max(end.saturating_sub(REACH_SAMPLES));
            intake.forget_kept(from);
            if from < lane.received() {
                intake.part(lane);
                taken_back.extend(lane.withhold(from, withheld(SkipReason::OffTheRecord)));
            }
            let to = from.max(end);
            let span = lane.timeline().span(from, to);
            if !again {
                self.commits.forget(Withdrawal {
                    track,
                    from_sample: from,
                    to_sample: to,
                    span,
                });
            }
            let began = span.start;
            self.lanes.forget(track, span);
            at = Some(at.map_or(began, |at| at.min(began)));
            let silent = silent_from.entry(track).or_insert(from);
            *silent = from.min(*silent);
        }
        self.tell_shown(taken_back);
        let at = at.unwrap_or_default();
        self.commits.forget_observed(at);
        self.controls.off_the_record = Some(Silence { from: silent_from, at });
        Needed::Open(SkipReason::OffTheRecord)
    }

    /// Has its place among the audio: what comes after it was captured after it.
    fn on_pause(&mut self, pause: Pause) -> Needed {
        let from = places(&self.lanes);
        if !pause.on {
            self.controls.paused = None;
            self.controls.close(SkipReason::Paused, &from);
            return Needed::Once;
        }
        let began = |lane: &Lane| lane.timeline().at(lane.received());
        self.controls.paused = Some(Silence {
            from: from.into_iter().collect(),
            at: self.lanes.iter().map(began).min().unwrap_or_default(),
        });
        Needed::Open(SkipReason::Paused)
    }

    pub(super) fn on_end(&mut self) {
        if matches!(self.phase, Phase::Ending | Phase::Ended) {
            return;
        }
        self.phase = Phase::Ending;
        for (track, intake) in &mut self.intakes {
            if let Some(lane) = self.lanes.get_mut(*track) {
                intake.finish(lane);
            }
        }
        let left_ms = self.lanes.iter().map(Lane::undecided_ms).max().unwrap_or(0);
        self.tell(ServerEvent::Ending { left_ms });
    }
}

/// The 16 kHz samples that tracks have come to.
fn places(lanes: &Lanes) -> Vec<(Track, u64)> {
    lanes.iter().map(|lane| (lane.track(), lane.received())).collect()
}

const fn withheld(reason: SkipReason) -> Class {
    Class {
        class: SampleClass::Withheld,
        reason: reason.as_str(),
    }
}
