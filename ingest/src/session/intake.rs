//! One track on the wire: where it stands, its decoder, and which of its frames the client must still keep.

use super::keeping::Keeping;
use crate::lanes::{Class, Lane};
use crate::ports::{KeptFrame, Line, Position};
use crate::protocol::{Codec, Limits, Prefix, SampleClass, Skip, Stream, TrackDeclaration};
use crate::sound::{SoundDecoder, SoundError, at_16_khz, last_at_16_khz};
use crate::timeline::Fit;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::speaker::{Speaker, Track};
use std::collections::VecDeque;
use tokio::time::Instant;

/// The 16 kHz sample that no session reaches: 40 days in. A client resumes within 7.
const END_OF_TIME: u64 = 40 * 24 * 60 * 60 * 1000 * SAMPLES_PER_MS;

/// How far `release_seq` stays behind what is decided at least.
const RELEASE_LAG_SAMPLES: u64 = Limits::RELEASE_LAG_MS as u64 * SAMPLES_PER_MS;

/// Audio that does not belong where it came.
#[derive(Debug, thiserror::Error)]
pub(super) enum IntakeError {
    /// Not sound in the track's codec.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// It leaves a hole that no skip covers, or covers what was there.
    #[error("sample {found} on {} where {expected} is next", .track.as_str())]
    Place { track: Track, expected: u64, found: u64 },
    /// Further than any session goes.
    #[error("a sample beyond the end of any session")]
    Beyond,
    /// The track goes on at another rate than it had.
    #[error("{} does not go on where it stood", .0.as_str())]
    Rate(Track),
    /// More than was asked for.
    #[error("{undecided_ms} ms of undecided audio on {}", .track.as_str())]
    OverCredit { track: Track, undecided_ms: u64 },
}

/// One track on the wire.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) declared: TrackDeclaration,
    decoder: SoundDecoder,
    /// Frames that are not released, in order.
    frames: VecDeque<Kept>,
    next_seq: u64,
    /// When its last audio came.
    pub(super) heard_at: Instant,
    /// Since when it could have sent more: since its last audio, or since it was allowed to.
    pub(super) still_since: Instant,
    /// Its last frame has been sent.
    pub(super) removed: bool,
    keeping: Option<Keeping>,
}

/// A frame that the client must still keep.
#[derive(Debug)]
struct Kept {
    seq: u64,
    first_sample: u64,
    /// The 16 kHz sample after its last.
    end: u64,
    /// The line in force just before it.
    line: Option<Line>,
    came_at: Instant,
}

impl Intake {
    /// The track as it is declared, where `position` says that it stands, and its lane. With `keep_audio`, frames stay
    /// here until they are decided.
    pub(super) fn open(
        declared: TrackDeclaration,
        position: Option<&Position>,
        keep_audio: bool,
        now: Instant,
    ) -> Result<(Self, Lane), IntakeError> {
        let TrackDeclaration { track, codec, rate_hz } = declared;
        let at = position.map_or(0, |position| position.release_first_sample);
        let decided = position.map_or(0, |position| position.decided_sample);
        let intake = Self {
            declared,
            decoder: SoundDecoder::new(codec, rate_hz, at)?,
            frames: VecDeque::new(),
            next_seq: position.map_or(0, |position| position.release_seq),
            heard_at: now,
            still_since: now,
            removed: false,
            keeping: keep_audio.then(|| Keeping::from(declared, decided)),
        };
        let first_sample = intake.decoder.at_16_khz();
        // At the rate that it had, a track never goes on after what is decided of it: that would be a hole.
        if first_sample > decided {
            return Err(IntakeError::Rate(track));
        }
        let line = position.and_then(|position| position.line);
        let lane = Lane::resumed(track, Speaker::from(track), first_sample, decided, line);
        Ok((intake, lane))
    }

    /// The sample that comes next, at the declared rate.
    pub(super) const fn at(&self) -> u64 {
        self.decoder.at()
    }

    /// A 16 kHz sample for one at the declared rate.
    pub(super) fn at_16_khz(&self, sample: u64) -> u64 {
        at_16_khz(sample, self.declared.rate_hz)
    }

