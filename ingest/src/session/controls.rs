//! What the client asks for on the control stream, and which of those frames it must still keep: a skip is sent again for
//! as long as the audio around it may be.

use super::frames::{malformed_code, refuse};
use super::intake::same_sound;
use super::{Phase, Session};
use crate::lanes::Class;
use crate::ports::{Position, Withdrawal};
use crate::protocol::{
    ClientControl, CloseCode, Limits, OffTheRecord, SampleClass, ServerEvent, Skip, SkipReason, Stream, TrackChange,
    TrackControl, TrackDeclaration,
};
use attune_engine::clock::SAMPLES_PER_MS;
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
    off_the_record: bool,
    paused: bool,
    check_consent: bool,
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

    /// Why audio is not listened to, if it is not.
    pub(super) fn withheld(&self) -> Option<Class> {
        let reason = match (self.off_the_record, self.paused) {
            (true, _) => SkipReason::OffTheRecord,
            (false, true) => SkipReason::Paused,
            (false, false) => return None,
        };
        Some(withheld(reason))
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
            Needed::Forever => false,
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
                if !again {
                    self.commits.mark(mark);
                }
                Needed::Once
            }
            ClientControl::Track(change) => self.on_track(change, now)?,
            ClientControl::Skip(skip) => self.on_skip(&skip)?,
            ClientControl::OffTheRecord(off) => self.on_off_the_record(&off, again),
            ClientControl::Pause(pause) => {
                self.controls.paused = pause.on;
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
                let (intake, lane) =
                    super::Intake::open(declared, self.commits.position(track), now).map_err(|error| refuse(&error))?;
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
            (TrackChange::Removed {}, None) => return Err(CloseCode::Malformed),
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

    /// From `from_sample` on nothing is listened to, and what was heard of it is forgotten, committed or not.
    fn on_off_the_record(&mut self, off: &OffTheRecord, again: bool) -> Needed {
        self.controls.off_the_record = off.on;
        if !off.on {
            return Needed::Once;
        }
        let class = withheld(SkipReason::OffTheRecord);
        let mut places = Vec::new();
        for (track, intake) in &mut self.intakes {
            let Some(lane) = self.lanes.get_mut(*track) else {
                continue;
            };
            intake.part(lane);
            let received = lane.received();
            let from = match off.from_sample.get(track) {
                Some(&sample) => intake.at_16_khz(sample),
                None => received,
            };
            let from = from.clamp(received.saturating_sub(REACH_SAMPLES), received);
            lane.withhold(from, class);
            places.push((*track, received));
            if !again && from < received {
                self.commits.forget(Withdrawal {
                    track: *track,
                    from_sample: from,
                    to_sample: received,
                    span: lane.timeline().span(from, received),
                });
            }
        }
        Needed::Until(places)
    }

    fn on_end(&mut self) {
        if matches!(self.phase, Phase::Ending | Phase::Ended) {
            return;
        }
        self.phase = Phase::Ending;
        for (track, intake) in &mut self.intakes {
            if let Some(lane) = self.lanes.get_mut(*track) {
                intake.finish(lane);
            }
        }
        let left_ms = self
            .lanes
            .iter()
            .map(crate::lanes::Lane::undecided_ms)
            .max()
            .unwrap_or(0);
        self.tell(ServerEvent::Ending { left_ms });
    }
}

const fn withheld(reason: SkipReason) -> Class {
    Class {
        class: SampleClass::Withheld,
        reason: reason.as_str(),
    }
}