    /// Takes a frame of audio in, as long as no more than `most_ms` are undecided. Where `withheld` says why, by its end, it
    /// counts but is not listened to.
    pub(super) fn audio(
        &mut self,
        lane: &mut Lane,
        prefix: &Prefix,
        payload: &[u8],
        most_ms: u32,
        withheld: impl FnOnce(u64) -> Option<Class>,
        now: Instant,
    ) -> Result<(), IntakeError> {
        let track = self.declared.track;
        let samples = self.decoder.samples(payload)?;
        if prefix.first_sample != self.at() {
            return Err(IntakeError::Place {
                track,
                expected: self.at(),
                found: prefix.first_sample,
            });
        }
        let end = self.end_of(self.at() + samples)?;
        let undecided_ms = lane.undecided_ms() + samples * 1000 / u64::from(self.declared.rate_hz);
        if undecided_ms > u64::from(most_ms) {
            return Err(IntakeError::OverCredit { track, undecided_ms });
        }
        self.frames.push_back(Kept {
            seq: prefix.seq,
            first_sample: prefix.first_sample,
            end,
            line: lane.timeline().line(),
            came_at: now,
        });
        self.next_seq = prefix.seq + 1;
        (self.heard_at, self.still_since) = (now, now);
        if let Some(class) = withheld(end) {
            lane.push(self.decoder.jump(self.at() + samples));
            lane.skip(end, class);
            return Ok(());
        }
        if lane.observe(self.decoder.at_16_khz(), prefix.capture_ms) == Fit::Jumped {
            self.part(lane);
        }
        let from = self.decoder.at_16_khz();
        lane.push(self.decoder.decode(payload)?);
        if let Some(keeping) = &mut self.keeping {
            keeping.push(prefix.first_sample, (from, end), payload);
        }
        Ok(())
    }

    /// Takes a skip in. What of it is behind already is known; a resumed client says it again.
    pub(super) fn skip(&mut self, lane: &mut Lane, skip: &Skip) -> Result<(), IntakeError> {
        let end = self.end_of(skip.to_sample)?;
        if skip.from_sample > self.at() {
            return Err(IntakeError::Place {
                track: skip.track,
                expected: self.at(),
                found: skip.from_sample,
            });
        }
        if skip.to_sample <= self.at() {
            return Ok(());
        }
        lane.push(self.decoder.jump(skip.to_sample));
        let class = Class {
            class: SampleClass::from(skip.class),
            reason: skip.reason.as_str(),
        };
        lane.skip(end, class);
        Ok(())
    }

    /// The sound from here on does not continue what came before.
    pub(super) fn part(&mut self, lane: &mut Lane) {
        lane.push(self.decoder.jump(self.at()));
        lane.part();
    }

    /// Its last frame has been sent; it may begin again.
    pub(super) fn remove(&mut self, lane: &mut Lane) {
        self.part(lane);
        self.removed = true;
    }

    /// It begins again where it ended.
    pub(super) const fn reopen(&mut self, now: Instant) {
        self.removed = false;
        (self.heard_at, self.still_since) = (now, now);
    }

    /// The session is over.
    pub(super) fn finish(&mut self, lane: &mut Lane) {
        lane.push(self.decoder.jump(self.at()));
        lane.finish();
        self.removed = true;
    }

    /// Where it stands once all that is handed out of its lane is durable. It is sent again from `again_from` at the latest.
    pub(super) fn position(&self, lane: &Lane, again_from: u64) -> Position {
        let decided_sample = lane.decided();
        let keep_from = decided_sample.saturating_sub(RELEASE_LAG_SAMPLES).min(again_from);
        let first = self.frames.iter().find(|frame| frame.end > keep_from);
        let (release_seq, first_sample, line) = match first {
            Some(frame) => (frame.seq, frame.first_sample, frame.line),
            None => (self.next_seq, self.at(), lane.timeline().line()),
        };
        // A skip right before that frame which is not decided yet is said again, and begins where everything is decided.
        let release_first_sample = first_sample.min(last_at_16_khz(decided_sample, self.declared.rate_hz));
        Position {
            stream: Stream::from(self.declared.track),
            decided_sample,
            release_seq,
            release_first_sample,
            line,
        }
    }

    /// The frames below `seq` need not be kept any more.
    pub(super) fn release(&mut self, seq: u64) {
        while self.frames.front().is_some_and(|frame| frame.seq < seq) {
            self.frames.pop_front();
        }
    }

    /// When the sound before the 16 kHz sample `end` had come in, if its frame is still to be kept by the client.
    pub(super) fn came_at(&self, end: u64) -> Option<Instant> {
        let index = self.frames.partition_point(|frame| frame.end < end);
        self.frames.get(index).map(|frame| frame.came_at)
    }

    /// The frames that end before the 16 kHz sample `decided` and were not taken yet; none where no audio is kept.
    pub(super) fn take_kept(&mut self, decided: u64) -> Vec<KeptFrame> {
        self.keeping
            .as_mut()
            .map_or_else(Vec::new, |keeping| keeping.take(decided))
    }

    /// Destroys the frames that reach beyond the 16 kHz sample `from` and were not taken yet.
    pub(super) fn forget_kept(&mut self, from: u64) {
        if let Some(keeping) = &mut self.keeping {
            keeping.forget(from);
        }
    }

    fn end_of(&self, sample: u64) -> Result<u64, IntakeError> {
        let end = self.at_16_khz(sample);
        if end < END_OF_TIME {
            Ok(end)
        } else {
            Err(IntakeError::Beyond)
        }
    }
}

/// Whether a track may be declared as `one` where it is `other` already.
pub(super) fn same_sound(one: &TrackDeclaration, other: (Codec, u32)) -> bool {
    (one.codec, one.rate_hz) == other
}
